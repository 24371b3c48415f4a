//! The engine of bulk business on both databases.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod approving;
#[cfg(feature = "crash-points")]
mod crash_points;
mod debits;
mod drafts;
mod local_tax;
mod transfers;
mod world;
mod zedi;

#[allow(dead_code, reason = "the network of the transfers' tests, of which these need a part")]
#[path = "../../../transfers/tests/all/interbank.rs"]
mod interbank;
#[allow(dead_code, reason = "the bank of the transfers' tests, of which these need a part")]
#[path = "../../../transfers/tests/all/support.rs"]
mod support;
#[path = "../../../formats/tests/all/xsd.rs"]
mod xsd;
