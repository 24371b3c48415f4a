//! Signing in at the console: staff ID, password and one-time password, all three at once.

mod locks;
mod operation;
mod pages;
mod signed_in;
mod start;

pub use locks::{NotTold, look as look_for_locks, run as watch_locks};
pub use operation::{StaffMembers, StaffSignIns};
pub use pages::routes;
pub use signed_in::{StaffSignedIn, Watching};
