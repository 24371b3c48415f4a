//! The addresses of the pages about accounts.

use std::fmt;

use domain::AccountId;

use super::files::File;
use crate::links::Link;

/// Which movements of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// 入出金明細.
    Statement,
    /// 振込入金明細.
    Incoming,
}

/// A list of an account's movements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListLink(pub AccountId, pub List);

impl ListLink {
    /// All statements, for the router.
    pub const STATEMENT: &str = "/accounts/{account}";
    /// All lists of incoming transfers, for the router.
    pub const INCOMING: &str = "/accounts/{account}/incoming";
}

impl fmt::Display for ListLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            List::Statement => write!(f, "{}/{}", Link::Accounts, self.0),
            List::Incoming => write!(f, "{}/{}/incoming", Link::Accounts, self.0),
        }
    }
}

/// The list again where it has a new line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewsLink(pub AccountId, pub List);

impl NewsLink {
    /// All of statements, for the router.
    pub const STATEMENT: &str = "/accounts/{account}/news";
    /// All of incoming transfers, for the router.
    pub const INCOMING: &str = "/accounts/{account}/incoming/news";
}

impl fmt::Display for NewsLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/news", ListLink(self.0, self.1))
    }
}

/// The list to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListPrintLink(pub AccountId, pub List);

impl ListPrintLink {
    /// All of statements, for the router.
    pub const STATEMENT: &str = "/accounts/{account}/print";
    /// All of incoming transfers, for the router.
    pub const INCOMING: &str = "/accounts/{account}/incoming/print";
}

impl fmt::Display for ListPrintLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/print", ListLink(self.0, self.1))
    }
}

/// A file of an account's movements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileLink(pub AccountId, pub File);

impl FileLink {
    /// All such files, for the router.
    pub const ROUTE: &str = "/accounts/{account}/files/{file}";
}

impl fmt::Display for FileLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/files/{}", Link::Accounts, self.0, self.1.code())
    }
}
