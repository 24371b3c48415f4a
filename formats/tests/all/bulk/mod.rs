//! Bulk data: what is written, what is read back, what is refused and why, and what other implementations make of it.

mod faults;
mod fixtures;
mod framings;
mod oracle;
mod properties;
pub mod sample;
