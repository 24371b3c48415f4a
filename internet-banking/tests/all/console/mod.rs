//! The staff console through its router.

mod alarms;
mod contracts;
mod counter;
mod days;
mod delivery;
mod lease;
mod procedures;
mod reconciliation;
mod settlement;
mod sign_in;
pub mod support;
mod tokens;
mod unknown;
mod users;
