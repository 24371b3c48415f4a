//! Benchmarks of the running product: one file a measurement, each with what it is compared to.
//!
//! Every figure is a median of several runs with its spread; a run of money counts only if the audit is clean after.

pub mod bulk;
mod demo;
mod file;
mod http;
mod hub;
pub mod isolation;
pub mod pages;
pub mod payment;
pub mod report;
pub mod start;
mod statements;

pub use report::Report;
