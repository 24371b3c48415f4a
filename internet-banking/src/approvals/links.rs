//! The addresses of the pages about approvals.

use std::fmt;

use domain::ApprovalId;

use crate::links::Link;

/// The page of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApprovalLink(pub ApprovalId);

impl ApprovalLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/approvals/{approval}";
    /// The same for whoever goes back to the entry that has become the request.
    pub const OF_ENTRY: &str = "?from=entry";
}

impl fmt::Display for ApprovalLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Link::Approvals, self.0)
    }
}
