//! Secrets at rest: AES-256-GCM under the deployment's keys, bound to the token's serial and the key's id so that a
//! sealed seed cannot be moved to another row (SEC-13). Every key of the deployment opens what was sealed under it: a
//! new one comes into force while the seeds are still under the one before.

use std::fmt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf;
use zeroize::Zeroizing;

use super::code::{SEED_BYTES, Seed};

/// Bytes of the deployment's key.
pub const KEY_BYTES: usize = 32;

/// Names one key of a deployment, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(i64);

/// The deployment's keys for seeds: all are drawn from one, which lives in the configuration, never in the database.
#[derive(Clone)]
pub struct SealingKey(std::sync::Arc<hkdf::Prk>);

/// The key never reaches a log line.
impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(redacted)")
    }
}

/// A sealed seed does not open: another key, another serial, or damaged bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed token secret does not open under this deployment's key")]
pub struct SealError;

impl KeyId {
    /// The one that a deployment begins with.
    pub const FIRST: Self = Self(1);

    /// From its number.
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The one that comes into force after it.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl SealingKey {
    /// From the key's bytes. What cannot draw keys from them fails here, and not when a code is typed.
    pub fn new(key: &[u8; KEY_BYTES]) -> Result<Self, SealError> {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"mpn token seeds");
        let keys = Self(std::sync::Arc::new(salt.extract(key)));
        keys.key(KeyId::FIRST).map(|_| keys)
    }

    /// Nonce, ciphertext and tag. The nonce is drawn at random: a deployment seals some thousands of seeds.
    pub fn seal(&self, id: KeyId, serial: &str, seed: &Seed) -> Result<Vec<u8>, SealError> {
        let nonce: [u8; NONCE_LEN] = domain::random::bytes();
        let mut hidden = seed.bytes().to_vec();
        self.key(id)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound_to(id, serial), &mut hidden)
            .map_err(|_| SealError)?;
        let mut sealed = nonce.to_vec();
        sealed.extend_from_slice(&hidden);
        Ok(sealed)
    }

    /// The seed again.
    pub fn open(&self, id: KeyId, serial: &str, sealed: &[u8]) -> Result<Seed, SealError> {
        let (nonce, hidden) = sealed.split_at_checked(NONCE_LEN).ok_or(SealError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError)?;
        let mut hidden = Zeroizing::new(hidden.to_vec());
        let opened = self
            .key(id)?
            .open_in_place(nonce, bound_to(id, serial), hidden.as_mut_slice())
            .map_err(|_| SealError)?;
        <[u8; SEED_BYTES]>::try_from(&*opened).map(Seed::new).map_err(|_| SealError)
    }

    fn key(&self, id: KeyId) -> Result<LessSafeKey, SealError> {
        let (info, mut key) = (id.0.to_be_bytes(), Zeroizing::new([0; KEY_BYTES]));
        let info = [info.as_slice()];
        self.0
            .expand(&info, hkdf::HKDF_SHA256)
            .and_then(|drawn| drawn.fill(&mut *key))
            .map_err(|_| SealError)?;
        UnboundKey::new(&AES_256_GCM, &*key).map(LessSafeKey::new).map_err(|_| SealError)
    }
}

fn bound_to(id: KeyId, serial: &str) -> Aad<Vec<u8>> {
    Aad::from([id.0.to_be_bytes().as_slice(), serial.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: KeyId = KeyId::FIRST;

    /// Proves SEC-13.
    #[test]
    fn a_seed_opens_only_under_its_key_and_its_serial() {
        let key = SealingKey::new(&[7; KEY_BYTES]).unwrap();
        let seed = Seed::generate();
        let sealed = key.seal(ID, "T-1", &seed).unwrap();
        assert_eq!(key.open(ID, "T-1", &sealed).unwrap().bytes(), seed.bytes());
        assert!(key.open(ID, "T-2", &sealed).is_err(), "moved to another row");
        assert!(key.open(ID.next(), "T-1", &sealed).is_err(), "the next key");
        assert!(
            SealingKey::new(&[8; KEY_BYTES]).unwrap().open(ID, "T-1", &sealed).is_err(),
            "another deployment's"
        );
        let mut damaged = sealed.clone();
        damaged[NONCE_LEN] ^= 1;
        assert!(key.open(ID, "T-1", &damaged).is_err());
        for cut in 0..sealed.len() {
            assert!(key.open(ID, "T-1", &sealed[..cut]).is_err(), "{cut} bytes");
        }
    }

    #[test]
    fn the_database_never_sees_the_seed_and_no_two_seals_are_alike() {
        let key = SealingKey::new(&[7; KEY_BYTES]).unwrap();
        let seed = Seed::new(*b"12345678901234567890");
        let sealed = key.seal(ID, "T-1", &seed).unwrap();
        assert!(!sealed.windows(8).any(|w| seed.bytes().windows(8).any(|s| s == w)));
        assert_ne!(sealed, key.seal(ID, "T-1", &seed).unwrap());
        assert_ne!(sealed, key.seal(ID.next(), "T-1", &seed).unwrap());
    }
}
