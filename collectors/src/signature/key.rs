//! The keys of both sides, each with its id.

use std::fmt;

use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};
use zeroize::Zeroizing;

/// Characters of a key id at most.
const KEY_ID_CHARS_MAX: usize = 64;
/// What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410).
const SPKI_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The id would not fit a header unescaped.
    #[error("a key id is 1 to 64 letters, digits, hyphens, dots and underscores")]
    Id,
    /// The system gives no random bytes.
    #[error("no signing key could be made")]
    Made,
    /// The private key is no Ed25519 key in PKCS#8.
    #[error("the private key is no Ed25519 key in PKCS#8")]
    Private,
    /// The public key is not that of Ed25519 in PEM.
    #[error("the public key is no Ed25519 key in PEM")]
    Spki,
    /// The public key has not 32 bytes.
    #[error("an Ed25519 public key has 32 bytes")]
    Public,
}

fn checked_id(id: &str) -> Result<String, KeyError> {
    let fits = (1..=KEY_ID_CHARS_MAX).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
    if fits { Ok(id.to_owned()) } else { Err(KeyError::Id) }
}

/// A private key and the id under which the other side knows it. Never printed.
pub struct SigningKey {
    id: String,
    pair: Ed25519KeyPair,
}

impl SigningKey {
    /// A new one, as PKCS#8 in DER.
    pub fn generate_pkcs8_der() -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| KeyError::Made)?;
        Ok(Zeroizing::new(made.as_ref().to_vec()))
    }

    /// From PKCS#8 in DER, version 1 or 2.
    pub fn from_pkcs8_der(id: &str, der: &[u8]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(|_| KeyError::Private)?;
        Ok(Self { id: checked_id(id)?, pair })
    }

    /// From PKCS#8 in PEM (`BEGIN PRIVATE KEY`).
    pub fn from_pkcs8_pem(id: &str, pem: &str) -> Result<Self, KeyError> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| KeyError::Private)?;
        Self::from_pkcs8_der(id, der.secret_pkcs8_der())
    }

    /// From the 32 bytes that RFC 8032 calls the private key.
    pub fn from_seed(id: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Private)?;
        Ok(Self { id: checked_id(id)?, pair })
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What the other side verifies with.
    pub fn verifying_key(&self) -> VerifyingKey {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.pair.public_key().as_ref());
        VerifyingKey { id: self.id.clone(), bytes }
    }

    /// The Ed25519 signature of a text. What it is for must be plain from how the text begins, so that no signature can
    /// be taken for one of another purpose; those of messages begin with `"@`.
    pub fn sign(&self, text: &[u8]) -> [u8; 64] {
        let mut signature = [0; 64];
        signature.copy_from_slice(self.pair.sign(text).as_ref());
        signature
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A public key and its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey {
    id: String,
    bytes: [u8; 32],
}

impl VerifyingKey {
    /// From the 32 bytes of the key.
    pub fn new(id: &str, bytes: &[u8]) -> Result<Self, KeyError> {
        Ok(Self { id: checked_id(id)?, bytes: bytes.try_into().map_err(|_| KeyError::Public)? })
    }

    /// From a SubjectPublicKeyInfo in PEM (`BEGIN PUBLIC KEY`), which is what `openssl pkey -pubout` writes.
    pub fn from_spki_pem(id: &str, pem: &str) -> Result<Self, KeyError> {
        let der = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes()).map_err(|_| KeyError::Spki)?;
        Self::new(id, der.strip_prefix(&SPKI_HEAD).ok_or(KeyError::Spki)?)
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The 32 bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Whether this is the key's signature of a text.
    pub fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.bytes).verify(text, signature).is_ok()
    }
}
