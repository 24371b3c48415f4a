//! Hub, ledger, collectors, network and clock in one world, under one seeded scheduler with a time of its own.
//!
//! What decides is the product's code: the steps of a payment, the conclusions from an answer, the protocol's bytes,
//! `apply`, the group commit (on [`ledger::memory`]). What acts, the processes, their timers and the network between
//! them, is modelled here, so that each can fail at any moment. The same seed gives the same run, event by event.

mod breaks;
mod cases;
mod checks;
mod collector;
mod days;
mod exchange;
mod happening;
mod hub;
pub mod live;
mod network;
mod payers;
mod queue;
mod random;
mod report;
mod settings;
mod staff;
mod store;
mod trace;
mod world;

pub use report::{Report, Violation};
pub use settings::{Mistake, Settings};

/// Runs until as many payments were made and all of them have come to an end. `progress` is told the payments so far
/// and the days, once a day.
pub fn run(settings: &Settings, progress: &mut dyn FnMut(u64, u64)) -> Result<Report, Box<Violation>> {
    world::World::new(settings.clone()).run(progress)
}
