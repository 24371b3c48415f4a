//! The mails that were taken.

use domain::Timestamp;
use serde::Serialize;
use sqlx::{Executor, Sqlite};

use super::decoded::{self, Decoded};
use super::session::Mail;
use crate::mocks::Mocks;
use crate::sinks;
use crate::store::StoreError;

/// Mails that are kept; older ones go.
pub const KEPT_MAX: i64 = 500;

/// Keeps a mail, once however often it comes; `false` where it fails on command.
pub async fn deliver(mocks: &Mocks, mail: &Mail) -> Result<bool, StoreError> {
    let now = mocks.config().clock.now();
    let mut write = mocks.store().write().await?;
    if sinks::failure(&mut write, sinks::MAILBOX).await?.is_some() {
        write.commit().await?;
        return Ok(false);
    }
    let kept: Option<(i64,)> = sqlx::query_as(
        "INSERT INTO mails (received_at, sender, recipients, message_id, content) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(now.micros())
    .bind(&mail.sender)
    .bind(mail.recipients.join("\n"))
    .bind(decoded::message_id(&mail.content))
    .bind(&mail.content)
    .fetch_optional(&mut *write)
    .await?;
    match kept {
        Some((id,)) => {
            sqlx::query("DELETE FROM mails WHERE id <= $1").bind(id - KEPT_MAX).execute(&mut *write).await?;
            tracing::info!(recipients = mail.recipients.len(), "a mail was kept");
        }
        None => tracing::info!("a mail is there already"),
    }
    write.commit().await?;
    Ok(true)
}

/// A mail as the controls and pages show it.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// Counts up.
    pub id: i64,
    /// Business time, RFC 3339.
    pub at: String,
    /// The sender of the envelope.
    pub sender: String,
    /// The recipients of the envelope.
    pub recipients: Vec<String>,
    /// What it says.
    #[serde(flatten)]
    pub decoded: Decoded,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    received_at: i64,
    sender: String,
    recipients: String,
    content: Vec<u8>,
}

impl From<Row> for Shown {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            at: Timestamp::from_micros(row.received_at).rfc3339(),
            sender: row.sender,
            recipients: row.recipients.split('\n').map(str::to_owned).collect(),
            decoded: Decoded::of(&row.content),
        }
    }
}

/// The latest mails, newest first.
pub async fn list<'c>(
    connection: impl Executor<'c, Database = Sqlite>,
    limit: i64,
) -> Result<Vec<Shown>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, received_at, sender, recipients, content FROM mails ORDER BY id DESC LIMIT $1",
    )
    .bind(limit.clamp(0, KEPT_MAX))
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Shown::from).collect())
}

/// One mail, and its source.
pub async fn one<'c>(
    connection: impl Executor<'c, Database = Sqlite>,
    id: i64,
) -> Result<Option<(Shown, Vec<u8>)>, StoreError> {
    let row: Option<Row> =
        sqlx::query_as("SELECT id, received_at, sender, recipients, content FROM mails WHERE id = $1")
            .bind(id)
            .fetch_optional(connection)
            .await?;
    Ok(row.map(|row| {
        let content = row.content.clone();
        (Shown::from(row), content)
    }))
}

/// Forgets every mail.
pub async fn clear(mocks: &Mocks) -> Result<(), StoreError> {
    let mut write = mocks.store().write().await?;
    sqlx::query("DELETE FROM mails").execute(&mut *write).await?;
    write.commit().await?;
    Ok(())
}
