//! JWE compact serialization (RFC 7516) with direct encryption under a shared key: `dir` and A256GCM, nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{Aad, NONCE_LEN, Nonce};
use serde::{Deserialize, Serialize};

use super::LinkKey;
use super::key::is_key_id;

/// Bytes of a hand-off at most.
pub const JWE_BYTES_MAX: usize = 8 * 1024;
/// Bytes of its header at most.
const HEADER_BYTES_MAX: usize = 512;
/// Bytes of the authentication tag.
const TAG_BYTES: usize = 16;

/// Why a text does not open. For the log: whoever sent it is told nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// More bytes than it may have.
    #[error("the hand-off is too large")]
    TooLarge,
    /// Not five parts in base64url, or parts of the wrong length.
    #[error("the hand-off is no JWE in compact serialization")]
    Form,
    /// A header that asks for anything but `dir` and A256GCM.
    #[error("the hand-off's header is not taken: {0}")]
    Header(&'static str),
    /// No such key.
    #[error("no key {0} of the collector can be used now")]
    UnknownKey(String),
    /// Changed on its way, or encrypted under another key.
    #[error("the hand-off does not open under the key {0}")]
    Tampered(String),
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    enc: String,
    kid: String,
    #[serde(default, skip_serializing)]
    zip: Option<serde_json::Value>,
    #[serde(default, skip_serializing)]
    crit: Option<serde_json::Value>,
}

impl Header {
    fn read(part: &str) -> Result<Self, OpenError> {
        let bytes = decode(part)?;
        if bytes.len() > HEADER_BYTES_MAX {
            return Err(OpenError::Header("it has more than 512 bytes"));
        }
        let header: Self = serde_json::from_slice(&bytes)
            .map_err(|_| OpenError::Header("it is no JSON with alg, enc and kid"))?;
        if header.alg != "dir" {
            Err(OpenError::Header("alg is not dir"))
        } else if header.enc != "A256GCM" {
            Err(OpenError::Header("enc is not A256GCM"))
        } else if header.zip.is_some() {
            Err(OpenError::Header("it is compressed"))
        } else if header.crit.is_some() {
            Err(OpenError::Header("it has extensions that must be understood"))
        } else if !is_key_id(&header.kid) {
            Err(OpenError::Header("kid is no key id"))
        } else {
            Ok(header)
        }
    }
}

/// What is in it, when it was made under the key that `find` has for its `kid`.
pub fn open<'k>(compact: &str, find: impl FnOnce(&str) -> Option<&'k LinkKey>) -> Result<Vec<u8>, OpenError> {
    open_at_most(JWE_BYTES_MAX, compact, find)
}

/// The same of another size at most.
pub fn open_at_most<'k>(
    bytes_max: usize,
    compact: &str,
    find: impl FnOnce(&str) -> Option<&'k LinkKey>,
) -> Result<Vec<u8>, OpenError> {
    if compact.len() > bytes_max {
        return Err(OpenError::TooLarge);
    }
    let parts: Vec<&str> = compact.split('.').collect();
    let [header, encrypted_key, iv, ciphertext, tag] = parts.as_slice() else { return Err(OpenError::Form) };
    let read = Header::read(header)?;
    // with direct encryption there is no encrypted key
    if !encrypted_key.is_empty() {
        return Err(OpenError::Form);
    }
    let key = find(&read.kid).ok_or_else(|| OpenError::UnknownKey(read.kid.clone()))?;
    let iv: [u8; NONCE_LEN] = decode(iv)?.try_into().map_err(|_| OpenError::Form)?;
    let tag = decode(tag)?;
    if tag.len() != TAG_BYTES {
        return Err(OpenError::Form);
    }
    let mut hidden = decode(ciphertext)?;
    hidden.extend_from_slice(&tag);
    let aad = Aad::from(header.as_bytes());
    let opened = key.aead().open_in_place(Nonce::assume_unique_for_key(iv), aad, &mut hidden);
    let opened = opened.map_err(|_| OpenError::Tampered(read.kid))?.len();
    hidden.truncate(opened);
    Ok(hidden)
}

/// Makes one, as a collector's site does. The nonce is drawn at random, which is right for some 2^32 under one key.
pub fn seal(key: &LinkKey, contents: &[u8]) -> Option<String> {
    let header = Header {
        alg: "dir".to_owned(),
        enc: "A256GCM".to_owned(),
        kid: key.id().to_owned(),
        zip: None,
        crit: None,
    };
    let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header).ok()?);
    let iv: [u8; NONCE_LEN] = domain::random::bytes();
    let mut hidden = contents.to_vec();
    let (nonce, aad) = (Nonce::assume_unique_for_key(iv), Aad::from(header.as_bytes()));
    let tag = key.aead().seal_in_place_separate_tag(nonce, aad, &mut hidden).ok()?;
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Some(format!("{header}..{}.{}.{}", encode(&iv), encode(&hidden), encode(tag.as_ref())))
}

fn decode(part: &str) -> Result<Vec<u8>, OpenError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| OpenError::Form)
}
