//! 取消: decided, recorded under its own key before the answer, and given again for every repeat.

use domain::{CollectorNumber, Date, ResponseCode, Timestamp};
use serde::Serialize;
use sqlx::{Executor, Sqlite, SqliteConnection};

use crate::bills;
use crate::message::{self, Answer, Cancellation, CancellationOutcome, Header, Kind};
use crate::service::State;
use crate::signature;
use crate::store::StoreError;

/// The only channel whose clearings can be taken back.
const COUNTER: &str = "counter";

/// What a cancellation is decided on, besides the clearing that it names.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The collector.
    pub collector: &'a CollectorNumber,
    /// The one bank that is contracted.
    pub bank: &'a str,
    /// The business day.
    pub today: Date,
    /// Where the collector stands with the clearing's processing date.
    pub day: State,
    /// A refusal that was commanded.
    pub refusal: Option<ResponseCode>,
}

/// The clearing that a cancellation names, as it is on record.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Named {
    customer_number: String,
    bill_id: String,
    amount: i64,
    channel: String,
    code: String,
    is_provisional: bool,
    is_cancelled: bool,
}

impl Named {
    fn is_of(&self, cancellation: &Cancellation) -> bool {
        self.code == ResponseCode::Normal.as_str()
            && self.customer_number == cancellation.key.customer_number.as_str()
            && self.bill_id == cancellation.bill_id.as_str()
            && self.amount == cancellation.amount.get()
    }
}

/// The table of docs/protocol/README.md, row by row.
fn decide(
    cancellation: &Cancellation,
    processing_date: Date,
    named: Option<&Named>,
    rules: &Rules<'_>,
) -> ResponseCode {
    let from_counter = cancellation.channel == COUNTER && named.is_none_or(|named| named.channel == COUNTER);
    let is_day_over = rules.today > cancellation.clearing_date
        || processing_date != cancellation.clearing_date
        || rules.day == State::Closed;
    if let Some(refusal) = rules.refusal {
        return refusal;
    }
    if cancellation.bank != rules.bank {
        return ResponseCode::BankNotContracted;
    }
    if !from_counter {
        return ResponseCode::CancellationNotFromCounter;
    }
    match named.filter(|named| named.is_of(cancellation)) {
        None => ResponseCode::BillNotObtained,
        Some(named) if named.is_cancelled => ResponseCode::AlreadyPaid,
        Some(_) if is_day_over => ResponseCode::Expired,
        Some(_) => ResponseCode::Normal,
    }
}

/// The bytes to answer with, and what they say.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The answer's message.
    pub answer: Vec<u8>,
    /// What it says.
    pub code: ResponseCode,
    /// Whether the key was known before.
    pub repeated: bool,
}

/// Answers from the record where the key is known: the first answer to the same body, B901 to another, or to
/// the key of a clearing.
pub async fn repeat(
    connection: &mut SqliteConnection,
    collector: &CollectorNumber,
    header: &Header,
    body: &[u8],
    now: Timestamp,
) -> Result<Option<Recorded>, StoreError> {
    let key = header.key();
    let earlier: Option<(i64, Vec<u8>, Vec<u8>, String)> = sqlx::query_as(
        "SELECT id, body_sha256, answer, code FROM cancellations \
         WHERE collector = $1 AND sender = $2 AND processing_date = $3 AND serial = $4 \
         UNION ALL SELECT 0, x'', x'', code FROM clearings \
         WHERE collector = $1 AND sender = $2 AND processing_date = $3 AND serial = $4",
    )
    .bind(collector.as_str())
    .bind(key.centre.as_str())
    .bind(key.date.to_string())
    .bind(i64::from(key.serial.get()))
    .fetch_optional(&mut *connection)
    .await?;
    let Some((id, body_sha256, answer, code)) = earlier else { return Ok(None) };
    if body_sha256 != signature::sha256(body) {
        let code = ResponseCode::KeyReused;
        let answer = message::write(header, now, &Kind::Cancellation.not_done(code));
        return Ok(Some(Recorded { answer, code, repeated: true }));
    }
    sqlx::query("UPDATE cancellations SET deliveries = deliveries + 1 WHERE id = $1")
        .bind(id)
        .execute(&mut *connection)
        .await?;
    let code = code.parse().map_err(|_| StoreError::Value("response code"))?;
    Ok(Some(Recorded { answer, code, repeated: true }))
}

/// Decides on a cancellation whose key is new and records it, in the caller's transaction.
pub async fn record(
    connection: &mut SqliteConnection,
    header: &Header,
    first_by: Kind,
    cancellation: &Cancellation,
    body: &[u8],
    rules: &Rules<'_>,
    now: Timestamp,
) -> Result<Recorded, StoreError> {
    let key = header.key();
    let named = named(connection, rules.collector, header, cancellation).await?;
    let code = decide(cancellation, key.date, named.as_ref(), rules);
    // there is one writer, so the next row is this one's
    let (row,): (i64,) = sqlx::query_as("SELECT COALESCE(MAX(id), 0) + 1 FROM cancellations")
        .fetch_one(&mut *connection)
        .await?;
    let is_done = code == ResponseCode::Normal;
    let reference =
        is_done.then(|| format!("{}-{}-X{row:07}", rules.collector, rules.today.format("%Y%m%d")));
    let outcome = CancellationOutcome { code, reference };
    let answer = message::write(header, now, &Answer::Cancellation(outcome.clone()));
    sqlx::query(
        "INSERT INTO cancellations (id, collector, sender, processing_date, serial, body_sha256, body, \
         customer_number, bill_id, amount, channel, clearing_date, clearing_serial, code, reference, answer, \
         received_at, first_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
    )
    .bind(row)
    .bind(rules.collector.as_str())
    .bind(key.centre.as_str())
    .bind(key.date.to_string())
    .bind(i64::from(key.serial.get()))
    .bind(signature::sha256(body))
    .bind(body)
    .bind(cancellation.key.customer_number.as_str())
    .bind(cancellation.bill_id.as_str())
    .bind(cancellation.amount.get())
    .bind(&cancellation.channel)
    .bind(cancellation.clearing_date.to_string())
    .bind(i64::from(cancellation.clearing_serial.get()))
    .bind(code.as_str())
    .bind(&outcome.reference)
    .bind(&answer)
    .bind(now.micros())
    .bind(first_by.as_str())
    .execute(&mut *connection)
    .await?;
    if is_done && named.is_some_and(|named| !named.is_provisional) {
        bills::uncount_match(connection, rules.collector, cancellation.bill_id.as_str()).await?;
    }
    Ok(Recorded { answer, code, repeated: false })
}

async fn named(
    connection: &mut SqliteConnection,
    collector: &CollectorNumber,
    header: &Header,
    cancellation: &Cancellation,
) -> Result<Option<Named>, StoreError> {
    let named = sqlx::query_as(
        "SELECT customer_number, bill_id, amount, channel, code, \
         provisional_code IS NOT NULL AS is_provisional, EXISTS (SELECT 1 FROM cancellations AS x \
         WHERE x.collector = c.collector AND x.sender = c.sender AND x.clearing_date = c.processing_date \
         AND x.clearing_serial = c.serial AND x.code = '0000') AS is_cancelled FROM clearings AS c \
         WHERE collector = $1 AND sender = $2 AND processing_date = $3 AND serial = $4",
    )
    .bind(collector.as_str())
    .bind(header.sender.as_str())
    .bind(cancellation.clearing_date.to_string())
    .bind(i64::from(cancellation.clearing_serial.get()))
    .fetch_optional(connection)
    .await?;
    Ok(named)
}

/// A recorded cancellation as the controls show it.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Shown {
    /// 収納機関番号.
    pub collector: String,
    /// `MPN9999/2026-11-24/00000001`.
    #[sqlx(skip)]
    pub key: String,
    /// The clearing that it names, in the same form.
    #[sqlx(skip)]
    pub clearing: String,
    /// The collector's id of the bill.
    pub bill_id: String,
    /// What was paid, without the fee.
    pub amount: i64,
    /// 0000, or a refusal.
    pub code: String,
    /// The collector's number of the cancellation.
    pub reference: Option<String>,
    /// How often it was delivered, the first one included.
    pub deliveries: i64,
    /// The message that brought it first.
    pub first_by: String,
    /// Business time of the first delivery, RFC 3339.
    #[sqlx(skip)]
    pub at: String,
    #[serde(skip)]
    sender: String,
    #[serde(skip)]
    processing_date: String,
    #[serde(skip)]
    serial: i64,
    #[serde(skip)]
    clearing_date: String,
    #[serde(skip)]
    clearing_serial: i64,
    #[serde(skip)]
    received_at: i64,
}

/// Recorded cancellations in the order of their arrival: one collector's, or all of them.
pub async fn list<'c>(
    connection: impl Executor<'c, Database = Sqlite>,
    collector: Option<&CollectorNumber>,
) -> Result<Vec<Shown>, StoreError> {
    let rows: Vec<Shown> = sqlx::query_as(
        "SELECT collector, sender, processing_date, serial, clearing_date, clearing_serial, bill_id, amount, \
         code, reference, deliveries, first_by, received_at FROM cancellations \
         WHERE $1 IS NULL OR collector = $1 ORDER BY id",
    )
    .bind(collector.map(CollectorNumber::as_str))
    .fetch_all(connection)
    .await?;
    let filled = |row: Shown| Shown {
        key: format!("{}/{}/{:08}", row.sender, row.processing_date, row.serial),
        clearing: format!("{}/{}/{:08}", row.sender, row.clearing_date, row.clearing_serial),
        at: Timestamp::from_micros(row.received_at).rfc3339(),
        ..row
    };
    Ok(rows.into_iter().map(filled).collect())
}
