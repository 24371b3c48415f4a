//! Mails to the users of contracts: one for every transaction, registration and change, and for what fails later
//! (R19, R20). A mail is a row of the commit that it tells of, so there is exactly one an event and addressee; those
//! about payments are written by a feed that follows the hub's events. A worker hands them to the relay, each at least
//! once.

pub(crate) mod follow;
mod notice;
mod payments;
mod post;
mod recipients;
mod relay;

pub use notice::{Notice, mail_id, masked};
pub use payments::Feed;
pub use post::Post;
pub use recipients::{Recipient, To};
pub use relay::{Relay, RelayError, RelaySettings};
