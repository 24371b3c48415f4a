//! What is asked about accounts' holders in a row, by user and by contract (R90, R91, SEC-41): accounts that are not
//! there, and names that were shown without a transfer. A question counts before it is asked, in one statement with the
//! look whether the function is locked, so that questions side by side count like questions in a row. What it locks is
//! this function alone (R94).

use database::{Change, Database, Tx, execute, on, read};
use domain::{ContractId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// No question takes longer, in business time: those that were counted before were lost with their process.
const JUDGED_WITHIN_S: i64 = 120;
/// Counts a question of a contract and of its user, those lost aside: `$3` is the earliest instant at which one may be
/// under way. The row of the contract has the contract's bounds.
const ADMIT: &str = "
    INSERT INTO name_check (subject, contract, missing, shown, judging, counted_us)
    VALUES ($1, $1, 0, 0, 1, $4), ($2, $1, 0, 0, 1, $4)
    ON CONFLICT (subject) DO UPDATE SET counted_us = $4,
        judging = CASE WHEN name_check.counted_us < $3 THEN 1 ELSE name_check.judging + 1 END
    WHERE name_check.locked_us IS NULL
        AND name_check.missing + CASE WHEN name_check.counted_us < $3 THEN 0 ELSE name_check.judging END
            < CASE WHEN name_check.subject = name_check.contract THEN $5 ELSE $6 END
        AND name_check.shown + CASE WHEN name_check.counted_us < $3 THEN 0 ELSE name_check.judging END
            < CASE WHEN name_check.subject = name_check.contract THEN $7 ELSE $8 END";
/// A counted question was answered: `$2` is 1 where there is no such account, `$3` where a name was shown, which ends
/// the row of missing ones. The last of either row locks.
const JUDGE: &str = "
    UPDATE name_check SET judging = CASE WHEN judging > 0 THEN judging - 1 ELSE 0 END,
        missing = CASE WHEN $3 > 0 THEN 0 ELSE missing + $2 END,
        shown = shown + $3,
        locked_us = CASE WHEN locked_us IS NOT NULL THEN locked_us
            WHEN $2 > 0 AND missing + $2 >= $4 THEN $6
            WHEN $3 > 0 AND shown + $3 >= $5 THEN $6
            ELSE NULL END
    WHERE subject = $1 RETURNING missing, shown, locked_us";
/// What ends the row of names shown (R91): since the last question money has left for somebody else. That cannot be
/// taken back, so it ends the contract's row too, which keeps the bank's account holders from being listed (SEC-41). A
/// user's row ends as well with an order to somebody else that is reserved, or that approvers are asked for, as long as
/// it is not taken back: it is what a person can do about a name that was shown. A move between own accounts is about
/// none. `$2` is how long before its execution an order may have been taken.
const EXECUTED: &str = "
    UPDATE name_check SET shown = 0 WHERE subject = $1 AND shown > 0 AND locked_us IS NULL AND (EXISTS (
        SELECT 1 FROM transfer_order o JOIN event e ON e.entity = o.id
        WHERE o.contract = name_check.contract AND o.placed_us > name_check.counted_us - $2
            AND e.kind IN ('transfer-held', 'transfer-executed') AND e.at_us > name_check.counted_us
            AND o.facts NOT LIKE '%\"method\":\"own_account\"%'
            AND (name_check.subject = name_check.contract OR o.app_user = name_check.subject))
    OR EXISTS (
        SELECT 1 FROM transfer_order o
        WHERE o.contract = name_check.contract AND o.placed_us > name_check.counted_us
            AND o.facts NOT LIKE '%\"method\":\"own_account\"%' AND o.app_user = name_check.subject
            AND NOT EXISTS (SELECT 1 FROM event e WHERE e.entity = o.id AND e.kind = 'transfer-cancelled'))
    OR EXISTS (
        SELECT 1 FROM approval_request r WHERE r.contract = name_check.contract AND r.business = 'transfer'
            AND r.state IN ('asked', 'approved', 'done') AND r.made_us > name_check.counted_us
            AND r.matter LIKE '{\"kind\":\"transfer\"%' AND r.matter NOT LIKE '%\"way\":{\"own\":%'
            AND r.author = name_check.subject))";
/// Microseconds for which an order may be reserved, and more: fourteen business days over the longest row of holidays.
const RESERVED_US: i64 = 35 * 86_400 * 1_000_000;

/// How much may be asked in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameCheckLimits {
    /// Accounts in a row that are not there, which lock the function for a user (R90).
    pub missing_max: i64,
    /// Names shown in a row without a transfer, which do (R91).
    pub shown_max: i64,
    /// The first for a whole contract (SEC-41).
    pub contract_missing_max: i64,
    /// The second for a whole contract.
    pub contract_shown_max: i64,
}

impl NameCheckLimits {
    /// Whether a user can ask at all, and a contract as much as one of its users.
    pub fn makes_sense(&self) -> bool {
        let fits = |max| (1..=1_000).contains(&max);
        fits(self.missing_max)
            && fits(self.shown_max)
            && (self.missing_max..=1_000).contains(&self.contract_missing_max)
            && (self.shown_max..=1_000).contains(&self.contract_shown_max)
    }
}

/// Who is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locked {
    /// The user.
    User,
    /// Everybody of the contract.
    Contract,
}

/// Whether a question may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It may, and is counted; it is judged afterwards.
    Counted,
    /// As many are under way as may still be asked.
    OthersUnderWay,
    /// Nobody is asked.
    Locked(Locked),
}

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// There is no such account (R90).
    Missing,
    /// A name was shown (R91).
    Shown,
    /// Nothing: the other bank supplies no names, or nobody answered (R92).
    Neither,
}

/// How many questions may still be answered so in a row before the function is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuestionsLeft {
    /// Accounts that are not there, asked for by the user or by others of the contract.
    pub missing: i64,
    /// Names that are shown without a transfer, by the user or by others of the contract.
    pub shown: i64,
}

/// What is on record of a user or a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Accounts in a row that are not there.
    pub missing: i64,
    /// Names shown without a transfer.
    pub shown: i64,
    /// When the function was locked.
    pub locked_at: Option<Timestamp>,
}

/// A lock that the bank may lift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The user, or the contract.
    pub subject: Uuid,
    /// When it was locked.
    pub locked_at: Timestamp,
}

/// The counters of a database.
#[derive(Clone, Copy, Debug)]
pub struct NameChecks<'a> {
    database: &'a Database,
    limits: NameCheckLimits,
}

impl<'a> NameChecks<'a> {
    /// The counters of a database.
    pub const fn new(database: &'a Database, limits: NameCheckLimits) -> Self {
        Self { database, limits }
    }

    /// Counts a question, unless the function is locked. Every counted question is judged afterwards.
    pub async fn admit(
        &self,
        contract: ContractId,
        user: UserId,
        now: Timestamp,
    ) -> Result<Admission, sqlx::Error> {
        let mut tx = self.database.begin().await?;
        execute!(&mut tx, EXECUTED, contract.uuid(), RESERVED_US)?;
        execute!(&mut tx, EXECUTED, user.uuid(), RESERVED_US)?;
        let counted = execute!(
            &mut tx,
            ADMIT,
            contract.uuid(),
            user.uuid(),
            now.plus_seconds(-JUDGED_WITHIN_S).micros(),
            now.micros(),
            self.limits.contract_missing_max,
            self.limits.missing_max,
            self.limits.contract_shown_max,
            self.limits.shown_max,
        )?;
        if counted == 2 {
            tx.commit().await?;
            return Ok(Admission::Counted);
        }
        // what one of them could count is not counted
        tx.rollback().await?;
        Ok(self.locked(contract, user).await?.map_or(Admission::OthersUnderWay, Admission::Locked))
    }

    /// Judges a counted question; answers what it locked just now, and what may still be asked.
    pub async fn judge(
        &self,
        contract: ContractId,
        user: UserId,
        judgement: Judgement,
        now: Timestamp,
    ) -> Result<(Option<Locked>, QuestionsLeft), sqlx::Error> {
        let mut tx = self.database.begin().await?;
        let of_contract = (self.limits.contract_missing_max, self.limits.contract_shown_max);
        let of_user = (self.limits.missing_max, self.limits.shown_max);
        // the contract first, as when it was counted
        let contract = judge(&mut tx, contract.uuid(), judgement, of_contract, now).await?;
        let user = judge(&mut tx, user.uuid(), judgement, of_user, now).await?;
        tx.commit().await?;
        let is_now = |one: &Standing| one.locked_at == Some(now);
        let locked = match (is_now(&contract), is_now(&user)) {
            (true, _) => Some(Locked::Contract),
            (false, true) => Some(Locked::User),
            (false, false) => None,
        };
        let limits = self.limits;
        let left = |max: i64, is: i64| max.saturating_sub(is).max(0);
        let missing =
            left(limits.missing_max, user.missing).min(left(limits.contract_missing_max, contract.missing));
        let shown = left(limits.shown_max, user.shown).min(left(limits.contract_shown_max, contract.shown));
        Ok((locked, QuestionsLeft { missing, shown }))
    }

    /// Who is locked, if anybody is.
    pub async fn locked(&self, contract: ContractId, user: UserId) -> Result<Option<Locked>, sqlx::Error> {
        let is_locked = |standing: Option<Standing>| standing.is_some_and(|one| one.locked_at.is_some());
        if is_locked(self.standing(contract.uuid()).await?) {
            return Ok(Some(Locked::Contract));
        }
        Ok(is_locked(self.standing(user.uuid()).await?).then_some(Locked::User))
    }

    /// What is on record of a user or a contract, if anything is.
    pub async fn standing(&self, subject: Uuid) -> Result<Option<Standing>, sqlx::Error> {
        let row: Option<Row> = read!(self.database, |c| {
            sqlx::query_as("SELECT missing, shown, locked_us FROM name_check WHERE subject = $1")
                .bind(subject)
                .fetch_optional(c)
                .await
        })?;
        Ok(row.map(standing))
    }

    /// The locks of a contract: its own and its users'.
    pub async fn locks(database: &Database, contract: ContractId) -> Result<Vec<Lock>, sqlx::Error> {
        let rows: Vec<(Uuid, i64)> = read!(database, |c| {
            sqlx::query_as(
                "SELECT subject, locked_us FROM name_check WHERE contract = $1 AND locked_us IS NOT NULL
                 ORDER BY locked_us, subject",
            )
            .bind(contract.uuid())
            .fetch_all(c)
            .await
        })?;
        let lock = |(subject, at)| Lock { subject, locked_at: Timestamp::from_micros(at) };
        Ok(rows.into_iter().map(lock).collect())
    }

    /// What lifts a lock that was made at this instant (R95). Who may ask for it is the caller's question.
    pub fn lift(contract: ContractId, lock: &Lock) -> Change {
        Change::one(
            "UPDATE name_check SET missing = 0, shown = 0, locked_us = NULL
             WHERE subject = $1 AND contract = $2 AND locked_us = $3",
            vec![lock.subject.into(), contract.uuid().into(), lock.locked_at.micros().into()],
        )
    }
}

type Row = (i64, i64, Option<i64>);

fn standing((missing, shown, locked_us): Row) -> Standing {
    Standing { missing, shown, locked_at: locked_us.map(Timestamp::from_micros) }
}

async fn judge(
    tx: &mut Tx,
    subject: Uuid,
    judgement: Judgement,
    (missing_max, shown_max): (i64, i64),
    now: Timestamp,
) -> Result<Standing, sqlx::Error> {
    let row: Row = on!(tx, |c| {
        sqlx::query_as(JUDGE)
            .bind(subject)
            .bind(i64::from(judgement == Judgement::Missing))
            .bind(i64::from(judgement == Judgement::Shown))
            .bind(missing_max)
            .bind(shown_max)
            .bind(now.micros())
            .fetch_one(c)
            .await
    })?;
    Ok(standing(row))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payees::bounds::Bounds;
    use database::testing::TestDatabase;

    database::on_both!(
        the_fifth_missing_account_in_a_row_locks_and_the_fourth_does_not,
        the_tenth_name_without_a_transfer_locks_and_the_ninth_does_not,
        other_users_go_on_until_the_contract_is_locked,
        no_question_more_passes_side_by_side,
        no_name_more_is_shown_side_by_side,
        questions_that_were_lost_with_their_process_do_not_wait_for_ever,
    );

    fn ten() -> Timestamp {
        Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap()
    }

    /// One who asks.
    struct Asker<'a> {
        checks: NameChecks<'a>,
        contract: ContractId,
        user: UserId,
    }

    impl<'a> Asker<'a> {
        fn new(test: &'a TestDatabase) -> Self {
            let checks = NameChecks::new(&test.database, Bounds::embedded().name_check);
            Self { checks, contract: ContractId::generate(), user: UserId::generate() }
        }

        async fn admit(&self, now: Timestamp) -> Admission {
            self.checks.admit(self.contract, self.user, now).await.unwrap()
        }

        async fn asks(&self, judgement: Judgement) -> (Option<Locked>, i64) {
            self.asks_at(judgement, ten()).await
        }

        async fn asks_at(&self, judgement: Judgement, now: Timestamp) -> (Option<Locked>, i64) {
            assert_eq!(self.admit(now).await, Admission::Counted);
            let (locked, left) = self.checks.judge(self.contract, self.user, judgement, now).await.unwrap();
            (locked, left.missing)
        }

        async fn transfers(&self, user: UserId, at: Timestamp) {
            self.takes("{\"method\":\"typed\"}", user, at).await;
        }

        /// An order with these facts.
        async fn takes(&self, facts: &str, user: UserId, at: Timestamp) -> Uuid {
            let id = domain::OrderId::generate().uuid();
            execute!(
                self.checks.database,
                "INSERT INTO transfer_order (id, contract, app_user, account, payee_bank, amount, day, placed_us, facts)
                 VALUES ($1, $2, $3, 1, '0125', 1, '2026-11-24', $4, $5)",
                id,
                self.contract.uuid(),
                user.uuid(),
                at.micros(),
                facts,
            )
            .unwrap();
            id
        }

        /// Something becomes of an order.
        async fn happens(&self, order: Uuid, kind: &str, at: Timestamp) {
            execute!(
                self.checks.database,
                "INSERT INTO event (entity, seq, position, kind, at_us, body) VALUES ($1, 1, $3, $2, $3, '{}')",
                order,
                kind,
                at.micros(),
            )
            .unwrap();
        }

        async fn lift(&self, subject: Uuid, locked_at: Timestamp) -> bool {
            let mut tx = self.checks.database.begin().await.unwrap();
            let lift = NameChecks::lift(self.contract, &Lock { subject, locked_at });
            let is_lifted = database::insert::change(&mut tx, &[lift]).await.unwrap();
            tx.commit().await.unwrap();
            is_lifted
        }
    }

    /// Only accounts in a row count: a name ends the row, an outage neither counts nor forgives.
    ///
    /// Proves R90, R92, R94, R95.
    async fn the_fifth_missing_account_in_a_row_locks_and_the_fourth_does_not(test: TestDatabase) {
        let one = Asker::new(&test);
        for left in (1..=4).rev() {
            assert_eq!(one.asks(Judgement::Missing).await, (None, left));
        }
        for _ in 0..20 {
            assert_eq!(one.asks(Judgement::Neither).await, (None, 1));
        }
        assert_eq!(one.asks(Judgement::Shown).await, (None, 5));
        for left in (1..=4).rev() {
            assert_eq!(one.asks(Judgement::Missing).await, (None, left));
        }
        assert_eq!(one.asks(Judgement::Missing).await, (Some(Locked::User), 0));
        assert_eq!(
            one.admit(ten().plus_seconds(86_400)).await,
            Admission::Locked(Locked::User),
            "no day ends it"
        );
        one.transfers(one.user, ten().plus_seconds(1)).await;
        assert_eq!(one.admit(ten()).await, Admission::Locked(Locked::User), "and no transfer");
        let locks = NameChecks::locks(&test.database, one.contract).await.unwrap();
        assert_eq!(locks, [Lock { subject: one.user.uuid(), locked_at: ten() }]);
        assert!(!one.lift(one.user.uuid(), ten().plus_seconds(1)).await, "another lock than was seen");
        assert!(one.lift(one.user.uuid(), ten()).await);
        assert!(!one.lift(one.user.uuid(), ten()).await, "it is lifted once");
        assert_eq!(one.asks(Judgement::Missing).await, (None, 4));
    }

    /// An order to somebody ends the user's row, and the contract's once money has left by it; a move between own
    /// accounts ends neither, nor does what was taken back.
    ///
    /// Proves R91.
    async fn the_tenth_name_without_a_transfer_locks_and_the_ninth_does_not(test: TestDatabase) {
        let one = Asker::new(&test);
        for _ in 0..9 {
            assert_eq!(one.asks(Judgement::Shown).await.0, None);
        }
        let (made, after) = (ten().plus_seconds(1), ten().plus_seconds(2));
        one.transfers(one.user, made).await;
        for _ in 0..9 {
            assert_eq!(one.asks_at(Judgement::Shown, after).await.0, None);
        }
        one.takes("{\"method\":\"own_account\"}", one.user, after.plus_seconds(1)).await;
        one.transfers(UserId::generate(), after.plus_seconds(1)).await;
        let last = after.plus_seconds(2);
        assert_eq!(
            one.asks_at(Judgement::Shown, last).await.0,
            Some(Locked::User),
            "a colleague's is not the own"
        );
        assert_eq!(one.admit(last).await, Admission::Locked(Locked::User));
        let contract = async || one.checks.standing(one.contract.uuid()).await.unwrap().unwrap().shown;
        assert_eq!(contract().await, 19, "nothing has left the contract");
        let other = Asker { contract: one.contract, ..Asker::new(&test) };
        let order = other.takes("{\"method\":\"typed\"}", other.user, last.plus_seconds(1)).await;
        other.asks_at(Judgement::Neither, last.plus_seconds(2)).await;
        assert_eq!(contract().await, 19);
        other.happens(order, "transfer-executed", last.plus_seconds(3)).await;
        other.asks_at(Judgement::Shown, last.plus_seconds(4)).await;
        assert_eq!(contract().await, 1);
        let order = other.takes("{\"method\":\"typed\"}", other.user, last.plus_seconds(5)).await;
        other.happens(order, "transfer-cancelled", last.plus_seconds(6)).await;
        other.asks_at(Judgement::Shown, last.plus_seconds(7)).await;
        assert_eq!(other.checks.standing(other.user.uuid()).await.unwrap().unwrap().shown, 2);
    }

    /// Proves SEC-41.
    async fn other_users_go_on_until_the_contract_is_locked(test: TestDatabase) {
        let first = Asker::new(&test);
        let mut locked = Vec::new();
        for _ in 0..3 {
            let one = Asker { contract: first.contract, ..Asker::new(&test) };
            for _ in 0..5 {
                locked.extend(one.asks(Judgement::Missing).await.0);
            }
        }
        assert_eq!(locked, [Locked::User, Locked::User, Locked::Contract], "15 of the contract, 5 of each");
        let one = Asker { contract: first.contract, ..Asker::new(&test) };
        assert_eq!(one.admit(ten()).await, Admission::Locked(Locked::Contract));
        assert_eq!(
            Asker::new(&test).asks(Judgement::Shown).await.0,
            None,
            "another contract's row is another"
        );
        assert!(one.lift(first.contract.uuid(), ten()).await);
        assert_eq!(one.admit(ten()).await, Admission::Counted);
        // whoever asks is told of the contract's row where that is the shorter one
        let first = Asker::new(&test);
        for _ in 0..3 {
            let one = Asker { contract: first.contract, ..Asker::new(&test) };
            for _ in 0..4 {
                one.asks(Judgement::Missing).await;
            }
        }
        assert_eq!(first.asks(Judgement::Missing).await, (None, 2), "12 of others, and one of 15");
    }

    /// Proves R90, SEC-41.
    async fn no_question_more_passes_side_by_side(test: TestDatabase) {
        let one = Asker::new(&test);
        let mut tries = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (database, contract, user) = (test.database.clone(), one.contract, one.user);
            tries.spawn(async move {
                let checks = NameChecks::new(&database, Bounds::embedded().name_check);
                let admitted = checks.admit(contract, user, ten()).await.unwrap();
                tokio::task::yield_now().await;
                if admitted == Admission::Counted {
                    checks.judge(contract, user, Judgement::Missing, ten()).await.unwrap();
                }
                admitted
            });
        }
        let admitted = tries.join_all().await.into_iter().filter(|one| *one == Admission::Counted).count();
        assert_eq!(admitted, 5);
        assert_eq!(one.admit(ten()).await, Admission::Locked(Locked::User));
        let standing = one.checks.standing(one.contract.uuid()).await.unwrap().unwrap();
        assert_eq!(standing, Standing { missing: 5, shown: 0, locked_at: None });
    }

    /// Whoever is told to wait asks again, until the tenth name locks.
    ///
    /// Proves R91, SEC-41.
    async fn no_name_more_is_shown_side_by_side(test: TestDatabase) {
        let one = Asker::new(&test);
        let mut tries = tokio::task::JoinSet::new();
        for _ in 0..24 {
            let (database, contract, user) = (test.database.clone(), one.contract, one.user);
            tries.spawn(async move {
                let checks = NameChecks::new(&database, Bounds::embedded().name_check);
                loop {
                    match checks.admit(contract, user, ten()).await.unwrap() {
                        Admission::OthersUnderWay => tokio::task::yield_now().await,
                        Admission::Locked(who) => return Err(who),
                        Admission::Counted => break,
                    }
                }
                checks.judge(contract, user, Judgement::Shown, ten()).await.unwrap();
                Ok(())
            });
        }
        let went = tries.join_all().await;
        assert_eq!(went.iter().filter(|one| one.is_ok()).count(), 10);
        assert!(went.iter().all(|one| one.is_ok() || *one == Err(Locked::User)), "{went:?}");
        let standing = one.checks.standing(one.contract.uuid()).await.unwrap().unwrap();
        assert_eq!(standing, Standing { missing: 0, shown: 10, locked_at: None });
    }

    async fn questions_that_were_lost_with_their_process_do_not_wait_for_ever(test: TestDatabase) {
        let one = Asker::new(&test);
        for _ in 0..5 {
            assert_eq!(one.admit(ten()).await, Admission::Counted);
        }
        assert_eq!(one.admit(ten()).await, Admission::OthersUnderWay);
        assert_eq!(one.admit(ten().plus_seconds(JUDGED_WITHIN_S)).await, Admission::OthersUnderWay);
        assert_eq!(one.admit(ten().plus_seconds(JUDGED_WITHIN_S + 1)).await, Admission::Counted);
    }
}
