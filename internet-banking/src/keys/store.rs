//! The rows of keys.

use database::{Change, Database, Row, Table, Value, execute, read};
use domain::{Date, Timestamp};

use super::vault::Vault;
use super::{BankKey, FROM_THE_START, KeyKind};

static BANK_KEY: Table = Table {
    name: "bank_key",
    columns: &["kind", "owner", "number", "made_us", "from_day", "public", "sealed"],
};

/// A key that was there before the bank kept keys in its table.
#[derive(Clone, Copy, Debug)]
pub struct Adopted<'a> {
    /// What it is for.
    pub kind: KeyKind,
    /// Whom it is shared with.
    pub owner: &'a str,
    /// Its number.
    pub number: i64,
    /// What everybody may know of it.
    pub public: &'a str,
    /// What is secret of it.
    pub secret: &'a [u8],
}

type KeyRow = (String, String, i64, i64, Option<String>, Option<i64>, String, Option<Vec<u8>>);

/// Every key, by kind, owner and number.
pub async fn all(database: &Database) -> Result<Vec<BankKey>, sqlx::Error> {
    let rows: Vec<KeyRow> = read!(database, |c| {
        sqlx::query_as(
            "SELECT kind, owner, number, made_us, from_day, retired_us, public, sealed FROM bank_key
             ORDER BY kind, owner, number",
        )
        .fetch_all(c)
        .await
    })?;
    let key = |(kind, owner, number, made_us, from, retired_us, public, sealed): KeyRow| {
        Some(BankKey {
            kind: KeyKind::from_code(&kind)?,
            owner,
            number,
            made_at: Timestamp::from_micros(made_us),
            from: from.and_then(|day| day.parse().ok()),
            retired_at: retired_us.map(Timestamp::from_micros),
            public,
            sealed,
        })
    };
    Ok(rows.into_iter().filter_map(key).collect())
}

/// Takes over what is not there yet. It counts as used from the start.
pub async fn adopt(
    database: &Database,
    vault: &Vault,
    keys: &[Adopted<'_>],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    for key in keys {
        let place = (key.kind, key.owner, key.number);
        let sealed = vault.seal(place, key.secret).map_err(|error| sqlx::Error::Encode(error.into()))?;
        execute!(
            database,
            "INSERT INTO bank_key (kind, owner, number, made_us, from_day, public, sealed)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (kind, owner, number) DO NOTHING",
            key.kind.code(),
            key.owner,
            key.number,
            now.micros(),
            FROM_THE_START,
            key.public,
            sealed,
        )?;
    }
    Ok(())
}

/// The row of a new key, for the commit that makes it.
pub fn row(
    (kind, owner, number): (KeyKind, &str, i64),
    (public, sealed): (String, Option<Vec<u8>>),
    from: Option<Date>,
    now: Timestamp,
) -> Row {
    Row {
        table: &BANK_KEY,
        values: vec![
            kind.code().into(),
            owner.into(),
            number.into(),
            now.micros().into(),
            Value::Text(from.map(|day| day.to_string())),
            public.into(),
            Value::Bytes(sealed),
        ],
    }
}

/// A key is used from a day on, whose own day has not come.
pub fn used((kind, owner, number): (KeyKind, &str, i64), from: Date, today: Date) -> Change {
    Change::one(
        "UPDATE bank_key SET from_day = $1 WHERE kind = $2 AND owner = $3 AND number = $4 AND retired_us IS NULL
         AND (from_day IS NULL OR from_day > $5)",
        vec![
            from.to_string().into(),
            kind.code().into(),
            owner.into(),
            number.into(),
            today.to_string().into(),
        ],
    )
}

/// Nothing is accepted under a key any more. One that still encrypts secrets of tokens stays.
pub fn retired((kind, owner, number): (KeyKind, &str, i64), now: Timestamp) -> Change {
    let of_seeds = "UPDATE bank_key SET retired_us = $1
         WHERE kind = $2 AND owner = $3 AND number = $4 AND retired_us IS NULL
         AND NOT EXISTS (SELECT 1 FROM token WHERE key_id = bank_key.number)";
    let of_others = "UPDATE bank_key SET retired_us = $1
         WHERE kind = $2 AND owner = $3 AND number = $4 AND retired_us IS NULL";
    let sql = if kind == KeyKind::Seed { of_seeds } else { of_others };
    Change::one(sql, vec![now.micros().into(), kind.code().into(), owner.into(), number.into()])
}

/// Tokens whose secret is encrypted under a key.
pub async fn tokens_under(database: &Database, number: i64) -> Result<i64, sqlx::Error> {
    read!(database, |c| {
        sqlx::query_scalar("SELECT count(*) FROM token WHERE key_id = $1").bind(number).fetch_one(c).await
    })
}

/// Certificates that an authority has issued and that are good.
pub async fn certificates_under(
    database: &Database,
    number: i64,
    now: Timestamp,
) -> Result<i64, sqlx::Error> {
    read!(database, |c| {
        sqlx::query_scalar(
            "SELECT count(*) FROM certificate WHERE authority = $1 AND ended_us IS NULL AND expires_us > $2",
        )
        .bind(number.to_string())
        .bind(now.micros())
        .fetch_one(c)
        .await
    })
}
