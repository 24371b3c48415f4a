//! 利用者管理: a contract's users, who are added, changed, suspended and removed by its master (R16–R18, R48).
//!
//! An entry is a `draft` on the server: basics, rights and accounts, a last look with a one-time password (R54). What
//! is checked is checked in `operation` and `acts`; who may, in [`crate::policy`].

pub mod acts;
pub mod approval;
pub mod bounds;
mod draft;
pub mod links;
mod operation;
mod pages;
pub(crate) mod problem;
pub mod rules;
#[cfg(test)]
pub mod samples;
mod store;
mod temporary;

pub use pages::routes;
pub(crate) use rules::email;
pub use store::{Member, Members, UserState};
pub use temporary::{Temporary, TemporaryShown};
