//! Everything that is tested from outside, in one binary; one module per subject.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod api;
mod bad_answers;
mod bad_input;
mod browser;
mod certificates;
mod check;
mod concurrency;
mod crash;
mod crash_linked;
mod database_faults;
mod day;
mod harness;
mod hours;
mod link;
mod live;
mod mail;
mod once;
mod proof;
mod security;
mod start;
mod tokens;
mod xml;
