//! The staff console (職員用画面): an address, a sign-in, sessions and keys of its own; nothing is shared with the
//! customers' bank but the mechanisms.
//!
//! Pages stay thin here too: extract, call one operation, render. Who may do what is decided in the operations.

mod alarms;
mod audit;
mod contracts;
mod counter;
mod days;
pub mod delivery;
mod frame;
pub mod help;
mod home;
mod keys;
pub mod links;
mod mandates;
mod page;
mod payments;
mod problem;
mod recalls;
mod reconciliation;
pub mod requests;
#[cfg(test)]
mod samples;
mod settings;
mod settlement;
pub mod sign_in;
pub mod staff;
mod stops;
mod token_stock;
mod tokens;
mod told;
mod unknown;
mod users;
mod words;

pub use contracts::audit_limits;

use axum::Router;
use database::Database;
use domain::Clock;
use edge::{CookieKind, CsrfKey, Frame, SessionLimits, Site};
use gateway::Gateway;
use internet_banking::SecretError;
use internet_banking::certificates::Certificates;
use internet_banking::certificates::authority::Authorities;
use internet_banking::keys::Vault;
use internet_banking::payeasy::bounds::Bounds;
use internet_banking::payeasy::limits::Limits;
use internet_banking::payeasy::wrong_numbers::WrongNumbers;
use internet_banking::secrets::{Purpose, Secret};
use internet_banking::sign_in::{Gate, Passwords, Sessions, Throttle, ThrottleLimits};
use internet_banking::tokens::{SealingKey, Tokens};
use ledger::Ledger;

use delivery::{Delivery, DeliverySettings, SettingsError};
use links::ConsoleLink;
use requests::Requests;
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
    /// Customers' contracts, for the names in them.
    pub contracts: internet_banking::contracts::Store,
    /// Customers' certificates.
    pub certificates: Certificates,
    /// The people.
    pub staff: staff::Store,
    /// Hashes and verifies passwords, beside the customers' and not in their queue.
    pub passwords: Passwords,
    /// Signs them in.
    pub sign_ins: StaffSignIns,
    /// Their tokens.
    pub tokens: Tokens,
    /// What one proposes and another approves.
    pub requests: Requests,
    /// Alarms on their way out of the house.
    pub delivery: Delivery,
    /// Wrong numbers that customers typed, by user.
    pub wrong_numbers: WrongNumbers,
    /// What customers may pay in a day.
    pub limits: Limits,
    /// The counters of the customers' failed sign-ins.
    pub customers: Throttle,
    /// Those of wrong 初期設定番号.
    pub set_ups: Throttle,
    csrf: CsrfKey,
}

/// Why there can be no console.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// The deployment's secret cannot be used.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Alarms cannot be sent where the configuration says.
    #[error(transparent)]
    Delivery(#[from] SettingsError),
}

impl Console {
    /// A console on a ledger and the hub, under the deployment's secret and with the targets of its alarms.
    pub fn new(
        ledger: &Ledger,
        gateway: Gateway,
        secret: &Secret,
        targets: DeliverySettings,
    ) -> Result<Self, ConsoleError> {
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
            customers: Throttle::new(
                database.clone(),
                &secret.key(Purpose::Throttle),
                ThrottleLimits::default(),
            ),
            set_ups: Throttle::new(database.clone(), &secret.key(Purpose::SetUp), ThrottleLimits::default()),
            requests: Requests::new(gateway.clone(), Vault::new(secret)),
            contracts: internet_banking::contracts::Store::new(database.clone(), clock.clone()),
            certificates: Certificates::new(ledger.clone(), Authorities::default()),
            csrf: CsrfKey::new(&secret.key(Purpose::ConsoleCsrf)),
            wrong_numbers: WrongNumbers::new(database.clone(), Bounds::embedded().wrong_numbers),
            limits: Limits::new(database.clone(), clock.clone()),
            delivery: Delivery::new(database.clone(), gateway.clone(), targets)?,
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
        stale_form: frame::STALE_FORM,
        cookie,
        csrf: console.csrf.clone(),
        body_bytes_max: edge::site::FORM_BYTES_MAX,
        foreign_forms: &[],
        languages: None,
    };
    let pages = Router::new()
        .merge(sign_in::routes())
        .merge(home::routes())
        .merge(unknown::routes())
        .merge(counter::routes())
        .merge(payments::routes())
        .merge(days::routes())
        .merge(reconciliation::routes())
        .merge(settlement::routes())
        .merge(recalls::routes())
        .merge(users::routes())
        .merge(staff::routes())
        .merge(contracts::routes())
        .merge(tokens::routes())
        .merge(mandates::routes())
        .merge(stops::routes())
        .merge(settings::routes())
        .merge(keys::routes())
        .merge(token_stock::routes())
        .merge(requests::routes())
        .merge(alarms::routes())
        .merge(audit::routes())
        .merge(help::routes());
    edge::site(pages.with_state(console), site)
}
