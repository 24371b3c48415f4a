//! What a run uses up: the declaration's numbers, and days of the past.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike as _;
use domain::clock::machine_now;
use domain::{Date, Serial};

use crate::declaration::{Declaration, Outcome, Slip};
use crate::draws::Draws;

/// Days of the past, some thirty years, from which a run draws: it uses some 55 of them, so that many runs against the
/// same books still find free ones.
const DAYS_SPREAD: usize = 12_000;
/// Days that are left to whoever tests by hand.
const DAYS_SPARED: usize = 10;

/// Numbers and days that are not used yet.
#[derive(Clone, Debug)]
pub struct Pool {
    slips: BTreeMap<Outcome, Vec<Slip>>,
    days: Draws,
    drawn: BTreeSet<usize>,
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
        // by the clock and not by the seed: the same seed is run again against books that have its days already
        let days = Draws::new(machine_now().micros().unsigned_abs(), "days of the past");
        Self { slips, days, drawn: BTreeSet::new(), first_serial }
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
        let mut back = self.days.below(DAYS_SPREAD);
        while !self.drawn.insert(back) && self.drawn.len() < DAYS_SPREAD {
            back = self.days.below(DAYS_SPREAD);
        }
        let back = u64::try_from(DAYS_SPARED + back).unwrap_or_default();
        today.checked_sub_days(chrono::Days::new(back)).unwrap_or(today)
    }

    /// A day of the past before the last two of its month, so that the third day after it is the first of the next.
    pub fn next_end_of_month(&mut self, today: Date) -> Date {
        let drawn = self.next_day(today);
        let first = drawn.with_day(1).unwrap_or(drawn);
        // what was drawn is ten days back at least, and this is before it
        first.checked_sub_days(chrono::Days::new(3)).unwrap_or(first)
    }

    /// The serial before the run's own.
    pub fn first_serial(&self) -> Serial {
        self.first_serial
    }
}
