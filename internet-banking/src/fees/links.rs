//! The addresses of the pages about fees.

use std::fmt;

use super::Month;
use crate::links::Link;

/// The charges of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthLink(pub Month);

impl fmt::Display for MonthLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}?month={}", Link::Fees, self.0)
    }
}

/// The same as a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthCsvLink(pub Month);

impl MonthCsvLink {
    /// All such files, for the router.
    pub const ROUTE: &str = "/fees/{month}/csv";
}

impl fmt::Display for MonthCsvLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/csv", Link::Fees, self.0)
    }
}
