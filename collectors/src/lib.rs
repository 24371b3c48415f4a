//! The collecting institutions as data, the protocol to them as code, and the client.
//!
//! [`directory`] is the list of institutions, [`protocol`] the messages (`docs/protocol/`), [`signature`] who
//! said them, [`client`] carries one message to one institution and [`endpoint`] takes it there, [`answer`] says what a
//! clearing's answer means, [`records`] what a collector has to make of its own, and [`link`] reads the bills that the
//! institutions' sites hand over.

pub mod answer;
pub mod client;
pub mod directory;
pub mod endpoint;
pub mod link;
pub mod protocol;
pub mod records;
pub mod signature;

pub use answer::{AnswerClass, classify, classify_cancellation};
pub use client::{Answer, Client, NotSent, Outcome, SentRequest, Silence};
pub use directory::{Collector, Directory, Kind};
pub use endpoint::Endpoint;
pub use records::Records;
