//! What is kept of a user that only the user sees: sign-ins, and whether to be reminded of passwords.

use database::{Database, read};
use domain::{Timestamp, UserId};

use crate::contracts::SignInMethod;

/// A sign-in of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInRow {
    /// When.
    pub at: Timestamp,
    /// How.
    pub method: Option<SignInMethod>,
    /// From where.
    pub address: String,
}

/// The last sign-ins, the newest first.
pub async fn sign_ins(database: &Database, user: UserId, most: i64) -> Result<Vec<SignInRow>, sqlx::Error> {
    let rows: Vec<(i64, String, String)> = read!(database, |c| {
        sqlx::query_as(
            "SELECT signed_in_us, method, address FROM session WHERE app_user = $1 \
             ORDER BY signed_in_us DESC LIMIT $2",
        )
        .bind(user.uuid())
        .bind(most)
        .fetch_all(c)
        .await
    })?;
    let row = |(at, method, address): (i64, String, String)| SignInRow {
        at: Timestamp::from_micros(at),
        method: SignInMethod::from_code(&method),
        address,
    };
    Ok(rows.into_iter().map(row).collect())
}

/// Whether a user has signed in from an address before; nothing where this is the first sign-in of all.
pub async fn knows_address(
    database: &Database,
    user: UserId,
    address: &str,
) -> Result<Option<bool>, sqlx::Error> {
    let (all, same): (i64, i64) = read!(database, |c| {
        sqlx::query_as(
            "SELECT count(*), CAST(COALESCE(SUM(CASE WHEN address = $2 THEN 1 ELSE 0 END), 0) AS BIGINT) \
             FROM session WHERE app_user = $1",
        )
        .bind(user.uuid())
        .bind(address)
        .fetch_one(c)
        .await
    })?;
    Ok((all > 0).then_some(same > 0))
}

/// Whether the user wants to be reminded of passwords that are old. Off until the user turns it on (C4).
pub async fn wants_reminder(database: &Database, user: UserId) -> Result<bool, sqlx::Error> {
    let found: Option<i64> = read!(database, |c| {
        sqlx::query_scalar("SELECT reminds FROM password_reminder WHERE app_user = $1")
            .bind(user.uuid())
            .fetch_optional(c)
            .await
    })?;
    Ok(found == Some(1))
}
