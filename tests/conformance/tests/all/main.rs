//! The kit against the mock collectors.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]
#![allow(clippy::print_stdout, reason = "a test that fails shows the report")]

mod collector;
mod correct;
mod examples;
mod guide;
mod mutants;
mod reports;
mod trouble;
