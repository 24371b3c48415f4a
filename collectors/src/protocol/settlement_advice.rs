//! 資金決済通知: what the bank will pay, and when.

use domain::{Date, Yen};

use super::error::DecodeError;
use super::fields::{BankCode, Reference};
use super::reader::Fields;
use super::writer::ElementSink;

/// Announces one net payment. The same number again has the same content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettlementAdvice {
    /// The bank.
    pub bank: BankCode,
    /// The bank's number of the net payment.
    pub settlement: Reference,
    /// The business day whose window closed.
    pub window_date: Date,
    /// When it is paid.
    pub pay_date: Date,
    /// How many payments it is for; eight digits.
    pub count: u32,
    /// What was collected, without fees; 16 digits.
    pub amount: Yen,
}

impl SettlementAdvice {
    pub(super) fn write(&self, sink: &mut ElementSink) {
        sink.text("Bank", self.bank.as_str());
        sink.text("Settlement", self.settlement.as_str());
        sink.date("WindowDate", self.window_date);
        sink.date("PayDate", self.pay_date);
        sink.text("Count", &self.count.to_string());
        sink.amount("Amount", self.amount);
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, DecodeError> {
        let advice = Self {
            bank: fields.parsed("Bank", "4 digits")?,
            settlement: fields.parsed("Settlement", "1 to 30 visible ASCII characters")?,
            window_date: fields.date("WindowDate")?,
            pay_date: fields.date("PayDate")?,
            count: fields.count("Count")?,
            amount: fields.total("Amount")?,
        };
        fields.end()?;
        Ok(advice)
    }
}
