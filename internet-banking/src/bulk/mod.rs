//! データ伝送: 総合振込, 給与・賞与振込, 口座振替 and 地方税納付, whose items are made and sent many at a time (R109).
//!
//! Who may do what is [`rules`]: the plan, the right, the hours, and the password that each approval costs.

mod pages;
pub mod problem;
pub mod rules;
#[cfg(test)]
mod samples;

pub use pages::routes;
