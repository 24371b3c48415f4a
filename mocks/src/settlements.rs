//! 資金決済通知: kept under the bank's number of the net payment.

use domain::{CentreCode, CollectorNumber, ResponseCode, Timestamp};
use serde::Serialize;
use sqlx::{Executor, Sqlite, SqliteConnection};

use crate::message::SettlementAdvice;
use crate::store::StoreError;

/// Advices in one listing.
const LISTED_MAX: i64 = 10_000;

/// Keeps an advice, or compares it with the one of the same number; gives the code of the answer.
pub async fn keep(
    connection: &mut SqliteConnection,
    collector: &CollectorNumber,
    sender: &CentreCode,
    advice: &SettlementAdvice,
    now: Timestamp,
) -> Result<ResponseCode, StoreError> {
    let kept: (String, String, String, i64, i64) = sqlx::query_as(
        "INSERT INTO settlement_advices (collector, sender, settlement, bank, window_date, pay_date, count, \
         amount, received_at, deliveries) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1) \
         ON CONFLICT (collector, sender, settlement) DO UPDATE SET deliveries = deliveries + 1 \
         RETURNING bank, window_date, pay_date, count, amount",
    )
    .bind(collector.as_str())
    .bind(sender.as_str())
    .bind(&advice.settlement)
    .bind(&advice.bank)
    .bind(advice.window_date.to_string())
    .bind(advice.pay_date.to_string())
    .bind(advice.total.count)
    .bind(advice.total.amount.get())
    .bind(now.micros())
    .fetch_one(connection)
    .await?;
    let told = (
        advice.bank.clone(),
        advice.window_date.to_string(),
        advice.pay_date.to_string(),
        advice.total.count,
        advice.total.amount.get(),
    );
    Ok(if kept == told { ResponseCode::Normal } else { ResponseCode::KeyReused })
}

/// An advice as the controls show it.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Shown {
    /// 収納機関番号.
    pub collector: String,
    /// 仕向センタコード.
    pub sender: String,
    /// The bank's number of the net payment.
    pub settlement: String,
    /// The bank.
    pub bank: String,
    /// The business day whose window closed.
    pub window_date: String,
    /// When it will be paid.
    pub pay_date: String,
    /// How many payments.
    pub count: i64,
    /// Their sum without fees.
    pub amount: i64,
    /// How often the number came, with whatever content.
    pub deliveries: i64,
    /// Business time of the first delivery, RFC 3339.
    #[sqlx(skip)]
    pub at: String,
    #[serde(skip)]
    received_at: i64,
}

/// The latest advices, newest first: one collector's, or of all.
pub async fn list<'c>(
    connection: impl Executor<'c, Database = Sqlite>,
    collector: Option<&CollectorNumber>,
) -> Result<Vec<Shown>, StoreError> {
    let rows: Vec<Shown> = sqlx::query_as(
        "SELECT collector, sender, settlement, bank, window_date, pay_date, count, amount, deliveries, \
         received_at FROM settlement_advices WHERE $1 IS NULL OR collector = $1 ORDER BY id DESC LIMIT $2",
    )
    .bind(collector.map(CollectorNumber::as_str))
    .bind(LISTED_MAX)
    .fetch_all(connection)
    .await?;
    let filled = |row: Shown| Shown { at: Timestamp::from_micros(row.received_at).rfc3339(), ..row };
    Ok(rows.into_iter().map(filled).collect())
}
