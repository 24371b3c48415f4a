//! The addresses of the pages about payees, of either list.

use std::fmt;

use domain::PayeeId;

use super::list::List;

/// A page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListPage {
    /// The list itself.
    All,
    /// A payee is registered.
    New,
    /// The list as a file.
    Csv,
    /// A file is read.
    Import,
}

/// The routes of a list: those of [`ListPage`], then that of a file that was read, of a payee, and of its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Routes {
    /// The list itself.
    pub all: &'static str,
    /// A payee is registered.
    pub new: &'static str,
    /// The list as a file.
    pub csv: &'static str,
    /// A file is read.
    pub import: &'static str,
    /// What a file that was read would change.
    pub plan: &'static str,
    /// A payee.
    pub payee: &'static str,
    /// The last look before one is deleted.
    pub delete: &'static str,
}

impl Routes {
    /// Of a list.
    pub const fn of(list: List) -> Self {
        match list {
            List::Transfers => Self {
                all: "/payees",
                new: "/payees/new",
                csv: "/payees/csv",
                import: "/payees/import",
                plan: "/payees/import/{import}",
                payee: "/payees/{payee}",
                delete: "/payees/{payee}/delete",
            },
            List::Payroll => Self {
                all: "/employees",
                new: "/employees/new",
                csv: "/employees/csv",
                import: "/employees/import",
                plan: "/employees/import/{import}",
                payee: "/employees/{payee}",
                delete: "/employees/{payee}/delete",
            },
        }
    }
}

/// The address of a page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListLink(pub List, pub ListPage);

impl fmt::Display for ListLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes = Routes::of(self.0);
        f.write_str(match self.1 {
            ListPage::All => routes.all,
            ListPage::New => routes.new,
            ListPage::Csv => routes.csv,
            ListPage::Import => routes.import,
        })
    }
}

/// The page of a payee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayeeLink(pub List, pub PayeeId);

impl fmt::Display for PayeeLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Routes::of(self.0).all, self.1)
    }
}

/// The last look before a payee is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayeeDeleteLink(pub List, pub PayeeId);

impl fmt::Display for PayeeDeleteLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/delete", PayeeLink(self.0, self.1))
    }
}

/// What a file that was read would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportLink(pub List, pub String);

impl fmt::Display for ImportLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", ListLink(self.0, ListPage::Import), self.1)
    }
}
