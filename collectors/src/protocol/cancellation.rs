//! 取消: takes one clearing of the counter back.

use domain::{BillId, Date, Serial, Yen};

use super::clearing::Clearing;
use super::error::DecodeError;
use super::fields::{self, BankCode, BillKey, Channel};
use super::reader::Fields;
use super::writer::ElementSink;

/// Undoes a clearing of the counter on its own processing date. Has a key of its own; a repeat is a resend
/// confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// The clearing's numbers.
    pub bill: BillKey,
    /// The clearing's bill.
    pub bill_id: BillId,
    /// The clearing's amount.
    pub amount: Yen,
    /// The payer's bank.
    pub bank: BankCode,
    /// Where the payer stands; only the counter may cancel.
    pub channel: Channel,
    /// The processing date of the clearing's key; its sender is this message's.
    pub clearing_date: Date,
    /// The serial of the clearing's key.
    pub clearing_serial: Serial,
}

impl Cancellation {
    /// Whether this names the bill and amount of that clearing, whatever its key.
    pub fn fits(&self, clearing: &Clearing) -> bool {
        (&self.bill.customer_number, &self.bill_id, self.amount)
            == (&clearing.bill.customer_number, &clearing.bill_id, clearing.amount)
    }

    pub(super) fn write(&self, sink: &mut ElementSink) {
        self.bill.write(sink);
        sink.text("BillId", self.bill_id.as_str());
        sink.amount("Amount", self.amount);
        sink.text("Bank", self.bank.as_str());
        sink.text("Channel", self.channel.as_str());
        sink.date("ClearingDate", self.clearing_date);
        sink.text("ClearingSerial", &self.clearing_serial.to_string());
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, DecodeError> {
        let cancellation = Self {
            bill: BillKey::read(&mut fields)?,
            bill_id: fields.parsed("BillId", "1 to 20 visible ASCII characters")?,
            amount: fields.amount("Amount", Yen::new(1))?,
            bank: fields.parsed("Bank", "4 digits")?,
            channel: fields.required("Channel", "a listed channel", fields::channel)?,
            clearing_date: fields.date("ClearingDate")?,
            clearing_serial: fields.parsed("ClearingSerial", "8 digits, not all zero")?,
        };
        fields.end()?;
        Ok(cancellation)
    }
}
