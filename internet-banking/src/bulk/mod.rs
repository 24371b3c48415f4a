//! データ伝送: 総合振込, 給与・賞与振込, 口座振替 and 地方税納付, whose items are made and sent many at a time (R109).
//!
//! The crate `bulk` keeps batches and rows and carries them out. Here is the bank's part: who may do what
//! ([`rules`]: plan, right, hours, and the password that each approval costs), what people type ([`heading`],
//! [`kinds`]), what they do ([`operation`]), and how others approve it ([`approval`]).

pub(crate) mod activity;
pub mod approval;
mod csv_rows;
mod fields;
pub(crate) mod heading;
pub mod kinds;
pub mod links;
mod mails;
pub mod operation;
mod pages;
pub mod problem;
pub mod rules;
#[cfg(test)]
mod samples;
pub(crate) mod words;

pub use mails::BatchFeed;
pub use pages::routes;
