//! 情報リンク方式: the bill that a collector's site hands over with the payer's browser.
//!
//! `bill` is a JWE in compact serialization (RFC 7516), encrypted directly under a key that collector and bank share
//! (`alg` dir, `enc` A256GCM, `kid` the key's id), so that any JOSE library makes it: [`jwe`]. What is in it is JSON in
//! UTF-8: [`HandOff`]. The keys are JWKs (RFC 7517): [`LinkKey`].

pub mod jwe;
mod key;
mod payload;
mod return_url;
pub mod rules;
#[cfg(test)]
mod tests;

pub use key::{LinkKey, LinkKeyError};
pub use payload::{BILLS_MAX, HandOff, Handed, NONCE_CHARS, Pattern, PayloadError, bill_ids, is_nonce};
pub use return_url::{ReturnUrl, ReturnUrlError};
