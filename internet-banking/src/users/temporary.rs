//! 仮のパスワード: what a user signs in with until the own passwords are chosen (R14).

use domain::{Timestamp, random};
use secrecy::{ExposeSecret, SecretString};

use crate::Bank;
use crate::contracts::{Contract, SignInMethod};
use crate::frame::day_and_time;
use crate::settings::TEMPORARY_PASSWORD_DAYS;

/// Characters of a temporary password, beside the strokes between its groups: 80 random bits.
const CHARS: usize = 16;
const GROUP_CHARS: usize = 4;
const DAY_S: i64 = 86_400;

/// What a person who has chosen no passwords yet is told by whoever made them, this once.
#[derive(Debug)]
pub struct Temporary {
    /// For the first sign-in.
    pub password: SecretString,
    /// The second proof by which somebody without a token fetches the first certificate (SEC-05); where the contract
    /// signs in by password nobody knows one.
    pub confirmation: Option<SecretString>,
    /// From when on they open nothing.
    pub until: Timestamp,
}

/// The same, exposed.
#[derive(Clone)]
pub struct TemporaryShown {
    /// For the first sign-in.
    pub password: String,
    /// For the first certificate; empty where none is needed.
    pub confirmation: String,
    /// Until when they can be used, in words.
    pub until: String,
}

impl Temporary {
    /// New ones, good for as long as the bank says today; and the confirmation password, told or not.
    pub(super) async fn generate(
        bank: &Bank,
        contract: &Contract,
    ) -> Result<(Self, SecretString), sqlx::Error> {
        let now = bank.clock.now();
        let days = TEMPORARY_PASSWORD_DAYS.number(&bank.database, now.date()).await?;
        let confirmation = drawn();
        let is_told = contract.sign_in == SignInMethod::Certificate;
        let temporary = Self {
            password: drawn(),
            confirmation: is_told.then(|| confirmation.clone()),
            until: now.plus_seconds(days.saturating_mul(DAY_S)),
        };
        Ok((temporary, confirmation))
    }

    /// As a page shows it.
    pub fn shown(&self) -> TemporaryShown {
        let confirmation = self.confirmation.as_ref().map(ExposeSecret::expose_secret);
        TemporaryShown {
            password: self.password.expose_secret().to_owned(),
            confirmation: confirmation.unwrap_or_default().to_owned(),
            until: self.until(),
        }
    }

    /// Until when it opens a session, in words.
    pub fn until(&self) -> String {
        day_and_time(self.until)
    }
}

/// Four groups of four letters and digits that are not taken for one another.
fn drawn() -> SecretString {
    let drawn = random::opaque_id();
    let drawn: Vec<char> = drawn.chars().take(CHARS).collect();
    let groups: Vec<String> = drawn.chunks(GROUP_CHARS).map(|group| group.iter().collect()).collect();
    SecretString::from(groups.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_password_is_four_groups_of_four() {
        let one = super::drawn();
        let groups: Vec<_> = one.expose_secret().split('-').collect();
        assert_eq!(groups.len(), 4);
        assert!(groups.iter().all(|group| group.len() == 4));
        assert_ne!(one.expose_secret(), super::drawn().expose_secret());
    }
}
