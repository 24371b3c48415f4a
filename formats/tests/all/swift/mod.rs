//! SWIFT messages: as golden files, read back by us and by a reader of tags that shares nothing with us.

mod amendment;
mod credit;
mod findings;
mod mt103;
mod properties;
pub mod sample;
mod tags;
