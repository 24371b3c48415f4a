//! What differs between the two databases, all in one place.

use std::collections::BTreeMap;

use crate::{Database, Either, Tx};

/// Marks our advisory locks on PostgreSQL: the bits above those of a number.
const POSITIONS_MARK: i64 = 0x6d70 << NUMBER_BITS;
/// More numbers than are ever drawn.
const NUMBER_BITS: u32 = 48;

/// Our advisory locks of two numbers, which are apart from those of one: the first number marks bars.
const BARS_MARK: i32 = 0x6d70_6261;

/// A source of ever larger numbers, shared by all processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequence {
    /// Positions of journal rows.
    Transfer,
    /// Positions of events.
    Event,
    /// Fences of outbox claims.
    Fence,
}

impl Sequence {
    const fn name(self) -> &'static str {
        match self {
            Self::Transfer => "transfer_position",
            Self::Event => "event_position",
            Self::Fence => "outbox_fence",
        }
    }
}

/// Draws `count` numbers, rising. On PostgreSQL other processes draw between them, and no lock is held but the note,
/// shared and until the transaction's end, that positions of events above the one it carries are taken.
pub async fn draw(tx: &mut Tx, sequence: Sequence, count: usize) -> Result<Vec<i64>, sqlx::Error> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    if count == 0 {
        return Ok(Vec::new());
    }
    match tx.on() {
        Either::Sqlite(c) => {
            let last: i64 =
                sqlx::query_scalar("UPDATE sequence SET value = value + $1 WHERE name = $2 RETURNING value")
                    .bind(count)
                    .bind(sequence.name())
                    .fetch_one(c)
                    .await?;
            Ok((last - count + 1..=last).collect())
        }
        Either::Postgres(c) if sequence == Sequence::Event => {
            sqlx::query_scalar(
                "WITH below AS MATERIALIZED (
                     SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END AS value FROM event_position),
                 noted AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared($1 | value) FROM below)
                 SELECT nextval('event_position') FROM noted, generate_series(1, $2)",
            )
            .bind(POSITIONS_MARK)
            .bind(count)
            .fetch_all(c)
            .await
        }
        Either::Postgres(c) => {
            sqlx::query_scalar("SELECT nextval($1::regclass) FROM generate_series(1, $2)")
                .bind(sequence.name())
                .bind(count)
                .fetch_all(c)
                .await
        }
    }
}

/// The position up to which every event that will ever be there is there, for a reader that begins after this: above
/// it a transaction may still be running that drew its position earlier than one that has committed.
pub async fn events_complete_until(database: &Database) -> Result<i64, sqlx::Error> {
    match database.reader() {
        // one writer at a time: what is drawn is committed
        Either::Sqlite(pool) => {
            sqlx::query_scalar("SELECT value FROM sequence WHERE name = 'event_position'")
                .fetch_one(pool)
                .await
        }
        Either::Postgres(pool) => {
            let drawn: i64 = sqlx::query_scalar(
                "SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM event_position",
            )
            .fetch_one(pool)
            .await?;
            // looked at after that: whoever drew one of these and still runs has left its note
            let running: Option<i64> = sqlx::query_scalar(
                "SELECT min(note.key & ((1::bigint << $1) - 1)) FROM (
                     SELECT (classid::bigint << 32) | objid::bigint AS key FROM pg_locks
                     WHERE locktype = 'advisory' AND objsubid = 1
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                 ) AS note WHERE note.key >> $1 = $2 >> $1",
            )
            .bind(i32::try_from(NUMBER_BITS).unwrap_or(i32::MAX))
            .bind(POSITIONS_MARK)
            .fetch_one(pool)
            .await?;
            Ok(running.map_or(drawn, |below| below.min(drawn)))
        }
    }
}

/// Locks bars until the transaction's end: those that it asks for together with others, those that it takes alone. So
/// whoever is about to take one waits for all that have asked and are not committed, and is waited for. All are locked
/// in one order, whatever is done with each, so that no two wait for one another. On SQLite there is one writer anyway.
pub async fn lock_bars(tx: &mut Tx, asked: &[&str], taken: &[&str]) -> Result<(), sqlx::Error> {
    let Either::Postgres(c) = tx.on() else { return Ok(()) };
    for (alone, keys) in runs(asked, taken) {
        let sql = if alone {
            "SELECT pg_advisory_xact_lock($1, hashtext(key)) FROM unnest($2::text[]) AS key"
        } else {
            "SELECT pg_advisory_xact_lock_shared($1, hashtext(key)) FROM unnest($2::text[]) AS key"
        };
        sqlx::query(sql).bind(BARS_MARK).bind(keys).execute(&mut *c).await?;
    }
    Ok(())
}

/// Every bar once, sorted by key, in runs of those that are locked alone and those that are not: one that is asked for
/// and taken is locked alone at once.
fn runs<'k>(asked: &[&'k str], taken: &[&'k str]) -> Vec<(bool, Vec<&'k str>)> {
    let mut modes: BTreeMap<&str, bool> = asked.iter().map(|key| (*key, false)).collect();
    modes.extend(taken.iter().map(|key| (*key, true)));
    let mut runs: Vec<(bool, Vec<&str>)> = Vec::new();
    for (key, alone) in modes {
        match runs.last_mut() {
            Some((mode, keys)) if *mode == alone => keys.push(key),
            _ => runs.push((alone, vec![key])),
        }
    }
    runs
}

/// SQL: whether a column of text has a text in it, the same on both databases: the 26 letters of ASCII are alike in
/// either case, every other character is itself. No text at all is in every one.
#[macro_export]
macro_rules! contains {
    ($column:literal, $text:literal) => {
        concat!(
            "(",
            $text,
            " = '' OR replace(lower(",
            $column,
            " COLLATE \"C\"), lower(",
            $text,
            " COLLATE \"C\"), '') <> lower(",
            $column,
            " COLLATE \"C\"))"
        )
    };
}

/// The database server's clock in microseconds, which decides about leases.
pub async fn server_now_us(tx: &mut Tx) -> Result<i64, sqlx::Error> {
    match tx.on() {
        Either::Sqlite(c) => {
            sqlx::query_scalar("SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)").fetch_one(c).await
        }
        Either::Postgres(c) => {
            sqlx::query_scalar("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
                .fetch_one(c)
                .await
        }
    }
}

/// The suffix that locks the rows read, where there is more than one writer. Rows that refer to them may still be
/// inserted by others.
pub const fn lock(sqlite: bool) -> &'static str {
    if sqlite { "" } else { " FOR NO KEY UPDATE" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_locked_in_the_order_of_their_keys() {
        assert!(runs(&[], &[]).is_empty());
        assert_eq!(runs(&["c", "a"], &[]), [(false, vec!["a", "c"])]);
        let expected = [(false, vec!["a"]), (true, vec!["b", "c"]), (false, vec!["d", "e"])];
        assert_eq!(runs(&["e", "d", "c", "a"], &["c", "b"]), expected);
    }
}
