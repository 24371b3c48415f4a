//! The tables of sessions: one for the users of contracts, one for the bank's staff, and one code for both.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::net::IpAddr;

use database::{Database, execute, on, read};
use domain::{Timestamp, UserId};
use edge::session::Loaded;
use edge::{SessionKey, SessionLimits, SessionStore, Standing};
use uuid::Uuid;

use crate::contracts::{LastSignIn, SignInMethod};

/// How long rows of ended sessions are kept.
const ENDED_KEPT_S: i64 = 90 * 86_400;

/// The people of one kind who have sessions, and where these are.
pub trait People: Send + Sync + 'static {
    /// Names a person.
    type Id: Copy + Debug + PartialEq + Send + Sync;
    /// How a person signs in.
    type Method: Copy + Debug + PartialEq + Send + Sync;
    /// The statements on their tables.
    const SQL: &'static SessionSql;

    /// From the database.
    fn id(uuid: Uuid) -> Self::Id;
    /// For the database.
    fn uuid(id: Self::Id) -> Uuid;
    /// The word for the database.
    fn code(method: Self::Method) -> &'static str;
    /// From the word in the database.
    fn method(code: &str) -> Option<Self::Method>;
}

/// The statements on one kind's tables, made by [`session_sql!`].
#[derive(Debug)]
pub struct SessionSql {
    /// A session has told of what came from elsewhere.
    pub told: &'static str,
    /// Ends one.
    pub end: &'static str,
    /// Locks the person who enters.
    pub lock_person: &'static str,
    /// Ends the others of the person.
    pub replace: &'static str,
    /// Ends those that nobody ended.
    pub expire: &'static str,
    /// A new one.
    pub insert: &'static str,
    /// The person's last sign-in.
    pub signed_in: &'static str,
    /// Deletes what ended long ago.
    pub forget: &'static str,
    /// A session with its person.
    pub load: &'static str,
    /// It was used.
    pub touch: &'static str,
}

/// The statements for a table of sessions, the column in it that names the person, and the table of people; then why
/// somebody else's act has ended a session `s`, what
/// must hold of a person who enters by the method `$2`, and what must hold of the person `p` as long as the session `s`
/// is used.
#[macro_export]
macro_rules! session_sql {
    ($session:literal, $person:literal, $people:literal, $ended_for:literal, $enters:literal, $stays:literal) => {
        $crate::sign_in::SessionSql {
            told: concat!("UPDATE ", $session, " SET ended_other = 0 WHERE key = $1"),
            end: concat!(
                "UPDATE ",
                $session,
                " SET ended_us = $1, ended_why = $2 WHERE key = $3 AND ended_us IS NULL"
            ),
            // changes nothing but locks the person, so that two sign-ins at once follow one another
            lock_person: concat!(
                "UPDATE ",
                $people,
                " SET created_us = created_us WHERE id = $1 AND ",
                $enters,
                " RETURNING last_sign_in_us, last_sign_in_method"
            ),
            replace: concat!(
                "UPDATE ",
                $session,
                " SET ended_us = $1, ended_why = 'replaced' WHERE ",
                $person,
                " = $2 AND ended_us IS NULL AND seen_us > $3 AND signed_in_us > $4"
            ),
            expire: concat!(
                "UPDATE ",
                $session,
                " SET ended_us = $1, ended_why = 'expired' WHERE ",
                $person,
                " = $2 AND ended_us IS NULL"
            ),
            insert: concat!(
                "INSERT INTO ",
                $session,
                " (key, ",
                $person,
                ", method, address, signed_in_us, seen_us, previous_us, previous_method, ended_other)
                 VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8)"
            ),
            signed_in: concat!(
                "UPDATE ",
                $people,
                " SET last_sign_in_us = $1, last_sign_in_method = $2 WHERE id = $3"
            ),
            forget: concat!("DELETE FROM ", $session, " WHERE ended_us < $1"),
            load: concat!(
                "SELECT s.",
                $person,
                " AS person, CASE WHEN ",
                $stays,
                " THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS stays, s.method, s.signed_in_us, s.seen_us,
                   s.previous_us, s.previous_method, s.ended_other, s.ended_why, ",
                $ended_for,
                " AS ended_for
                 FROM ",
                $session,
                " s JOIN ",
                $people,
                " p ON p.id = s.",
                $person,
                " WHERE s.key = $1"
            ),
            touch: concat!(
                "UPDATE ",
                $session,
                " SET seen_us = $1 WHERE key = $2 AND ended_us IS NULL AND seen_us < $1"
            ),
        }
    };
}
pub use session_sql;

/// The users of contracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Users;

impl People for Users {
    type Id = UserId;
    type Method = SignInMethod;
    const SQL: &'static SessionSql = &session_sql!(
        "session",
        "app_user",
        "app_user",
        "s.ended_for",
        "disabled_us IS NULL AND reset_us IS NULL AND EXISTS (SELECT 1 FROM contract k
           WHERE k.id = app_user.contract AND k.state = 'active' AND k.sign_in = $2)",
        "p.disabled_us IS NULL AND p.reset_us IS NULL AND EXISTS (SELECT 1 FROM contract k
           WHERE k.id = p.contract AND k.state = 'active' AND k.sign_in = s.method)"
    );

    fn id(uuid: Uuid) -> UserId {
        UserId::from_uuid(uuid)
    }

    fn uuid(id: UserId) -> Uuid {
        id.uuid()
    }

    fn code(method: SignInMethod) -> &'static str {
        method.code()
    }

    fn method(code: &str) -> Option<SignInMethod> {
        SignInMethod::from_code(code)
    }
}

/// The sessions of one kind of people. Cheap to clone.
#[derive(Debug)]
pub struct Sessions<P: People = Users> {
    database: Database,
    limits: SessionLimits,
    people: PhantomData<P>,
}

impl<P: People> Clone for Sessions<P> {
    fn clone(&self) -> Self {
        Self::new(self.database.clone(), self.limits)
    }
}

/// Who signs in.
#[derive(Clone, Copy, Debug)]
pub struct NewSession<P: People = Users> {
    /// The person.
    pub person: P::Id,
    /// How the person proved it.
    pub method: P::Method,
    /// From where.
    pub address: IpAddr,
}

/// A live session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session<P: People = Users> {
    /// What the table calls it.
    pub key: SessionKey,
    /// Whose it is.
    pub person: P::Id,
    /// How its person signed in.
    pub method: P::Method,
    /// When it began.
    pub signed_in_at: Timestamp,
    /// The person's sign-in before this one.
    pub previous: Option<LastSignIn<P::Method>>,
    /// Whether its sign-in ended another session, and the person was not told yet.
    pub ended_other: bool,
}

/// Whether looking at a session counts as using it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// A person asked for the page.
    Yes,
    /// The page asked for itself: the time without use runs on.
    No,
}

/// Why the table could not answer.
#[derive(Debug, thiserror::Error)]
pub enum SessionsError {
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The person is gone or was disabled meanwhile.
    #[error("the person may not sign in any more")]
    NoUser,
}

#[derive(sqlx::FromRow)]
struct Row {
    person: Uuid,
    stays: i64,
    method: String,
    signed_in_us: i64,
    seen_us: i64,
    previous_us: Option<i64>,
    previous_method: Option<String>,
    ended_other: i64,
    ended_why: Option<String>,
    ended_for: Option<String>,
}

impl<P: People> Sessions<P> {
    /// The sessions of a database.
    pub const fn new(database: Database, limits: SessionLimits) -> Self {
        Self { database, limits, people: PhantomData }
    }

    /// Notes that the person was told of the other session's end.
    pub async fn told(&self, key: SessionKey) -> Result<(), SessionsError> {
        execute!(self.database, P::SQL.told, bytes(key))?;
        Ok(())
    }

    /// [`SessionStore::load`], where the page may have asked for itself.
    pub async fn look_up(
        &self,
        key: SessionKey,
        touch: Touch,
        now: Timestamp,
    ) -> Result<Loaded<Session<P>>, SessionsError> {
        let row: Option<Row> = read!(self.database, |c| {
            sqlx::query_as(P::SQL.load).bind(bytes(key)).fetch_optional(c).await
        })?;
        let Some(row) = row else { return Ok(Loaded::Unknown) };
        match row.ended_why.as_deref() {
            Some("replaced") => return Ok(Loaded::Replaced),
            Some("expired") => return Ok(Loaded::Expired),
            Some("revoked") => return Ok(Loaded::Revoked(row.ended_for.unwrap_or_default())),
            Some(_) => return Ok(Loaded::Unknown),
            None => {}
        }
        // disabled meanwhile, or the contract is over or signs in another way
        if row.stays == 0 {
            return Ok(Loaded::Revoked(String::new()));
        }
        let signed_in_at = Timestamp::from_micros(row.signed_in_us);
        match self.limits.standing(signed_in_at, Timestamp::from_micros(row.seen_us), now) {
            Standing::Idle | Standing::TooOld => {
                self.end_as(key, "expired", now).await?;
                return Ok(Loaded::Expired);
            }
            Standing::Live { touch: needed } => {
                // a database that cannot be written to is still read: the session just ends no later than it would have
                if needed
                    && touch == Touch::Yes
                    && let Err(error) = execute!(self.database, P::SQL.touch, now.micros(), bytes(key))
                {
                    tracing::warn!(%error, "the use of a session could not be noted");
                }
            }
        }
        let Some(method) = P::method(&row.method) else { return Ok(Loaded::Unknown) };
        let previous = row.previous_us.zip(row.previous_method.as_deref().and_then(P::method));
        Ok(Loaded::Live(Session {
            key,
            person: P::id(row.person),
            method,
            signed_in_at,
            previous: previous.map(|(at, method)| LastSignIn { at: Timestamp::from_micros(at), method }),
            ended_other: row.ended_other == 1,
        }))
    }

    async fn end_as(&self, key: SessionKey, why: &'static str, now: Timestamp) -> Result<(), sqlx::Error> {
        execute!(self.database, P::SQL.end, now.micros(), why, bytes(key)).map(drop)
    }
}

impl<P: People> SessionStore for Sessions<P> {
    type New = NewSession<P>;
    type Session = Session<P>;
    type Error = SessionsError;

    async fn create(&self, key: SessionKey, new: NewSession<P>, now: Timestamp) -> Result<(), SessionsError> {
        let (person, method) = (P::uuid(new.person), P::code(new.method));
        let mut tx = self.database.begin().await?;
        let found: Option<(Option<i64>, Option<String>)> = on!(&mut tx, |c| {
            sqlx::query_as(P::SQL.lock_person).bind(person).bind(method).fetch_optional(c).await
        })?;
        let (previous_us, previous_method) = found.ok_or(SessionsError::NoUser)?;
        // only a session that could still be used was taken from somebody
        let idle_since = now.plus_seconds(-self.limits.idle_s).micros();
        let signed_in_since = now.plus_seconds(-self.limits.absolute_s).micros();
        let replaced = execute!(&mut tx, P::SQL.replace, now.micros(), person, idle_since, signed_in_since)?;
        execute!(&mut tx, P::SQL.expire, now.micros(), person)?;
        execute!(
            &mut tx,
            P::SQL.insert,
            bytes(key),
            person,
            method,
            new.address.to_string(),
            now.micros(),
            previous_us,
            previous_method,
            i64::from(replaced > 0),
        )?;
        execute!(&mut tx, P::SQL.signed_in, now.micros(), method, person)?;
        execute!(&mut tx, P::SQL.forget, now.plus_seconds(-ENDED_KEPT_S).micros())?;
        tx.commit().await?;
        Ok(())
    }

    async fn load(&self, key: SessionKey, now: Timestamp) -> Result<Loaded<Session<P>>, SessionsError> {
        self.look_up(key, Touch::Yes, now).await
    }

    async fn end(&self, key: SessionKey, now: Timestamp) -> Result<(), SessionsError> {
        Ok(self.end_as(key, "sign-out", now).await?)
    }
}

fn bytes(key: SessionKey) -> Vec<u8> {
    key.0.to_vec()
}
