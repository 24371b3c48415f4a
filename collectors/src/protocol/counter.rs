//! 収納カウンタ照会: asks for the collector's counters of a day.

use domain::Date;

use super::error::DecodeError;
use super::fields::{self, BankCode};
use super::reader::Fields;
use super::writer::ElementSink;
use crate::directory::Kind;

/// Asks what is on record under keys of one day. Changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    /// The bank.
    pub bank: BankCode,
    /// The collector's service kind.
    pub kind: Kind,
    /// The day, not after today.
    pub counted_date: Date,
}

impl Counter {
    pub(super) fn write(&self, sink: &mut ElementSink) {
        sink.text("Bank", self.bank.as_str());
        sink.text("ServiceKind", self.kind.as_str());
        sink.date("CountedDate", self.counted_date);
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, DecodeError> {
        let counter = Self {
            bank: fields.parsed("Bank", "4 digits")?,
            kind: fields.required("ServiceKind", "a listed service kind", fields::service_kind)?,
            counted_date: fields.date("CountedDate")?,
        };
        fields.end()?;
        Ok(counter)
    }
}
