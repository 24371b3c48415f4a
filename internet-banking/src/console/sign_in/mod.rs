//! Signing in at the console: staff ID, password and one-time password, all three at once.

mod operation;
mod pages;
mod signed_in;

pub use operation::{StaffMembers, StaffSignIns};
pub use pages::routes;
pub use signed_in::{StaffSignedIn, Watching};
