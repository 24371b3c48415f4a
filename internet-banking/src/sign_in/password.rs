//! Passwords as Argon2id under a pepper (SEC-08), hashed off the async threads and a few at a time.

use std::sync::{Arc, OnceLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::random;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// Memory of one hash in KiB (OWASP: 19 MiB, two passes, one lane).
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Bytes of salt.
const SALT_BYTES: usize = 16;
/// Hashes computed at the same time; more wait their turn, so that sign-ins never take all processors or
/// memory.
const CONCURRENT_MAX: usize = 2;
/// Characters of a password. Longer ones are wrong without being looked at.
pub const PASSWORD_CHARS_MAX: usize = 128;

/// Hashes and verifies passwords. Cheap to clone.
#[derive(Clone)]
pub struct Passwords(Arc<Hasher>);

struct Hasher {
    pepper: Zeroizing<[u8; 32]>,
    places: Semaphore,
    /// Verified when there is no user, so that an unknown ID takes as long as a known one.
    dummy: OnceLock<String>,
}

/// What a typed password is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is not the one.
    Wrong,
    /// It is the one.
    Right {
        /// A new hash to store, where the stored one was made with other parameters than today's.
        rehashed: Option<String>,
    },
}

/// Why a password could not be judged. Whoever asks refuses the person.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The stored hash is none, or hashing failed.
    #[error("a password cannot be hashed or its hash not be read: {0}")]
    Hash(String),
    /// The process is shutting down.
    #[error("the process is stopping")]
    Stopping,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords(redacted)")
    }
}

impl Passwords {
    /// With the deployment's pepper.
    pub fn new(pepper: Zeroizing<[u8; 32]>) -> Self {
        Self(Arc::new(Hasher { pepper, places: Semaphore::new(CONCURRENT_MAX), dummy: OnceLock::new() }))
    }

    /// The string to store for a password.
    pub async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let password = Zeroizing::new(password.to_owned());
        self.run(move |hasher| hasher.hash(&password)).await
    }

    /// Judges a typed password. Without a stored hash (unknown user) it takes the same time and answers
    /// wrong.
    pub async fn verify(&self, stored: Option<String>, typed: &str) -> Result<Verdict, PasswordError> {
        // what is too long is cut, not skipped: it must take the same time
        let typed: Zeroizing<String> = Zeroizing::new(typed.chars().take(PASSWORD_CHARS_MAX + 1).collect());
        self.run(move |hasher| hasher.verify(stored.as_deref(), &typed)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Hasher) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _place = self.0.places.acquire().await.map_err(|_| PasswordError::Stopping)?;
        let hasher = self.0.clone();
        tokio::task::spawn_blocking(move || work(&hasher)).await.map_err(|_| PasswordError::Stopping)?
    }
}

impl Hasher {
    fn argon2(&self) -> Result<Argon2<'_>, PasswordError> {
        Argon2::new_with_secret(&*self.pepper, Algorithm::Argon2id, Version::V0x13, params()?).map_err(failed)
    }

    fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let salt: [u8; SALT_BYTES] = random::bytes();
        let hash = self.argon2()?.hash_password_with_salt(password.as_bytes(), &salt).map_err(failed)?;
        Ok(hash.to_string())
    }

    fn verify(&self, stored: Option<&str>, typed: &str) -> Result<Verdict, PasswordError> {
        let dummy = match self.dummy.get() {
            Some(dummy) => dummy,
            None => {
                let dummy = self.hash("no user has this password")?;
                self.dummy.get_or_init(|| dummy)
            }
        };
        let hash = PasswordHash::new(stored.unwrap_or(dummy)).map_err(failed)?;
        let matches = self.argon2()?.verify_password(typed.as_bytes(), &hash).is_ok();
        if !matches || stored.is_none() || typed.chars().count() > PASSWORD_CHARS_MAX {
            return Ok(Verdict::Wrong);
        }
        let rehashed = if is_current(&hash) { None } else { Some(self.hash(typed)?) };
        Ok(Verdict::Right { rehashed })
    }
}

fn params() -> Result<Params, PasswordError> {
    Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(failed)
}

fn is_current(hash: &PasswordHash) -> bool {
    let used = Params::try_from(hash).ok();
    hash.algorithm == Algorithm::Argon2id.ident()
        && used.is_some_and(|used| {
            used.m_cost() == MEMORY_KIB && used.t_cost() == PASSES && used.p_cost() == LANES
        })
}

fn failed(error: impl std::fmt::Display) -> PasswordError {
    PasswordError::Hash(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords(pepper: u8) -> Passwords {
        Passwords::new(Zeroizing::new([pepper; 32]))
    }

    #[tokio::test]
    async fn only_the_password_under_its_pepper_is_right() {
        let own = passwords(1);
        let hash = own.hash("correct horse battery").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let right = Verdict::Right { rehashed: None };
        assert_eq!(own.verify(Some(hash.clone()), "correct horse battery").await.unwrap(), right);
        assert_eq!(own.verify(Some(hash.clone()), "correct horse batterz").await.unwrap(), Verdict::Wrong);
        assert_eq!(own.verify(Some(hash.clone()), "").await.unwrap(), Verdict::Wrong);
        let other = passwords(2);
        assert_eq!(other.verify(Some(hash), "correct horse battery").await.unwrap(), Verdict::Wrong);
        assert_eq!(own.verify(None, "no user has this password").await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_hash_of_older_parameters_is_made_anew() {
        let own = passwords(1);
        let old = Argon2::new_with_secret(
            &[1; 32],
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(8 * 1024, 1, 1, None).unwrap(),
        )
        .unwrap()
        .hash_password_with_salt(b"old password", &[7; SALT_BYTES])
        .unwrap()
        .to_string();
        let Verdict::Right { rehashed: Some(new) } = own.verify(Some(old), "old password").await.unwrap()
        else {
            panic!("an old hash must be replaced");
        };
        assert_eq!(own.verify(Some(new), "old password").await.unwrap(), Verdict::Right { rehashed: None });
    }

    #[tokio::test]
    async fn a_password_of_128_characters_is_taken_and_a_longer_one_is_not() {
        let own = passwords(1);
        let longest = "あ".repeat(PASSWORD_CHARS_MAX);
        let hash = own.hash(&longest).await.unwrap();
        assert_ne!(own.verify(Some(hash.clone()), &longest).await.unwrap(), Verdict::Wrong);
        let longer = format!("{longest}あ");
        let hash = own.hash(&longer).await.unwrap();
        assert_eq!(own.verify(Some(hash), &longer).await.unwrap(), Verdict::Wrong);
    }
}
