//! Passwords as Argon2id under a pepper (SEC-08), hashed off the async threads and a few at a time.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::random;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use crate::passwords::normalised;

/// What one hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// OWASP's: 19 MiB, two passes, one lane.
const OWASP: Cost = Cost { memory_kib: 19_456, passes: 2, lanes: 1 };
/// So little that hundreds of tests that sign in are not about hashing.
const NEXT_TO_NOTHING: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
/// What the bank's hashes cost.
const COST: Cost = if cfg!(feature = "testing") { NEXT_TO_NOTHING } else { OWASP };
/// Bytes of salt.
const SALT_BYTES: usize = 16;
/// Hashes computed at the same time for each use; more wait their turn, so that sign-ins never take all
/// processors or memory.
const CONCURRENT_MAX: usize = 2;
/// How long a sign-in waits for a turn: anybody can send one.
const SIGN_IN_WAIT_MAX: Duration = Duration::from_secs(5);
/// How long a confirmation waits: only signed-in users send one, and at the busiest moment of the month a payer would
/// rather wait than type again.
const CONFIRMATION_WAIT_MAX: Duration = Duration::from_secs(30);
/// Characters of a password. Longer ones are wrong without being looked at.
pub const PASSWORD_CHARS_MAX: usize = 128;

/// Hashes and verifies passwords. Cheap to clone.
#[derive(Clone)]
pub struct Passwords(Arc<Hasher>);

struct Hasher {
    pepper: Zeroizing<[u8; 32]>,
    cost: Cost,
    sign_in_places: Arc<Semaphore>,
    confirmation_places: Arc<Semaphore>,
    /// Verified when there is no user, so that an unknown ID takes as long as a known one.
    dummy: OnceLock<String>,
}

/// What a password is for. Each use has places of its own, so that a flood of sign-ins stops no payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// ログインパスワード.
    SignIn,
    /// 確認用パスワード.
    Confirmation,
}

/// A turn to have one password hashed or verified.
#[derive(Debug)]
pub struct Place {
    _permit: OwnedSemaphorePermit,
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
    /// Too many others are waiting; nothing was judged.
    #[error("too many passwords are being judged")]
    Busy,
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
        Self::at(pepper, COST)
    }

    fn at(pepper: Zeroizing<[u8; 32]>, cost: Cost) -> Self {
        let places = || Arc::new(Semaphore::new(CONCURRENT_MAX));
        Self(Arc::new(Hasher {
            pepper,
            cost,
            sign_in_places: places(),
            confirmation_places: places(),
            dummy: OnceLock::new(),
        }))
    }

    /// Waits for a turn, but not for long.
    pub async fn place(&self, of: Use) -> Result<Place, PasswordError> {
        let (places, wait_max) = match of {
            Use::SignIn => (&self.0.sign_in_places, SIGN_IN_WAIT_MAX),
            Use::Confirmation => (&self.0.confirmation_places, CONFIRMATION_WAIT_MAX),
        };
        match tokio::time::timeout(wait_max, places.clone().acquire_owned()).await {
            Ok(place) => place.map(|_permit| Place { _permit }).map_err(|_| PasswordError::Stopping),
            Err(_) => Err(PasswordError::Busy),
        }
    }

    /// The string to store for a password.
    pub async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let password = Zeroizing::new(password.to_owned());
        let place = self.place(Use::SignIn).await?;
        self.run(place, move |hasher| hasher.hash(&password)).await
    }

    /// Judges a typed password. Without a stored hash (unknown user) it takes the same time and answers
    /// wrong.
    pub async fn verify(
        &self,
        place: Place,
        stored: Option<String>,
        typed: &str,
    ) -> Result<Verdict, PasswordError> {
        // what is too long is cut, not skipped: it must take the same time
        let typed: Zeroizing<String> = Zeroizing::new(typed.chars().take(PASSWORD_CHARS_MAX + 1).collect());
        self.run(place, move |hasher| hasher.verify(stored.as_deref(), &typed)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce(&Hasher) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let hasher = self.0.clone();
        // the place goes along: whoever no longer waits for the answer frees it only when the work is done
        let work = move || {
            let done = work(&hasher);
            drop(place);
            done
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| PasswordError::Stopping)?
    }
}

impl Hasher {
    fn argon2(&self) -> Result<Argon2<'_>, PasswordError> {
        let Cost { memory_kib, passes, lanes } = self.cost;
        let params = Params::new(memory_kib, passes, lanes, None).map_err(failed)?;
        Argon2::new_with_secret(&*self.pepper, Algorithm::Argon2id, Version::V0x13, params).map_err(failed)
    }

    fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let salt: [u8; SALT_BYTES] = random::bytes();
        let password = Zeroizing::new(normalised(password));
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
        let typed = Zeroizing::new(normalised(typed));
        let matches = self.argon2()?.verify_password(typed.as_bytes(), &hash).is_ok();
        if !matches || stored.is_none() || typed.chars().count() > PASSWORD_CHARS_MAX {
            return Ok(Verdict::Wrong);
        }
        let rehashed = if is_of(self.cost, &hash) { None } else { Some(self.hash(&typed)?) };
        Ok(Verdict::Right { rehashed })
    }
}

fn is_of(cost: Cost, hash: &PasswordHash) -> bool {
    let used = Params::try_from(hash).ok();
    let used =
        used.map(|used| Cost { memory_kib: used.m_cost(), passes: used.t_cost(), lanes: used.p_cost() });
    hash.algorithm == Algorithm::Argon2id.ident() && used == Some(cost)
}

fn failed(error: impl std::fmt::Display) -> PasswordError {
    PasswordError::Hash(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords(pepper: u8) -> Passwords {
        Passwords::at(Zeroizing::new([pepper; 32]), OWASP)
    }

    async fn judged(passwords: &Passwords, stored: Option<String>, typed: &str) -> Verdict {
        let place = passwords.place(Use::SignIn).await.unwrap();
        passwords.verify(place, stored, typed).await.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_forever_and_a_flood_of_sign_ins_stops_no_confirmation() {
        let own = passwords(1);
        let mut taken = Vec::new();
        for _ in 0..CONCURRENT_MAX {
            taken.push(own.place(Use::SignIn).await.unwrap());
        }
        assert!(matches!(own.place(Use::SignIn).await, Err(PasswordError::Busy)));
        own.place(Use::Confirmation).await.unwrap();
        taken.pop();
        own.place(Use::SignIn).await.unwrap();
    }

    #[tokio::test]
    async fn only_the_password_under_its_pepper_is_right() {
        let own = passwords(1);
        let hash = own.hash("correct horse battery").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let right = Verdict::Right { rehashed: None };
        assert_eq!(judged(&own, Some(hash.clone()), "correct horse battery").await, right);
        assert_eq!(judged(&own, Some(hash.clone()), "correct horse batterz").await, Verdict::Wrong);
        assert_eq!(judged(&own, Some(hash.clone()), "").await, Verdict::Wrong);
        let other = passwords(2);
        assert_eq!(judged(&other, Some(hash), "correct horse battery").await, Verdict::Wrong);
        assert_eq!(judged(&own, None, "no user has this password").await, Verdict::Wrong);
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
        let Verdict::Right { rehashed: Some(new) } = judged(&own, Some(old), "old password").await else {
            panic!("an old hash must be replaced");
        };
        assert_eq!(judged(&own, Some(new), "old password").await, Verdict::Right { rehashed: None });
    }

    #[tokio::test]
    async fn a_password_of_128_characters_is_taken_and_a_longer_one_is_not() {
        let own = passwords(1);
        let longest = "あ".repeat(PASSWORD_CHARS_MAX);
        let hash = own.hash(&longest).await.unwrap();
        assert_ne!(judged(&own, Some(hash.clone()), &longest).await, Verdict::Wrong);
        let longer = format!("{longest}あ");
        let hash = own.hash(&longer).await.unwrap();
        assert_eq!(judged(&own, Some(hash), &longer).await, Verdict::Wrong);
    }
}
