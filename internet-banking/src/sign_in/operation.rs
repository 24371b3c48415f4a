//! Signing in users of contracts: one operation, whatever page or method asks for it.

use database::{Database, execute, read};
use domain::{Clock, Timestamp, UserId};
use edge::{Peer, SessionId, SessionStore};
use uuid::Uuid;

use super::gate::{Entrants, Gate, Refusal};
use super::password::Passwords;
use super::session::{NewSession, Sessions, SessionsError};
use super::throttle::Throttle;
use crate::contracts::SignInMethod;

/// Signs users in and out. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SignIns {
    database: Database,
    gate: Gate,
    sessions: Sessions,
}

impl SignIns {
    /// Signing in to a database's contracts.
    pub const fn new(
        database: Database,
        clock: Clock,
        passwords: Passwords,
        throttle: Throttle,
        sessions: Sessions,
    ) -> Self {
        Self { database, gate: Gate::new(clock, passwords, throttle), sessions }
    }

    /// The sessions' table.
    pub const fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Signs a user in by login ID and password, ends the user's other session, and answers the new session's
    /// secret for the cookie.
    pub async fn by_password(
        &self,
        login_id: &str,
        password: &str,
        peer: Peer,
    ) -> Result<SessionId, Refusal> {
        self.gate.sign_in(self, login_id, password, &(), peer).await
    }

    /// Lifts the block or lock of a login ID. Who may ask for it is the caller's question (R14, SEC-10).
    pub async fn unlock(&self, login_id: &str) -> Result<(), sqlx::Error> {
        self.gate.throttle().clear(login_id).await
    }
}

impl Entrants for SignIns {
    type Person = UserId;
    type Proof = ();

    /// Contracts that sign in by certificate have nobody who signs in by password.
    async fn find(&self, login_id: &str) -> Result<Option<(UserId, String)>, sqlx::Error> {
        let row: Option<(Uuid, String)> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT u.id, u.password_hash FROM app_user u JOIN contract k ON k.id = u.contract
                 WHERE u.login_id = $1 AND u.disabled_us IS NULL AND u.reset_us IS NULL
                   AND k.sign_in = 'password' AND k.state = 'active'",
            )
            .bind(login_id)
            .fetch_optional(c)
            .await
        })?;
        Ok(row.map(|(id, hash)| (UserId::from_uuid(id), hash)))
    }

    async fn store_hash(&self, user: UserId, hash: String) -> Result<(), sqlx::Error> {
        execute!(self.database, "UPDATE app_user SET password_hash = $1 WHERE id = $2", hash, user.uuid())
            .map(drop)
    }

    /// Nothing is asked beside the password.
    async fn prove(&self, _: UserId, (): &(), _: Timestamp) -> Result<(), Refusal> {
        Ok(())
    }

    async fn enter(&self, user: UserId, peer: Peer, now: Timestamp) -> Result<SessionId, Refusal> {
        let (id, method) = (SessionId::generate(), SignInMethod::Password);
        let new = NewSession { person: user, method, address: peer.ip() };
        match self.sessions.create(id.key(), new, now).await {
            Ok(()) => {
                tracing::info!(user = %user, method = method.code(), address = %peer.ip(), "signed in");
                Ok(id)
            }
            Err(SessionsError::NoUser) => Err(Refusal::Wrong),
            Err(error) => Err(Refusal::Sessions(error)),
        }
    }
}
