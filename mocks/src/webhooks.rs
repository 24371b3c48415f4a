//! A receiver of webhooks: keeps what it is sent, and fails as often as it is told to.

use std::collections::BTreeMap;

use domain::Timestamp;
use http::HeaderMap;
use serde::Serialize;
use sqlx::{Executor, Sqlite};

use crate::mocks::Mocks;
use crate::sinks;
use crate::store::StoreError;

/// Calls that are kept; older ones go.
pub const KEPT_MAX: i64 = 500;

/// Largest body that is taken.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// Characters of a header's value that are kept.
const HEADER_CHARS_MAX: usize = 1_000;

/// Whether a receiver can have this name: 1 to 40 lower-case letters, digits and hyphens.
pub fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=40).contains(&name.len()) && name.bytes().all(fits)
}

/// Keeps a call; gives the status of the answer.
pub async fn receive(mocks: &Mocks, name: &str, headers: &HeaderMap, body: &[u8]) -> Result<u16, StoreError> {
    let now = mocks.config().clock.now();
    let shown: BTreeMap<&str, String> = headers
        .iter()
        .map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes());
            (name.as_str(), text.chars().take(HEADER_CHARS_MAX).collect())
        })
        .collect();
    let mut write = mocks.store().write().await?;
    let status = sinks::failure(&mut write, name).await?.unwrap_or(200);
    let (id,): (i64,) = sqlx::query_as(
        "INSERT INTO webhooks (received_at, name, status, headers, body) VALUES ($1, $2, $3, $4, $5) \
         RETURNING id",
    )
    .bind(now.micros())
    .bind(name)
    .bind(i64::from(status))
    .bind(serde_json::to_string(&shown).map_err(|_| StoreError::Value("header"))?)
    .bind(body)
    .fetch_one(&mut *write)
    .await?;
    sqlx::query("DELETE FROM webhooks WHERE id <= $1").bind(id - KEPT_MAX).execute(&mut *write).await?;
    write.commit().await?;
    tracing::info!(name, status, "a webhook was called");
    Ok(status)
}

/// A call as the controls and pages show it.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// Counts up.
    pub id: i64,
    /// Business time, RFC 3339.
    pub at: String,
    /// Which receiver.
    pub name: String,
    /// What was answered.
    pub status: i64,
    /// Names in lower case; the last of several.
    pub headers: BTreeMap<String, String>,
    /// As text; what is no UTF-8 is replaced.
    pub body: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    received_at: i64,
    name: String,
    status: i64,
    headers: String,
    body: Vec<u8>,
}

impl TryFrom<Row> for Shown {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            at: Timestamp::from_micros(row.received_at).rfc3339(),
            name: row.name,
            status: row.status,
            headers: serde_json::from_str(&row.headers).map_err(|_| StoreError::Value("header"))?,
            body: String::from_utf8_lossy(&row.body).into_owned(),
        })
    }
}

/// The latest calls, newest first.
pub async fn list<'c>(
    connection: impl Executor<'c, Database = Sqlite>,
    limit: i64,
) -> Result<Vec<Shown>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, received_at, name, status, headers, body FROM webhooks ORDER BY id DESC LIMIT $1",
    )
    .bind(limit.clamp(0, KEPT_MAX))
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Shown::try_from).collect()
}

/// Forgets every call.
pub async fn clear(mocks: &Mocks) -> Result<(), StoreError> {
    let mut write = mocks.store().write().await?;
    sqlx::query("DELETE FROM webhooks").execute(&mut *write).await?;
    write.commit().await?;
    Ok(())
}
