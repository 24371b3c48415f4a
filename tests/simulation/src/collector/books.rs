//! What a collector's books have of its clearings. Now and then that is not what it answered: a day's counters and
//! lines come from the books, the answers under keys do not.

use std::iter;

use domain::{Date, Serial};

use super::Collector;
use super::clearing::Record;

/// What the books have of one clearing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Entry {
    /// The clearing.
    #[default]
    Right,
    /// Nothing.
    Missing,
    /// The clearing, and once more.
    Double,
    /// The clearing with another amount.
    Amount(i64),
}

impl Entry {
    /// The amounts of its lines.
    pub fn amounts(self, cleared: i64) -> impl Iterator<Item = i64> {
        let (lines, amount) = match self {
            Self::Right => (1, cleared),
            Self::Missing => (0, cleared),
            Self::Double => (2, cleared),
            Self::Amount(other) => (1, other),
        };
        iter::repeat_n(amount, lines)
    }
}

impl Collector {
    /// Books a recorded clearing so; its date and serial.
    pub fn book(&mut self, key: &str, entry: Entry) -> Option<(Date, Serial)> {
        let record = self.records.get_mut(key)?;
        record.entry = entry;
        Some((record.date, record.serial))
    }

    /// It never had a clearing: nothing of it counts, and its bill may be paid anew.
    pub fn give_up(&mut self, key: &str) {
        if let Some(record) = self.records.get(key).cloned() {
            self.mark(&record, false);
        }
    }

    /// By how much the counters of a day are wrong: count and amount of what was cleared, and of what was taken back.
    pub fn miscounts(&self, date: Date) -> [(i64, i64); 2] {
        let mut sums = [(0, 0); 2];
        for record in self.records.values().filter(|record| record.date == date && record.cleared) {
            let wrong = record.miscounts();
            for sum in sums.iter_mut().take(if record.cancelled_by.is_some() { 2 } else { 1 }) {
                *sum = (sum.0 + wrong.0, sum.1 + wrong.1);
            }
        }
        sums
    }
}

impl Record {
    fn miscounts(&self) -> (i64, i64) {
        let amounts = self.entry.amounts(self.amount);
        amounts.fold((-1, -self.amount), |(count, sum), amount| (count + 1, sum + amount))
    }
}
