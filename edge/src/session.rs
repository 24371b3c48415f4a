//! Server-side sessions: what travels in the cookie, what is stored, and when one has ended.

use std::fmt;
use std::future::Future;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::{Timestamp, random};

/// A session's secret, 256 random bits: the cookie's value, never stored and never logged (SEC-24).
#[derive(Clone, PartialEq, Eq)]
pub struct SessionId([u8; 32]);

/// SHA-256 of the secret: what the session table holds. Who reads the table cannot sign in with it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionKey(pub [u8; 32]);

impl SessionId {
    /// A new one.
    pub fn generate() -> Self {
        Self(random::bytes())
    }

    /// Reads a cookie's value.
    pub fn parse(value: &str) -> Option<Self> {
        BASE64_URL_SAFE_NO_PAD.decode(value).ok()?.try_into().ok().map(Self)
    }

    /// The cookie's value.
    pub fn cookie_value(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What is stored.
    pub fn key(&self) -> SessionKey {
        let mut key = [0; 32];
        key.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, &self.0).as_ref());
        SessionKey(key)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(redacted)")
    }
}

/// The first bytes suffice to tell sessions apart in a log.
impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "SessionKey({a:02x}{b:02x}{c:02x}{d:02x}…)")
    }
}

/// How long a session lives (SEC-25).
#[derive(Clone, Copy, Debug)]
pub struct SessionLimits {
    /// Without any page asked for.
    pub idle_s: i64,
    /// From sign-in, whatever happens.
    pub absolute_s: i64,
    /// A page within this time of the last recorded one is not recorded again; it makes the idle time
    /// shorter, never longer.
    pub touch_spacing_s: i64,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { idle_s: 15 * 60, absolute_s: 12 * 3600, touch_spacing_s: 5 }
    }
}

/// Whether a session may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may. `touch` says that this use must be recorded.
    Live {
        /// Whether the last use lies far enough back to record this one.
        touch: bool,
    },
    /// Nothing was asked for longer than allowed.
    Idle,
    /// It is too long since sign-in.
    TooOld,
}

impl SessionLimits {
    /// Judges a session by its sign-in and its last recorded use.
    pub fn standing(&self, signed_in_at: Timestamp, seen_at: Timestamp, now: Timestamp) -> Standing {
        let unused_s = now.seconds_since(seen_at);
        if now.seconds_since(signed_in_at) >= self.absolute_s {
            Standing::TooOld
        } else if unused_s >= self.idle_s {
            Standing::Idle
        } else {
            Standing::Live { touch: unused_s >= self.touch_spacing_s }
        }
    }
}

/// Where sessions are kept. A site implements it on its own table.
pub trait SessionStore {
    /// Who signs in, and how.
    type New;
    /// What a live session knows.
    type Session;
    /// Why the store could not answer. The site then refuses: no answer is no session.
    type Error;

    /// Starts a session and ends every other one of the same user (SEC-26).
    fn create(
        &self,
        key: SessionKey,
        new: Self::New,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// The session if it may still be used, with this use recorded.
    fn load(
        &self,
        key: SessionKey,
        now: Timestamp,
    ) -> impl Future<Output = Result<Loaded<Self::Session>, Self::Error>> + Send;

    /// Ends a session. Ending one that has ended changes nothing.
    fn end(&self, key: SessionKey, now: Timestamp) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// What became of a session that a cookie names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loaded<S> {
    /// It may be used.
    Live(S),
    /// There is none, or its user signed out.
    Unknown,
    /// Its user signed in elsewhere.
    Replaced,
    /// Its time ran out.
    Expired,
    /// Somebody else's act has ended it, for the reason that the site has noted; empty where it has noted none.
    Revoked(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_and_what_is_stored_is_not_the_secret() {
        let id = SessionId::generate();
        assert_eq!(SessionId::parse(&id.cookie_value()), Some(id.clone()));
        assert_ne!(id.key().0, id.0);
        assert_ne!(SessionId::generate(), id);
        for bad in ["", "abc", &format!("{}A", id.cookie_value()), &"あ".repeat(43)] {
            assert_eq!(SessionId::parse(bad), None, "{bad}");
        }
        assert!(!format!("{id:?}").contains(&id.cookie_value()));
    }

    #[test]
    fn a_session_ends_at_fifteen_idle_minutes_and_at_twelve_hours() {
        let limits = SessionLimits::default();
        let start = Timestamp::parse_rfc3339("2026-11-24T08:00:00+09:00").unwrap();
        let after = |s| start.plus_seconds(s);
        assert_eq!(limits.standing(start, start, after(4)), Standing::Live { touch: false });
        assert_eq!(limits.standing(start, start, after(5)), Standing::Live { touch: true });
        assert_eq!(limits.standing(start, start, after(899)), Standing::Live { touch: true });
        assert_eq!(limits.standing(start, start, after(900)), Standing::Idle);
        let hours12 = 12 * 3600;
        assert_eq!(
            limits.standing(start, after(hours12 - 2), after(hours12 - 1)),
            Standing::Live { touch: false }
        );
        assert_eq!(limits.standing(start, after(hours12 - 1), after(hours12)), Standing::TooOld);
    }
}
