//! The staff console through its router.

mod alarms;
mod collectors;
pub mod contracts;
mod counter;
mod days;
mod delivery;
pub mod keys;
mod lease;
mod procedures;
mod reconciliation;
pub mod settings;
mod settlement;
mod sign_in;
mod signing;
mod stops;
pub mod support;
mod token_stock;
mod tokens;
mod unknown;
mod users;
