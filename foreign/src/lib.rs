//! The engine of foreign business: remittances abroad (外国送金) and import letters of credit (輸入信用状).
//!
//! What somebody typed ([`remittance::Entered`], [`credit::Entered`]) becomes an application, or all that is wrong with
//! it at its fields; [`screening`] compares an application with the lists of sanctions, and says what it found;
//! [`message`] makes of an application, and of what it costs, what leaves; [`drawing`] holds documents against their
//! credit. All of it is pure: what is possible on a day, at a rate or within a limit is given, not looked up.

pub mod credit;
pub mod drawing;
pub mod message;
pub mod problem;
pub mod purpose;
pub mod remittance;
pub mod rules;
pub mod screening;

pub use problem::{Problem, Told};
