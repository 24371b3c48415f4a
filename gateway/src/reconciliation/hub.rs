//! The hub's side of a day: its payments, each with what the ledger has of it.

use database::{Tx, on};
use domain::{CollectorNumber, Date, PaymentId, Yen};
use sqlx::FromRow;
use uuid::Uuid;

use super::compare::{self, HubItem, Posting};
use crate::payment::history::Body;
use crate::service::Counters;
use crate::{Gateway, StoreError, chart};

/// Payments read at once.
const PAGE_PAYMENTS: i64 = 1_000;

#[derive(FromRow)]
struct ItemRow {
    id: Uuid,
    account: i64,
    message_key: String,
    amount: i64,
    bill_guard: String,
    body: Option<String>,
    accepted: Option<String>,
    held: Option<i64>,
    ended: Option<i64>,
    ended_amount: Option<i64>,
    ended_debit: Option<i64>,
    ended_credit: Option<i64>,
    returned: Option<i64>,
    open: Option<i64>,
}

const ROWS: &str = "
    SELECT p.id, p.account, p.message_key, p.amount, p.bill_guard,
           (SELECT e.body FROM event e WHERE e.entity = p.id ORDER BY e.seq DESC LIMIT 1) AS body,
           (SELECT a.body FROM event a WHERE a.entity = p.id AND a.kind = 'accepted'
            ORDER BY a.seq LIMIT 1) AS accepted,
           h.amount AS held, t.kind AS ended, t.amount AS ended_amount, t.debit AS ended_debit,
           t.credit AS ended_credit,
           (SELECT CAST(sum(b.amount) AS BIGINT) FROM transfer b WHERE b.id IN (
                SELECT c.reversal FROM cancellation c WHERE c.payment = p.id
                UNION ALL SELECT r.reversal FROM refund r WHERE r.payment = p.id)) AS returned,
           (SELECT o.fence FROM outbox o WHERE o.entity = p.id) AS open
    FROM payment p
    LEFT JOIN transfer h ON h.id = p.hold AND h.kind = 1
    LEFT JOIN transfer t ON t.pending = p.hold
    WHERE p.collector = $1 AND p.receipt_date = $2 AND p.message_key > $3
    ORDER BY p.message_key LIMIT $4";

/// The payments of a day, in the order of their serials.
pub(crate) async fn items(
    tx: &mut Tx,
    collector: &CollectorNumber,
    date: Date,
) -> Result<Vec<HubItem>, StoreError> {
    let mut items = Vec::new();
    let mut after = String::new();
    loop {
        let rows: Vec<ItemRow> = on!(tx, |c| {
            sqlx::query_as(ROWS)
                .bind(collector.as_str())
                .bind(date.to_string())
                .bind(&after)
                .bind(PAGE_PAYMENTS)
                .fetch_all(c)
                .await
        })?;
        let Some(last) = rows.last() else { return Ok(items) };
        after.clone_from(&last.message_key);
        for row in rows {
            items.push(row.item(collector)?);
        }
    }
}

impl ItemRow {
    fn item(self, collector: &CollectorNumber) -> Result<HubItem, StoreError> {
        let unreadable = || StoreError::Corrupt(format!("payment {} has no readable state", self.id));
        let body: Body = StoreError::json(self.body.as_deref().ok_or_else(unreadable)?)?;
        let accepted: Body = self.accepted.as_deref().map(StoreError::json).transpose()?.unwrap_or_default();
        let serial = self.message_key.rsplit('/').next().unwrap_or_default();
        let state = body.state.ok_or_else(unreadable)?;
        Ok(HubItem {
            payment: PaymentId::from_uuid(self.id),
            serial: StoreError::parse(serial)?,
            cancelling: !state.is_open() && self.open.is_some(),
            state,
            amount: Yen::new(self.amount),
            provisional: accepted.provisional.is_some(),
            posting: self.posting(collector),
            bill: self.bill_guard,
            moved: false,
        })
    }

    /// Only what went from the payer to this collector counts as posted.
    fn posting(&self, collector: &CollectorNumber) -> Posting {
        let clearing = chart::clearing(collector).get();
        let right = self.ended_debit == Some(self.account) && self.ended_credit == Some(clearing);
        let posted = self.ended_amount.filter(|_| self.ended == Some(2) && right);
        Posting {
            held: self.held.map(Yen::new),
            posted: posted.map(Yen::new),
            voided: self.ended == Some(3),
            returned: Yen::new(self.returned.unwrap_or_default()),
        }
    }
}

impl Gateway {
    /// The payments of a day in one snapshot.
    pub(super) async fn hub_items(
        &self,
        collector: &CollectorNumber,
        date: Date,
    ) -> Result<Vec<HubItem>, StoreError> {
        let mut tx = self.database().snapshot().await?;
        let items = items(&mut tx, collector, date).await?;
        tx.rollback().await?;
        Ok(items)
    }

    /// The hub's own counters of a day, from its payments.
    pub(crate) async fn hub_counters(
        &self,
        collector: &CollectorNumber,
        date: Date,
    ) -> Result<Counters, StoreError> {
        Ok(compare::hub_counters(&self.hub_items(collector, date).await?))
    }
}
