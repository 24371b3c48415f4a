//! Mock collectors: stateful HTTP services with pages and faults on command.
//!
//! They sign and verify, read XML and the institutions' data with their own code, so that a mistake in the
//! hub cannot hide behind the same mistake here. The rules of the protocol in words: docs/protocol/README.md.

mod bills;
mod bookings;
mod cancellations;
mod clearings;
mod control;
mod counters;
mod creation;
mod data;
mod exchange;
mod faults;
mod fixtures;
mod hub_keys;
mod institutions;
mod interbank;
mod journal;
mod keys;
mod late;
mod link;
mod link_page;
mod mailbox;
mod message;
mod mistakes;
mod mocks;
mod protocol;
mod purposes;
mod samples;
mod service;
mod settlements;
mod signature;
mod sinks;
mod site;
mod sites;
mod special;
mod spoiled;
mod store;
mod tokens;
mod webhooks;
mod xml;

#[cfg(test)]
mod tests;

pub use data::{Data, DataError};
pub use hub_keys::HubKeys;
pub use interbank::OpenInterbankError;
pub use link::LinkConfig;
pub use link_page::link_router;
pub use mailbox::serve_mailbox;
pub use mistakes::Mistake;
pub use mocks::{ClockMove, Mocks, MocksConfig, OpenError};
pub use protocol::protocol_router;
pub use samples::{SeedBill, SeedError, sample_bills};
pub use site::site_router;
pub use tokens::Device;
