//! The two databases behind one SQL text.
//!
//! SQLite is embedded and the default; PostgreSQL is for production and several nodes. Statements are written
//! once, with `$1` parameters, and run through [`on!`] or [`read!`], which dispatch to the native pool. What
//! differs lives in [`dialect`]. All numbers are 64-bit integers, instants are microseconds, days are ISO text.

pub mod clock;
pub mod deployment;
pub mod dialect;
pub mod folder;
pub mod insert;
mod migrate;
mod open;
#[cfg(feature = "testing")]
pub mod testing;

use sqlx::{PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction};

pub use insert::{Change, Row, Table, Value};
pub use open::{OpenError, without_password};

/// Something of SQLite, or the same of PostgreSQL.
#[derive(Clone, Debug)]
pub enum Either<S, P> {
    /// SQLite.
    Sqlite(S),
    /// PostgreSQL.
    Postgres(P),
}

/// The pools of one database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database(Either<SqlitePools, PgPool>);

#[derive(Clone, Debug)]
struct SqlitePools {
    /// One connection: SQLite has one writer, and queueing for it here is fair.
    writer: SqlitePool,
    readers: SqlitePool,
}

/// A transaction that writes: IMMEDIATE on SQLite, READ COMMITTED on PostgreSQL.
pub struct Tx(Either<Transaction<'static, Sqlite>, Transaction<'static, Postgres>>);

/// Runs one expression with a connection that may write: `on!(database, |c| sqlx::query("…").execute(c).await)`.
/// The target is a [`Database`] (or a `&mut` [`Tx`], where `c` is a connection: reborrow it for a second use).
#[macro_export]
macro_rules! on {
    ($target:expr, |$c:ident| $body:expr) => {
        match $target.on() {
            $crate::Either::Sqlite($c) => $body,
            $crate::Either::Postgres($c) => $body,
        }
    };
}

/// Runs one expression with a connection that only reads.
#[macro_export]
macro_rules! read {
    ($target:expr, |$c:ident| $body:expr) => {
        match $target.reader() {
            $crate::Either::Sqlite($c) => $body,
            $crate::Either::Postgres($c) => $body,
        }
    };
}

/// Runs one statement that answers no rows, and gives the count of rows it touched:
/// `execute!(database, "DELETE FROM draft WHERE id = $1", id)?`.
#[macro_export]
macro_rules! execute {
    ($target:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::on!($target, |c| sqlx::query($sql)$(.bind($bind))*.execute(c).await.map(|done| done.rows_affected()))
    };
}

impl Database {
    /// The pool that may write, for [`on!`].
    pub fn on(&self) -> Either<&SqlitePool, &PgPool> {
        match &self.0 {
            Either::Sqlite(pools) => Either::Sqlite(&pools.writer),
            Either::Postgres(pool) => Either::Postgres(pool),
        }
    }

    /// The pool that reads, for [`read!`]. On SQLite it sees every commit that was answered.
    pub fn reader(&self) -> Either<&SqlitePool, &PgPool> {
        match &self.0 {
            Either::Sqlite(pools) => Either::Sqlite(&pools.readers),
            Either::Postgres(pool) => Either::Postgres(pool),
        }
    }

    /// Begins a transaction that writes.
    pub async fn begin(&self) -> Result<Tx, sqlx::Error> {
        Ok(Tx(match &self.0 {
            Either::Sqlite(pools) => Either::Sqlite(pools.writer.begin_with("BEGIN IMMEDIATE").await?),
            Either::Postgres(pool) => Either::Postgres(pool.begin().await?),
        }))
    }

    /// Begins a transaction that reads one snapshot.
    pub async fn snapshot(&self) -> Result<Tx, sqlx::Error> {
        Ok(Tx(match &self.0 {
            Either::Sqlite(pools) => Either::Sqlite(pools.readers.begin().await?),
            Either::Postgres(pool) => {
                Either::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        }))
    }

    /// Whether this is SQLite, where one process owns the data.
    pub fn is_sqlite(&self) -> bool {
        matches!(self.0, Either::Sqlite(_))
    }

    /// Closes every connection; what is running ends first.
    pub async fn close(&self) {
        match &self.0 {
            Either::Sqlite(pools) => {
                pools.readers.close().await;
                pools.writer.close().await;
            }
            Either::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// The connection, for [`on!`].
    pub fn on(&mut self) -> Either<&mut SqliteConnection, &mut PgConnection> {
        match &mut self.0 {
            Either::Sqlite(tx) => Either::Sqlite(&mut **tx),
            Either::Postgres(tx) => Either::Postgres(&mut **tx),
        }
    }

    /// Whether this is SQLite.
    pub fn is_sqlite(&self) -> bool {
        matches!(self.0, Either::Sqlite(_))
    }

    /// Makes the transaction's writes last.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self.0 {
            Either::Sqlite(tx) => tx.commit().await,
            Either::Postgres(tx) => tx.commit().await,
        }
    }

    /// Undoes the transaction's writes.
    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        match self.0 {
            Either::Sqlite(tx) => tx.rollback().await,
            Either::Postgres(tx) => tx.rollback().await,
        }
    }
}
