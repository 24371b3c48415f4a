//! What a run uses up: the declaration's numbers, and days of the past.

use std::collections::BTreeMap;

use domain::clock::machine_now;
use domain::{Date, Serial};

use crate::declaration::{Declaration, Outcome, Slip};

/// Days of the past among which a run begins to look for unused ones.
const DAYS_SPREAD: i64 = 3_000;
/// Days that are left to whoever tests by hand.
const DAYS_SPARED: i64 = 10;

/// Numbers and days that are not used yet.
#[derive(Clone, Debug)]
pub struct Pool {
    slips: BTreeMap<Outcome, Vec<Slip>>,
    days_back: i64,
    first_serial: Serial,
}

impl Pool {
    /// Everything that a declaration has.
    pub fn of(declaration: &Declaration, first_serial: Serial) -> Self {
        let mut slips: BTreeMap<Outcome, Vec<Slip>> = BTreeMap::new();
        // taken from the end
        for slip in declaration.slips.iter().rev() {
            slips.entry(slip.outcome).or_default().push(slip.clone());
        }
        // another minute begins elsewhere, so that a run rarely meets the days of the one before
        let days_back = DAYS_SPARED + (machine_now().seconds() / 60 * 37).rem_euclid(DAYS_SPREAD);
        Self { slips, days_back, first_serial }
    }

    /// The next number; one whose inquiry finds no bill is not used up by it.
    pub fn next(&mut self, outcome: Outcome) -> Option<Slip> {
        let left = self.slips.get_mut(&outcome)?;
        if outcome.is_found() || left.len() > 1 { left.pop() } else { left.last().cloned() }
    }

    /// Whether the declaration has any number of that outcome.
    pub fn knows(&self, outcome: Outcome) -> bool {
        self.slips.contains_key(&outcome)
    }

    /// A day before today on which this run has done nothing yet.
    pub fn next_day(&mut self, today: Date) -> Date {
        let day = today.checked_sub_days(chrono::Days::new(self.days_back.unsigned_abs())).unwrap_or(today);
        self.days_back += 1;
        day
    }

    /// The serial before the run's own.
    pub fn first_serial(&self) -> Serial {
        self.first_serial
    }
}
