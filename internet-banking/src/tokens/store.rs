//! Tokens' secrets, their codes, and the count of wrong ones.

use database::{Database, execute, on, read};
use domain::{ContractId, Date, StaffId, Timestamp, UserId};
use uuid::Uuid;

use super::code::{Seed, Step};
use super::seal::{KeyId, SealError, SealingKey};
use super::token::{Standing, TokenKind, TokenState};
use crate::settings::TOKEN_FAILURES_MAX;

/// The tokens. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub(super) database: Database,
    pub(super) key: SealingKey,
}

/// A token that its maker delivered.
#[derive(Clone, Debug)]
pub struct NewToken<'a> {
    /// The number on its back.
    pub serial: &'a str,
    /// What it is.
    pub kind: TokenKind,
    /// Whose it is; none of one that goes into stock.
    pub contract: Option<ContractId>,
    /// In stock, or in use from the start.
    pub state: TokenState,
    /// The last day on which its codes count, as printed on its back.
    pub expires_on: Option<Date>,
    /// Its secret.
    pub seed: &'a Seed,
}

/// Who types a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typist {
    /// A user, with a token of the contract.
    User(ContractId, UserId),
    /// One of the bank's staff, with a token of no contract.
    Staff(StaffId),
}

impl Typist {
    const fn contract(self) -> Option<ContractId> {
        match self {
            Self::User(contract, _) => Some(contract),
            Self::Staff(_) => None,
        }
    }

    const fn person(self) -> Uuid {
        match self {
            Self::User(_, user) => user.uuid(),
            Self::Staff(staff) => staff.uuid(),
        }
    }
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
    /// Wrong, and the last try: it is locked from now on.
    JustLocked,
    /// The token is locked.
    Locked,
    /// Its codes count no more, or not yet.
    Unusable(Standing),
}

/// Why a token cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// No token has the serial, or none of the contract has.
    #[error("no token has the serial {0}")]
    Unknown(String),
    /// A word in the database is none of ours.
    #[error("the database holds {0:?} where one of our words must be")]
    Word(String),
    /// Its secret does not open.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// The contracts cannot be read.
    #[error(transparent)]
    Contracts(#[from] crate::contracts::StoreError),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
}

/// Where codes of a token are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// An operation: the token must be in use.
    Operation,
    /// 利用開始登録: it may be on its way too.
    Registration,
}

impl Door {
    /// Whether a token that is not registered yet is let in, for statements.
    fn lets_shipped_in(self) -> i64 {
        i64::from(self == Self::Registration)
    }

    fn opens_for(self, standing: Standing, state: TokenState) -> bool {
        match standing {
            // whether it is locked the statement that counts decides
            Standing::Valid | Standing::Locked => true,
            Standing::Unused => self == Self::Registration && state == TokenState::Shipped,
            Standing::Expired | Standing::Revoked | Standing::Lost => false,
        }
    }
}

type Sealed = (Vec<u8>, i64, Option<Uuid>, String, Option<String>);

/// A token's secret, and whether it may be asked.
struct Opened {
    seed: Seed,
    contract: Option<Uuid>,
    state: TokenState,
    standing: Standing,
}

impl Tokens {
    /// The tokens of a database, sealed under the deployment's key.
    pub const fn new(database: Database, key: SealingKey) -> Self {
        Self { database, key }
    }

    /// Registers a delivered token. The same serial again is left as it is.
    pub async fn deliver(&self, new: &NewToken<'_>, now: Timestamp) -> Result<(), TokenError> {
        let key = self.key_in_force(now).await?;
        let sealed = self.key.seal(key, new.serial, new.seed)?;
        execute!(
            self.database,
            "INSERT INTO token (serial, contract, kind, state, expires_on, seed, key_id, changed_us)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (serial) DO NOTHING",
            new.serial,
            new.contract.map(ContractId::uuid),
            new.kind.code(),
            new.state.code(),
            new.expires_on.map(|day| day.to_string()),
            sealed,
            key.get(),
            now.micros(),
        )?;
        Ok(())
    }

    /// Registers a device that is in use from the start and on which no date is printed: one of the bank's staff.
    pub async fn register(
        &self,
        serial: &str,
        contract: Option<ContractId>,
        seed: &Seed,
    ) -> Result<(), TokenError> {
        let (kind, state) = (TokenKind::Hardware, TokenState::InUse);
        let new = NewToken { serial, kind, contract, state, expires_on: None, seed };
        self.deliver(&new, domain::clock::machine_now()).await
    }

    /// What the token shows now. For the demo's command line only: a real token is in somebody's pocket.
    pub async fn current_code(&self, serial: &str, now: Timestamp) -> Result<String, TokenError> {
        Ok(self.opened(serial, now).await?.seed.code(Step::at(now)))
    }

    /// Judges a typed code of a contract's token, or of one of the bank's staff. The judgement takes effect in one
    /// conditional UPDATE, so that guesses sent side by side count exactly as guesses sent one after the other: after
    /// the last wrong one no code is right. A serial of another contract is none (R69). Of a lock it is noted that
    /// nobody was told yet.
    pub async fn verify(
        &self,
        serial: &str,
        whose: Typist,
        typed: &str,
        now: Timestamp,
    ) -> Result<Verdict, TokenError> {
        let judged = self.judge(Door::Operation, serial, whose, now, |seed| {
            seed.step_typed(typed, now).map(|step| (step, step))
        });
        Ok(judged.await?.0)
    }

    /// Judges two codes that follow each other, for 利用開始登録. Both are to be spent: the verdict has the later one's
    /// step, and the earlier one's is told beside it.
    pub async fn verify_two(
        &self,
        serial: &str,
        whose: Typist,
        (first, second): (&str, &str),
        now: Timestamp,
    ) -> Result<(Verdict, Step), TokenError> {
        self.judge(Door::Registration, serial, whose, now, |seed| seed.steps_typed(first, second, now)).await
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

    /// Brings the next key into force at once: from here on seeds are sealed under it, and those under the ones before
    /// still open. [`reseal`](Self::reseal) brings them over.
    pub async fn next_key(&self, now: Timestamp) -> Result<KeyId, TokenError> {
        let newest: Option<i64> = read!(self.database, |c| {
            sqlx::query_scalar("SELECT MAX(number) FROM bank_key WHERE kind = 'seed'").fetch_one(c).await
        })?;
        let next = KeyId::new(newest.unwrap_or_default()).next();
        // another who is at it at the same time brings in the same one
        execute!(
            self.database,
            "INSERT INTO bank_key (kind, owner, number, made_us, from_day, public)
             VALUES ('seed', '', $1, $2, $3, '') ON CONFLICT (kind, owner, number) DO NOTHING",
            next.get(),
            now.micros(),
            now.date().to_string(),
        )?;
        Ok(next)
    }

    /// The key under which seeds are sealed now: the newest of those whose day has come.
    pub async fn key_in_force(&self, now: Timestamp) -> Result<KeyId, TokenError> {
        let newest: Option<i64> = read!(self.database, |c| {
            sqlx::query_scalar(
                "SELECT number FROM bank_key WHERE kind = 'seed' AND retired_us IS NULL AND from_day <= $1
                 ORDER BY from_day DESC, number DESC LIMIT 1",
            )
            .bind(now.date().to_string())
            .fetch_optional(c)
            .await
        })?;
        Ok(newest.map_or(KeyId::FIRST, KeyId::new))
    }

    async fn judge(
        &self,
        door: Door,
        serial: &str,
        whose: Typist,
        now: Timestamp,
        typed: impl FnOnce(&Seed) -> Option<(Step, Step)>,
    ) -> Result<(Verdict, Step), TokenError> {
        let opened = self.opened(serial, now).await?;
        if opened.contract != whose.contract().map(ContractId::uuid) {
            return Err(TokenError::Unknown(serial.to_owned()));
        }
        let none = Step::at(Timestamp::default());
        if !door.opens_for(opened.standing, opened.state) {
            return Ok((Verdict::Unusable(opened.standing), none));
        }
        Ok(match typed(&opened.seed) {
            Some((earlier, later)) => (self.right(door, serial, later, now).await?, earlier),
            None => (self.wrong(door, serial, whose, now).await?, none),
        })
    }

    /// A right code ends the row of wrong ones, unless it was seen before (somebody may have looked over a
    /// shoulder).
    async fn right(
        &self,
        door: Door,
        serial: &str,
        step: Step,
        now: Timestamp,
    ) -> Result<Verdict, TokenError> {
        let unlocked = execute!(
            self.database,
            "UPDATE token SET failures = CASE WHEN $2 > last_step THEN 0 ELSE failures END, \
             last_step = CASE WHEN $2 > last_step THEN $2 ELSE last_step END \
             WHERE serial = $1 AND locked_us IS NULL AND (state = 'in_use' OR ($3 = 1 AND state = 'shipped'))",
            serial,
            step.signed(),
            door.lets_shipped_in(),
        )?;
        if unlocked == 1 { Ok(Verdict::Verified { step }) } else { self.closed(serial, now).await }
    }

    async fn wrong(
        &self,
        door: Door,
        serial: &str,
        by: Typist,
        now: Timestamp,
    ) -> Result<Verdict, TokenError> {
        let failures_max = TOKEN_FAILURES_MAX.number(&self.database, now.date()).await?;
        let failures: Option<i64> = on!(self.database, |c| {
            sqlx::query_scalar(
                "UPDATE token SET failures = failures + 1, \
                 locked_us = CASE WHEN failures + 1 >= $2 THEN $3 ELSE locked_us END, \
                 untold = CASE WHEN failures + 1 >= $2 THEN $5 ELSE untold END \
                 WHERE serial = $1 AND locked_us IS NULL \
                 AND (state = 'in_use' OR ($4 = 1 AND state = 'shipped')) RETURNING failures",
            )
            .bind(serial)
            .bind(failures_max)
            .bind(now.micros())
            .bind(door.lets_shipped_in())
            .bind(by.person())
            .fetch_optional(c)
            .await
        })?;
        let Some(failures) = failures else { return self.closed(serial, now).await };
        let left = failures_max.saturating_sub(failures);
        if left > 0 {
            tracing::info!(serial, left, "wrong one-time password");
            return Ok(Verdict::Wrong { left });
        }
        tracing::warn!(serial, "one-time password refused: the token is locked");
        Ok(Verdict::JustLocked)
    }

    /// Why a token was not asked: it is locked, or was ended while its code was judged.
    async fn closed(&self, serial: &str, now: Timestamp) -> Result<Verdict, TokenError> {
        Ok(match self.opened(serial, now).await?.standing {
            ended @ (Standing::Expired | Standing::Revoked | Standing::Lost) => Verdict::Unusable(ended),
            Standing::Unused | Standing::Valid | Standing::Locked => Verdict::Locked,
        })
    }

    async fn opened(&self, serial: &str, now: Timestamp) -> Result<Opened, TokenError> {
        let row: Option<Sealed> = read!(self.database, |c| {
            sqlx::query_as("SELECT seed, key_id, contract, state, expires_on FROM token WHERE serial = $1")
                .bind(serial)
                .fetch_optional(c)
                .await
        })?;
        let (sealed, key, contract, state, expires_on) =
            row.ok_or_else(|| TokenError::Unknown(serial.to_owned()))?;
        let state = TokenState::from_code(&state).ok_or(TokenError::Word(state))?;
        let expires_on: Option<Date> = match expires_on {
            Some(day) => Some(day.parse().map_err(|_| TokenError::Word(day))?),
            None => None,
        };
        let seed = self.key.open(KeyId::new(key), serial, &sealed)?;
        Ok(Opened { seed, contract, state, standing: Standing::of(state, expires_on, false, now.date()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::reseal::{RESEALED_AT_ONCE, Resealed};
    use database::testing::TestDatabase;

    database::on_both!(
        five_wrong_codes_lock_the_token_for_a_right_one,
        a_right_code_ends_the_row_of_wrong_ones_once,
        guesses_sent_side_by_side_get_no_more_tries,
        a_lock_that_is_lifted_among_guesses_lets_five_more_through_and_no_other,
        an_unknown_serial_and_another_contracts_are_the_same_error,
        only_a_token_in_use_and_in_time_is_asked,
        two_codes_in_a_row_open_a_shipped_token_and_count_like_one_guess,
        seeds_go_over_to_the_next_key_while_codes_are_judged,
        a_seed_that_does_not_open_keeps_no_other_under_the_old_key,
    );

    const SERIAL: &str = "T-100";

    fn now() -> Timestamp {
        Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap()
    }

    fn contract() -> ContractId {
        ContractId::from_uuid(Uuid::from_u128(1))
    }

    fn typist() -> UserId {
        UserId::from_uuid(Uuid::from_u128(2))
    }

    async fn tokens(test: &TestDatabase) -> Tokens {
        let tokens = Tokens::new(test.database.clone(), SealingKey::new(&[7; 32]).unwrap());
        tokens.register(SERIAL, Some(contract()), &Seed::new([9; 20])).await.unwrap();
        tokens
    }

    async fn deliver(tokens: &Tokens, serial: &str, state: TokenState, expires_on: &str) {
        let contract = Some(contract()).filter(|_| state != TokenState::Stock);
        let (expires_on, kind) = (Some(expires_on.parse().unwrap()), TokenKind::Software);
        let seed = &Seed::new([9; 20]);
        let new = NewToken { serial, kind, contract, state, expires_on, seed };
        tokens.deliver(&new, now()).await.unwrap();
    }

    impl Tokens {
        async fn judged(&self, typed: &str) -> Verdict {
            self.verify(SERIAL, Typist::User(contract(), typist()), typed, now()).await.unwrap()
        }
    }

    /// A code that is neither the current nor the previous one.
    fn wrong_code() -> String {
        let seed = Seed::new([9; 20]);
        (0..10).map(|d| format!("00000{d}")).find(|c| seed.step_typed(c, now()).is_none()).unwrap()
    }

    async fn five_wrong_codes_lock_the_token_for_a_right_one(test: TestDatabase) {
        let tokens = tokens(&test).await;
        let wrong = wrong_code();
        for left in [4, 3, 2, 1] {
            assert_eq!(tokens.judged(&wrong).await, Verdict::Wrong { left });
        }
        assert_eq!(tokens.judged(&wrong).await, Verdict::JustLocked);
        let right = tokens.current_code(SERIAL, now()).await.unwrap();
        assert_eq!(tokens.judged(&right).await, Verdict::Locked);
        assert_eq!(tokens.judged(&wrong).await, Verdict::Locked);
        tokens.unlock(SERIAL).await.unwrap();
        assert_eq!(tokens.judged(&wrong).await, Verdict::Wrong { left: 4 });
        assert!(matches!(tokens.unlock("T-999").await, Err(TokenError::Unknown(_))));
    }

    async fn a_right_code_ends_the_row_of_wrong_ones_once(test: TestDatabase) {
        let tokens = tokens(&test).await;
        let (wrong, right) = (wrong_code(), tokens.current_code(SERIAL, now()).await.unwrap());
        for _ in 0..4 {
            tokens.judged(&wrong).await;
        }
        let verified = Verdict::Verified { step: Step::at(now()) };
        assert_eq!(tokens.judged(&right).await, verified);
        assert_eq!(tokens.judged(&wrong).await, Verdict::Wrong { left: 4 });
        assert_eq!(tokens.judged(&right).await, verified, "the guard refuses it, not we");
        assert_eq!(tokens.judged(&wrong).await, Verdict::Wrong { left: 3 });
    }

    /// Forty guesses side by side, whoever of the sharers sends them: they meet the same row.
    async fn guesses_sent_side_by_side_get_no_more_tries(test: TestDatabase) {
        let tokens = tokens(&test).await;
        let verdicts = guess_side_by_side(&tokens, 40).await;
        assert_eq!(verdicts.iter().filter(|v| matches!(v, Verdict::Wrong { .. })).count(), 4);
        assert_eq!(verdicts.iter().filter(|v| **v == Verdict::JustLocked).count(), 1);
        assert_eq!(verdicts.iter().filter(|v| **v == Verdict::Locked).count(), 35);
    }

    async fn guess_side_by_side(tokens: &Tokens, count: usize) -> Vec<Verdict> {
        let mut guesses = tokio::task::JoinSet::new();
        for _ in 0..count {
            let (tokens, wrong) = (tokens.clone(), wrong_code());
            guesses.spawn(async move { tokens.judged(&wrong).await });
        }
        guesses.join_all().await
    }

    async fn a_lock_that_is_lifted_among_guesses_lets_five_more_through_and_no_other(test: TestDatabase) {
        let tokens = tokens(&test).await;
        for _ in 0..5 {
            tokens.judged(&wrong_code()).await;
        }
        let unlocked = tokens.unlock(SERIAL);
        let (verdicts, unlocked) = tokio::join!(guess_side_by_side(&tokens, 20), unlocked);
        unlocked.unwrap();
        let looked_at = verdicts.iter().filter(|v| **v != Verdict::Locked).count();
        assert!(looked_at <= 5, "{verdicts:?}");
        // whatever came first, the token ends locked, or with as many wrong codes as were looked at
        let last = tokens.judged(&wrong_code()).await;
        match looked_at {
            5 => assert_eq!(last, Verdict::Locked),
            4 => assert_eq!(last, Verdict::JustLocked),
            fewer => {
                assert_eq!(last, Verdict::Wrong { left: 4 - i64::try_from(fewer).unwrap() });
            }
        }
    }

    /// A serial of another contract answers as if it did not exist.
    ///
    /// Proves R69.
    async fn an_unknown_serial_and_another_contracts_are_the_same_error(test: TestDatabase) {
        let tokens = tokens(&test).await;
        let right = tokens.current_code(SERIAL, now()).await.unwrap();
        let own = Typist::User(contract(), typist());
        let other = Typist::User(ContractId::generate(), typist());
        for (serial, whose) in [("T-999", own), (SERIAL, other), (SERIAL, Typist::Staff(StaffId::generate()))]
        {
            let answer = tokens.verify(serial, whose, &right, now()).await;
            assert!(matches!(answer, Err(TokenError::Unknown(of)) if of == serial), "{whose:?}");
        }
        // nobody's guesses at it are counted
        assert_eq!(tokens.judged(&wrong_code()).await, Verdict::Wrong { left: 4 });
    }

    async fn only_a_token_in_use_and_in_time_is_asked(test: TestDatabase) {
        let tokens = tokens(&test).await;
        let right = tokens.current_code(SERIAL, now()).await.unwrap();
        for (serial, state, expires_on, verdict) in [
            ("A", TokenState::InUse, "2026-11-24", Verdict::Verified { step: Step::at(now()) }),
            ("B", TokenState::InUse, "2026-11-23", Verdict::Unusable(Standing::Expired)),
            ("C", TokenState::Shipped, "2031-11-24", Verdict::Unusable(Standing::Unused)),
            ("D", TokenState::Revoked, "2031-11-24", Verdict::Unusable(Standing::Revoked)),
            ("E", TokenState::Lost, "2031-11-24", Verdict::Unusable(Standing::Lost)),
        ] {
            deliver(&tokens, serial, state, expires_on).await;
            for typed in [right.as_str(), &wrong_code()] {
                let whose = Typist::User(contract(), typist());
                let judged = tokens.verify(serial, whose, typed, now()).await.unwrap();
                if matches!(verdict, Verdict::Verified { .. }) && typed != right {
                    assert_eq!(judged, Verdict::Wrong { left: 4 });
                } else {
                    assert_eq!(judged, verdict, "{serial}: whatever is typed");
                }
            }
        }
    }

    async fn two_codes_in_a_row_open_a_shipped_token_and_count_like_one_guess(test: TestDatabase) {
        let tokens = tokens(&test).await;
        deliver(&tokens, "NEW", TokenState::Shipped, "2031-11-24").await;
        deliver(&tokens, "STOCK", TokenState::Stock, "2031-11-24").await;
        let seed = Seed::new([9; 20]);
        let (earlier, later) = (seed.code(Step::at(now().plus_seconds(-60))), seed.code(Step::at(now())));
        let both = async |serial: &str, first: &str, second: &str| {
            tokens.verify_two(serial, Typist::User(contract(), typist()), (first, second), now()).await
        };
        for (n, (first, second)) in [(&later, &later), (&later, &earlier)].into_iter().enumerate() {
            let left = 4 - i64::try_from(n).unwrap();
            assert_eq!(both("NEW", first, second).await.unwrap().0, Verdict::Wrong { left });
        }
        let (verdict, first) = both("NEW", &earlier, &later).await.unwrap();
        assert_eq!(verdict, Verdict::Verified { step: Step::at(now()) });
        assert_eq!(first, Step::at(now().plus_seconds(-60)));
        assert_eq!(both("NEW", "1", "2").await.unwrap().0, Verdict::Wrong { left: 4 }, "the row began anew");
        assert!(both("STOCK", &earlier, &later).await.is_err(), "it is nobody's");
        let none = tokens.verify("NEW", Typist::User(contract(), typist()), &later, now()).await.unwrap();
        assert_eq!(none, Verdict::Unusable(Standing::Unused), "no operation takes it before");
    }

    /// A new key comes in while the old one still opens, and no seed stays under the old one.
    ///
    /// Proves SEC-13.
    async fn seeds_go_over_to_the_next_key_while_codes_are_judged(test: TestDatabase) {
        let tokens = tokens(&test).await;
        let under = async || -> Vec<i64> {
            let sql = "SELECT key_id FROM token ORDER BY serial";
            read!(test.database, |c| sqlx::query_scalar(sql).fetch_all(c).await).unwrap()
        };
        let right = tokens.current_code(SERIAL, now()).await.unwrap();
        assert_eq!(tokens.next_key(now()).await.unwrap(), KeyId::new(2));
        assert_eq!(under().await, [1]);
        assert!(matches!(tokens.judged(&right).await, Verdict::Verified { .. }), "the old one opens");
        deliver(&tokens, "U-1", TokenState::InUse, "2031-11-24").await;
        assert_eq!(under().await, [1, 2]);
        assert_eq!(tokens.reseal(now()).await.unwrap(), Resealed { sealed: 1, closed: 0 });
        assert_eq!(tokens.reseal(now()).await.unwrap(), Resealed::default(), "it may be run again");
        assert_eq!(under().await, [2, 2]);
        assert!(matches!(tokens.judged(&right).await, Verdict::Verified { .. }));
        let judged = tokens.verify("U-1", Typist::User(contract(), typist()), &right, now()).await.unwrap();
        assert!(matches!(judged, Verdict::Verified { .. }), "the same seed");
    }

    /// More of them than one step takes, and before all others.
    async fn a_seed_that_does_not_open_keeps_no_other_under_the_old_key(test: TestDatabase) {
        let tokens = tokens(&test).await;
        for n in 0..=RESEALED_AT_ONCE {
            deliver(&tokens, &format!("A-{n:04}"), TokenState::InUse, "2031-11-24").await;
        }
        deliver(&tokens, "Z-1", TokenState::InUse, "2031-11-24").await;
        let spoil = "UPDATE token SET seed = $1 WHERE serial LIKE 'A-%'";
        execute!(test.database, spoil, vec![7_u8; 40]).unwrap();
        tokens.next_key(now()).await.unwrap();
        let closed = u64::try_from(RESEALED_AT_ONCE).unwrap() + 1;
        assert_eq!(tokens.reseal(now()).await.unwrap(), Resealed { sealed: 2, closed });
        let sql = "SELECT serial FROM token WHERE key_id = 2 ORDER BY serial";
        let under: Vec<String> =
            read!(test.database, |c| sqlx::query_scalar(sql).fetch_all(c).await).unwrap();
        assert_eq!(under, [SERIAL, "Z-1"]);
    }
}
