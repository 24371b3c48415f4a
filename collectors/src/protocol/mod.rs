//! The messages between the hub and a collector: schema `docs/protocol/mpn-v1.xsd`, rules in words beside it.
//!
//! One file a message. Encoding is deterministic: the same message gives the same bytes, because every repeat
//! of a clearing or cancellation carries them verbatim. Decoding is strict: what the schema does not allow is
//! an error that names the element, and nothing is guessed.

mod cancellation;
mod cancellation_answer;
mod clearing;
mod clearing_answer;
mod close;
mod counter;
mod counter_answer;
mod counters;
mod error;
mod fields;
mod header;
mod inquiry;
mod inquiry_answer;
mod lines;
mod lines_answer;
mod message;
mod reader;
mod received;
mod resend_confirmation;
mod service;
mod service_answer;
mod settlement_advice;
mod settlement_advice_answer;
mod writer;

pub use cancellation::Cancellation;
pub use cancellation_answer::CancellationAnswer;
pub use clearing::Clearing;
pub use clearing_answer::ClearingAnswer;
pub use close::Close;
pub use counter::Counter;
pub use counter_answer::CounterAnswer;
pub use counters::{Counters, Tally};
pub use domain::BankCode;
pub use error::DecodeError;
pub use fields::{BillKey, Channel, EntryKind, Reference, ReferenceError};
pub use header::Header;
pub use inquiry::Inquiry;
pub use inquiry_answer::InquiryAnswer;
pub(crate) use inquiry_answer::shown_text;
pub use lines::Lines;
pub use lines_answer::{Line, LineStatus, LinesAnswer};
pub use message::{AboutDay, Body, Message, decode, encode};
pub use received::{Received, Request};
pub use resend_confirmation::ResendConfirmation;
pub use service::Service;
pub use service_answer::ServiceAnswer;
pub use settlement_advice::SettlementAdvice;
pub use settlement_advice_answer::SettlementAdviceAnswer;

/// Bytes of a message at most, in either direction.
pub const MESSAGE_BYTES_MAX: usize = domain::xml::Limits::MESSAGE.bytes_max;
/// The namespace of version 1.
pub const NAMESPACE: &str = "urn:mpn:v1";
/// The content type of both directions.
pub const CONTENT_TYPE: &str = "application/xml; charset=utf-8";
/// Bills that one answer carries at most.
pub const BILLS_MAX: usize = 50;
/// Clearings that one page of lines carries at most.
pub const LINES_MAX: usize = 500;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
