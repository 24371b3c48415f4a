//! The engine of transfers on both databases.

#[cfg(feature = "crash-points")]
mod crash_points;
mod interbank;
mod limits;
mod network;
mod placing;
mod reservations;
mod support;
