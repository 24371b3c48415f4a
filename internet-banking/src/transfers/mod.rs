//! 資金移動: 振込 and 振替, one at a time (R81–R88, R96, R97).
//!
//! An entry is a `draft` on the server: a payee, then account, amount and day, then the last look, whose button
//! authorises exactly one order. What is checked is checked in `operation`; limits, days and money are the engine's.

pub(crate) mod activity;
pub mod approval;
pub(crate) mod consent;
mod draft;
mod eve;
pub(crate) mod left;
pub(crate) mod links;
pub mod mails;
mod operation;
mod pages;
pub(crate) mod payee;
pub(crate) mod problem;
pub mod return_approval;
#[cfg(test)]
mod samples;
mod standing;
mod store;
mod templates;
mod typed;
mod views;
pub mod words;

pub use mails::TransferFeed;
pub use pages::routes;
pub use problem::Problem;
