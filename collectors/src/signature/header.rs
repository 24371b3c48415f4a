//! The three headers of a signed message: written one way, read strictly.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};
use ring::digest::{SHA256, digest};

use super::{ALGORITHM, LABEL, TAG};

/// Characters of each of the headers at most.
const HEADER_CHARS_MAX: usize = 512;

/// Why a message does not count as signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header is missing, or there is more than one of it.
    #[error("there is not exactly one {0} header")]
    NotOne(&'static str),
    /// A header is not of the form that the protocol has.
    #[error("the {0} header is not of the protocol's form")]
    Form(&'static str),
    /// The digest belongs to other content.
    #[error("the content digest does not match the content")]
    Digest,
    /// The signature names another algorithm or tag.
    #[error("the signature is of another algorithm or for another purpose")]
    OtherPurpose,
    /// No key of the sender has this id.
    #[error("the key id is not known")]
    UnknownKey,
    /// `created` is more than five minutes from the machine's time.
    #[error("the signature was created {0} seconds from now")]
    Stale(i64),
    /// The signature is not that key's signature of this message.
    #[error("the signature is wrong")]
    Wrong,
}

/// The headers that make a message signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHeaders {
    /// `Content-Digest`.
    pub content_digest: String,
    /// `Signature-Input`.
    pub signature_input: String,
    /// `Signature`.
    pub signature: String,
}

pub(super) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
pub(super) const SIGNATURE_INPUT: HeaderName = HeaderName::from_static("signature-input");
pub(super) const SIGNATURE: HeaderName = HeaderName::from_static("signature");

impl SignedHeaders {
    /// Name and value of each.
    pub fn pairs(&self) -> [(HeaderName, &str); 3] {
        [
            (CONTENT_DIGEST, self.content_digest.as_str()),
            (SIGNATURE_INPUT, self.signature_input.as_str()),
            (SIGNATURE, self.signature.as_str()),
        ]
    }

    /// Exactly one of each, of bounded length.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, SignatureError> {
        Ok(Self {
            content_digest: one(headers, &CONTENT_DIGEST, "Content-Digest")?,
            signature_input: one(headers, &SIGNATURE_INPUT, "Signature-Input")?,
            signature: one(headers, &SIGNATURE, "Signature")?,
        })
    }

    /// The bytes of the signature.
    pub(super) fn signature_bytes(&self) -> Result<Vec<u8>, SignatureError> {
        let encoded = self
            .signature
            .strip_prefix(LABEL)
            .and_then(|rest| rest.strip_prefix("=:"))
            .and_then(|rest| rest.strip_suffix(':'))
            .ok_or(SignatureError::Form("Signature"))?;
        STANDARD.decode(encoded).map_err(|_| SignatureError::Form("Signature"))
    }
}

/// As kept with a message, for a proof: one header a line.
impl std::fmt::Display for SignedHeaders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { content_digest, signature_input, signature } = self;
        write!(
            f,
            "Content-Digest: {content_digest}\nSignature-Input: {signature_input}\nSignature: {signature}"
        )
    }
}

/// Reads back what [`Display`](std::fmt::Display) wrote.
impl std::str::FromStr for SignedHeaders {
    type Err = SignatureError;
    fn from_str(text: &str) -> Result<Self, SignatureError> {
        let mut lines = text.split('\n');
        let mut line = |name: &'static str| {
            let value = lines.next().and_then(|line| line.strip_prefix(name)?.strip_prefix(": "));
            value
                .filter(|value| value.len() <= HEADER_CHARS_MAX)
                .map(str::to_owned)
                .ok_or(SignatureError::NotOne(name))
        };
        let headers = Self {
            content_digest: line("Content-Digest")?,
            signature_input: line("Signature-Input")?,
            signature: line("Signature")?,
        };
        if lines.next().is_some() { Err(SignatureError::Form("Signature")) } else { Ok(headers) }
    }
}

fn one(headers: &HeaderMap, name: &HeaderName, shown: &'static str) -> Result<String, SignatureError> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(SignatureError::NotOne(shown));
    };
    let text = value.to_str().map_err(|_| SignatureError::Form(shown))?;
    if text.len() > HEADER_CHARS_MAX { Err(SignatureError::Form(shown)) } else { Ok(text.to_owned()) }
}

/// The value of `Content-Digest` (RFC 9530) for `body`: SHA-256 alone.
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(digest(&SHA256, body)))
}

/// The parameters of a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Params {
    pub(super) created_s: i64,
    pub(super) key_id: String,
}

impl Params {
    /// The member of Signature-Input: covered components and parameters.
    pub(super) fn write(&self, components: &str) -> String {
        let Self { created_s, key_id } = self;
        format!("{components};created={created_s};keyid=\"{key_id}\";alg=\"{ALGORITHM}\";tag=\"{TAG}\"")
    }

    /// Reads the header: the one label, exactly `components`, each parameter once in any order and no other.
    /// Gives the member verbatim too, as the base repeats it.
    pub(super) fn read<'a>(header: &'a str, components: &str) -> Result<(Self, &'a str), SignatureError> {
        let form = SignatureError::Form("Signature-Input");
        let member =
            header.strip_prefix(LABEL).and_then(|rest| rest.strip_prefix('=')).ok_or(form.clone())?;
        let params = member.strip_prefix(components).ok_or(form.clone())?;
        let (mut created, mut key_id, mut algorithm, mut tag) = (None, None, None, None);
        let mut written = params.split(';');
        if written.next() != Some("") {
            return Err(form);
        }
        for param in written {
            let (name, value) = param.split_once('=').ok_or(form.clone())?;
            let earlier = match name {
                "created" => created.replace(value),
                "keyid" => key_id.replace(value),
                "alg" => algorithm.replace(value),
                "tag" => tag.replace(value),
                _ => return Err(form),
            };
            if earlier.is_some() {
                return Err(form);
            }
        }
        let (Some(created), Some(key_id), Some(algorithm), Some(tag)) = (created, key_id, algorithm, tag)
        else {
            return Err(form);
        };
        if string(algorithm) != Some(ALGORITHM) || string(tag) != Some(TAG) {
            return Err(SignatureError::OtherPurpose);
        }
        let created_s = seconds(created).ok_or(form.clone())?;
        let key_id = string(key_id).ok_or(form)?.to_owned();
        Ok((Self { created_s, key_id }, member))
    }
}

/// A quoted string without anything that needs an escape; a semicolon inside was cut before and fails here.
fn string(value: &str) -> Option<&str> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    let plain = inner.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\');
    plain.then_some(inner)
}

/// An integer in its one canonical writing.
fn seconds(value: &str) -> Option<i64> {
    let canonical = value.bytes().all(|b| b.is_ascii_digit()) && !value.starts_with('0') && value.len() <= 15;
    canonical.then(|| value.parse().ok()).flatten()
}
