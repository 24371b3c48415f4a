//! The addresses of the pages about batches.

use std::fmt;

use domain::BatchId;

use crate::links::Link;

/// A page of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchPage {
    /// Itself: what it is, its rows, what became of them.
    Rows,
    /// Day, account and names.
    Heading,
    /// Rows from the list of payees.
    Payees,
    /// The last look before approvers are asked.
    Review,
    /// Its rows as a file.
    Csv,
    /// The result of 口座振替 as a file.
    Result,
}

impl BatchPage {
    /// The route.
    pub const fn route(self) -> &'static str {
        match self {
            Self::Rows => "/bulk/{batch}",
            Self::Heading => "/bulk/{batch}/heading",
            Self::Payees => "/bulk/{batch}/payees",
            Self::Review => "/bulk/{batch}/review",
            Self::Csv => "/bulk/{batch}/csv",
            Self::Result => "/bulk/{batch}/result",
        }
    }
}

/// The address of a page of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLink(pub BatchId, pub BatchPage);

impl fmt::Display for BatchLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.1.route().replace("{batch}", &self.0.to_string()))
    }
}

/// The form of a row: by its number, or `new`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowLink(pub BatchId, pub Option<i64>);

impl RowLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/bulk/{batch}/rows/{row}";
    /// The word of a row that is to be added.
    pub const NEW: &str = "new";
}

impl fmt::Display for RowLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = format_args!("{}/{}/rows", Link::Bulk, self.0);
        match self.1 {
            Some(number) => write!(f, "{rows}/{number}"),
            None => write!(f, "{rows}/{}", Self::NEW),
        }
    }
}
