//! The tokens of the bank's contracts, and the count of wrong codes.

use database::{Database, execute, on, read};
use domain::{ContractId, Timestamp};

use super::code::{Seed, Step};
use super::seal::{SealError, SealingKey};

/// Wrong codes in a row that lock a token for everybody who shares it (R58, R59).
pub const FAILURES_MAX: i64 = 5;

/// The tokens. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tokens {
    database: Database,
    key: SealingKey,
}

/// What a typed code is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Right, and to be spent: put a guard on (serial, step) into the commit that the code is for.
    Verified {
        /// The step whose code it is.
        step: Step,
    },
    /// Wrong.
    Wrong {
        /// Tries left before the lock.
        left: i64,
    },
    /// The token is locked, or became so by this try.
    Locked,
}

/// Why a token cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// No token has the serial.
    #[error("no token has the serial {0}")]
    Unknown(String),
    /// Its secret does not open.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
}

impl Tokens {
    /// The tokens of a database, sealed under the deployment's key.
    pub const fn new(database: Database, key: SealingKey) -> Self {
        Self { database, key }
    }

    /// Registers a delivered token: a contract's, or one of the bank's staff. The same serial again is left as it is.
    pub async fn register(
        &self,
        serial: &str,
        contract: Option<ContractId>,
        seed: &Seed,
    ) -> Result<(), TokenError> {
        let sealed = self.key.seal(serial, seed)?;
        execute!(
            self.database,
            "INSERT INTO token (serial, contract, seed) VALUES ($1, $2, $3) ON CONFLICT (serial) DO NOTHING",
            serial,
            contract.map(ContractId::uuid),
            sealed,
        )?;
        Ok(())
    }

    /// What the token shows now. For the demo's command line only: a real token is in somebody's pocket.
    pub async fn current_code(&self, serial: &str, now: Timestamp) -> Result<String, TokenError> {
        Ok(self.seed(serial).await?.code(Step::at(now)))
    }

    /// Judges a typed code. The judgement takes effect in one conditional UPDATE, so that guesses sent side
    /// by side count exactly as guesses sent one after the other: after the fifth wrong one no code is
    /// right.
    pub async fn verify(&self, serial: &str, typed: &str, now: Timestamp) -> Result<Verdict, TokenError> {
        match self.seed(serial).await?.step_typed(typed, now) {
            Some(step) => self.right(serial, step).await,
            None => self.wrong(serial, now).await,
        }
    }

    /// Lifts a token's lock and forgets the wrong codes. Who may ask for it is the caller's question.
    pub async fn unlock(&self, serial: &str) -> Result<(), TokenError> {
        let found = execute!(
            self.database,
            "UPDATE token SET failures = 0, locked_us = NULL WHERE serial = $1",
            serial,
        )?;
        if found == 1 { Ok(()) } else { Err(TokenError::Unknown(serial.to_owned())) }
    }

    /// A right code ends the row of wrong ones, unless it was seen before (somebody may have looked over a
    /// shoulder).
    async fn right(&self, serial: &str, step: Step) -> Result<Verdict, TokenError> {
        let unlocked = execute!(
            self.database,
            "UPDATE token SET failures = CASE WHEN $2 > last_step THEN 0 ELSE failures END, \
             last_step = CASE WHEN $2 > last_step THEN $2 ELSE last_step END \
             WHERE serial = $1 AND locked_us IS NULL",
            serial,
            step.signed(),
        )?;
        Ok(if unlocked == 1 { Verdict::Verified { step } } else { Verdict::Locked })
    }

    async fn wrong(&self, serial: &str, now: Timestamp) -> Result<Verdict, TokenError> {
        let failures: Option<i64> = on!(self.database, |c| {
            sqlx::query_scalar(
                "UPDATE token SET failures = failures + 1, \
                 locked_us = CASE WHEN failures + 1 >= $2 THEN $3 ELSE locked_us END \
                 WHERE serial = $1 AND locked_us IS NULL RETURNING failures",
            )
            .bind(serial)
            .bind(FAILURES_MAX)
            .bind(now.micros())
            .fetch_optional(c)
            .await
        })?;
        let left = failures.map_or(0, |f| FAILURES_MAX.saturating_sub(f));
        if left > 0 {
            tracing::info!(serial, left, "wrong one-time password");
            return Ok(Verdict::Wrong { left });
        }
        tracing::warn!(serial, "one-time password refused: the token is locked");
        Ok(Verdict::Locked)
    }

    async fn seed(&self, serial: &str) -> Result<Seed, TokenError> {
        let sealed: Option<Vec<u8>> = read!(self.database, |c| {
            sqlx::query_scalar("SELECT seed FROM token WHERE serial = $1")
                .bind(serial)
                .fetch_optional(c)
                .await
        })?;
        let sealed = sealed.ok_or_else(|| TokenError::Unknown(serial.to_owned()))?;
        Ok(self.key.open(serial, &sealed)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use database::testing::TestDatabase;

    database::on_both!(
        five_wrong_codes_lock_the_token_for_a_right_one,
        a_right_code_ends_the_row_of_wrong_ones_once,
        guesses_sent_side_by_side_get_no_more_tries,
        an_unknown_serial_is_an_error,
    );

    const SERIAL: &str = "T-100";

    fn now() -> Timestamp {
        Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap()
    }

    async fn tokens(test: &TestDatabase) -> Tokens {
        let tokens = Tokens::new(test.database.clone(), SealingKey::new(&[7; 32]).unwrap());
        tokens.register(SERIAL, Some(ContractId::generate()), &Seed::new([9; 20])).await.unwrap();
        tokens
    }

    /// A code that is neither the current nor the previous one.
    async fn wrong_code(tokens: &Tokens) -> String {
        let seed = tokens.seed(SERIAL).await.unwrap();
        (0..10).map(|d| format!("00000{d}")).find(|c| seed.step_typed(c, now()).is_none()).unwrap()
    }

    async fn five_wrong_codes_lock_the_token_for_a_right_one(test: TestDatabase) {
        let tokens = tokens(&test).await;
        let wrong = wrong_code(&tokens).await;
        for left in [4, 3, 2, 1] {
            assert_eq!(tokens.verify(SERIAL, &wrong, now()).await.unwrap(), Verdict::Wrong { left });
        }
        assert_eq!(tokens.verify(SERIAL, &wrong, now()).await.unwrap(), Verdict::Locked);
        let right = tokens.current_code(SERIAL, now()).await.unwrap();
        assert_eq!(tokens.verify(SERIAL, &right, now()).await.unwrap(), Verdict::Locked);
        tokens.unlock(SERIAL).await.unwrap();
        assert_eq!(tokens.verify(SERIAL, &wrong, now()).await.unwrap(), Verdict::Wrong { left: 4 });
        assert!(matches!(tokens.unlock("T-999").await, Err(TokenError::Unknown(_))));
    }

    async fn a_right_code_ends_the_row_of_wrong_ones_once(test: TestDatabase) {
        let tokens = tokens(&test).await;
        let (wrong, right) = (wrong_code(&tokens).await, tokens.current_code(SERIAL, now()).await.unwrap());
        for _ in 0..4 {
            tokens.verify(SERIAL, &wrong, now()).await.unwrap();
        }
        let verified = Verdict::Verified { step: Step::at(now()) };
        assert_eq!(tokens.verify(SERIAL, &right, now()).await.unwrap(), verified);
        assert_eq!(tokens.verify(SERIAL, &wrong, now()).await.unwrap(), Verdict::Wrong { left: 4 });
        assert_eq!(
            tokens.verify(SERIAL, &right, now()).await.unwrap(),
            verified,
            "the guard refuses it, not we"
        );
        assert_eq!(tokens.verify(SERIAL, &wrong, now()).await.unwrap(), Verdict::Wrong { left: 3 });
    }

    async fn guesses_sent_side_by_side_get_no_more_tries(test: TestDatabase) {
        let tokens = tokens(&test).await;
        let wrong = wrong_code(&tokens).await;
        let mut guesses = tokio::task::JoinSet::new();
        for _ in 0..40 {
            let (tokens, wrong) = (tokens.clone(), wrong.clone());
            guesses.spawn(async move { tokens.verify(SERIAL, &wrong, now()).await.unwrap() });
        }
        let verdicts = guesses.join_all().await;
        assert_eq!(verdicts.iter().filter(|v| matches!(v, Verdict::Wrong { .. })).count(), 4);
        assert_eq!(verdicts.iter().filter(|v| **v == Verdict::Locked).count(), 36);
    }

    async fn an_unknown_serial_is_an_error(test: TestDatabase) {
        let tokens = tokens(&test).await;
        assert!(matches!(tokens.verify("T-999", "123456", now()).await, Err(TokenError::Unknown(_))));
    }
}
