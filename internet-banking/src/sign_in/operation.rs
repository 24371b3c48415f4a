//! Signing in users of contracts: one operation, whatever page or method asks for it. The contract says whether a
//! certificate must go with login ID and password (R22–R24).

use database::{Database, execute, read};
use domain::{Clock, ContractId, Timestamp, UserId, random};
use edge::session::Loaded;
use edge::{ClientCertificate, Peer, SessionId, SessionStore};
use ledger::{AuditRecord, Commit, Ledger};
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use super::gate::{Entrants, Gate, Refusal};
use super::password::Passwords;
use super::session::{NewSession, Session, Sessions, SessionsError};
use super::throttle::Throttle;
use crate::certificates::judge::{self, CertificateTrouble, Shown};
use crate::certificates::{Certificate, Certificates};
use crate::contracts::{self, Contract, SignInMethod, StoreError};
use crate::lasting::lasting;
use crate::mail::{Notice, To};
use crate::passwords;
use crate::registration::Registration;
use crate::security::store;

/// Who the audit log says it was, where nobody has the login ID.
const UNKNOWN: &str = "user:unknown";

/// Signs users in and out. Cheap to clone.
#[derive(Clone)]
pub struct SignIns {
    database: Database,
    ledger: Ledger,
    clock: Clock,
    contracts: contracts::Store,
    certificates: Certificates,
    gate: Gate,
    sessions: Sessions,
}

/// How a person has proved to be a user.
#[derive(Debug)]
pub enum ProvenBy {
    /// By the password alone.
    Password {
        /// Whether it is shorter than one that stands alone may be: it was chosen beside a certificate (SEC-07).
        is_short: bool,
    },
    /// By this certificate too.
    Certificate(Box<Certificate>),
}

/// What a person brings beside login ID and password.
#[derive(Debug)]
pub struct Brought {
    shown: Shown,
    is_short: bool,
}

impl SignIns {
    /// Signing in to a ledger's contracts. Every sign-in, refused ones included, is in the audit log.
    pub fn new(
        ledger: Ledger,
        passwords: Passwords,
        throttle: Throttle,
        sessions: Sessions,
        certificates: Certificates,
    ) -> Self {
        let (database, clock) = (ledger.database().clone(), ledger.clock().clone());
        Self {
            contracts: contracts::Store::new(database.clone(), clock.clone()),
            gate: Gate::new(clock.clone(), passwords, throttle),
            certificates,
            database,
            ledger,
            clock,
            sessions,
        }
    }

    /// The same over other authorities.
    #[must_use]
    pub fn with_certificates(self, certificates: Certificates) -> Self {
        Self { certificates, ..self }
    }

    /// The sessions' table.
    pub const fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// What slows guesses down.
    pub(crate) const fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The counters of wrong passwords.
    pub const fn throttle(&self) -> &Throttle {
        self.gate.throttle()
    }

    /// Signs a user in by login ID and password, and by the certificate that the client has shown where the contract
    /// asks for one; ends the user's other session, and answers the new session's secret for the cookie. Whoever hangs
    /// up meanwhile stops nothing of it.
    pub async fn sign_in(
        &self,
        login_id: &str,
        password: &str,
        shown: &ClientCertificate,
        peer: Peer,
    ) -> Result<SessionId, Refusal> {
        let shown = self.certificates.shown(shown).await?;
        let brought = Brought { shown, is_short: passwords::is_short(password, SignInMethod::Password) };
        let (own, login_id, password) = (self.clone(), login_id.to_owned(), SecretString::from(password));
        lasting(
            async move { own.gate.sign_in(&own, &login_id, password.expose_secret(), &brought, peer).await },
        )
        .await
    }

    /// Whether a session may be used on this connection: one that a certificate has opened, where the certificate is
    /// shown again and has not ended (SEC-27).
    pub async fn may_use(&self, session: &Session, shown: &ClientCertificate) -> Result<bool, StoreError> {
        match session.method {
            SignInMethod::Password => Ok(true),
            SignInMethod::Certificate => self.certificates.is_users_own(session.person, shown).await,
        }
    }

    /// Lifts the block or lock of a login ID. Who may ask for it is the caller's question (R14, SEC-10).
    pub async fn unlock(&self, login_id: &str) -> Result<(), sqlx::Error> {
        self.gate.throttle().clear(login_id).await
    }

    /// Ends a session.
    pub async fn sign_out(&self, id: &SessionId, now: Timestamp) -> Result<(), Refusal> {
        let loaded = self.sessions.load(id.key(), now).await.map_err(Refusal::Sessions)?;
        self.sessions.end(id.key(), now).await.map_err(Refusal::Sessions)?;
        if let Loaded::Live(session) = loaded
            && let Some(contract) = self.contract_of(session.person).await?
        {
            let record = Registration {
                action: "session.sign_out",
                subject: session.person.to_string(),
                ..Registration::default()
            };
            self.ledger.commit(record.commit(&session.person.to_string(), &contract, now)).await?;
        }
        Ok(())
    }

    /// Writes a sign-in down. Of one from an address that the user has not come from before the user is told (SEC-29).
    async fn record(
        &self,
        user: UserId,
        method: SignInMethod,
        peer: Peer,
        is_new_address: bool,
    ) -> Result<(), Refusal> {
        let contract = self.contract_of(user).await?.ok_or(Refusal::Wrong)?;
        let address = peer.ip().to_string();
        let notice = Notice {
            event: format!("sign-in-{}", random::opaque_id()),
            title: "いつもと違う接続元からのログインがありました".to_owned(),
            lines: vec![("方法", method.label().to_owned()), ("接続元", address.clone())],
            advice: Notice::NOT_YOURS,
        };
        let mail = match is_new_address {
            true => Some((notice, self.contracts.recipients(contract.id, To::User(user)).await?)),
            false => None,
        };
        let record = Registration {
            action: "session.sign_in",
            subject: user.to_string(),
            detail: format!("{}, {address}", method.code()),
            mail,
            ..Registration::default()
        };
        self.ledger.commit(record.commit(&user.to_string(), &contract, self.clock.now())).await?;
        Ok(())
    }

    /// The contract of a user, whatever has become of either.
    pub(crate) async fn contract_of(&self, user: UserId) -> Result<Option<Contract>, Refusal> {
        let found: Option<Uuid> = read!(self.database, |c| {
            sqlx::query_scalar("SELECT contract FROM app_user WHERE id = $1")
                .bind(user.uuid())
                .fetch_optional(c)
                .await
        })?;
        match found {
            Some(contract) => Ok(self.contracts.contract(ContractId::from_uuid(contract)).await?),
            None => Ok(None),
        }
    }

    /// Nothing is open to the user but the page that chooses a longer password. No time runs for it, as for a temporary
    /// one, and the second password stays.
    async fn must_choose(&self, user: UserId) -> Result<(), sqlx::Error> {
        let sql = "UPDATE app_user SET must_change = 1, temporary_until_us = NULL,
                confirmation_changed_us = COALESCE(confirmation_changed_us, created_us)
            WHERE id = $1 AND must_change = 0";
        execute!(self.database, sql, user.uuid()).map(drop)
    }

    /// Records the use of the certificate, after the session was begun: one that is revoked at the same moment then
    /// either finds the session to end, or is found here.
    async fn record_use(&self, user: UserId, certificate: &Certificate) -> Result<(), Refusal> {
        let stands = match self.contracts.signed_in(user).await? {
            Some(user) => self.certificates.record_use(certificate, &user).await?,
            None => return Err(Refusal::Wrong),
        };
        if stands {
            return Ok(());
        }
        let now = self.certificates.find(certificate.id).await?;
        let trouble = now.and_then(|certificate| judge::trouble_of(&certificate, self.clock.now()));
        Err(Refusal::Certificate(trouble.unwrap_or(CertificateTrouble::Revoked)))
    }
}

impl Entrants for SignIns {
    type Person = UserId;
    type Proof = Brought;
    type Proven = ProvenBy;
    type Entry = SessionId;

    async fn find(&self, login_id: &str) -> Result<Option<(UserId, String)>, sqlx::Error> {
        let row: Option<(Uuid, String)> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT u.id, u.password_hash FROM app_user u JOIN contract k ON k.id = u.contract
                 WHERE u.login_id = $1 AND u.disabled_us IS NULL AND u.reset_us IS NULL AND k.state = 'active'",
            )
            .bind(login_id)
            .fetch_optional(c)
            .await
        })?;
        Ok(row.map(|(id, hash)| (UserId::from_uuid(id), hash)))
    }

    fn uuid(user: UserId) -> Uuid {
        user.uuid()
    }

    async fn store_hash(&self, user: UserId, old: &str, new: &str) -> Result<(), sqlx::Error> {
        let sql = "UPDATE app_user SET password_hash = $1 WHERE id = $2 AND password_hash = $3";
        execute!(self.database, sql, new, user.uuid(), old).map(drop)
    }

    /// The contract's method decides what must go with the password. What is wrong with a certificate is told only to
    /// whoever has the password.
    async fn prove(&self, user: UserId, brought: &Brought, now: Timestamp) -> Result<ProvenBy, Refusal> {
        let found = self.contracts.signed_in(user).await?.ok_or(Refusal::Wrong)?;
        if found.must_change && self.contracts.is_temporary_over(found.id, now).await? {
            return Err(Refusal::TemporaryOver);
        }
        let contract = self.contracts.contract(found.contract).await?.ok_or(Refusal::Wrong)?;
        if contract.sign_in == SignInMethod::Password {
            return Ok(ProvenBy::Password { is_short: brought.is_short && !found.must_change });
        }
        let own = self.certificates.of_user(user).await?;
        match judge::sign_in(&brought.shown, user, &own, now) {
            Ok(certificate) => Ok(ProvenBy::Certificate(Box::new(certificate.clone()))),
            Err(trouble) => {
                self.certificates.record_refusal(&found, &brought.shown, trouble).await?;
                Err(Refusal::Certificate(trouble))
            }
        }
    }

    /// A login ID that nobody has may be a password typed into the wrong field, and is not written down.
    async fn refused(&self, user: Option<UserId>, peer: Peer, why: &Refusal) -> Result<(), Refusal> {
        // nobody's contract is looked for too, which takes as long
        let whose = user.map_or(Uuid::nil(), UserId::uuid);
        let contract: Option<Uuid> = read!(self.database, |c| {
            sqlx::query_scalar("SELECT contract FROM app_user WHERE id = $1")
                .bind(whose)
                .fetch_optional(c)
                .await
        })?;
        let who = user.map_or_else(|| UNKNOWN.to_owned(), |user| user.to_string());
        let record = AuditRecord {
            contract: contract.map(ContractId::from_uuid),
            actor: who.clone(),
            action: "session.refused",
            subject: who,
            detail: format!("{}, {}", why.written(), peer.ip()),
        };
        self.ledger.commit(Commit { audit: vec![record], ..Commit::default() }).await?;
        Ok(())
    }

    async fn enter(
        &self,
        user: UserId,
        proven: ProvenBy,
        peer: Peer,
        now: Timestamp,
    ) -> Result<SessionId, Refusal> {
        let (id, method) = (SessionId::generate(), proven.method());
        if matches!(proven, ProvenBy::Password { is_short: true }) {
            self.must_choose(user).await?;
        }
        let known = store::knows_address(&self.database, user, &peer.ip().to_string()).await?;
        let new = NewSession { person: user, method, address: peer.ip() };
        match self.sessions.create(id.key(), new, now).await {
            Ok(()) => {}
            Err(SessionsError::NoUser) => return Err(Refusal::Wrong),
            Err(error) => return Err(Refusal::Sessions(error)),
        }
        if let ProvenBy::Certificate(certificate) = &proven
            && let Err(refusal) = self.record_use(user, certificate).await
        {
            self.sessions.end(id.key(), now).await.map_err(Refusal::Sessions)?;
            return Err(refusal);
        }
        // what the audit log does not tell does not happen
        if let Err(refusal) = self.record(user, method, peer, known == Some(false)).await {
            self.sessions.end(id.key(), now).await.map_err(Refusal::Sessions)?;
            return Err(refusal);
        }
        tracing::info!(user = %user, method = method.code(), address = %peer.ip(), "signed in");
        Ok(id)
    }
}

impl ProvenBy {
    const fn method(&self) -> SignInMethod {
        match self {
            Self::Password { .. } => SignInMethod::Password,
            Self::Certificate(_) => SignInMethod::Certificate,
        }
    }
}
