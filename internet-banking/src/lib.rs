//! The corporate internet bank, one folder per business area: its rules, store, pages and templates.
//!
//! Pages stay thin: extract, authorise, call one operation, render. Every page behind sign-in takes
//! [`sign_in::SignedIn`]; every form is read through [`edge::CsrfForm`].

mod activity;
pub mod answer;
pub mod api_keys;
pub mod approvals;
pub mod audit_words;
pub mod bulk;
pub mod certificates;
pub mod confirmation;
pub mod contracts;
mod csv;
mod english;
pub mod fees;
pub mod frame;
pub mod help;
mod history;
mod home;
pub mod hours;
mod inquiry;
pub mod keys;
pub mod lasting;
pub mod limits;
pub mod links;
pub mod mail;
pub mod passwords;
pub mod payeasy;
pub mod payees;
mod period;
pub mod policy;
pub mod registration;
pub mod retry;
pub mod secrets;
pub mod security;
pub mod set_up;
pub mod settings;
pub mod sign_in;
pub mod stops;
pub mod tokens;
pub mod transfers;
mod unlock;
pub mod users;

#[cfg(test)]
use ::page_checks;

use std::sync::Arc;

use ::bulk::Bulk;
use ::transfers::Transfers;
use axum::Router;
use database::Database;
use domain::Clock;
use edge::{CookieKind, CsrfKey, Frame, SessionLimits, Site};
use gateway::Gateway;
use ledger::Ledger;

use crate::certificates::authority::Authorities;
use crate::certificates::{Certificates, Doors};
use crate::hours::ServiceHours;
use crate::payeasy::bounds::Bounds;
use crate::payeasy::limits::Limits;
use crate::payeasy::wrong_numbers::WrongNumbers;
use crate::secrets::{Purpose, Secret};
use crate::settings::SIGN_IN_FAILURES_MAX;
use crate::sign_in::{Passwords, Sessions, SignIns, Throttle, ThrottleLimits};
use crate::tokens::{SealingKey, Tokens};

pub use unlock::unlock;

/// Everything the bank's pages work with. Cheap to clone; one for all listeners of a process.
#[derive(Clone)]
pub struct Bank {
    /// What is not money.
    pub database: Database,
    /// Business time.
    pub clock: Clock,
    /// Balances and movements.
    pub ledger: Ledger,
    /// Inquiries and payments.
    pub gateway: Gateway,
    /// Transfers.
    pub transfers: Transfers,
    /// Batches of many items.
    pub bulk: Bulk,
    /// Contracts, users, accounts.
    pub contracts: contracts::Store,
    /// Hashes and verifies passwords.
    pub passwords: Passwords,
    /// Signs users in.
    pub sign_ins: SignIns,
    /// One-time-password tokens.
    pub tokens: Tokens,
    /// Wrong numbers of slips, by user.
    pub wrong_numbers: WrongNumbers,
    /// What may be paid to private collectors in a day.
    pub limits: Limits,
    /// Client certificates.
    pub certificates: Certificates,
    /// Where the bank asks for them.
    pub doors: Doors,
    /// When customers can sign in.
    pub hours: Arc<ServiceHours>,
    /// Counts wrong 初期設定番号.
    pub set_ups: Throttle,
    csrf: CsrfKey,
}

/// The deployment's secret cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the deployment's secret cannot be used")]
pub struct SecretError;

impl Bank {
    /// A bank on a ledger, its database and the hub, under the deployment's secret.
    pub fn new(ledger: Ledger, gateway: Gateway, secret: &Secret) -> Result<Self, SecretError> {
        let (database, clock) = (ledger.database().clone(), ledger.clock().clone());
        let passwords = Passwords::new(secret.key(Purpose::Pepper));
        let throttle =
            Throttle::new(database.clone(), &secret.key(Purpose::Throttle), ThrottleLimits::default())
                .set_by(&SIGN_IN_FAILURES_MAX);
        let sessions = Sessions::new(database.clone(), SessionLimits::default());
        let certificates = Certificates::new(ledger.clone(), Authorities::default());
        // until it is given one that reaches the network
        let own_bank = ::transfers::Settings::new(gateway.own_bank().clone());
        let transfers = Transfers::reader(own_bank, ledger.clone(), None);
        let sealing = SealingKey::new(&secret.key(Purpose::Tokens)).map_err(|_| SecretError)?;
        Ok(Self {
            contracts: contracts::Store::new(database.clone(), clock.clone()),
            sign_ins: SignIns::new(
                ledger.clone(),
                passwords.clone(),
                throttle,
                sessions,
                certificates.clone(),
            ),
            certificates,
            doors: Doors::default(),
            tokens: Tokens::new(database.clone(), sealing),
            limits: Limits::new(database.clone(), clock.clone()),
            set_ups: Throttle::new(database.clone(), &secret.key(Purpose::SetUp), ThrottleLimits::default()),
            wrong_numbers: WrongNumbers::new(database.clone(), Bounds::embedded().wrong_numbers),
            hours: Arc::new(ServiceHours::embedded()),
            csrf: CsrfKey::new(&secret.key(Purpose::Csrf)),
            database,
            clock,
            ledger,
            gateway,
            bulk: Bulk::new(transfers.clone(), payees::Master::own().clone()),
            transfers,
            passwords,
        })
    }

    /// The bank with an engine of transfers that reaches the interbank network.
    #[must_use]
    pub fn with_transfers(self, transfers: Transfers) -> Self {
        let bulk = Bulk::new(transfers.clone(), payees::Master::own().clone());
        Self { bulk, transfers, ..self }
    }

    /// The bank with the authorities of its client certificates, and the doors where it asks for them.
    #[must_use]
    pub fn with_certificates(self, authorities: Authorities, doors: Doors) -> Self {
        let certificates = Certificates::new(self.ledger.clone(), authorities);
        let sign_ins = self.sign_ins.clone().with_certificates(certificates.clone());
        Self { certificates, sign_ins, doors, ..self }
    }
}

/// What other sites may have a browser send: hand-offs, which are sealed.
const FOREIGN_FORMS: &[&str] = &[links::Link::LinkEntry.path()];

/// The bank's site for its doors of TLS, beside a plain listener on the same host: the demo has both, and a payer whom
/// a collector's site sent to the one may have to sign in at the other.
pub fn router_beside(bank: Bank, cookie: CookieKind, plain: CookieKind) -> Router {
    router(bank, cookie).layer(axum::Extension(payeasy::linked::PlainNeighbour(plain)))
}

/// The bank's site for a listener whose cookies are of this kind.
pub fn router(bank: Bank, cookie: CookieKind) -> Router {
    let site = Site {
        frame: Frame { site: frame::SITE_NAME, home: links::Link::Home.path(), ..Frame::default() },
        words: edge::Words::of,
        stale_form: edge::Words::STALE_FORM,
        cookie,
        csrf: bank.csrf.clone(),
        body_bytes_max: edge::upload::BODY_BYTES_MAX,
        foreign_forms: FOREIGN_FORMS,
        languages: Some(english::languages()),
    };
    let pages = Router::new()
        .merge(sign_in::routes())
        .merge(home::routes())
        .merge(set_up::routes())
        .merge(stops::routes())
        .merge(inquiry::routes())
        .merge(fees::routes())
        .merge(payeasy::routes())
        .merge(payees::routes())
        .merge(bulk::routes())
        .merge(transfers::routes())
        .merge(approvals::routes())
        .merge(activity::routes())
        .merge(certificates::routes())
        .merge(tokens::routes())
        .merge(users::routes())
        .merge(limits::routes())
        .merge(security::routes())
        .merge(history::routes())
        .merge(help::routes());
    edge::site(pages.with_state(bank), site)
}
