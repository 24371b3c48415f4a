//! The staff console through its router.

mod alarms;
mod counter;
mod delivery;
mod sign_in;
mod support;
mod unknown;
