//! Opening a database, and emptying one for a demonstration.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::{Database, Either, SqlitePools, migrate};

/// Connections to PostgreSQL from one process at most.
pub const POSTGRES_CONNECTIONS_MAX: u32 = 16;
/// Connections that read SQLite; the writer is one more.
pub const SQLITE_READERS_MAX: u32 = 4;
/// How long a statement waits for a connection.
const ACQUIRE_WAIT: Duration = Duration::from_secs(10);
/// What our sessions are called on the server.
const APPLICATION: &str = "mpn";
/// How often, and at which interval, it is asked whether other processes are gone.
const IN_USE_LOOKS_MAX: u32 = 20;
const IN_USE_LOOK_INTERVAL: Duration = Duration::from_millis(100);
/// What PostgreSQL does with a process of ours that hangs inside a transaction: its session ends, and those who wait
/// for its locks ask again, so that it cannot stop the others. And it compiles no plan: statements of milliseconds are
/// slower by that.
const POSTGRES_SETTINGS: [(&str, &str); 3] =
    [("idle_in_transaction_session_timeout", "15s"), ("lock_timeout", "5s"), ("jit", "off")];

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be reached or opened.
    #[error("cannot open the database {0}: {1}")]
    Open(String, #[source] sqlx::Error),
    /// Its schema cannot be brought up to date.
    #[error("cannot bring the schema of the database up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// Another process of ours is connected.
    #[error("the database {0} is in use by another process; stop that one first")]
    InUse(String),
    /// The address is none.
    #[error("{0:?} is no database address; write postgres://user:password@host/name")]
    Address(String),
}

impl Database {
    /// Opens or creates an SQLite file, durable at every commit, and brings its schema up to date.
    pub async fn sqlite(path: &Path) -> Result<Self, OpenError> {
        let database = Self::sqlite_as_it_is(path, true, None).await?;
        database.migrate().await?;
        Ok(database)
    }

    /// The same for a file that may not grow beyond so many pages.
    #[cfg(feature = "testing")]
    pub(crate) async fn sqlite_of_pages(path: &Path, pages_max: u32) -> Result<Self, OpenError> {
        Self::sqlite_as_it_is(path, true, Some(pages_max)).await
    }

    /// Opens an SQLite file that is there, and leaves its schema alone.
    pub async fn existing_sqlite(path: &Path) -> Result<Self, OpenError> {
        Self::sqlite_as_it_is(path, false, None).await
    }

    /// Connects to PostgreSQL and brings its schema up to date.
    pub async fn postgres(url: &str) -> Result<Self, OpenError> {
        let database = Self::existing_postgres(url).await?;
        database.migrate().await?;
        Ok(database)
    }

    /// Connects to PostgreSQL, and leaves the schema alone.
    pub async fn existing_postgres(url: &str) -> Result<Self, OpenError> {
        let options = postgres_options(url)?;
        let failed = |error| OpenError::Open(without_password(url), error);
        // asked once by hand: the pool would try again and again and then say no more than that time ran out
        PgConnection::connect_with(&options).await.map_err(failed)?.close().await.map_err(failed)?;
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_WAIT)
            .connect_with(options)
            .await
            .map_err(failed)?;
        Ok(Self(Either::Postgres(pool)))
    }

    /// Drops the tables, sequences and functions that our migrations make from a PostgreSQL database where they were
    /// made by us, and nothing else. For demonstrations only.
    pub async fn wipe_postgres(url: &str) -> Result<(), OpenError> {
        let failed = |error| OpenError::Open(without_password(url), error);
        let mut connection = PgConnection::connect_with(&postgres_options(url)?).await.map_err(failed)?;
        let ours: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
            .fetch_one(&mut connection)
            .await
            .map_err(failed)?;
        let first: Option<String> = match ours {
            true => sqlx::query_scalar("SELECT description FROM _sqlx_migrations WHERE version = 1")
                .fetch_optional(&mut connection)
                .await
                .map_err(failed)?,
            false => None,
        };
        for look in 1.. {
            let others: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid()",
            )
            .bind(APPLICATION)
            .fetch_one(&mut connection)
            .await
            .map_err(failed)?;
            match others {
                0 => break,
                // the sessions of a process that has just ended go a moment later
                _ if look < IN_USE_LOOKS_MAX => tokio::time::sleep(IN_USE_LOOK_INTERVAL).await,
                _ => return Err(OpenError::InUse(without_password(url))),
            }
        }
        if first.as_deref() == Some(migrate::FIRST) {
            for (kind, name) in migrate::made_on_postgres() {
                let drop = format!("DROP {kind} IF EXISTS {name} CASCADE");
                sqlx::query(AssertSqlSafe(drop)).execute(&mut connection).await.map_err(failed)?;
            }
            sqlx::query("DROP TABLE _sqlx_migrations").execute(&mut connection).await.map_err(failed)?;
        }
        connection.close().await.map_err(failed)
    }

    async fn sqlite_as_it_is(path: &Path, create: bool, pages_max: Option<u32>) -> Result<Self, OpenError> {
        let mut options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(create)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // PostgreSQL's name for the order of the bytes, which SQLite has anyway
            .collation("C", str::cmp)
            // or INSERT OR REPLACE would take a row away without its trigger
            .pragma("recursive_triggers", "ON")
            .busy_timeout(Duration::from_secs(5))
            .statement_cache_capacity(256);
        if let Some(pages) = pages_max {
            options = options.pragma("max_page_count", pages.to_string());
        }
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE_WAIT)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
                // a COMMIT that failed for want of room has ended the transaction, which the driver does not see
                .after_release(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
        };
        let writer = pool(1)
            .connect_with(options.clone())
            .await
            .map_err(|error| OpenError::Open(path.display().to_string(), error))?;
        let readers = pool(SQLITE_READERS_MAX).connect_lazy_with(options.read_only(true));
        Ok(Self(Either::Sqlite(SqlitePools { writer, readers })))
    }

    async fn migrate(&self) -> Result<(), OpenError> {
        match &self.0 {
            Either::Sqlite(pools) => migrate::sqlite().run(&pools.writer).await?,
            Either::Postgres(pool) => migrate::postgres().run(pool).await?,
        }
        Ok(())
    }
}

fn postgres_options(url: &str) -> Result<PgConnectOptions, OpenError> {
    let is_postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
    PgConnectOptions::from_str(url)
        .ok()
        .filter(|_| is_postgres)
        .map(|options| {
            options.statement_cache_capacity(256).application_name(APPLICATION).options(POSTGRES_SETTINGS)
        })
        .ok_or_else(|| OpenError::Address(without_password(url)))
}

/// A database address that may be shown: its password is replaced and its parameters, which may hold one, are cut.
pub fn without_password(url: &str) -> String {
    let url = url.split('?').next().unwrap_or_default();
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
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let shown = ["postgres://mpn:p@ss@localhost:5432/mpn", "postgres://localhost/mpn?password=secret"];
        let shown = shown.map(without_password);
        assert_eq!(shown, ["postgres://mpn:…@localhost:5432/mpn", "postgres://localhost/mpn"]);
    }

    #[tokio::test]
    async fn an_address_of_something_else_is_none() {
        for url in ["sqlite:/tmp/x", "mysql://localhost/x", "x"] {
            let refused = Database::postgres(url).await.map(drop);
            assert!(matches!(refused, Err(OpenError::Address(_))), "{url}");
        }
    }
}
