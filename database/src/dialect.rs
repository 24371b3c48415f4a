//! What differs between the two databases, all in one place.

use crate::{Either, Tx};

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

/// Draws `count` numbers, rising. On PostgreSQL other processes draw between them, and no lock is held.
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
        Either::Postgres(c) => {
            sqlx::query_scalar("SELECT nextval($1::regclass) FROM generate_series(1, $2)")
                .bind(sequence.name())
                .bind(count)
                .fetch_all(c)
                .await
        }
    }
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
