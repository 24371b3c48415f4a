//! 確認用パスワード: the second password, asked before money moves. Five wrong ones in a row lock it.

use database::{Change, Database, execute, on, read};
use domain::{Timestamp, UserId};
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use crate::contracts::{StoreError, User};
use crate::lasting::lasting;
use crate::sign_in::locks::{self, Lock};
use crate::sign_in::{PasswordError, SignedIn, Use, Verdict as Judged};
use crate::{Bank, history};

/// Wrong passwords in a row that lock it.
pub const FAILURES_MAX: i64 = 5;

/// What a typed password is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Right.
    Right,
    /// Wrong.
    Wrong {
        /// Tries left before the lock.
        left: i64,
    },
    /// It is locked, or became so by this try.
    Locked,
}

/// Why a password cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmationError {
    /// The user's row cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Hashing failed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
}

/// Judges a typed confirmation password of the signed-in user.
pub async fn verify(bank: &Bank, by: &SignedIn, typed: &SecretString) -> Result<Verdict, ConfirmationError> {
    verify_of(bank, &by.user, typed).await
}

/// The same of a user who is not signed in. What was typed is counted, and what that locks is told, whether anybody
/// waits for the answer or not.
pub async fn verify_of(bank: &Bank, of: &User, typed: &SecretString) -> Result<Verdict, ConfirmationError> {
    let (bank, of, typed) = (bank.clone(), of.clone(), typed.clone());
    lasting(async move { judge(&bank, &of, &typed).await }).await
}

async fn judge(bank: &Bank, of: &User, typed: &SecretString) -> Result<Verdict, ConfirmationError> {
    let user = of.id;
    if is_locked(&bank.database, user).await? {
        return Ok(Verdict::Locked);
    }
    let stored = bank.contracts.confirmation_hash(of).await?;
    let place = bank.passwords.place(Use::Confirmation).await?;
    let is_right = bank.passwords.verify(place, stored, typed.expose_secret()).await? != Judged::Wrong;
    let (verdict, locks) = count(&bank.database, user, is_right, bank.clock.now()).await?;
    if let Verdict::Wrong { left } = verdict {
        history::wrong(bank, of, "user.confirmation_wrong", &user.to_string(), left).await;
    }
    if locks {
        let place = "the confirmation password";
        locks::tell(&bank.ledger, &bank.contracts, Lock::Confirmation, of, place, told(user)).await;
    }
    Ok(verdict)
}

/// Lifts the lock of a user's confirmation password and forgets the wrong ones. Who may ask for it is the
/// caller's question.
pub async fn unlock(database: &Database, user: UserId) -> Result<(), sqlx::Error> {
    execute!(database, "DELETE FROM confirmation_failure WHERE app_user = $1", user.uuid()).map(drop)
}

/// Those whose lock nobody was told of.
pub(crate) async fn untold(database: &Database) -> Result<Vec<UserId>, sqlx::Error> {
    let users: Vec<Uuid> = read!(database, |c| {
        sqlx::query_scalar("SELECT app_user FROM confirmation_failure WHERE untold IS NOT NULL")
            .fetch_all(c)
            .await
    })?;
    Ok(users.into_iter().map(UserId::from_uuid).collect())
}

/// What notes that somebody was told, once, in the commit that tells.
pub(crate) fn told(user: UserId) -> Change {
    Change::one(
        "UPDATE confirmation_failure SET untold = NULL WHERE app_user = $1 AND untold IS NOT NULL",
        vec![user.uuid().into()],
    )
}

async fn is_locked(database: &Database, user: UserId) -> Result<bool, sqlx::Error> {
    let locked: Option<i64> = read!(database, |c| {
        sqlx::query_scalar(
            "SELECT locked_us FROM confirmation_failure WHERE app_user = $1 AND locked_us IS NOT NULL",
        )
        .bind(user.uuid())
        .fetch_optional(c)
        .await
    })?;
    Ok(locked.is_some())
}

/// The judgement takes effect in one conditional statement, so that passwords tried side by side count
/// exactly as ones tried one after the other. Says too whether it is this one that has locked it.
async fn count(
    database: &Database,
    user: UserId,
    is_right: bool,
    now: Timestamp,
) -> Result<(Verdict, bool), sqlx::Error> {
    if is_right {
        let unlocked = execute!(
            database,
            "INSERT INTO confirmation_failure (app_user, failures) VALUES ($1, 0) ON CONFLICT (app_user) \
             DO UPDATE SET failures = 0 WHERE confirmation_failure.locked_us IS NULL",
            user.uuid(),
        )?;
        return Ok((if unlocked == 1 { Verdict::Right } else { Verdict::Locked }, false));
    }
    let failures: Option<i64> = on!(database, |c| {
        sqlx::query_scalar(
            "INSERT INTO confirmation_failure (app_user, failures) VALUES ($1, 1) ON CONFLICT (app_user) \
             DO UPDATE SET failures = confirmation_failure.failures + 1, locked_us = CASE WHEN \
             confirmation_failure.failures + 1 >= $2 THEN $3 ELSE confirmation_failure.locked_us END, \
             untold = CASE WHEN confirmation_failure.failures + 1 >= $2 THEN $1 END \
             WHERE confirmation_failure.locked_us IS NULL RETURNING failures",
        )
        .bind(user.uuid())
        .bind(FAILURES_MAX)
        .bind(now.micros())
        .fetch_optional(c)
        .await
    })?;
    let left = failures.map_or(0, |f| FAILURES_MAX.saturating_sub(f));
    if left > 0 {
        tracing::info!(%user, left, "wrong confirmation password");
        return Ok((Verdict::Wrong { left }, false));
    }
    tracing::warn!(%user, "confirmation password refused: it is locked");
    Ok((Verdict::Locked, failures.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use database::testing::TestDatabase;

    database::on_both!(
        five_wrong_passwords_lock_it_for_the_right_one,
        a_right_password_ends_the_row_of_wrong_ones,
        passwords_tried_side_by_side_get_no_more_tries,
    );

    fn now() -> Timestamp {
        Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap()
    }

    /// What a try is worth; the lock that it may be is looked at on the pages.
    async fn count(database: &Database, user: UserId, is_right: bool, now: Timestamp) -> Verdict {
        super::count(database, user, is_right, now).await.unwrap().0
    }

    async fn five_wrong_passwords_lock_it_for_the_right_one(test: TestDatabase) {
        let user = UserId::generate();
        for left in [4, 3, 2, 1] {
            assert_eq!(count(&test.database, user, false, now()).await, Verdict::Wrong { left });
        }
        assert!(!is_locked(&test.database, user).await.unwrap());
        let fifth = super::count(&test.database, user, false, now()).await.unwrap();
        assert_eq!(fifth, (Verdict::Locked, true), "this one locks it");
        let sixth = super::count(&test.database, user, false, now()).await.unwrap();
        assert_eq!(sixth, (Verdict::Locked, false), "and is told once");
        assert!(is_locked(&test.database, user).await.unwrap());
        assert_eq!(count(&test.database, user, true, now()).await, Verdict::Locked);
        unlock(&test.database, user).await.unwrap();
        assert_eq!(count(&test.database, user, false, now()).await, Verdict::Wrong { left: 4 });
        let other = UserId::generate();
        assert_eq!(count(&test.database, other, true, now()).await, Verdict::Right);
    }

    async fn a_right_password_ends_the_row_of_wrong_ones(test: TestDatabase) {
        let user = UserId::generate();
        for _ in 0..4 {
            count(&test.database, user, false, now()).await;
        }
        assert_eq!(count(&test.database, user, true, now()).await, Verdict::Right);
        assert_eq!(count(&test.database, user, false, now()).await, Verdict::Wrong { left: 4 });
    }

    async fn passwords_tried_side_by_side_get_no_more_tries(test: TestDatabase) {
        let user = UserId::generate();
        let mut tries = tokio::task::JoinSet::new();
        for _ in 0..40 {
            let database = test.database.clone();
            tries.spawn(async move { count(&database, user, false, now()).await });
        }
        let verdicts = tries.join_all().await;
        assert_eq!(verdicts.iter().filter(|v| matches!(v, Verdict::Wrong { .. })).count(), 4);
    }
}
