//! Sign-in by ID and password, sessions, and the extractor that every page behind sign-in takes.

mod operation;
mod pages;
mod password;
mod session;
mod signed_in;
mod throttle;

pub use operation::{Refusal, SignIns};
pub use pages::routes;
pub use password::{PasswordError, Passwords, Place, Use, Verdict};
pub use session::{Session, Sessions, SessionsError};
pub use signed_in::SignedIn;
pub use throttle::{Throttle, ThrottleLimits};
