//! The addresses of the pages about payees.

use std::fmt;

use domain::PayeeId;

use crate::links::Link;

/// The page of a payee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayeeLink(pub PayeeId);

impl PayeeLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/payees/{payee}";
}

impl fmt::Display for PayeeLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Link::Payees, self.0)
    }
}

/// The last look before a payee is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayeeDeleteLink(pub PayeeId);

impl PayeeDeleteLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/payees/{payee}/delete";
}

impl fmt::Display for PayeeDeleteLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/delete", PayeeLink(self.0))
    }
}

/// What a file that was read would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportLink(pub String);

impl ImportLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/payees/import/{import}";
}

impl fmt::Display for ImportLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Link::PayeesImport, self.0)
    }
}
