//! 後納手数料 (R84): what a contract owes for transfers, recalls and tokens is a row of `charge` in the commit that it is
//! for. The charges of a month are debited together from the contract's 代表口座 on the tenth of the next month, or the
//! business day after: once, in whole, by a bar in the commit. Where funds are short nothing is debited; administrators
//! and staff are told, and every business day that follows has another try. An emergency stop holds nothing of it up.

mod audit;
pub mod charges;
mod debit;
mod links;
mod pages;
#[cfg(test)]
mod samples;
mod statement;

pub use audit::audit;
pub use debit::{FEES, FeeError, Fees, Looked};
pub use pages::routes;
pub use statement::{MonthRow, MonthState, months};
pub use transfers::Month;
