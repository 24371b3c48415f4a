//! 開局 and 予備閉局: begins a day of one service kind, or ends its inquiries.

use super::error::DecodeError;
use super::fields::{self, BankCode};
use super::reader::Fields;
use super::writer::ElementSink;
use crate::directory::Kind;

/// About the header's processing date. May be repeated under another key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The bank.
    pub bank: BankCode,
    /// The collector's service kind.
    pub kind: Kind,
}

impl Service {
    pub(super) fn write(&self, sink: &mut ElementSink) {
        sink.text("Bank", self.bank.as_str());
        sink.text("ServiceKind", self.kind.as_str());
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, DecodeError> {
        let service = Self {
            bank: fields.parsed("Bank", "4 digits")?,
            kind: fields.required("ServiceKind", "a listed service kind", fields::service_kind)?,
        };
        fields.end()?;
        Ok(service)
    }
}
