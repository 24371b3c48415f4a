//! The engine of transfers on both databases.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod arrivals;
mod audit;
mod consents;
#[cfg(feature = "crash-points")]
mod crash_points;
mod days;
mod interbank;
mod lies;
mod limits;
mod network;
mod placing;
mod reservations;
mod support;
