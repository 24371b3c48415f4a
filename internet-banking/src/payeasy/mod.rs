//! 諸納付: paying bills through Pay-easy by the numbers of a slip (R98–R108).
//!
//! An entry is a `draft` on the server. Its pages ask the hub for the bills, let the payer choose one and
//! an account, and show the last look, whose button authorises exactly one payment. What is checked is
//! checked in `operation`.

mod draft;
mod operation;
mod pages;
mod problem;
mod request;
mod rules;
#[cfg(test)]
mod samples;
mod store;
mod views;
pub(crate) mod words;

pub use pages::routes;
pub use problem::Problem;
