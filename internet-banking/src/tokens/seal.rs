//! Secrets at rest: AES-256-GCM under the deployment's key, bound to the token's serial so that a sealed seed
//! cannot be moved to another row (SEC-13).

use std::fmt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::code::{SEED_BYTES, Seed};

/// Bytes of the deployment's key.
pub const KEY_BYTES: usize = 32;

/// The deployment's key for seeds. It lives in the configuration, never in the database.
#[derive(Clone)]
pub struct SealingKey(std::sync::Arc<LessSafeKey>);

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

impl SealingKey {
    /// From the key's bytes.
    pub fn new(key: &[u8; KEY_BYTES]) -> Result<Self, SealError> {
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| SealError)?;
        Ok(Self(std::sync::Arc::new(LessSafeKey::new(key))))
    }

    /// Nonce, ciphertext and tag. The nonce is drawn at random: a deployment seals some thousands of seeds.
    pub fn seal(&self, serial: &str, seed: &Seed) -> Result<Vec<u8>, SealError> {
        let nonce: [u8; NONCE_LEN] = domain::random::bytes();
        let mut hidden = seed.bytes().to_vec();
        let key = &self.0;
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(serial.as_bytes()),
            &mut hidden,
        )
        .map_err(|_| SealError)?;
        let mut sealed = nonce.to_vec();
        sealed.extend_from_slice(&hidden);
        Ok(sealed)
    }

    /// The seed again.
    pub fn open(&self, serial: &str, sealed: &[u8]) -> Result<Seed, SealError> {
        let (nonce, hidden) = sealed.split_at_checked(NONCE_LEN).ok_or(SealError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError)?;
        let mut hidden = zeroize::Zeroizing::new(hidden.to_vec());
        let opened = self
            .0
            .open_in_place(nonce, Aad::from(serial.as_bytes()), hidden.as_mut_slice())
            .map_err(|_| SealError)?;
        <[u8; SEED_BYTES]>::try_from(&*opened).map(Seed::new).map_err(|_| SealError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_opens_only_under_its_key_and_its_serial() {
        let key = SealingKey::new(&[7; KEY_BYTES]).unwrap();
        let seed = Seed::generate();
        let sealed = key.seal("T-1", &seed).unwrap();
        assert_eq!(key.open("T-1", &sealed).unwrap().bytes(), seed.bytes());
        assert!(key.open("T-2", &sealed).is_err(), "moved to another row");
        assert!(SealingKey::new(&[8; KEY_BYTES]).unwrap().open("T-1", &sealed).is_err(), "another key");
        let mut damaged = sealed.clone();
        damaged[NONCE_LEN] ^= 1;
        assert!(key.open("T-1", &damaged).is_err());
        for cut in 0..sealed.len() {
            assert!(key.open("T-1", &sealed[..cut]).is_err(), "{cut} bytes");
        }
    }

    #[test]
    fn the_database_never_sees_the_seed_and_no_two_seals_are_alike() {
        let key = SealingKey::new(&[7; KEY_BYTES]).unwrap();
        let seed = Seed::new(*b"12345678901234567890");
        let sealed = key.seal("T-1", &seed).unwrap();
        assert!(!sealed.windows(8).any(|w| seed.bytes().windows(8).any(|s| s == w)));
        assert_ne!(sealed, key.seal("T-1", &seed).unwrap());
    }
}
