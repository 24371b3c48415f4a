//! The interbank network: its messages, what goes to it, and what is collected from it.

pub(crate) mod consent;
pub(crate) mod day;
pub(crate) mod debit;
pub(crate) mod holder;
pub(crate) mod incoming;
mod message;
pub(crate) mod recall;
pub(crate) mod recalls;
pub(crate) mod sender;

use bytes::Bytes;
use collectors::client::{Channel, Exchanged};
use domain::{BankCode, Timestamp, Yen};
use ledger::{EntityId, NewEvent};
use serde::Serialize;
use uuid::Uuid;

pub use message::{
    Body, CreditTransfer, DecodeError, DirectDebit, LINES_MAX, Line, LinesAnswer, Message, NAMESPACE, Party,
    PaymentReturn, RecallAnswer, RecallRequest, RecallStatus, Status, StatusReport, VerificationAnswer,
    WAITING_MAX, Waiting, Waits, decode, encode,
};

use crate::order::Facts;
use crate::points::{Exchange, reach};
use crate::{StoreError, Transfers};

/// The network's own code as a sender and receiver, where no bank is meant.
pub const NETWORK: &str = "0000";

/// From here on a transfer settles one by one, at once, and not with the end of its day.
pub const SETTLED_AT_ONCE: Yen = Yen::new(100_000_000);

/// The path below the network's endpoint.
pub const PATH: &str = "interbank";

/// What one exchange came to, as far as it can be known.
#[allow(
    clippy::large_enum_variant,
    reason = "one value for each exchange, and most of them are the large one"
)]
pub(crate) enum Outcome {
    /// No byte left.
    NotSent(String),
    /// Bytes may have left, and nothing that counts came back.
    Unknown(String),
    /// A signed message to this bank.
    Answered {
        /// What it says.
        message: Message,
        /// Its bytes.
        bytes: Bytes,
        /// Their signature.
        signature: String,
    },
}

impl Transfers {
    /// The transfer of an order as it goes to the network; a repeat sends what was stored.
    pub(crate) fn message(&self, facts: &Facts) -> Vec<u8> {
        let party = |name: &str, account: &domain::AccountRef| Party {
            name: name.to_owned(),
            account: account.clone(),
        };
        encode(&Message {
            id: facts.message_id(),
            from: facts.from.bank.clone(),
            to: facts.to.bank.clone(),
            at: self.now(),
            body: Body::Transfer(CreditTransfer {
                amount: facts.amount,
                day: facts.day,
                debtor: party(&facts.payer_name, &facts.from),
                creditor: party(&facts.payee_name, &facts.to),
                original: None,
            }),
        })
    }

    /// A message of this bank to the network itself.
    pub(crate) fn to_network(&self, id: String, body: Body) -> Message {
        Message { id, from: self.own_bank().clone(), to: network(), at: self.now(), body }
    }

    /// Sends bytes once and waits for the answer.
    pub(crate) async fn exchange(&self, what: Exchange, bytes: Vec<u8>) -> Outcome {
        let Some(channel) = self.channel() else {
            return Outcome::NotSent("there is no way to the network".to_owned());
        };
        reach(what.before());
        let outcome = self.exchanged(channel, bytes).await;
        reach(what.after());
        outcome
    }

    async fn exchanged(&self, channel: &Channel, bytes: Vec<u8>) -> Outcome {
        let (exchanged, _) = channel.exchange(bytes.into()).await;
        match exchanged {
            Exchanged::NotSent(reason) => Outcome::NotSent(reason.to_string()),
            Exchanged::Silent(reason) => Outcome::Unknown(reason.to_string()),
            Exchanged::Answered { bytes, signature } => match decode(&bytes) {
                Ok(message) if message.to == *self.own_bank() => {
                    Outcome::Answered { message, bytes, signature }
                }
                Ok(_) => Outcome::Unknown("the answer is for another bank".to_owned()),
                Err(error) => Outcome::Unknown(error.to_string()),
            },
        }
    }
}

/// An event of something that the network is told or tells by itself, with what is kept of it.
fn event_of(
    entity: Uuid,
    seq: i64,
    kind: &'static str,
    at: Timestamp,
    body: &impl Serialize,
) -> Result<NewEvent, StoreError> {
    Ok(NewEvent { entity: EntityId(entity), seq, kind, at, body: StoreError::to_json(body)?, message: None })
}

fn network() -> BankCode {
    NETWORK.parse().unwrap_or_else(|_| unreachable!("four digits"))
}
