//! The crate as a site sees it: requests in, responses out.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod client_certificates;
mod connection;
mod languages;
mod listening;
mod sites;
mod uploads;
