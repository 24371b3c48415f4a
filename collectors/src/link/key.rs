//! The key that a collector and the bank share for hand-offs.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Timestamp;
use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// Characters of a key id at most.
const KEY_ID_CHARS_MAX: usize = 64;

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkKeyError {
    /// No JSON Web Key, or another kind of key.
    #[error("a key is a JWK of kty oct with kid and k")]
    Jwk,
    /// The id would not fit an address or a header unescaped.
    #[error("a key id is 1 to 64 letters, digits, hyphens, dots and underscores")]
    Id,
    /// Not 256 bits.
    #[error("a key has 32 bytes")]
    Length,
}

/// A shared key, its id, and the time in which it may be used. Never printed.
#[derive(Clone)]
pub struct LinkKey {
    id: String,
    key: LessSafeKey,
    not_before: Option<Timestamp>,
    expires: Option<Timestamp>,
}

/// As a JSON Web Key (RFC 7517); `nbf` and `exp` are seconds since 1970, as RFC 7519 counts them.
#[derive(Serialize, Deserialize)]
struct Jwk {
    kty: String,
    kid: String,
    k: Zeroizing<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
}

impl LinkKey {
    /// From a JWK in JSON.
    pub fn from_jwk(json: &str) -> Result<Self, LinkKeyError> {
        let jwk: Jwk = serde_json::from_str(json).map_err(|_| LinkKeyError::Jwk)?;
        if jwk.kty != "oct" {
            return Err(LinkKeyError::Jwk);
        }
        let key = Zeroizing::new(URL_SAFE_NO_PAD.decode(&*jwk.k).map_err(|_| LinkKeyError::Jwk)?);
        let second = |s: i64| s.checked_mul(1_000_000).map(Timestamp::from_micros).ok_or(LinkKeyError::Jwk);
        Ok(Self {
            id: checked_id(&jwk.kid)?,
            key: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).map_err(|_| LinkKeyError::Length)?),
            not_before: jwk.nbf.map(second).transpose()?,
            expires: jwk.exp.map(second).transpose()?,
        })
    }

    /// A new key as a JWK in JSON, without an end.
    pub fn generate(id: &str) -> Result<Zeroizing<String>, LinkKeyError> {
        Self::generate_for(id, None, None)
    }

    /// A new key as a JWK in JSON, for the time from `first` on and before `end`, whole seconds.
    pub fn generate_for(
        id: &str,
        first: Option<Timestamp>,
        end: Option<Timestamp>,
    ) -> Result<Zeroizing<String>, LinkKeyError> {
        let bytes = Zeroizing::new(domain::random::bytes::<KEY_BYTES>());
        let k = Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes));
        let (nbf, exp) = (first.map(Timestamp::seconds), end.map(Timestamp::seconds));
        let jwk = Jwk { kty: "oct".to_owned(), kid: checked_id(id)?, k, nbf, exp };
        serde_json::to_string(&jwk).map(Zeroizing::new).map_err(|_| LinkKeyError::Jwk)
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it may be used at an instant. An old and a new key of one collector overlap.
    pub fn is_valid(&self, at: Timestamp) -> bool {
        self.not_before.is_none_or(|first| first <= at) && self.expires.is_none_or(|end| at < end)
    }

    pub(super) const fn aead(&self) -> &LessSafeKey {
        &self.key
    }
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkKey({}, redacted)", self.id)
    }
}

fn checked_id(id: &str) -> Result<String, LinkKeyError> {
    if is_key_id(id) { Ok(id.to_owned()) } else { Err(LinkKeyError::Id) }
}

pub(super) fn is_key_id(id: &str) -> bool {
    (1..=KEY_ID_CHARS_MAX).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}
