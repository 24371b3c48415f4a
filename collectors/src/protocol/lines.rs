//! 消込明細照会: asks for the clearings of a day, a page at a time.

use domain::{Date, Serial};

use super::error::DecodeError;
use super::fields::{self, BankCode};
use super::reader::Fields;
use super::writer::ElementSink;
use crate::directory::Kind;

/// Asks for what is on record under keys of one day, in the order of the serials. Changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    /// The bank.
    pub bank: BankCode,
    /// The collector's service kind.
    pub kind: Kind,
    /// The day, not after today.
    pub counted_date: Date,
    /// The last serial of the page before.
    pub after: Option<Serial>,
}

impl Lines {
    pub(super) fn write(&self, sink: &mut ElementSink) {
        sink.text("Bank", self.bank.as_str());
        sink.text("ServiceKind", self.kind.as_str());
        sink.date("CountedDate", self.counted_date);
        if let Some(after) = self.after {
            sink.text("After", &after.to_string());
        }
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, DecodeError> {
        let lines = Self {
            bank: fields.parsed("Bank", "4 digits")?,
            kind: fields.required("ServiceKind", "a listed service kind", fields::service_kind)?,
            counted_date: fields.date("CountedDate")?,
            after: fields.optional("After", "8 digits, not all zero", |text| text.parse().ok())?,
        };
        fields.end()?;
        Ok(lines)
    }
}
