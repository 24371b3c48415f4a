//! 限度額 of transfers that a contract sets for itself below the bank's: of one order, of an account and of a user in a
//! day. They bind in layers (bank, contract, account, user); the engine counts them on the day of the operation.

pub mod links;
mod operation;
mod page;
pub(crate) mod rules;
#[cfg(test)]
mod samples;
mod setting;

pub(crate) use operation::{held, registration};
pub(crate) use page::Asked;
pub use page::routes;
pub use setting::{Changed, Held, LimitOf, Settings};
