//! The messages received and answered, kept for the pages and for tests that validate them.

use domain::{BillId, CollectorNumber, ResponseCode, Timestamp, Yen};
use serde::Serialize;
use sqlx::SqliteConnection;

use crate::message::{BillKey, Kind, Received, Request};
use crate::store::{Store, StoreError};

/// Messages kept per collector; older ones go.
const MESSAGES_KEPT_MAX: i64 = 20_000;

/// Every so many messages the older ones are looked for.
const PRUNE_EVERY: i64 = 500;

/// Messages in one listing.
pub const LISTED_MAX: i64 = 200;

/// The kind of a request whose signature did not verify or that could not be read.
pub const KIND_UNREADABLE: &str = "unreadable";

/// A message to be kept.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    kind: &'static str,
    processing_date: Option<String>,
    serial: Option<i64>,
    customer_number: Option<String>,
    bill_id: Option<String>,
    amount: Option<i64>,
    code: Option<String>,
    provisional_code: Option<String>,
    outcome: String,
    delay_ms: u32,
    request: Option<Vec<u8>>,
    answer: Option<Vec<u8>>,
}

impl Entry {
    /// A request that was not believed or not understood. Its bytes are kept only where the hub signed them.
    pub fn unreadable(why: String, request: Option<&[u8]>) -> Self {
        let request = request.map(<[u8]>::to_vec);
        Self { kind: KIND_UNREADABLE, outcome: why, request, ..Self::default() }
    }

    /// A request, and the answer that was made for it.
    pub fn exchange(received: &Received, request: &[u8], answer: &[u8], outcome: &str) -> Self {
        let mut entry = Self {
            kind: received.kind.as_str(),
            processing_date: Some(received.header.processing_date.to_string()),
            serial: Some(i64::from(received.header.serial.get())),
            outcome: outcome.to_owned(),
            request: Some(request.to_vec()),
            answer: (!answer.is_empty()).then(|| answer.to_vec()),
            ..Self::default()
        };
        match &received.body {
            Ok(Request::Inquiry(inquiry)) => {
                entry.customer_number = Some(inquiry.key.customer_number.as_str().to_owned());
                entry.amount = inquiry.amount.map(Yen::get);
            }
            Ok(Request::Clearing(clearing)) => {
                entry = entry.about(&clearing.key, &clearing.bill_id, clearing.amount);
            }
            Ok(Request::Cancellation(cancellation)) => {
                entry = entry.about(&cancellation.key, &cancellation.bill_id, cancellation.amount);
            }
            Ok(Request::SettlementAdvice(advice)) => entry.amount = Some(advice.total.amount.get()),
            _ => {}
        }
        entry
    }

    /// What a clearing or cancellation, perhaps inside a 再送確認, is about.
    #[must_use]
    pub fn about(mut self, key: &BillKey, bill_id: &BillId, amount: Yen) -> Self {
        self.customer_number = Some(key.customer_number.as_str().to_owned());
        self.bill_id = Some(bill_id.as_str().to_owned());
        self.amount = Some(amount.get());
        self
    }

    /// How long the answer is made to wait.
    #[must_use]
    pub fn delayed(mut self, delay_ms: u32) -> Self {
        self.delay_ms = delay_ms;
        self
    }

    /// What was answered.
    #[must_use]
    pub fn answered(mut self, code: ResponseCode) -> Self {
        self.code = Some(code.as_str().to_owned());
        self
    }

    /// 仮消込: why, if it was one.
    #[must_use]
    pub fn provisionally(mut self, code: Option<ResponseCode>) -> Self {
        self.provisional_code = code.map(|code| code.as_str().to_owned());
        self
    }
}

/// Keeps a message, in the caller's transaction.
pub async fn insert(
    connection: &mut SqliteConnection,
    collector: &CollectorNumber,
    entry: &Entry,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (id,): (i64,) = sqlx::query_as(
        "INSERT INTO messages (collector, received_at, kind, processing_date, serial, customer_number, \
         bill_id, amount, code, provisional_code, outcome, delay_ms, request, answer) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id",
    )
    .bind(collector.as_str())
    .bind(now.micros())
    .bind(entry.kind)
    .bind(&entry.processing_date)
    .bind(entry.serial)
    .bind(&entry.customer_number)
    .bind(&entry.bill_id)
    .bind(entry.amount)
    .bind(&entry.code)
    .bind(&entry.provisional_code)
    .bind(&entry.outcome)
    .bind(i64::from(entry.delay_ms))
    .bind(&entry.request)
    .bind(&entry.answer)
    .fetch_one(&mut *connection)
    .await?;
    if id % PRUNE_EVERY == 0 {
        sqlx::query(
            "DELETE FROM messages WHERE collector = $1 AND id <= \
             (SELECT id FROM messages WHERE collector = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)",
        )
        .bind(collector.as_str())
        .bind(MESSAGES_KEPT_MAX)
        .execute(connection)
        .await?;
    }
    Ok(())
}

/// Keeps a message in a transaction of its own.
pub async fn keep(
    store: &Store,
    collector: &CollectorNumber,
    entry: &Entry,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut write = store.write().await?;
    insert(&mut write, collector, entry, now).await?;
    write.commit().await?;
    Ok(())
}

/// A message as the controls and pages show it: without the 確認番号.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Shown {
    /// Counts up over all collectors.
    pub id: i64,
    /// Business time, RFC 3339.
    #[sqlx(skip)]
    pub at: String,
    /// The request's element, or `unreadable`.
    pub kind: String,
    /// 仕向処理年月日.
    pub processing_date: Option<String>,
    /// 仕向処理通番.
    pub serial: Option<i64>,
    /// 納付番号 or お客様番号.
    pub customer_number: Option<String>,
    /// The bill of a clearing.
    pub bill_id: Option<String>,
    /// The amount of a clearing, or what the payer typed.
    pub amount: Option<i64>,
    /// The answer's code.
    pub code: Option<String>,
    /// 仮消込: why.
    pub provisional: Option<String>,
    /// `answered`, the fault that struck, or why the request was not believed.
    pub outcome: String,
    /// How long the answer was made to wait.
    pub delay_ms: i64,
    /// Whether the request's XML is kept.
    pub has_request: bool,
    /// Whether the answer's XML is kept.
    pub has_answer: bool,
    #[serde(skip)]
    received_at: i64,
}

/// The latest messages of a collector, newest first, older than `before` where it is given.
pub async fn list(
    store: &Store,
    collector: &CollectorNumber,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Shown>, StoreError> {
    let rows: Vec<Shown> = sqlx::query_as(
        "SELECT id, kind, processing_date, serial, customer_number, bill_id, amount, code, \
         provisional_code AS provisional, outcome, delay_ms, request IS NOT NULL AS has_request, \
         answer IS NOT NULL AS has_answer, received_at FROM messages \
         WHERE collector = $1 AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
    )
    .bind(collector.as_str())
    .bind(before)
    .bind(limit.clamp(1, LISTED_MAX))
    .fetch_all(store.reader())
    .await?;
    let filled = |mut row: Shown| {
        row.at = Timestamp::from_micros(row.received_at).rfc3339();
        row
    };
    Ok(rows.into_iter().map(filled).collect())
}

/// Which of the two messages of an exchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// What was received.
    #[default]
    Request,
    /// What was answered, or would have been.
    Answer,
}

/// The XML of one side of an exchange, whole.
pub async fn xml(
    store: &Store,
    collector: &CollectorNumber,
    id: i64,
    side: Side,
) -> Result<Option<Vec<u8>>, StoreError> {
    let row: Option<(Option<Vec<u8>>,)> = match side {
        Side::Request => sqlx::query_as("SELECT request FROM messages WHERE collector = $1 AND id = $2"),
        Side::Answer => sqlx::query_as("SELECT answer FROM messages WHERE collector = $1 AND id = $2"),
    }
    .bind(collector.as_str())
    .bind(id)
    .fetch_optional(store.reader())
    .await?;
    Ok(row.and_then(|(bytes,)| bytes))
}

/// How a kind of request is called on the pages.
pub fn kind_label(kind: &str) -> &'static str {
    Kind::ALL.iter().find(|one| one.as_str() == kind).map_or("読めない要求", |one| one.label())
}
