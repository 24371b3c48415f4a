//! Signing in: one operation, whatever page or method asks for it.

use database::{Database, execute, read};
use domain::{Clock, Timestamp, UserId};
use edge::{Peer, SessionId, SessionStore};
use uuid::Uuid;

use super::password::{PasswordError, Passwords, Use, Verdict};
use super::session::{NewSession, Sessions, SessionsError};
use super::throttle::{Admission, Throttle};
use crate::contracts::SignInMethod;

/// Characters of a login ID; longer ones are unknown.
const LOGIN_ID_CHARS_MAX: usize = 64;

/// Signs users in and out. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SignIns {
    pub(super) database: Database,
    pub(super) clock: Clock,
    pub(super) passwords: Passwords,
    pub(super) throttle: Throttle,
    pub(super) sessions: Sessions,
}

/// Why nobody was signed in. An unknown login ID is refused exactly as a wrong password.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Login ID and password do not belong together.
    #[error("wrong login ID or password")]
    Wrong,
    /// They do not, and the login ID is blocked for a while from now on.
    #[error("wrong login ID or password, blocked now")]
    WrongAndBlocked,
    /// They do not, and the login ID is locked from now on.
    #[error("wrong login ID or password, locked now")]
    WrongAndLocked,
    /// Too many sign in at the same time; the password was not looked at and nothing was counted.
    #[error("too many sign-ins at the same time")]
    Busy,
    /// The login ID or the address is blocked for a while; the password was not looked at.
    #[error("blocked for a while")]
    Blocked,
    /// The login ID is locked until somebody unlocks it; the password was not looked at.
    #[error("locked")]
    Locked,
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The password could not be judged.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The session could not be made.
    #[error(transparent)]
    Sessions(SessionsError),
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
        Self { database, clock, passwords, throttle, sessions }
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
        let now = self.clock.now();
        if !self.throttle.admit_address(peer.ip(), now).await? {
            tracing::warn!(address = %peer.ip(), "sign-in refused: too many failures from the address");
            return Err(Refusal::Blocked);
        }
        let outcome = self.judge(login_id, password, peer, now).await;
        match &outcome {
            Ok(_) | Err(Refusal::Busy | Refusal::Blocked | Refusal::Locked) => {
                self.throttle.take_back(peer.ip()).await?;
            }
            Err(Refusal::Wrong | Refusal::WrongAndBlocked | Refusal::WrongAndLocked) => {
                self.throttle.failed_from(peer.ip(), now).await?;
                tracing::warn!(address = %peer.ip(), "sign-in failed");
            }
            // what could not be judged stays counted
            Err(Refusal::Database(_) | Refusal::Password(_) | Refusal::Sessions(_)) => {}
        }
        outcome
    }

    async fn judge(
        &self,
        login_id: &str,
        password: &str,
        peer: Peer,
        now: Timestamp,
    ) -> Result<SessionId, Refusal> {
        // before the login ID's count, so that whoever finds no place has not used up a try
        let place = match self.passwords.place(Use::SignIn).await {
            Ok(place) => place,
            Err(PasswordError::Busy) => {
                tracing::warn!(address = %peer.ip(), "sign-in refused: too many at the same time");
                return Err(Refusal::Busy);
            }
            Err(error) => return Err(error.into()),
        };
        let login_id: String = login_id.trim().chars().take(LOGIN_ID_CHARS_MAX + 1).collect();
        let admission = self.throttle.admit(&login_id, now).await?;
        match admission {
            Admission::Admitted | Admission::Last | Admission::LastOfAll => {}
            Admission::Blocked => return Err(Refusal::Blocked),
            Admission::Locked => return Err(Refusal::Locked),
        }
        let found = self.find(&login_id).await?;
        let (user, stored) = found.unzip();
        let verdict = self.passwords.verify(place, stored, password).await?;
        let (Some(user), Verdict::Right { rehashed }) = (user, verdict) else {
            return Err(match admission {
                Admission::Last => Refusal::WrongAndBlocked,
                Admission::LastOfAll => Refusal::WrongAndLocked,
                Admission::Admitted | Admission::Blocked | Admission::Locked => Refusal::Wrong,
            });
        };
        if let Some(hash) = rehashed {
            self.store_hash(user, &hash).await?;
        }
        self.throttle.clear(&login_id).await?;
        self.begin(user, SignInMethod::Password, peer, now).await
    }

    /// Lifts the block or lock of a login ID. Who may ask for it is the caller's question (R14, SEC-10).
    pub async fn unlock(&self, login_id: &str) -> Result<(), sqlx::Error> {
        self.throttle.clear(login_id).await
    }

    async fn begin(
        &self,
        user: UserId,
        method: SignInMethod,
        peer: Peer,
        now: Timestamp,
    ) -> Result<SessionId, Refusal> {
        let id = SessionId::generate();
        let new = NewSession { user, method, address: peer.ip() };
        match self.sessions.create(id.key(), new, now).await {
            Ok(()) => {
                tracing::info!(user = %user, method = method.code(), address = %peer.ip(), "signed in");
                Ok(id)
            }
            Err(SessionsError::NoUser) => Err(Refusal::Wrong),
            Err(error) => Err(Refusal::Sessions(error)),
        }
    }

    /// A user who may sign in by password, and the stored hash. Contracts that sign in by certificate have
    /// none.
    async fn find(&self, login_id: &str) -> Result<Option<(UserId, String)>, sqlx::Error> {
        let row: Option<(Uuid, String)> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT u.id, u.password_hash FROM app_user u JOIN contract k ON k.id = u.contract
                 WHERE u.login_id = $1 AND u.disabled_us IS NULL AND k.sign_in = 'password'",
            )
            .bind(login_id)
            .fetch_optional(c)
            .await
        })?;
        Ok(row.map(|(id, hash)| (UserId::from_uuid(id), hash)))
    }

    async fn store_hash(&self, user: UserId, hash: &str) -> Result<(), sqlx::Error> {
        execute!(self.database, "UPDATE app_user SET password_hash = $1 WHERE id = $2", hash, user.uuid())
            .map(drop)
    }
}
