//! 窓口収納: a teller reads a slip for somebody who pays cash.
//!
//! Slips are read, and entries kept, by the means of the customers' pages (`payeasy`); an entry is a teller's, under
//! the contract of the counter. Who may is decided in `operation`.

mod operation;
pub(super) mod pages;
pub(super) mod problem;
pub(super) mod receipt;
#[cfg(test)]
pub(super) mod samples;
pub(super) mod words;

pub use pages::routes;
