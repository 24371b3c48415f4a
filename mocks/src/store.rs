//! The mocks' own SQLite file: one writer connection, a few readers.

use std::path::Path;
use std::time::Duration;

use domain::{Date, Timestamp};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection as _, Sqlite, Transaction};

const SCHEMA: &str = include_str!("schema.sql");

/// What the schema's last statement sets.
const SCHEMA_VERSION: i64 = 6;

/// Connections that only read.
const READERS_MAX: u32 = 4;

/// How long a statement waits for another process that has the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A caller waits this long for a connection before it is told that the store is busy.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(60);

/// The file and its connections. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
}

/// The file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// What SQLite said.
    #[error("the mock collectors' records could not be read or written: {0}")]
    Sql(#[from] sqlx::Error),
    /// The file has tables of another version.
    #[error(
        "the mock collectors' records are of version {0}, not {SCHEMA_VERSION}; remove them or start anew"
    )]
    OtherVersion(i64),
    /// A stored value is not what this program writes.
    #[error("the mock collectors' records hold a value that is no {0}")]
    Value(&'static str),
}

impl Store {
    /// Opens the file, making it and its tables where there are none.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // a COMMIT that failed for want of room has ended the transaction, which the driver does not see
            .after_release(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
            .connect_with(options.clone())
            .await?;
        prepare(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(options.read_only(true));
        Ok(Self { writer, readers })
    }

    /// A write transaction; there is one at a time.
    pub async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// For statements that only read.
    pub fn reader(&self) -> &SqlitePool {
        &self.readers
    }

    /// Waits for running statements and closes the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Makes the tables in a new file; refuses a file whose tables are another version's.
async fn prepare(writer: &SqlitePool) -> Result<(), StoreError> {
    let (version,): (i64,) = sqlx::query_as("PRAGMA user_version").fetch_one(writer).await?;
    let (tables,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM sqlite_schema").fetch_one(writer).await?;
    if version != SCHEMA_VERSION && tables > 0 {
        return Err(StoreError::OtherVersion(version));
    }
    // one transaction: a start that is interrupted leaves nothing, and the disk is waited for once
    let mut write = writer.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::raw_sql(SCHEMA).execute(&mut *write).await?;
    write.commit().await?;
    Ok(())
}

/// A stored day.
pub fn date(text: &str) -> Result<Date, StoreError> {
    text.parse().map_err(|_| StoreError::Value("day"))
}

/// A stored day that may be absent.
pub fn optional_date(text: Option<&str>) -> Result<Option<Date>, StoreError> {
    text.map(date).transpose()
}

/// A stored value with a strict text form.
pub fn parsed<T: std::str::FromStr>(text: &str, what: &'static str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Value(what))
}

/// A stored instant.
pub const fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}
