//! The staff console through its router.

mod alarms;
mod collectors;
pub mod contracts;
mod counter;
mod days;
mod delivery;
pub mod keys;
mod lease;
mod mandates;
mod matrix;
mod procedures;
mod reconciliation;
pub mod settings;
mod settlement;
mod sign_in;
mod signing;
mod staff;
pub mod stops;
pub mod support;
mod token_stock;
pub mod tokens;
mod unknown;
pub mod users;
