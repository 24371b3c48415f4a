//! The sessions' table.

use std::net::IpAddr;

use database::{Database, execute, on, read};
use domain::{ContractId, Timestamp, UserId};
use edge::session::Loaded;
use edge::{SessionKey, SessionLimits, SessionStore, Standing};
use uuid::Uuid;

use crate::contracts::{LastSignIn, SignInMethod};

/// How long rows of ended sessions are kept.
const ENDED_KEPT_S: i64 = 90 * 86_400;

/// The sessions of a database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sessions {
    database: Database,
    limits: SessionLimits,
}

/// Who signs in.
#[derive(Clone, Copy, Debug)]
pub struct NewSession {
    /// The user.
    pub user: UserId,
    /// How the user proved it.
    pub method: SignInMethod,
    /// From where.
    pub address: IpAddr,
}

/// A live session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// What the table calls it.
    pub key: SessionKey,
    /// Its user.
    pub user: UserId,
    /// The user's contract.
    pub contract: ContractId,
    /// When it began.
    pub signed_in_at: Timestamp,
    /// The user's sign-in before this one.
    pub previous: Option<LastSignIn>,
    /// Whether its sign-in ended another session, and the user was not told yet.
    pub ended_other: bool,
}

/// Why the table could not answer.
#[derive(Debug, thiserror::Error)]
pub enum SessionsError {
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The user is gone or was disabled meanwhile.
    #[error("the user may not sign in any more")]
    NoUser,
}

#[derive(sqlx::FromRow)]
struct Row {
    app_user: Uuid,
    contract: Uuid,
    disabled_us: Option<i64>,
    signed_in_us: i64,
    seen_us: i64,
    previous_us: Option<i64>,
    previous_method: Option<String>,
    ended_other: i64,
    ended_why: Option<String>,
}

impl Sessions {
    /// The sessions of a database.
    pub const fn new(database: Database, limits: SessionLimits) -> Self {
        Self { database, limits }
    }

    /// Notes that the user was told of the other session's end.
    pub async fn told(&self, key: SessionKey) -> Result<(), SessionsError> {
        execute!(self.database, "UPDATE session SET ended_other = 0 WHERE key = $1", bytes(key))?;
        Ok(())
    }

    async fn end_as(&self, key: SessionKey, why: &'static str, now: Timestamp) -> Result<(), sqlx::Error> {
        execute!(
            self.database,
            "UPDATE session SET ended_us = $1, ended_why = $2 WHERE key = $3 AND ended_us IS NULL",
            now.micros(),
            why,
            bytes(key)
        )
        .map(drop)
    }
}

impl SessionStore for Sessions {
    type New = NewSession;
    type Session = Session;
    type Error = SessionsError;

    async fn create(&self, key: SessionKey, new: NewSession, now: Timestamp) -> Result<(), SessionsError> {
        let mut tx = self.database.begin().await?;
        // changes nothing but locks the user, so that two sign-ins at once follow one another
        let user: Option<(Option<i64>, Option<String>)> = on!(&mut tx, |c| sqlx::query_as(
            "UPDATE app_user SET created_us = created_us WHERE id = $1 AND disabled_us IS NULL
             RETURNING last_sign_in_us, last_sign_in_method"
        )
        .bind(new.user.uuid())
        .fetch_optional(c)
        .await)?;
        let (previous_us, previous_method) = user.ok_or(SessionsError::NoUser)?;
        // only a session that could still be used was taken from somebody
        let idle_since = now.plus_seconds(-self.limits.idle_s).micros();
        let signed_in_since = now.plus_seconds(-self.limits.absolute_s).micros();
        let replaced = execute!(
            &mut tx,
            "UPDATE session SET ended_us = $1, ended_why = 'replaced'
             WHERE app_user = $2 AND ended_us IS NULL AND seen_us > $3 AND signed_in_us > $4",
            now.micros(),
            new.user.uuid(),
            idle_since,
            signed_in_since,
        )?;
        execute!(
            &mut tx,
            "UPDATE session SET ended_us = $1, ended_why = 'expired'
             WHERE app_user = $2 AND ended_us IS NULL",
            now.micros(),
            new.user.uuid(),
        )?;
        execute!(
            &mut tx,
            "INSERT INTO session (key, app_user, method, address, signed_in_us, seen_us, previous_us,
               previous_method, ended_other)
             VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8)",
            bytes(key),
            new.user.uuid(),
            new.method.code(),
            new.address.to_string(),
            now.micros(),
            previous_us,
            previous_method,
            i64::from(replaced > 0),
        )?;
        execute!(
            &mut tx,
            "UPDATE app_user SET last_sign_in_us = $1, last_sign_in_method = $2 WHERE id = $3",
            now.micros(),
            new.method.code(),
            new.user.uuid(),
        )?;
        execute!(
            &mut tx,
            "DELETE FROM session WHERE ended_us < $1",
            now.plus_seconds(-ENDED_KEPT_S).micros()
        )?;
        tx.commit().await?;
        Ok(())
    }

    async fn load(&self, key: SessionKey, now: Timestamp) -> Result<Loaded<Session>, SessionsError> {
        let row: Option<Row> = read!(self.database, |c| {
            sqlx::query_as(
                "SELECT s.app_user, u.contract, u.disabled_us, s.signed_in_us, s.seen_us, s.previous_us,
                   s.previous_method, s.ended_other, s.ended_why
                 FROM session s JOIN app_user u ON u.id = s.app_user WHERE s.key = $1",
            )
            .bind(bytes(key))
            .fetch_optional(c)
            .await
        })?;
        let Some(row) = row else { return Ok(Loaded::Unknown) };
        match row.ended_why.as_deref() {
            Some("replaced") => return Ok(Loaded::Replaced),
            Some("expired") => return Ok(Loaded::Expired),
            Some(_) => return Ok(Loaded::Unknown),
            None => {}
        }
        if row.disabled_us.is_some() {
            return Ok(Loaded::Unknown);
        }
        let signed_in_at = Timestamp::from_micros(row.signed_in_us);
        match self.limits.standing(signed_in_at, Timestamp::from_micros(row.seen_us), now) {
            Standing::Idle | Standing::TooOld => {
                self.end_as(key, "expired", now).await?;
                return Ok(Loaded::Expired);
            }
            Standing::Live { touch: false } => {}
            Standing::Live { touch: true } => {
                execute!(
                    self.database,
                    "UPDATE session SET seen_us = $1 WHERE key = $2 AND ended_us IS NULL AND seen_us < $1",
                    now.micros(),
                    bytes(key)
                )?;
            }
        }
        let previous = row.previous_us.zip(row.previous_method.as_deref().and_then(SignInMethod::from_code));
        Ok(Loaded::Live(Session {
            key,
            user: UserId::from_uuid(row.app_user),
            contract: ContractId::from_uuid(row.contract),
            signed_in_at,
            previous: previous.map(|(at, method)| LastSignIn { at: Timestamp::from_micros(at), method }),
            ended_other: row.ended_other == 1,
        }))
    }

    async fn end(&self, key: SessionKey, now: Timestamp) -> Result<(), SessionsError> {
        Ok(self.end_as(key, "sign-out", now).await?)
    }
}

fn bytes(key: SessionKey) -> Vec<u8> {
    key.0.to_vec()
}
