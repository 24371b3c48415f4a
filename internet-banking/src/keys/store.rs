//! The rows of keys.

use database::{Change, Database, Row, Table, Value, execute, read};
use domain::{Date, Timestamp};
use zeroize::Zeroizing;

use super::vault::Vault;
use super::{BankKey, FROM_THE_START, KeyKind};

static BANK_KEY: Table = Table {
    name: "bank_key",
    columns: &["kind", "owner", "number", "made_us", "from_day", "public", "sealed"],
};

/// A key that was there before the bank kept keys in its table. Its secret is gone with it, and in no log.
pub struct Adopted<'a> {
    /// What it is for, whom it is shared with, and its number.
    place: (KeyKind, &'a str, i64),
    /// What everybody may know of it.
    public: &'a str,
    secret: Zeroizing<Vec<u8>>,
}

impl<'a> Adopted<'a> {
    /// A key of this kind, owner and number.
    pub fn new(place: (KeyKind, &'a str, i64), public: &'a str, secret: impl Into<Vec<u8>>) -> Self {
        Self { place, public, secret: Zeroizing::new(secret.into()) }
    }
}

impl std::fmt::Debug for Adopted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Adopted").field("place", &self.place).finish_non_exhaustive()
    }
}

type KeyRow = (String, String, i64, i64, Option<String>, Option<i64>, Option<i64>, String, Option<Vec<u8>>);

/// Every key, by kind, owner and number.
pub async fn all(database: &Database) -> Result<Vec<BankKey>, sqlx::Error> {
    let rows: Vec<KeyRow> = read!(database, |c| {
        sqlx::query_as(
            "SELECT kind, owner, number, made_us, from_day, noted_us, retired_us, public, sealed FROM bank_key
             ORDER BY kind, owner, number",
        )
        .fetch_all(c)
        .await
    })?;
    let key = |(kind, owner, number, made_us, from, noted_us, retired_us, public, sealed): KeyRow| {
        Some(BankKey {
            kind: KeyKind::from_code(&kind)?,
            owner,
            number,
            made_at: Timestamp::from_micros(made_us),
            from: from.and_then(|day| day.parse().ok()),
            noted_at: noted_us.map(Timestamp::from_micros),
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
        let (kind, owner, number) = key.place;
        let sealed = vault.seal(key.place, &key.secret).map_err(|error| sqlx::Error::Encode(error.into()))?;
        execute!(
            database,
            "INSERT INTO bank_key (kind, owner, number, made_us, from_day, public, sealed)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (kind, owner, number) DO NOTHING",
            kind.code(),
            owner,
            number,
            now.micros(),
            FROM_THE_START,
            key.public,
            sealed,
        )?;
    }
    Ok(())
}

/// The same of a key of which only the public half is known here, where its owner has none of the kind yet.
pub(super) async fn adopt_public(
    database: &Database,
    (kind, owner, number): (KeyKind, &str, i64),
    public: &str,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    execute!(
        database,
        "INSERT INTO bank_key (kind, owner, number, made_us, from_day, public)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (kind, owner, number) DO NOTHING",
        kind.code(),
        owner,
        number,
        now.micros(),
        FROM_THE_START,
        public,
    )?;
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
pub fn used((kind, owner, number): (KeyKind, &str, i64), from: Date, now: Timestamp) -> Change {
    Change::one(
        "UPDATE bank_key SET from_day = $1, noted_us = $2 WHERE kind = $3 AND owner = $4 AND number = $5
         AND retired_us IS NULL AND (from_day IS NULL OR from_day > $6)",
        vec![
            from.to_string().into(),
            now.micros().into(),
            kind.code().into(),
            owner.into(),
            number.into(),
            now.date().to_string().into(),
        ],
    )
}

/// The end of a key, for what follows: never of the one that is in use, which has begun and no other after it.
macro_rules! retire {
    ($rest:literal) => {
        concat!(
            "UPDATE bank_key SET retired_us = $1
             WHERE kind = $2 AND owner = $3 AND number = $4 AND retired_us IS NULL
             AND (from_day IS NULL OR from_day > $5 OR EXISTS (SELECT 1 FROM bank_key o
                 WHERE o.kind = bank_key.kind AND o.owner = bank_key.owner AND o.retired_us IS NULL
                   AND o.from_day <= $5 AND (o.from_day > bank_key.from_day
                       OR (o.from_day = bank_key.from_day AND o.number > bank_key.number))))",
            $rest
        )
    };
}

/// Nothing is accepted under a key any more. One that is in use stays, and one that still encrypts secrets of tokens.
pub fn retired((kind, owner, number): (KeyKind, &str, i64), now: Timestamp) -> Change {
    let of_seeds = retire!(" AND NOT EXISTS (SELECT 1 FROM token WHERE key_id = bank_key.number)");
    let of_others = retire!("");
    let sql = if kind == KeyKind::Seed { of_seeds } else { of_others };
    let today = now.date().to_string();
    Change::one(sql, vec![now.micros().into(), kind.code().into(), owner.into(), number.into(), today.into()])
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

#[cfg(test)]
mod tests {
    use database::testing::TestDatabase;
    use domain::Clock;
    use ledger::{Commit, Ledger, Refused};

    use super::*;

    database::on_both!(a_key_in_use_is_not_retired_whoever_has_looked_before);

    async fn a_key_in_use_is_not_retired_whoever_has_looked_before(test: TestDatabase) {
        let now = Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap();
        let ledger = Ledger::start(test.database.clone(), Clock::frozen(now));
        let today = now.date();
        let keys = [(1, Some(today.pred_opt().unwrap())), (2, Some(today)), (3, today.succ_opt()), (4, None)];
        for kind in [KeyKind::Link, KeyKind::Seed] {
            let rows = keys.map(|(number, from)| row((kind, "x", number), (String::new(), None), from, now));
            ledger.commit(Commit { rows: rows.into(), ..Commit::default() }).await.unwrap();
            let retire = async |number: i64| {
                let changes = vec![retired((kind, "x", number), now)];
                ledger.commit(Commit { changes, ..Commit::default() }).await.map(drop)
            };
            assert_eq!(retire(2).await, Err(Refused::Stale), "it is in use");
            for number in [4, 3, 1] {
                assert_eq!(retire(number).await, Ok(()), "{number}");
            }
            assert_eq!(retire(2).await, Err(Refused::Stale), "there is no other");
        }
    }

    #[test]
    fn no_secret_is_in_a_log() {
        let adopted = Adopted::new((KeyKind::Link, "99022", 1), "", b"geheim".to_vec());
        let shown = format!("{adopted:?}");
        assert!(shown.contains("99022") && !shown.contains("103") && !shown.contains("geheim"), "{shown}");
    }
}
