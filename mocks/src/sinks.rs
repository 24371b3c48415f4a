//! Whatever takes something from the bank and can be told to fail so many times: the mailbox, each webhook.

use serde::{Deserialize, Serialize};
use sqlx::{Executor, Sqlite, SqliteConnection};

use crate::mocks::Mocks;
use crate::store::StoreError;

/// The mailbox among the sinks; no webhook can have the name.
pub const MAILBOX: &str = "@mailbox";

/// The most failures that can be commanded.
pub const FAILURES_MAX: u32 = 1_000_000;

/// The status of a webhook that fails, where none is commanded.
const STATUS: u16 = 503;

/// Failures that are still to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failing {
    /// How often.
    pub fail: u32,
    /// With which HTTP status; a mail is always refused with 451.
    #[serde(default = "unavailable")]
    pub status: u16,
}

/// The status where none is commanded.
pub const fn unavailable() -> u16 {
    STATUS
}

impl Failing {
    /// The field that is wrong, if one is.
    pub fn wrong(&self) -> Option<(&'static str, &'static str)> {
        if self.fail > FAILURES_MAX {
            Some(("fail", "fail is 0 to 1000000"))
        } else if !(400..=599).contains(&self.status) {
            Some(("status", "status is 400 to 599"))
        } else {
            None
        }
    }
}

/// Commands failures; none switches them off.
pub async fn set(mocks: &Mocks, sink: &str, failing: Failing) -> Result<(), StoreError> {
    let mut write = mocks.store().write().await?;
    sqlx::query("DELETE FROM sinks WHERE name = $1").bind(sink).execute(&mut *write).await?;
    if failing.fail > 0 {
        sqlx::query("INSERT INTO sinks (name, failures, status) VALUES ($1, $2, $3)")
            .bind(sink)
            .bind(i64::from(failing.fail))
            .bind(i64::from(failing.status))
            .execute(&mut *write)
            .await?;
    }
    write.commit().await?;
    Ok(())
}

/// What is still to come.
pub async fn get<'c>(
    connection: impl Executor<'c, Database = Sqlite>,
    sink: &str,
) -> Result<Failing, StoreError> {
    let row: Option<(i64, i64)> = sqlx::query_as("SELECT failures, status FROM sinks WHERE name = $1")
        .bind(sink)
        .fetch_optional(connection)
        .await?;
    let Some((failures, status)) = row else { return Ok(Failing { fail: 0, status: STATUS }) };
    Ok(Failing {
        fail: u32::try_from(failures).map_err(|_| StoreError::Value("count"))?,
        status: u16::try_from(status).map_err(|_| StoreError::Value("status"))?,
    })
}

/// Uses up one failure, if one is to come; gives its status.
pub async fn failure(connection: &mut SqliteConnection, sink: &str) -> Result<Option<u16>, StoreError> {
    let row: Option<(i64,)> = sqlx::query_as(
        "UPDATE sinks SET failures = failures - 1 WHERE name = $1 AND failures > 0 RETURNING status",
    )
    .bind(sink)
    .fetch_optional(connection)
    .await?;
    row.map(|(status,)| u16::try_from(status).map_err(|_| StoreError::Value("status"))).transpose()
}
