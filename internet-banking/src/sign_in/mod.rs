//! Sign-in by ID and password, sessions, and the extractor that every page behind sign-in takes.
//!
//! [`Gate`], [`Throttle`], [`Passwords`] and [`Sessions`] serve the staff console too, each with keys and tables of
//! its own.

mod brought;
mod closed;
pub mod ended;
mod gate;
mod judged;
pub(crate) mod locks;
mod operation;
mod pages;
mod password;
mod session;
mod signed_in;
mod throttle;

pub(crate) use brought::unless_signed_in;
pub(crate) use closed::InHours;
pub use ended::EndedFor;
pub use gate::shortened;
pub use gate::{Entrants, Gate, Refusal};
pub use locks::{NotTold, look as look_for_locks, run as watch_locks};
pub use operation::{ProvenBy, SignIns};
pub use pages::RETRY_AFTER_S;
pub use pages::routes;
pub use password::{PASSWORD_CHARS_MAX, PasswordError, Passwords, Place, Use, Verdict};
pub use session::session_sql;
pub use session::{NewSession, People, Session, SessionSql, Sessions, SessionsError, Touch, Users};
pub use signed_in::{SignedIn, Watching};
pub use throttle::{Admission, Throttle, ThrottleLimits};
pub use throttle::{Whose, subject_from_hex};
