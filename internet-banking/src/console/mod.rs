//! The staff console (職員用画面): an address, a sign-in, sessions and keys of its own; nothing is shared with the
//! customers' bank but the mechanisms.
//!
//! Pages stay thin here too: extract, call one operation, render. Who may do what is decided in the operations.

mod frame;
mod home;
pub mod links;
pub mod sign_in;
pub mod staff;

use axum::Router;
use database::Database;
use domain::Clock;
use edge::{CookieKind, CsrfKey, Frame, SessionLimits, Site};
use gateway::Gateway;
use ledger::Ledger;

use crate::SecretError;
use crate::secrets::{Purpose, Secret};
use crate::sign_in::{Gate, Passwords, Sessions, Throttle, ThrottleLimits};
use crate::tokens::{SealingKey, Tokens};
use links::ConsoleLink;
use sign_in::StaffSignIns;

/// Everything the console's pages work with. Cheap to clone; one for all listeners of a process.
#[derive(Clone)]
pub struct Console {
    /// What is not money.
    pub database: Database,
    /// Business time.
    pub clock: Clock,
    /// The hub.
    pub gateway: Gateway,
    /// The people.
    pub staff: staff::Store,
    /// Hashes and verifies passwords, beside the customers' and not in their queue.
    pub passwords: Passwords,
    /// Signs them in.
    pub sign_ins: StaffSignIns,
    /// Their tokens.
    pub tokens: Tokens,
    csrf: CsrfKey,
}

impl Console {
    /// A console on a ledger and the hub, under the deployment's secret.
    pub fn new(ledger: &Ledger, gateway: Gateway, secret: &Secret) -> Result<Self, SecretError> {
        let (database, clock) = (ledger.database().clone(), ledger.clock().clone());
        let passwords = Passwords::new(secret.key(Purpose::Pepper));
        let throttle =
            Throttle::new(database.clone(), &secret.key(Purpose::ConsoleThrottle), ThrottleLimits::default());
        let sealing = SealingKey::new(&secret.key(Purpose::Tokens)).map_err(|_| SecretError)?;
        let tokens = Tokens::new(database.clone(), sealing);
        let staff = staff::Store::new(database.clone(), clock.clone());
        let gate = Gate::new(clock.clone(), passwords.clone(), throttle);
        let sessions = Sessions::new(database.clone(), SessionLimits::default());
        Ok(Self {
            sign_ins: StaffSignIns::new(ledger.clone(), gate, sessions, staff.clone(), tokens.clone()),
            csrf: CsrfKey::new(&secret.key(Purpose::ConsoleCsrf)),
            staff,
            tokens,
            database,
            clock,
            gateway,
            passwords,
        })
    }
}

/// The console's site for a listener whose cookies are of this kind.
pub fn router(console: Console, cookie: CookieKind) -> Router {
    let site = Site {
        frame: Frame { home: ConsoleLink::Home.path(), ..frame::public() },
        words: frame::words,
        cookie,
        csrf: console.csrf.clone(),
        body_bytes_max: edge::site::FORM_BYTES_MAX,
    };
    let pages = Router::new().merge(sign_in::routes()).merge(home::routes());
    edge::site(pages.with_state(console), site)
}
