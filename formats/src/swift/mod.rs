//! SWIFT's MT messages: the letters of credit, which have no other form, and the clerk's copy of a remittance.
//!
//! A form of a field is data, what is typed is held against it character by character, and a [`Message`] is made of
//! nothing else. [`charset`] says what a message carries; [`lines`] wraps names and addresses; [`credit`] has the terms
//! of a credit and the rules between them.

pub mod catalogue;
pub mod charset;
pub mod credit;
pub mod lines;
pub mod message;
pub mod mt103;
pub mod notation;
pub mod reader;
pub mod values;

pub use catalogue::{FieldLayout, Layout};
pub use charset::Charset;
pub use message::{Draft, Field, Kind, Message, findings};
pub use notation::{Misfit, Notation};
pub use reader::read;
