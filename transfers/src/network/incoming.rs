//! What waits at the network: it is collected, acted on in one commit with its number as a guard, and acknowledged
//! after that. Until it is acknowledged it comes again, and then it is only acknowledged.

use database::{Row, Table, Value, read};
use domain::{AccountId, Date, MessageId, OrderId, RecallId, TransferId, Yen};
use ledger::{AuditRecord, Commit, EntityId, GuardKey, Kind, Refused, Transfer, TransferResult};
use uuid::Uuid;

use super::recall::RecallState;
use super::{Body, CreditTransfer, Message, Outcome, PaymentReturn, RecallAnswer, Status, StatusReport};
use super::{decode, encode};
use crate::alarm::Alarm;
use crate::order::State;
use crate::points::{Exchange, Persist};
use crate::step::{self, SYSTEM};
use crate::{StoreError, Transfers, chart};

/// Collections of one look.
const ROUNDS_MAX: usize = 20;

static INCOMING: Table = Table {
    name: "interbank_incoming",
    columns: &["id", "outcome", "code", "account", "transfer", "amount", "day", "netted", "at_us", "message"],
};

/// No such account, and one that is closed: ISO's codes.
const NO_ACCOUNT: &str = "AC01";
const CLOSED: &str = "AC04";

/// What is kept of a message, in the commit that acts on it.
#[derive(Clone, Debug, Default)]
struct Kept {
    outcome: &'static str,
    code: Option<String>,
    moved: Option<(AccountId, TransferId, Yen)>,
    netted: bool,
}

impl Transfers {
    /// Collects what waits and acts on it, and answers how many messages were acknowledged.
    pub async fn collect(&self) -> Result<usize, StoreError> {
        let mut acknowledged = 0;
        for _ in 0..ROUNDS_MAX {
            let ask = self.to_network(fresh_id(), Body::Collect);
            let Outcome::Answered { message, .. } = self.exchange(Exchange::Collect, encode(&ask)).await
            else {
                return Ok(acknowledged);
            };
            let Body::Waiting(messages) = message.body else { return Ok(acknowledged) };
            let before = acknowledged;
            for bytes in &messages {
                acknowledged += usize::from(self.take_in(bytes).await?);
            }
            // what cannot be acted on yet stays there
            if acknowledged == before {
                break;
            }
        }
        Ok(acknowledged)
    }

    /// One message. Says whether it was acknowledged.
    async fn take_in(&self, bytes: &[u8]) -> Result<bool, StoreError> {
        let message = match decode(bytes) {
            Ok(message) if message.to == *self.own_bank() => message,
            Ok(message) => {
                self.raise(Alarm::Message, &message.id, "it is for another bank").await?;
                return Ok(false);
            }
            Err(error) => {
                self.raise(Alarm::Message, &unreadable_id(bytes), &error.to_string()).await?;
                return Ok(false);
            }
        };
        let taken = self.taken_in(&message.id).await?;
        let code = match taken {
            Some(code) => code,
            None => match self.act_on(&message, bytes).await? {
                Some(code) => code,
                None => return Ok(false),
            },
        };
        let status = if code.is_some() { Status::Rejected } else { Status::Received };
        let report = StatusReport { original: message.id.clone(), status, code };
        let answer = self.to_network(fresh_id(), Body::Status(report));
        let outcome = self.exchange(Exchange::Acknowledge, encode(&answer)).await;
        Ok(matches!(
            outcome,
            Outcome::Answered { message: Message { body: Body::Status(got), .. }, .. }
                if got.original == answer.id && got.status == Status::Received
        ))
    }

    /// Whether a message was acted on before, and the code that it was refused with.
    async fn taken_in(&self, id: &str) -> Result<Option<Option<String>>, StoreError> {
        let sql = "SELECT CASE WHEN outcome = 'refused' THEN code END FROM interbank_incoming WHERE id = $1";
        let found: Option<(Option<String>,)> =
            read!(self.database(), |c| sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
        Ok(found.map(|(code,)| code))
    }

    /// Acts on a message that is new. `None` where it has to wait, else the code that it is refused with, if it is.
    async fn act_on(&self, message: &Message, bytes: &[u8]) -> Result<Option<Option<String>>, StoreError> {
        let (kept, commit) = match &message.body {
            Body::Transfer(transfer) => return self.credit(message, transfer, bytes).await.map(Some),
            Body::Return(back) => match self.give_back(message, back, bytes).await? {
                Some(done) => return Ok(Some(done)),
                None => return Ok(None),
            },
            Body::RecallAnswer(answer) => match self.recall_answered(answer).await? {
                Some(commit) => (Kept { outcome: "answered", ..Kept::default() }, commit),
                None => return Ok(None),
            },
            // another bank asks for money back, or says what we did not ask for: for people
            _ => {
                self.raise(Alarm::Message, &message.id, "it is nothing that this bank acts on by itself")
                    .await?;
                (Kept { outcome: "noted", ..Kept::default() }, Commit::default())
            }
        };
        self.keep(message, kept, bytes, commit).await?;
        Ok(Some(None))
    }

    /// Commits what was made of a message, once.
    async fn keep(
        &self,
        message: &Message,
        kept: Kept,
        bytes: &[u8],
        commit: Commit,
    ) -> Result<(), StoreError> {
        match self.persist(Persist::Incoming, self.keeping(message, &kept, bytes, commit)).await {
            // another process has acted on it meanwhile
            Ok(_) | Err(Refused::Guarded { .. } | Refused::Stale) => Ok(()),
            Err(refused) => Err(refused.into()),
        }
    }

    fn keeping(&self, message: &Message, kept: &Kept, bytes: &[u8], mut commit: Commit) -> Commit {
        let entity = EntityId(Uuid::from_bytes(first_16(&message.id)));
        commit.guards.push((GuardKey(format!("interbank-in|{}", message.id)), entity));
        commit.rows.push(Row {
            table: &INCOMING,
            values: vec![
                message.id.clone().into(),
                kept.outcome.into(),
                Value::Text(kept.code.clone()),
                Value::Int(kept.moved.map(|(account, ..)| account.get())),
                Value::Uuid(kept.moved.map(|(_, transfer, _)| transfer.uuid())),
                Value::Int(kept.moved.map(|(_, _, amount)| amount.get())),
                self.day_of(message).to_string().into(),
                i64::from(kept.netted).into(),
                self.now().micros().into(),
                bytes.to_vec().into(),
            ],
        });
        commit
    }

    fn day_of(&self, message: &Message) -> Date {
        match &message.body {
            Body::Transfer(transfer) => transfer.day,
            _ => self.now().date(),
        }
    }

    /// An incoming transfer: the payee is credited, or it is refused with a code.
    async fn credit(
        &self,
        message: &Message,
        transfer: &CreditTransfer,
        bytes: &[u8],
    ) -> Result<Option<String>, StoreError> {
        let named = &transfer.creditor.account;
        let account = match named.bank == *self.own_bank() {
            true => self.own_account(named).await?,
            false => None,
        };
        let code = match account {
            None => NO_ACCOUNT,
            Some(account) => {
                let id = TransferId::generate();
                let commit = Commit {
                    transfers: vec![Transfer {
                        id,
                        debit: chart::INCOMING,
                        credit: account,
                        amount: transfer.amount.get(),
                        kind: Kind::Posted,
                        memo: format!("振込 {}", transfer.debtor.name),
                    }],
                    audit: vec![AuditRecord {
                        contract: None,
                        actor: SYSTEM.to_owned(),
                        action: "transfer.incoming",
                        subject: message.id.clone(),
                        detail: format!("{} yen from {}", transfer.amount.get(), message.from),
                    }],
                    ..Commit::default()
                };
                let moved = Some((account, id, transfer.amount));
                let kept = Kept { outcome: "credited", code: None, moved, netted: true };
                match self.keep(message, kept, bytes, commit).await {
                    Err(StoreError::Ledger(Refused::Transfer {
                        result: TransferResult::CreditAccountClosed | TransferResult::CreditAccountNotFound,
                        ..
                    })) => CLOSED,
                    other => return other.map(|()| None),
                }
            }
        };
        let code = Some(code.to_owned());
        let kept = Kept { outcome: "refused", code: code.clone(), ..Kept::default() };
        self.keep(message, kept, bytes, Commit::default()).await?;
        Ok(code)
    }

    /// A transfer of ours comes back. `None` while its outcome is not known here: the return says that it was sent, and
    /// the next delivery will hear so.
    async fn give_back(
        &self,
        message: &Message,
        back: &PaymentReturn,
        bytes: &[u8],
    ) -> Result<Option<Option<String>>, StoreError> {
        let order = Uuid::try_parse(&back.original).ok().map(OrderId::from_uuid);
        let loaded = match order {
            Some(order) => self.load(order).await?,
            None => None,
        };
        let noted = Kept { outcome: "noted", code: Some(back.code.clone()), ..Kept::default() };
        let Some((facts, position)) = loaded else {
            self.raise(Alarm::Message, &message.id, "a return belongs to no order").await?;
            self.keep(message, noted, bytes, Commit::default()).await?;
            return Ok(Some(None));
        };
        match position.state {
            Some(State::Sent | State::Settled) if back.amount == facts.amount => {}
            Some(state) if state.is_open() => return Ok(None),
            state => {
                let detail = format!("a return of {} yen, and it is {state:?}", back.amount);
                self.raise(Alarm::Contradicted, &facts.id.to_string(), &detail).await?;
                self.keep(message, noted, bytes, Commit::default()).await?;
                return Ok(Some(None));
            }
        }
        let netted = position.state == Some(State::Settled);
        for to in [facts.account, chart::SUSPENSE] {
            let commit = step::returned(&facts, position.clone(), back, &message.id, to, self.now())?;
            let moved = commit.transfers.first().map(|transfer| (to, transfer.id, facts.amount));
            let kept = Kept { outcome: "returned", code: Some(back.code.clone()), moved, netted };
            match self.keep(message, kept, bytes, commit).await {
                // the payer's account is closed: the money waits where people find it
                Err(StoreError::Ledger(Refused::Transfer { .. })) if to != chart::SUSPENSE => {}
                other => return other.map(|()| Some(None)),
            }
        }
        Ok(None)
    }

    /// The other bank has answered a recall. `None` while the recall itself is still being delivered.
    async fn recall_answered(&self, answer: &RecallAnswer) -> Result<Option<Commit>, StoreError> {
        let recall = match Uuid::try_parse(&answer.case).ok().map(RecallId::from_uuid) {
            Some(id) => self.recall_by_id(id).await?,
            None => None,
        };
        match recall {
            Some(recall) if recall.state == RecallState::Requested => Ok(None),
            Some(recall) => {
                let next = RecallState::of(answer.status);
                self.moved(&recall, next, answer.code.clone()).map(Some)
            }
            None => Ok(Some(Commit::default())),
        }
    }
}

fn fresh_id() -> String {
    MessageId::generate().uuid().simple().to_string()
}

/// What stands for a message that has no number that can be read: the same each time it comes.
fn unreadable_id(bytes: &[u8]) -> String {
    Uuid::from_bytes(first_16(&String::from_utf8_lossy(bytes))).simple().to_string()
}

/// Something of the size of an id that follows from a number.
fn first_16(id: &str) -> [u8; 16] {
    let digest = ring::digest::digest(&ring::digest::SHA256, id.as_bytes());
    let mut first = [0; 16];
    first.copy_from_slice(&digest.as_ref()[..16]);
    first
}
