//! What the ledger promises, in one program: one PostgreSQL serves all of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod audit;
mod commits;
mod concurrency;
mod conformance;
mod lost_answer;
mod no_room;
mod outbox;
mod properties;
mod reads;
mod support;
mod table;
mod walk;
