//! One-time-password tokens (R51–R59): codes of six digits that change every 60 seconds, a lock that hits
//! everybody who shares the token, and the secrets behind them, sealed at rest.
//!
//! A code is used up by a guard on (serial, step) in the commit that moves the money, not by its
//! verification: only there can a code be spent exactly once, whoever of the sharers comes first (C17).

pub mod authorise;
pub mod code;
mod demands;
pub mod seal;
mod store;

pub use code::{Seed, Step};
pub use demands::Operation;
pub use seal::SealingKey;
pub use store::{TokenError, Tokens, Verdict};
