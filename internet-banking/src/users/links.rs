//! The addresses of the pages about users.

use std::fmt;

use domain::UserId;

use super::acts::Act;
use crate::links::Link;

/// The page of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberLink(pub UserId);

impl MemberLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/admin/users/{user}";
}

impl fmt::Display for MemberLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Link::AdminUsers, self.0)
    }
}

/// Begins the change of a user (POST).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeLink(pub UserId);

impl ChangeLink {
    /// All such addresses, for the router.
    pub const ROUTE: &str = "/admin/users/{user}/change";
}

impl fmt::Display for ChangeLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/change", MemberLink(self.0))
    }
}

/// One step that is done to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActLink(pub UserId, pub Act);

impl ActLink {
    /// All such pages, for the router.
    pub const ROUTE: &str = "/admin/users/{user}/do/{act}";
}

impl fmt::Display for ActLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/do/{}", MemberLink(self.0), self.1.code())
    }
}

/// The user's page, telling that a step was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoneLink(pub UserId, pub Act);

impl fmt::Display for DoneLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}?done={}", MemberLink(self.0), self.1.code())
    }
}

/// A page of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserPage {
    /// 基本情報.
    Basics,
    /// 権限・口座.
    Rights,
    /// 内容の確認.
    Review,
    /// Gives the entry up (POST).
    Forget,
}

impl UserPage {
    /// The page of every entry, for the router.
    pub const fn route(self) -> &'static str {
        match self {
            Self::Basics => "/admin/users/entry/{draft}/basics",
            Self::Rights => "/admin/users/entry/{draft}/rights",
            Self::Review => "/admin/users/entry/{draft}/review",
            Self::Forget => "/admin/users/entry/{draft}/forget",
        }
    }
}

/// A page of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserEntryLink {
    /// The draft's id.
    pub draft: String,
    /// Which page.
    pub page: UserPage,
}

impl fmt::Display for UserEntryLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.page.route().replace("{draft}", &self.draft))
    }
}
