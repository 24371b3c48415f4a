//! Mails to the users of contracts: one for every transaction, registration and change, and for what fails later
//! (R19, R20). A mail is a row of the commit that it tells of, so there is exactly one an event and addressee.

mod notice;
mod recipients;

pub use notice::{Notice, masked};
pub use recipients::{Recipient, To};
