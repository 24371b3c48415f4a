//! 収納カウンタ: how many clearings a day had, and how much they came to.

use domain::Yen;

use super::error::DecodeError;
use super::reader::Fields;
use super::writer::ElementSink;

/// What is on record under keys of one processing date. A clearing counts in one of the first two, and stays
/// counted there when it is cancelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counters {
    /// Clearings that were matched to a bill.
    pub cleared: Tally,
    /// 仮消込: clearings that were not.
    pub provisional: Tally,
    /// Cancellations that were carried out.
    pub cancelled: Tally,
}

/// A number of records and their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Tally {
    /// How many; eight digits.
    pub count: u32,
    /// What they come to, without fees; 16 digits.
    pub amount: Yen,
}

/// What some records come to, given the amount of each.
impl FromIterator<Yen> for Tally {
    fn from_iter<I: IntoIterator<Item = Yen>>(amounts: I) -> Self {
        amounts.into_iter().fold(Self::default(), |tally, amount| Self {
            count: tally.count + 1,
            amount: [tally.amount, amount].into_iter().sum(),
        })
    }
}

impl Counters {
    pub(super) fn write(&self, sink: &mut ElementSink) {
        for (name, tally) in
            [("Cleared", self.cleared), ("Provisional", self.provisional), ("Cancelled", self.cancelled)]
        {
            sink.within(name, |sink| {
                sink.text("Count", &tally.count.to_string());
                sink.amount("Amount", tally.amount);
            });
        }
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, DecodeError> {
        let counters = Self {
            cleared: tally(fields.element("Cleared")?)?,
            provisional: tally(fields.element("Provisional")?)?,
            cancelled: tally(fields.element("Cancelled")?)?,
        };
        fields.end()?;
        Ok(counters)
    }
}

fn tally(mut fields: Fields<'_>) -> Result<Tally, DecodeError> {
    let tally = Tally { count: fields.count("Count")?, amount: fields.total("Amount")? };
    fields.end()?;
    Ok(tally)
}
