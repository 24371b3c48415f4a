//! 諸納付: paying bills through Pay-easy by the numbers of a slip (R98–R108).
//!
//! An entry is a `draft` on the server. Its pages ask the hub for the bills, let the payer choose one and
//! an account, and show the last look, whose button authorises exactly one payment. What is checked is
//! checked in `operation`. The counter's pages (console) read slips and keep their entries by the same means.

pub(crate) mod activity;
pub mod approval;
pub mod bounds;
mod collectors;
pub mod draft;
pub(crate) mod el;
pub(crate) mod favourites;
pub mod limits;
pub(crate) mod linked;
pub mod operation;
mod pages;
pub mod problem;
pub(crate) mod purpose;
mod repeats;
mod request;
pub mod rules;
#[cfg(test)]
pub(crate) mod samples;
pub mod slip_words;
pub mod store;
pub(crate) mod trouble;
pub mod views;
pub mod words;
pub mod wrong_numbers;

pub use pages::routes;
pub use problem::Problem;
