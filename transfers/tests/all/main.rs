//! The engine of transfers on both databases.

mod limits;
mod placing;
mod reservations;
mod support;
