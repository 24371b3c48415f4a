//! A Pay-easy payment: its facts, its history, the steps it takes, and where it is kept.

pub mod cancellation;
pub mod history;
pub mod manual;
pub mod order;
pub mod refund;
pub mod sending;
pub mod step;
pub mod store;
#[cfg(test)]
mod tests;

use collectors::protocol::{Channel, EntryKind};
use domain::payment::{Cancellation, State};
use domain::{
    AccountId, Bill, BillId, CollectorNumber, ContractId, CustomerNumber, Date, InquiryId, PaymentCategory,
    PaymentId, ResponseCode, Timestamp, TransferId, UserId, Yen,
};
use serde::{Deserialize, Serialize};

/// What is fixed at the hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The payment.
    pub id: PaymentId,
    /// Whose it is.
    pub contract: ContractId,
    /// Who confirmed it.
    pub user: UserId,
    /// The debited account.
    pub account: AccountId,
    /// Where the payer stood.
    pub channel: Channel,
    /// The collector.
    pub collector: CollectorNumber,
    /// 納付番号 or お客様番号.
    pub customer_number: CustomerNumber,
    /// 納付区分.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<PaymentCategory>,
    /// The bill as the inquiry answered it.
    pub bill: Bill,
    /// Goes to the collector.
    pub amount: Yen,
    /// Debited together with the amount.
    pub fee: Yen,
    /// The inquiry that it pays.
    pub inquiry: InquiryId,
    /// The bill of the hand-off that brought it: its nonce, and the place where there are several. None where the payer
    /// typed the numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<BillId>,
    /// The hold of the amount.
    pub hold: TransferId,
    /// The hold of the fee, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee_hold: Option<TransferId>,
    /// The guard that keeps the bill from being paid twice.
    pub bill_guard: ledger::GuardKey,
    /// The resend key, as text: names the outbox row too.
    pub message_key: String,
    /// 受付番号.
    pub receipt_number: String,
    /// 領収日.
    pub receipt_date: Date,
    /// 摘要 of the statement line.
    pub memo: String,
    /// When the amount was held.
    pub held_at: Timestamp,
}

impl Facts {
    /// Whether the payer stood at the counter, and the bank took cash.
    pub fn is_at_counter(&self) -> bool {
        self.channel == Channel::Counter
    }

    /// 入力区分: whether the payer typed the numbers.
    pub const fn entry_kind(&self) -> EntryKind {
        if self.link.is_some() { EntryKind::Linked } else { EntryKind::Typed }
    }

    /// SHA-256 of the facts as compact JSON, in hexadecimal. The payment's first event carries it, and the audit log
    /// vouches for the event.
    pub fn digest(&self) -> Result<String, StoreError> {
        let json = StoreError::to_json(self)?;
        let digest = ring::digest::digest(&ring::digest::SHA256, json.as_bytes());
        Ok(digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// A payment as the bank and the API show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// What is fixed.
    pub facts: Facts,
    /// Where it is.
    pub state: State,
    /// When it came there.
    pub changed_at: Timestamp,
    /// The collector's code, where it answered one.
    pub code: Option<ResponseCode>,
    /// 仮消込: why the collector could not match the clearing.
    pub provisional: Option<ResponseCode>,
    /// The collector's own number of the clearing.
    pub reference: Option<String>,
    /// The collector's word that decided it, where no answer did.
    pub word: Option<history::Word>,
    /// Where its newest cancellation is, as its last event has it.
    pub cancellation: Option<Cancellation>,
    /// When it was paid back, where it was.
    pub returned_at: Option<Timestamp>,
}

/// The hub's own data failed it. Nothing can be said to the payer but to look again later.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The ledger refused for a reason of its own.
    #[error("the ledger refused: {0}")]
    Ledger(#[from] ledger::Refused),
    /// A stored value is none.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(String),
    /// All serials of a processing date are used.
    #[error("all serials of {0} are used")]
    SerialsUsedUp(Date),
}

impl StoreError {
    pub(crate) fn parse<T: std::str::FromStr>(text: &str) -> Result<T, Self>
    where
        T::Err: std::fmt::Display,
    {
        text.parse().map_err(|error| Self::Corrupt(format!("{error}")))
    }

    pub(crate) fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Self> {
        serde_json::from_str(text).map_err(|error| Self::Corrupt(error.to_string()))
    }

    pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, Self> {
        serde_json::to_string(value).map_err(|error| Self::Corrupt(error.to_string()))
    }
}
