//! What can be proved of a payment to those who do not trust the hub's database: the audit log's heads sealed with the
//! hub's key, and one payment's bundle that anybody verifies with public keys.

pub mod agree;
pub mod keys;
mod seal;

pub use keys::{KeySet, PublicKey};
