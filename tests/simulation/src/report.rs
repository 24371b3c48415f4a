//! What a run came to.

use std::collections::BTreeMap;
use std::fmt;

use domain::payment::State;

use crate::checks::state_note;
use crate::settings::Settings;
use crate::world::World;

/// How often each thing happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stats(BTreeMap<&'static str, u64>);

impl Stats {
    pub fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    pub fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or_default()
    }
}

/// A run without a violation.
#[derive(Clone, Debug)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Payments whose money was held.
    pub payments: u64,
    /// Simulated days.
    pub days: u64,
    /// How many payments ended in each state.
    pub states: Vec<(State, u64)>,
    /// Everything else that was counted, faults above all, by name.
    pub counts: Vec<(&'static str, u64)>,
    /// Of every event in order: two runs are the same when theirs are.
    pub digest: u64,
}

impl Report {
    pub(crate) fn of(world: &World) -> Self {
        let ended = |state: &State| world.stats.of(state_note(*state));
        let states: Vec<_> = State::ALL.iter().map(|state| (*state, ended(state))).collect();
        let names: Vec<_> = State::ALL.iter().map(|state| state_note(*state)).collect();
        let counts = world.stats.0.iter().filter(|(name, _)| !names.contains(name));
        Self {
            seed: world.settings.seed,
            payments: world.held_payments,
            days: world.days,
            states: states.into_iter().filter(|(_, count)| *count > 0).collect(),
            counts: counts.map(|(name, count)| (*name, *count)).collect(),
            digest: world.digest.value(),
        }
    }
}

/// Something that must not happen happened.
#[derive(Clone, Debug)]
pub struct Violation {
    /// What must hold.
    pub rule: &'static str,
    /// What was found instead.
    pub detail: String,
    /// The payment or the day of a collector that it was found at.
    pub subject: String,
    /// What happened to it, a line each.
    pub story: Vec<String>,
    /// What was asked for, which shows it again.
    pub settings: Settings,
    /// Payments that had been held.
    pub held: u64,
    /// Days that had passed.
    pub days: u64,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "broken: {}", self.rule)?;
        if !self.detail.is_empty() {
            writeln!(f, "found: {}", self.detail)?;
        }
        writeln!(f, "after {} payments and {} days", self.held, self.days)?;
        writeln!(f, "{}:", self.subject)?;
        for line in &self.story {
            writeln!(f, "  {line}")?;
        }
        write!(f, "again: {}", self.settings)
    }
}

impl std::error::Error for Violation {}
