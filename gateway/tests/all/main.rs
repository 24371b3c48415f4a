//! The hub against mock collectors, on both databases.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod alarms;
mod another_collector;
mod api;
mod audit;
mod bills;
mod cleaning;
mod counter;
mod crash;
mod crash_points;
mod daily_limit;
mod faults;
mod link;
mod operations;
mod pay;
mod proof;
mod reconciliation;
mod refund;
mod rows;
mod service;
mod settlement;
mod stops;
mod support;
