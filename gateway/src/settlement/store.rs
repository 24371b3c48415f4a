//! Settlements in the database: the last event of each is the settlement.

use database::{Row, Table, Value, read};
use domain::{CollectorNumber, Date, PaymentId, SettlementId, TransferId, Yen};
use ledger::GuardKey;
use sqlx::FromRow;
use uuid::Uuid;

use super::state::{Settlement, Sums};
use super::step::Owed;
use crate::{Gateway, StoreError};

static SETTLEMENT: Table = Table { name: "settlement", columns: &["id", "collector", "window_date"] };
static PART: Table = Table {
    name: "settlement_part",
    columns: &["settlement", "part", "count", "amount", "fee", "transfer", "fee_transfer"],
};
static SETTLED_PAYMENT: Table =
    Table { name: "settled_payment", columns: &["payment", "settlement", "part"] };
static NET_PAYMENT: Table = Table {
    name: "net_payment",
    columns: &[
        "settlement",
        "number",
        "pay_date",
        "count",
        "amount",
        "fee",
        "payable",
        "account",
        "transfer",
        "advice",
    ],
};

/// Comes behind every key that goes on after a `|`.
const BEHIND: &str = "~";

/// Held from the close of a window until its net payment is posted: so what is due is found without looking at the
/// rest.
pub fn due(settlement: &Settlement, pay_date: Date) -> GuardKey {
    GuardKey(format!("due|{pay_date}|{}", settlement.number()))
}

/// Held from the close of a window until the collector has answered its advice.
pub fn unadvised(settlement: &Settlement) -> GuardKey {
    GuardKey(format!("advice|{}", settlement.number()))
}

pub(super) fn row(settlement: &Settlement) -> Row {
    let values = vec![
        settlement.id().uuid().into(),
        settlement.collector.as_str().into(),
        settlement.window.to_string().into(),
    ];
    Row { table: &SETTLEMENT, values }
}

pub(super) fn part_row(
    settlement: &Settlement,
    sums: Sums,
    transfer: TransferId,
    fee_transfer: Option<TransferId>,
) -> Row {
    let values = vec![
        settlement.id().uuid().into(),
        settlement.parts.into(),
        i64::from(sums.count).into(),
        sums.amount.get().into(),
        sums.fee.get().into(),
        transfer.uuid().into(),
        Value::Uuid(fee_transfer.map(TransferId::uuid)),
    ];
    Row { table: &PART, values }
}

pub(super) fn payment_row(settlement: &Settlement, payment: PaymentId) -> Row {
    let values = vec![payment.uuid().into(), settlement.id().uuid().into(), settlement.parts.into()];
    Row { table: &SETTLED_PAYMENT, values }
}

pub(super) fn net_payment_row(settlement: &Settlement, advice: Vec<u8>) -> Result<Row, StoreError> {
    let (Some(pay_date), Some(transfer)) = (settlement.pay_date, settlement.transfer) else {
        return Err(StoreError::Corrupt(format!("{} has no pay date", settlement.number())));
    };
    let values = vec![
        settlement.id().uuid().into(),
        settlement.number().into(),
        pay_date.to_string().into(),
        i64::from(settlement.sums.count).into(),
        settlement.sums.amount.get().into(),
        settlement.sums.fee.get().into(),
        settlement.payable().get().into(),
        settlement.account.get().into(),
        transfer.uuid().into(),
        advice.into(),
    ];
    Ok(Row { table: &NET_PAYMENT, values })
}

#[derive(FromRow)]
pub(super) struct SettlementRow {
    seq: i64,
    body: String,
}

impl TryFrom<SettlementRow> for Settlement {
    type Error = StoreError;
    fn try_from(row: SettlementRow) -> Result<Self, StoreError> {
        Ok(Self { seq: row.seq, ..StoreError::json(&row.body)? })
    }
}

/// The last event `e` of each settlement whose id is `{id}`.
pub(super) fn last(id: &str) -> String {
    format!(
        "JOIN event e ON e.entity = {id} AND e.seq = (SELECT max(l.seq) FROM event l WHERE l.entity = {id})"
    )
}

#[derive(FromRow)]
struct OwedRow {
    key: String,
    payment: Uuid,
    receipt_date: String,
    amount: i64,
    fee: i64,
    seq: i64,
    body: String,
}

impl TryFrom<OwedRow> for Owed {
    type Error = StoreError;
    fn try_from(row: OwedRow) -> Result<Self, StoreError> {
        Ok(Self {
            key: GuardKey(row.key),
            payment: PaymentId::from_uuid(row.payment),
            receipt_date: StoreError::parse(&row.receipt_date)?,
            amount: Yen::new(row.amount),
            fee: Yen::new(row.fee),
            seq: row.seq,
            body: StoreError::json(&row.body)?,
        })
    }
}

/// What every key of what is owed to a collector begins with.
pub fn owed_prefix(collector: &CollectorNumber) -> String {
    format!("owed|{collector}|")
}

/// Comes behind every key of what is owed to a collector for receipt dates up to this one.
pub fn owed_end(collector: &CollectorNumber, last: Date) -> String {
    format!("{}{last}|{BEHIND}", owed_prefix(collector))
}

impl Gateway {
    /// The settlement of a collector's window, if its close has begun.
    pub async fn settlement(&self, id: SettlementId) -> Result<Option<Settlement>, StoreError> {
        let row: Option<SettlementRow> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT e.seq, e.body FROM settlement s JOIN event e ON e.entity = s.id
                 WHERE s.id = $1 ORDER BY e.seq DESC LIMIT 1",
            )
            .bind(id.uuid())
            .fetch_optional(c)
            .await
        })?;
        row.map(Settlement::try_from).transpose()
    }

    /// The latest window of a collector whose close has begun: all windows before it are closed.
    pub(super) async fn latest_settlement(
        &self,
        collector: &CollectorNumber,
    ) -> Result<Option<Settlement>, StoreError> {
        let row: Option<SettlementRow> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT e.seq, e.body FROM event e WHERE e.entity =
                     (SELECT s.id FROM settlement s WHERE s.collector = $1 ORDER BY s.window_date DESC LIMIT 1)
                 ORDER BY e.seq DESC LIMIT 1",
            )
            .bind(collector.as_str())
            .fetch_optional(c)
            .await
        })?;
        row.map(Settlement::try_from).transpose()
    }

    /// What is owed to a collector for receipt dates up to `last`, behind the key `after`, in the order of the keys.
    pub(super) async fn owed(
        &self,
        collector: &CollectorNumber,
        last: Date,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Owed>, StoreError> {
        // CROSS JOIN keeps SQLite to this order: the keys are few, the payments are many
        let sql = format!(
            "SELECT g.key, p.id AS payment, p.receipt_date, p.amount,
                 CASE WHEN p.fee_hold IS NULL THEN 0 ELSE p.fee END AS fee, e.seq, e.body
             FROM guard g CROSS JOIN payment p {}
             WHERE p.id = g.entity AND g.key > $1 AND g.key < $2 ORDER BY g.key LIMIT $3",
            self::last("p.id")
        );
        let rows: Vec<OwedRow> = read!(self.database(), |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(after)
                .bind(owed_end(collector, last))
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(c)
                .await
        })?;
        rows.into_iter().map(Owed::try_from).collect()
    }

    /// The settlements that hold a guard of this kind before the key `end`, in the order of the keys.
    pub(super) async fn settlements_guarded(
        &self,
        kind: &str,
        end: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<(String, Settlement)>, StoreError> {
        #[derive(FromRow)]
        struct Guarded {
            key: String,
            #[sqlx(flatten)]
            settlement: SettlementRow,
        }
        let sql = format!(
            "SELECT g.key, e.seq, e.body FROM guard g {}
             WHERE g.key > $1 AND g.key < $2 ORDER BY g.key LIMIT $3",
            last("g.entity")
        );
        let from = format!("{kind}|").max(after.to_owned());
        let rows: Vec<Guarded> = read!(self.database(), |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(from)
                .bind(format!("{kind}|{end}{BEHIND}"))
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(c)
                .await
        })?;
        rows.into_iter().map(|row| Ok((row.key, row.settlement.try_into()?))).collect()
    }
}
