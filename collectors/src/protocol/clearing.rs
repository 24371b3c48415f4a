//! 消込: this bill has been paid.

use domain::{BillId, Date, Yen};

use super::error::DecodeError;
use super::fields::{self, BankCode, BillKey, Channel, EntryKind};
use super::reader::Fields;
use super::writer::ElementSink;

/// Tells the collector that the bank holds the money for one bill. Sent once; a repeat is a resend
/// confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clearing {
    /// The numbers under which the bill was found.
    pub bill: BillKey,
    /// The collector's id of the bill.
    pub bill_id: BillId,
    /// As the inquiry answered it.
    pub amount: Yen,
    /// As the inquiry answered it.
    pub fee: Yen,
    /// The payer's bank.
    pub bank: BankCode,
    /// Where the payer stood.
    pub channel: Channel,
    /// How the numbers came to the bank.
    pub entry_kind: EntryKind,
    /// 領収日: the day in Japan on which the bank held the money.
    pub receipt_date: Date,
    /// 消込期限 as the inquiry answered it.
    pub clear_by: Option<Date>,
}

impl Clearing {
    pub(super) fn write(&self, sink: &mut ElementSink) {
        self.bill.write(sink);
        sink.text("BillId", self.bill_id.as_str());
        sink.amount("Amount", self.amount);
        sink.amount("Fee", self.fee);
        sink.text("Bank", self.bank.as_str());
        sink.text("Channel", self.channel.as_str());
        sink.text("EntryKind", self.entry_kind.as_str());
        sink.date("ReceiptDate", self.receipt_date);
        if let Some(clear_by) = self.clear_by {
            sink.date("ClearBy", clear_by);
        }
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, DecodeError> {
        let clearing = Self {
            bill: BillKey::read(&mut fields)?,
            bill_id: fields.parsed("BillId", "1 to 20 visible ASCII characters")?,
            amount: fields.amount("Amount", Yen::new(1))?,
            fee: fields.amount("Fee", Yen::ZERO)?,
            bank: fields.parsed("Bank", "4 digits")?,
            channel: fields.required("Channel", "a listed channel", fields::channel)?,
            entry_kind: fields.required("EntryKind", "a listed entry kind", fields::entry_kind)?,
            receipt_date: fields.date("ReceiptDate")?,
            clear_by: fields.optional_date("ClearBy")?,
        };
        fields.end()?;
        Ok(clearing)
    }
}
