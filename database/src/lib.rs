//! The two databases behind one SQL text.
//!
//! SQLite is embedded and the default; PostgreSQL is for production and several nodes. Statements are written
//! once, with `$1` parameters, and run through [`on!`] or [`read!`], which dispatch to the native pool. What
//! differs lives in [`dialect`]. All numbers are 64-bit integers, instants are microseconds, days are ISO text.

pub mod clock;
pub mod dialect;
pub mod folder;
pub mod insert;
mod migrate;
#[cfg(feature = "testing")]
pub mod testing;

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{
    Connection as _, PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction,
};

pub use insert::{Row, Table, Value};

/// Connections to PostgreSQL from one process at most.
pub const POSTGRES_CONNECTIONS_MAX: u32 = 16;
/// Connections that read SQLite; the writer is one more.
pub const SQLITE_READERS_MAX: u32 = 4;
/// How long a statement waits for a connection.
const ACQUIRE_WAIT: Duration = Duration::from_secs(10);

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

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be reached or opened.
    #[error("cannot open the database {0}: {1}")]
    Open(String, #[source] sqlx::Error),
    /// Its schema cannot be brought up to date.
    #[error("cannot bring the schema of the database up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The address is none.
    #[error("{0:?} is no database address; write postgres://user:password@host/name or sqlite:PATH")]
    Address(String),
}

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
    /// Opens or creates an SQLite file, durable at every commit, and brings its schema up to date.
    pub async fn sqlite(path: &Path) -> Result<Self, OpenError> {
        let failed = |error| OpenError::Open(path.display().to_string(), error);
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            .statement_cache_capacity(256);
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE_WAIT)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
        };
        let writer = pool(1).connect_with(options.clone()).await.map_err(failed)?;
        migrate::sqlite().run(&writer).await?;
        let readers = pool(SQLITE_READERS_MAX).connect_lazy_with(options.read_only(true));
        Ok(Self(Either::Sqlite(SqlitePools { writer, readers })))
    }

    /// Connects to PostgreSQL and brings its schema up to date.
    pub async fn postgres(url: &str) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|_| OpenError::Address(without_password(url)))?
            .statement_cache_capacity(256);
        // asked once by hand: the pool would try again and again and then say no more than that time ran out
        match PgConnection::connect_with(&options).await {
            Ok(connection) => drop(connection.close().await),
            Err(error) => return Err(OpenError::Open(without_password(url), error)),
        }
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_WAIT)
            .connect_with(options)
            .await
            .map_err(|error| OpenError::Open(without_password(url), error))?;
        migrate::postgres().run(&pool).await?;
        Ok(Self(Either::Postgres(pool)))
    }

    /// Opens what an address names: `postgres://…` or `sqlite:PATH`.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        match url.split_once(':') {
            Some(("postgres" | "postgresql", _)) => Self::postgres(url).await,
            Some(("sqlite", path)) => Self::sqlite(Path::new(path.trim_start_matches("//"))).await,
            _ => Err(OpenError::Address(without_password(url))),
        }
    }

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

    /// Drops every table and sequence of ours and makes the schema anew. For demonstrations only.
    pub async fn wipe(&self) -> Result<(), OpenError> {
        let failed = |error| OpenError::Open("to empty it".to_owned(), error);
        match &self.0 {
            Either::Sqlite(_) => Err(failed(sqlx::Error::Protocol("remove the file instead".to_owned()))),
            Either::Postgres(pool) => {
                let drops: Vec<String> = sqlx::query_scalar(
                    "SELECT format('DROP %s IF EXISTS %I CASCADE',
                                   CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relname)
                     FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'S')",
                )
                .fetch_all(pool)
                .await
                .map_err(failed)?;
                for drop in drops {
                    sqlx::query(sqlx::AssertSqlSafe(drop)).execute(pool).await.map_err(failed)?;
                }
                Ok(migrate::postgres().run(pool).await?)
            }
        }
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

/// A database address that may be shown: its password is replaced.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let name = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{name}:…@{host}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_password_is_never_shown() {
        let shown = super::without_password("postgres://mpn:p@ss@localhost:5432/mpn");
        assert_eq!(shown, "postgres://mpn:…@localhost:5432/mpn");
    }
}
