//! The addresses of the pages about limits.

use std::fmt;

use super::setting::LimitOf;
use crate::links::Link;

/// The page that sets one limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitLink(pub LimitOf);

impl LimitLink {
    /// Of one order.
    pub const ITEM: &str = "/admin/limits/item";
    /// Of accounts, for the router.
    pub const ACCOUNT: &str = "/admin/limits/accounts/{account}";
    /// Of users, for the router.
    pub const USER: &str = "/admin/limits/users/{user}";
}

impl fmt::Display for LimitLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            LimitOf::Item => f.write_str(Self::ITEM),
            LimitOf::Account(account) => write!(f, "{}/accounts/{account}", Link::AdminLimits),
            LimitOf::User(user) => write!(f, "{}/users/{user}", Link::AdminLimits),
        }
    }
}
