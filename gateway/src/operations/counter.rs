//! 窓口: a teller enters the payment of somebody who pays cash, and may have it cancelled on the same day.

use std::time::Duration;

use database::{dialect, on};
use domain::payment::Cancellation as Stage;
use domain::{BillId, CollectorNumber, Date, InquiryId, PaymentId, Timestamp, Yen};
use ledger::{AuditRecord, Commit, Refused};
use sqlx::{FromRow, QueryBuilder};
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use super::{OperationError, Operator, unknown};
use crate::payment::cancellation::{self, Cancellation};
use crate::payment::manual::{self, NOT_CLEARED_WAIT_S};
use crate::payment::store::{self, ShownRow};
use crate::payment::{Payment, step};
use crate::points::Persist;
use crate::{
    Gateway, Guard, Inquiry, InquiryError, InquiryRequest, PayError, Payer, PaymentOrder, StoreError, chart,
};

/// Open cancellations that one read answers at most.
const LIMIT_MAX: i64 = 1_000;

/// What a teller confirms for a payer who has handed over amount and fee.
#[derive(Clone, Debug)]
pub struct CounterOrder {
    /// Made when the review was first shown: the same id again is the same payment.
    pub payment: PaymentId,
    /// The counter inquiry that found the bill.
    pub inquiry: InquiryId,
    /// The bill.
    pub bill: BillId,
    /// The amount as reviewed, without the fee.
    pub amount: Yen,
}

/// A cancellation without a known outcome. Its payment is not settled, and its collector's day not closed, before it
/// has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCancellation {
    /// The payment; accepted.
    pub payment: Payment,
    /// The resend key of the cancellation.
    pub key: String,
    /// Where it is: requested, sending or unknown.
    pub state: Stage,
    /// When it was requested, in business time, and by whom.
    pub requested: (Timestamp, Operator),
    /// How often it was delivered.
    pub deliveries: i64,
    /// Until when it is asked for automatically, in business time.
    pub automatic_until: Timestamp,
    /// Seconds until an operator may have it asked for again, where it is unknown; 0 is now.
    pub resend_wait_s: i64,
    /// Seconds until it may be decided as not cancelled, where it is unknown; 0 is now.
    pub not_cancelled_wait_s: i64,
}

#[derive(FromRow)]
struct OpenRow {
    #[sqlx(flatten)]
    shown: ShownRow,
    event_kind: String,
    requested_us: i64,
    requested_by: String,
    key: String,
    fence: i64,
    delivery: i64,
    claimed_us: i64,
    lease_until_us: i64,
}

/// Which open cancellations are read.
#[derive(Clone, Copy, Debug, Default)]
struct Among<'q> {
    payment: Option<PaymentId>,
    collector: Option<&'q CollectorNumber>,
    receipt_date: Option<Date>,
    /// Only those that neither wait nor are under way.
    unknown_only: bool,
}

impl Gateway {
    /// 照会 for a payer at the counter.
    pub async fn counter_inquiry(
        &self,
        request: InquiryRequest,
        operator: &Operator,
    ) -> Result<Inquiry, InquiryError> {
        let audit = AuditRecord {
            contract: Some(Payer::at_counter().contract),
            actor: operator.name.clone(),
            action: "counter.inquire",
            subject: request.collector.to_string(),
            detail: request.customer_number.to_string(),
        };
        let commit = Commit { audit: vec![audit], ..Commit::default() };
        // who asked for a payer's bills is known before they are seen
        self.persist(Persist::CounterInquiry, commit).await.map_err(StoreError::from)?;
        self.inquire(Payer::at_counter(), request).await
    }

    /// A counter inquiry, for the pages that follow it.
    pub async fn counter_inquiry_by_id(&self, id: InquiryId) -> Result<Option<Inquiry>, StoreError> {
        self.inquiry(Payer::at_counter().contract, id).await
    }

    /// Pays a bill with the cash that a payer has handed over, at most once for an id, as [`pay`](Self::pay) does.
    #[tracing::instrument(level = "error", skip_all, fields(payment = %order.payment, %operator))]
    pub async fn counter_payment(
        &self,
        order: CounterOrder,
        operator: &Operator,
    ) -> Result<Payment, PayError> {
        let order = PaymentOrder {
            payment: order.payment,
            payer: Payer::at_counter(),
            inquiry: order.inquiry,
            bill: order.bill,
            amount: order.amount,
            account: chart::COUNTER_CASH,
            guards: Vec::new(),
            barred_by: Vec::new(),
        };
        self.pay_as(&order, operator.clone()).await
    }

    /// Asks the collector to take a counter payment back, on its own day, and waits a moment for the answer. The
    /// payment says what became of it: cancelled, or accepted with the state of its cancellation.
    pub async fn cancel(&self, id: PaymentId, operator: &Operator) -> Result<Payment, OperationError> {
        self.cancel_once(id, operator, None).await
    }

    /// The same, and the commit takes the guard: whoever has it, and whatever became of this before, it is not done
    /// again.
    #[tracing::instrument(level = "error", skip_all, fields(payment = %id, %operator))]
    pub async fn cancel_once(
        &self,
        id: PaymentId,
        operator: &Operator,
        once: Option<&Guard>,
    ) -> Result<Payment, OperationError> {
        let (hub, by, once) = (self.clone(), operator.clone(), once.cloned());
        // a task of its own: a person who goes away leaves no claim without its delivery
        let begun = async move { hub.begin_cancellation(id, &by, once.as_ref()).await };
        let begun = tokio::spawn(begun.in_current_span());
        let delivery = begun.await.map_err(|_| StoreError::Ledger(Refused::Stopped))??;
        drop(tokio::time::timeout(Duration::from_secs(self.0.settings.pay_wait_s), delivery).await);
        self.payment_for_operator(id).await?.ok_or(OperationError::NotFound)
    }

    async fn begin_cancellation(
        &self,
        id: PaymentId,
        operator: &Operator,
        once: Option<&Guard>,
    ) -> Result<JoinHandle<()>, OperationError> {
        let (facts, position) = self.load(id.into()).await?.ok_or(OperationError::NotFound)?;
        let now = self.now();
        let is_open = match self.directory().get(&facts.collector) {
            Some(collector) => self.takes_payments(collector, facts.receipt_date).await?,
            None => false,
        };
        cancellation::may_request(&facts, &position, is_open, now)?;
        let key = self.0.serials.next(self.database(), now.date()).await?;
        let cancellation = Cancellation::new(&facts, &key, operator, now);
        let payload = cancellation::message(&facts, &self.clearing_message(&facts).await?, &key, now)?;
        let row = store::cancellation_row(&cancellation);
        let lease_s = self.0.settings.lease_s;
        let mut step = cancellation::request(&facts, position, &cancellation, payload, row, lease_s)?;
        step.commit.guards.extend(once.map(|once| (once.key(), id.into())));
        let committed = self.persist(Persist::Cancellation, step.commit).await?;
        tracing::info!(message = %cancellation.key, "a cancellation is requested");
        self.begin_claimed(facts, Some(cancellation), step.effect, &committed)
    }

    /// Cancellations without a known outcome, of one collector or receipt date or of all; the oldest first.
    pub async fn open_cancellations(
        &self,
        collector: Option<&CollectorNumber>,
        receipt_date: Option<Date>,
    ) -> Result<Vec<OpenCancellation>, StoreError> {
        self.cancellations_among(&Among { collector, receipt_date, ..Among::default() }, LIMIT_MAX).await
    }

    /// Those whose outcome nobody knows, of one collector or of every one; the oldest first.
    pub async fn unknown_cancellations(
        &self,
        collector: Option<&CollectorNumber>,
        limit: u32,
    ) -> Result<Vec<OpenCancellation>, StoreError> {
        let among = Among { collector, unknown_only: true, ..Among::default() };
        self.cancellations_among(&among, i64::from(limit).clamp(1, LIMIT_MAX)).await
    }

    /// The cancellation of a payment, if nobody knows its outcome.
    pub async fn unknown_cancellation(
        &self,
        payment: PaymentId,
    ) -> Result<Option<OpenCancellation>, StoreError> {
        let among = Among { payment: Some(payment), unknown_only: true, ..Among::default() };
        Ok(self.cancellations_among(&among, 1).await?.pop())
    }

    async fn cancellations_among(
        &self,
        among: &Among<'_>,
        limit: i64,
    ) -> Result<Vec<OpenCancellation>, StoreError> {
        let mut tx = self.database().snapshot().await?;
        let now_us = dialect::server_now_us(&mut tx).await?;
        let rows: Vec<OpenRow> = on!(tx, |c| {
            let mut sql = QueryBuilder::new("SELECT ");
            sql.push(store::SHOWN).push(", e.kind AS event_kind, c.requested_us, c.requested_by, ");
            sql.push(unknown::WORK).push(" FROM ").push(store::CANCELLING);
            if let Some(payment) = among.payment {
                sql.push(" AND p.id = ").push_bind(payment.uuid());
            }
            if let Some(collector) = among.collector {
                sql.push(" AND p.collector = ").push_bind(collector.as_str());
            }
            if let Some(date) = among.receipt_date {
                sql.push(" AND p.receipt_date = ").push_bind(date.to_string());
            }
            if among.unknown_only {
                sql.push(" AND e.body LIKE ").push_bind(store::cancellation_pattern(Stage::Unknown));
            }
            sql.push(" ORDER BY c.requested_us, c.key LIMIT ").push_bind(limit);
            sql.build_query_as().fetch_all(c).await
        })?;
        tx.rollback().await?;
        rows.into_iter().map(|row| self.as_open_cancellation(row, now_us)).collect()
    }

    fn as_open_cancellation(&self, row: OpenRow, now_us: i64) -> Result<OpenCancellation, StoreError> {
        let is_claimed = row.event_kind == domain::payment::Event::CancellationClaimed.as_str();
        let work: manual::Work =
            unknown::work((row.key, row.fence, row.delivery, row.claimed_us, row.lease_until_us), now_us);
        let payment = Payment::try_from(row.shown)?;
        let state = payment.cancellation.filter(|state| state.is_open());
        let still_s = if is_claimed { work.left_s } else { 0 };
        Ok(OpenCancellation {
            state: state
                .ok_or_else(|| StoreError::Corrupt(format!("{} is open work, and over", work.key)))?,
            requested: (Timestamp::from_micros(row.requested_us), Operator { name: row.requested_by }),
            deliveries: work.delivery,
            automatic_until: step::automatic_resend_ends(payment.facts.receipt_date),
            resend_wait_s: self.manual_wait_s(&work, is_claimed),
            not_cancelled_wait_s: (NOT_CLEARED_WAIT_S - work.since_claim_s).max(still_s),
            key: work.key,
            payment,
        })
    }
}
