//! The fields that several messages share.

use std::fmt;
use std::str::FromStr;

pub use domain::BankCode;
use domain::{CollectorNumber, ConfirmationNumber, CustomerNumber, PaymentCategory};

use super::error::DecodeError;
use super::reader::Fields;
use super::writer::ElementSink;
use crate::directory::Kind;

/// A number that one side gave a record of its own: 1 to 30 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference(String);

/// A text is no reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a reference is 1 to 30 visible ASCII characters")]
pub struct ReferenceError;

impl Reference {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let fits = (1..=30).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(ReferenceError) }
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> String {
        reference.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Where the payer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Internet banking.
    InternetBanking,
    /// 窓口: the only channel whose clearings may be cancelled.
    Counter,
}

impl Channel {
    /// The word of the message.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InternetBanking => "internet_banking",
            Self::Counter => "counter",
        }
    }
}

/// 入力区分: how the numbers came to the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// The payer typed them (オンライン方式).
    Typed,
    /// The collector's site handed them over (情報リンク方式).
    Linked,
}

impl EntryKind {
    /// The word of the message.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Typed => "typed",
            Self::Linked => "linked",
        }
    }
}

/// What a payer reads from the slip: it names the bills at the collector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillKey {
    /// 収納機関番号; the message carries the eight-digit code.
    pub collector: CollectorNumber,
    /// 納付番号 or お客様番号.
    pub customer_number: CustomerNumber,
    /// 確認番号.
    pub confirmation_number: ConfirmationNumber,
    /// 納付区分, where the collector uses one.
    pub category: Option<PaymentCategory>,
}

impl BillKey {
    pub(super) fn write(&self, sink: &mut ElementSink) {
        sink.text("Collector", &self.collector.code());
        sink.text("CustomerNumber", self.customer_number.as_str());
        sink.text("ConfirmationNumber", self.confirmation_number.as_str());
        if let Some(category) = &self.category {
            sink.text("PaymentCategory", category.as_str());
        }
    }

    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            collector: fields.required("Collector", "eight digits that end in 000", |text| {
                text.strip_suffix("000").and_then(|number| number.parse().ok())
            })?,
            customer_number: fields.parsed("CustomerNumber", "1 to 20 digits")?,
            confirmation_number: fields.parsed("ConfirmationNumber", "4 to 6 digits")?,
            category: fields.optional("PaymentCategory", "1 to 16 digits", |text| text.parse().ok())?,
        })
    }
}

pub(super) fn channel(text: &str) -> Option<Channel> {
    [Channel::InternetBanking, Channel::Counter].into_iter().find(|c| c.as_str() == text)
}

pub(super) fn entry_kind(text: &str) -> Option<EntryKind> {
    [EntryKind::Typed, EntryKind::Linked].into_iter().find(|k| k.as_str() == text)
}

pub(super) fn service_kind(text: &str) -> Option<Kind> {
    [Kind::National, Kind::Local, Kind::Private].into_iter().find(|k| k.as_str() == text)
}
