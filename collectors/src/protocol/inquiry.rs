//! 照会: which bills does this key name?

use domain::Yen;

use super::error::DecodeError;
use super::fields::{self, BankCode, BillKey, Channel};
use super::reader::Fields;
use super::writer::ElementSink;

/// Asks for the bills under a key. Never resent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// The numbers of the slip.
    pub bill: BillKey,
    /// The payer's bank.
    pub bank: BankCode,
    /// Where the payer stands.
    pub channel: Channel,
    /// 1 yen or more, only where the collector lets the payer type it.
    pub amount: Option<Yen>,
}

impl Inquiry {
    pub(super) fn write(&self, sink: &mut ElementSink) {
        self.bill.write(sink);
        sink.text("Bank", self.bank.as_str());
        sink.text("Channel", self.channel.as_str());
        if let Some(amount) = self.amount {
            sink.amount("Amount", amount);
        }
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, DecodeError> {
        let inquiry = Self {
            bill: BillKey::read(&mut fields)?,
            bank: fields.parsed("Bank", "4 digits")?,
            channel: fields.required("Channel", "a listed channel", fields::channel)?,
            amount: fields.optional_amount("Amount")?,
        };
        fields.end()?;
        Ok(inquiry)
    }
}
