//! 閉局: ends a day, with the hub's counters of it.

use domain::Date;

use super::counters::Counters;
use super::error::DecodeError;
use super::fields::{self, BankCode};
use super::reader::Fields;
use super::writer::ElementSink;
use crate::directory::Kind;

/// Closes a day of one service kind. May be repeated under another key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// The bank.
    pub bank: BankCode,
    /// The collector's service kind.
    pub kind: Kind,
    /// The day that is closed: the header's processing date, or an earlier one that is closed late.
    pub counted_date: Date,
    /// What the hub counted under keys of that day.
    pub counters: Counters,
}

impl Close {
    pub(super) fn write(&self, sink: &mut ElementSink) {
        sink.text("Bank", self.bank.as_str());
        sink.text("ServiceKind", self.kind.as_str());
        sink.date("CountedDate", self.counted_date);
        sink.within("Counters", |sink| self.counters.write(sink));
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, DecodeError> {
        let close = Self {
            bank: fields.parsed("Bank", "4 digits")?,
            kind: fields.required("ServiceKind", "a listed service kind", fields::service_kind)?,
            counted_date: fields.date("CountedDate")?,
            counters: Counters::read(fields.element("Counters")?)?,
        };
        fields.end()?;
        Ok(close)
    }
}
