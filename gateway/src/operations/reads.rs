//! What the console shows of payments, whoever's they are.

use collectors::protocol::Channel;
use database::{dialect, on, read};
use domain::payment::{Event, State};
use domain::{CollectorNumber, Date, PaymentId, Timestamp};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use super::unknown;
use crate::payment::history::Body;
use crate::payment::manual::{NOT_CLEARED_WAIT_S, Work};
use crate::payment::store::{self, ShownRow};
use crate::payment::{Payment, step};
use crate::{Gateway, StoreError};

/// Payments that one read answers at most.
const LIMIT_MAX: u32 = 500;
/// Characters that are searched for.
const SEARCH_CHARS_MAX: usize = 64;

/// A payment whose outcome nobody knows, and what may be done about it now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPayment {
    /// The payment.
    pub payment: Payment,
    /// Since when, in business time.
    pub unknown_since: Timestamp,
    /// How often it was delivered.
    pub deliveries: i64,
    /// Why the last delivery told nothing, in words for an operator.
    pub reason: Option<String>,
    /// Until when it is asked for automatically, in business time.
    pub automatic_until: Timestamp,
    /// Whether a delivery is under way.
    pub is_delivering: bool,
    /// Seconds until an operator may have it asked for again; 0 is now.
    pub resend_wait_s: i64,
    /// Seconds until it may be decided as not cleared; 0 is now.
    pub not_cleared_wait_s: i64,
}

/// Something that happened to a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentEvent {
    /// Its place in the payment's history, from 1.
    pub seq: i64,
    /// What.
    pub kind: Event,
    /// When, in business time.
    pub at: Timestamp,
    /// The facts.
    pub body: Body,
}

/// Which payments to show, newest first.
#[derive(Clone, Debug)]
pub struct PaymentQuery {
    /// From this receipt date on.
    pub from: Date,
    /// Up to this receipt date.
    pub to: Date,
    /// Only of this collector.
    pub collector: Option<CollectorNumber>,
    /// Only in this state.
    pub state: Option<State>,
    /// Only those that the collector cleared provisionally (仮消込).
    pub provisional_only: bool,
    /// Only those at the counter (窓口).
    pub counter_only: bool,
    /// Older than this payment, the last of the page before.
    pub before: Option<(Timestamp, PaymentId)>,
    /// At most this many, and never more than 500.
    pub limit: u32,
}

#[derive(FromRow)]
struct UnknownRow {
    #[sqlx(flatten)]
    shown: ShownRow,
    event_kind: String,
    unknown_since_us: Option<i64>,
    key: String,
    fence: i64,
    delivery: i64,
    claimed_us: i64,
    lease_until_us: i64,
}

impl Gateway {
    /// Payments whose outcome nobody knows, of one collector or of every one, the oldest first.
    pub async fn unknown_payments(
        &self,
        collector: Option<&CollectorNumber>,
        limit: u32,
    ) -> Result<Vec<UnknownPayment>, StoreError> {
        self.unknown_among(None, collector, limit).await
    }

    /// A payment, if nobody knows its outcome.
    pub async fn unknown_payment(&self, id: PaymentId) -> Result<Option<UnknownPayment>, StoreError> {
        Ok(self.unknown_among(Some(id), None, 1).await?.pop())
    }

    async fn unknown_among(
        &self,
        id: Option<PaymentId>,
        collector: Option<&CollectorNumber>,
        limit: u32,
    ) -> Result<Vec<UnknownPayment>, StoreError> {
        let mut tx = self.database().snapshot().await?;
        let now_us = dialect::server_now_us(&mut tx).await?;
        let rows: Vec<UnknownRow> = on!(tx, |c| {
            let mut sql = QueryBuilder::new("SELECT ");
            sql.push(store::SHOWN).push(", e.kind AS event_kind, ").push(unknown::WORK);
            sql.push(
                ", (SELECT min(u.at_us) FROM event u WHERE u.entity = p.id AND u.kind = 'outcome_unknown')",
            );
            sql.push(" AS unknown_since_us FROM ").push(store::UNKNOWN);
            if let Some(id) = id {
                sql.push(" AND p.id = ").push_bind(id.uuid());
            }
            if let Some(collector) = collector {
                sql.push(" AND p.collector = ").push_bind(collector.as_str());
            }
            sql.push(" ORDER BY p.held_us, p.id LIMIT ").push_bind(i64::from(limit.clamp(1, LIMIT_MAX)));
            sql.build_query_as().fetch_all(c).await
        })?;
        tx.rollback().await?;
        rows.into_iter().map(|row| self.as_unknown(row, now_us)).collect()
    }

    fn as_unknown(&self, row: UnknownRow, now_us: i64) -> Result<UnknownPayment, StoreError> {
        let work: Work =
            unknown::work((row.key, row.fence, row.delivery, row.claimed_us, row.lease_until_us), now_us);
        let body: Body = StoreError::json(row.shown.event_body())?;
        let payment = Payment::try_from(row.shown)?;
        let claimed = row.event_kind == Event::Claimed.as_str();
        let is_delivering = claimed && work.left_s > 0;
        let still_s = if is_delivering { work.left_s } else { 0 };
        Ok(UnknownPayment {
            unknown_since: row.unknown_since_us.map_or(payment.changed_at, Timestamp::from_micros),
            deliveries: work.delivery,
            reason: body.reason,
            automatic_until: step::automatic_resend_ends(payment.facts.receipt_date),
            is_delivering,
            resend_wait_s: self.manual_wait_s(&work, claimed),
            not_cleared_wait_s: (NOT_CLEARED_WAIT_S - work.since_claim_s).max(still_s),
            payment,
        })
    }

    /// Everything that happened to a payment, oldest first; empty where there is none.
    pub async fn payment_events(&self, id: PaymentId) -> Result<Vec<PaymentEvent>, StoreError> {
        let events = self.0.ledger.events(id.into()).await?;
        events
            .into_iter()
            .map(|event| {
                Ok(PaymentEvent {
                    seq: event.seq,
                    kind: StoreError::parse(&event.kind)?,
                    at: event.at,
                    body: StoreError::json(&event.body)?,
                })
            })
            .collect()
    }

    /// The payments with exactly this 受付番号, resend key of their clearing or a cancellation, or id.
    pub async fn search_payments(&self, text: &str) -> Result<Vec<Payment>, StoreError> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > SEARCH_CHARS_MAX {
            return Ok(Vec::new());
        }
        let sql = store::shown(
            // one index each, and no look through all payments
            "p.id IN (SELECT id FROM payment WHERE receipt_number = $1
             UNION SELECT id FROM payment WHERE message_key = $1
             UNION SELECT id FROM payment WHERE id = $2
             UNION SELECT payment FROM cancellation WHERE key = $1)",
        );
        let id = text.parse::<Uuid>().unwrap_or_default();
        let rows: Vec<ShownRow> = read!(self.database(), |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(text).bind(id).fetch_all(c).await
        })?;
        rows.into_iter().map(Payment::try_from).collect()
    }

    /// Payments of all contracts, newest first.
    pub async fn payments_for_operator(&self, query: &PaymentQuery) -> Result<Vec<Payment>, StoreError> {
        let rows: Vec<ShownRow> = read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(store::shown("p.receipt_date >= "));
            sql.push_bind(query.from.to_string());
            sql.push(" AND p.receipt_date <= ").push_bind(query.to.to_string());
            if let Some(collector) = &query.collector {
                sql.push(" AND p.collector = ").push_bind(collector.as_str());
            }
            if let Some(state) = query.state {
                sql.push(" AND e.body LIKE ").push_bind(store::state_pattern(state));
            }
            if query.provisional_only {
                sql.push(" AND d.body LIKE '%\"provisional\":\"%'");
            }
            if query.counter_only {
                // a literal: only so does its partial index serve
                sql.push(" AND p.channel = '").push(Channel::Counter.as_str()).push("'");
            }
            if let Some((at, id)) = query.before {
                sql.push(" AND (p.held_us < ").push_bind(at.micros());
                sql.push(" OR (p.held_us = ").push_bind(at.micros());
                sql.push(" AND p.id < ").push_bind(id.uuid()).push("))");
            }
            sql.push(" ORDER BY p.held_us DESC, p.id DESC LIMIT ");
            sql.push_bind(i64::from(query.limit.clamp(1, LIMIT_MAX)));
            sql.build_query_as().fetch_all(c).await
        })?;
        rows.into_iter().map(Payment::try_from).collect()
    }

    /// 仮消込: what collectors accepted without matching it, held on these receipt dates, newest first.
    pub async fn provisional_payments(
        &self,
        from: Date,
        to: Date,
        limit: u32,
    ) -> Result<Vec<Payment>, StoreError> {
        let query = PaymentQuery {
            from,
            to,
            collector: None,
            state: None,
            provisional_only: true,
            counter_only: false,
            before: None,
            limit,
        };
        self.payments_for_operator(&query).await
    }
}
