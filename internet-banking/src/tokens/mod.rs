//! One-time-password tokens (R51–R77): codes of six digits that change every 60 seconds, a lock that hits everybody who
//! shares the token, and the secrets behind them, sealed at rest.
//!
//! A code is used up by a guard on (serial, step) in the commit that moves the money, not by its
//! verification: only there can a code be spent exactly once, whoever of the sharers comes first (C17).

pub mod authorise;
pub mod changes;
pub mod code;
pub mod delivery;
mod demands;
pub mod expiry;
pub mod fees;
pub mod list;
pub(crate) mod lock;
mod operation;
mod pages;
mod problem;
mod reseal;
pub(crate) mod rules;
#[cfg(test)]
mod samples;
pub mod seal;
mod store;
pub mod token;

pub use code::{Seed, Step};
pub use demands::{Operation, failures_max};
pub use fees::Occasion;
pub(crate) use operation::confirmed_unlock;
pub(crate) use pages::routes;
pub use problem::Problem;
pub use reseal::Resealed;
pub use seal::{KeyId, SealingKey};
pub use store::{NewToken, TokenError, Tokens, Typist, Verdict};
pub use token::{Holder, Standing, Token, TokenKind, TokenState};
