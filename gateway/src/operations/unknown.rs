//! Payments whose outcome nobody knows: asked for again by an operator, or decided by the collector's word.

use std::time::Duration;

use database::{dialect, on};
use domain::{CollectorNumber, PaymentId, Timestamp};
use ledger::{Committed, EntityId};
use sqlx::QueryBuilder;
use tokio::task::JoinHandle;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{OperationError, Operator};
use crate::payment::cancellation::Cancellation;
use crate::payment::history::{Position, Word};
use crate::payment::manual::{self, Decision, FourEyes, Work};
use crate::payment::step::Effect;
use crate::payment::{Facts, Payment, sending, store};
use crate::points::Persist;
use crate::sender::Delivery;
use crate::{Gateway, Guard, StoreError};

/// Payments that one call resends; the caller asks again for the rest.
const RESEND_ALL_MAX: i64 = 1_000;

/// What a call for all unknown payments comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resends {
    /// Are asked for again from now on, a few at a time.
    pub begun: usize,
    /// Were asked for a moment ago, or are just being asked for.
    pub too_soon: usize,
}

pub(super) type WorkRow = (String, i64, i64, i64, i64);

/// Columns of [`WorkRow`], of `outbox` as `o`.
pub(super) const WORK: &str = "o.key, o.fence, o.delivery, o.claimed_us, o.lease_until_us";

pub(super) fn work((key, fence, delivery, claimed_us, lease_until_us): WorkRow, now_us: i64) -> Work {
    let now = Timestamp::from_micros(now_us);
    Work {
        key,
        fence,
        delivery,
        // rounded up: what is told as possible in a second is possible then
        left_s: (-now.seconds_since(Timestamp::from_micros(lease_until_us))).max(0),
        since_claim_s: now.seconds_since(Timestamp::from_micros(claimed_us)),
    }
}

impl Gateway {
    /// Has an unknown payment asked for again, at any hour, and waits a moment for the answer. Always a resend
    /// confirmation with the stored bytes and key.
    #[tracing::instrument(level = "error", skip_all, fields(payment = %id, %operator))]
    pub async fn resend(&self, id: PaymentId, operator: &Operator) -> Result<Payment, OperationError> {
        let (hub, by) = (self.clone(), operator.clone());
        // a task of its own: a person who goes away leaves no claim without its delivery
        let begun = tokio::spawn(async move { hub.begin_resend(id, &by).await }.in_current_span());
        let delivery = begun.await.map_err(|_| StoreError::Ledger(ledger::Refused::Stopped))??;
        drop(tokio::time::timeout(Duration::from_secs(self.0.settings.pay_wait_s), delivery).await);
        self.payment_for_operator(id).await?.ok_or(OperationError::NotFound)
    }

    /// Has all unknown payments and cancellations asked for again, of one collector or of every one, a thousand of each
    /// at most. A process does so for a collector once at a time.
    #[tracing::instrument(level = "error", skip_all, fields(%operator))]
    pub async fn resend_all(
        &self,
        collector: Option<&CollectorNumber>,
        operator: &Operator,
    ) -> Result<Resends, OperationError> {
        let mut resends = Resends::default();
        let mut lanes = std::collections::BTreeMap::<String, Vec<PaymentId>>::new();
        for (destination, id, due) in self.unknown_work(collector).await? {
            if due {
                lanes.entry(destination).or_default().push(id);
            } else {
                resends.too_soon += 1;
            }
        }
        for open in self.open_cancellations(collector, None).await? {
            if open.state == domain::payment::Cancellation::Unknown && open.resend_wait_s == 0 {
                lanes
                    .entry(open.payment.facts.collector.to_string())
                    .or_default()
                    .push(open.payment.facts.id);
            } else {
                resends.too_soon += 1;
            }
        }
        for (destination, ids) in lanes {
            let Some(turn) = self.0.sender.turn(&destination) else {
                resends.too_soon += ids.len();
                continue;
            };
            resends.begun += ids.len();
            let (hub, by) = (self.clone(), operator.clone());
            let all = async move {
                hub.resend_in_turn(&destination, ids, &by).await;
                drop(turn);
            };
            tokio::spawn(all.in_current_span());
        }
        tracing::info!(begun = resends.begun, too_soon = resends.too_soon, "unknown payments are asked for");
        Ok(resends)
    }

    /// The collector's word ends what is unknown. Of a payment: cleared posts the amount, not cleared releases it. Of
    /// a cancellation: cancelled gives the money back, not cancelled leaves the payment accepted. A "not" counts only
    /// while there was no delivery after `deliveries`, those that there were when the collector was asked.
    pub async fn decide(
        &self,
        id: PaymentId,
        word: Word,
        deliveries: i64,
        eyes: &FourEyes,
    ) -> Result<Payment, OperationError> {
        self.decide_once(id, word, deliveries, eyes, None).await
    }

    /// The same, and the commit takes the guard: whoever has it, and whatever became of this before, it is not done
    /// again.
    #[tracing::instrument(level = "error", skip_all, fields(payment = %id, word = word.as_str()))]
    pub async fn decide_once(
        &self,
        id: PaymentId,
        word: Word,
        deliveries: i64,
        eyes: &FourEyes,
        once: Option<&Guard>,
    ) -> Result<Payment, OperationError> {
        eyes.check()?;
        let (facts, position, work) = self.open_work(id).await?;
        manual::may_decide(&facts, &position, &work, word, deliveries)?;
        let cancellation = self.cancellation_of(&facts, &work.key).await?;
        let decision = Decision {
            word,
            eyes,
            cancellation: cancellation.as_ref(),
            accepted_guard: sending::accepted_guard(self.directory().get(&facts.collector), &facts),
        };
        let mut step = manual::decide(&facts, position, &work, decision, self.now())?;
        step.commit.guards.extend(once.map(|once| (once.key(), id.into())));
        self.persist(Persist::Decision, step.commit).await?;
        tracing::warn!(maker = %eyes.maker, checker = %eyes.checker, state = %step.state, "an outcome was decided");
        self.payment_for_operator(id).await?.ok_or(OperationError::NotFound)
    }

    /// A payment with its open work; one that has none is not unknown.
    async fn open_work(&self, id: PaymentId) -> Result<(Facts, Position, Work), OperationError> {
        let work = self.work(id.into()).await?;
        let (facts, position) = self.load(id.into()).await?.ok_or(OperationError::NotFound)?;
        let work = work.ok_or(manual::NotNow::NotUnknown(position.state))?;
        Ok((facts, position, work))
    }

    /// The open work of an entity, as the database server's clock has it now.
    pub(super) async fn work(&self, entity: EntityId) -> Result<Option<Work>, StoreError> {
        let mut tx = self.database().snapshot().await?;
        let now_us = dialect::server_now_us(&mut tx).await?;
        let sql = format!("SELECT {WORK} FROM outbox o WHERE o.entity = $1");
        let row: Option<WorkRow> =
            on!(tx, |c| { sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(entity.0).fetch_optional(c).await })?;
        tx.rollback().await?;
        Ok(row.map(|row| work(row, now_us)))
    }

    /// The unknown payments: destination, payment, and whether it may be asked for now. The oldest first.
    async fn unknown_work(
        &self,
        collector: Option<&CollectorNumber>,
    ) -> Result<Vec<(String, PaymentId, bool)>, StoreError> {
        type Found = (String, Uuid, String, String, i64, i64, i64, i64);
        let mut tx = self.database().snapshot().await?;
        let now_us = dialect::server_now_us(&mut tx).await?;
        let rows: Vec<Found> = on!(tx, |c| {
            let mut sql = QueryBuilder::new("SELECT o.destination, p.id, e.kind, ");
            sql.push(WORK).push(" FROM ").push(store::UNKNOWN);
            if let Some(collector) = collector {
                sql.push(" AND o.destination = ").push_bind(collector.as_str());
            }
            sql.push(" ORDER BY p.held_us, p.id LIMIT ").push_bind(RESEND_ALL_MAX);
            sql.build_query_as().fetch_all(c).await
        })?;
        tx.rollback().await?;
        let found = rows.into_iter().map(|(destination, id, kind, key, fence, delivery, claimed, lease)| {
            let work = work((key, fence, delivery, claimed, lease), now_us);
            let due = self.manual_wait_s(&work, kind == domain::payment::Event::Claimed.as_str()) == 0;
            (destination, PaymentId::from_uuid(id), due)
        });
        Ok(found.collect())
    }

    /// Seconds until an operator may have the work repeated.
    pub(super) fn manual_wait_s(&self, work: &Work, is_claimed: bool) -> i64 {
        if is_claimed {
            return work.left_s;
        }
        sending::manual_pause_left_s(&self.0.settings, work.delivery, work.left_s)
    }

    /// Claims the next delivery for the operator and begins it.
    async fn begin_resend(
        &self,
        id: PaymentId,
        operator: &Operator,
    ) -> Result<JoinHandle<()>, OperationError> {
        let (facts, position, work) = self.open_work(id).await?;
        manual::may_resend(&self.0.settings, &facts, &position, &work)?;
        let cancellation = self.cancellation_of(&facts, &work.key).await?;
        let step = manual::resend(&facts, position, &work, self.0.settings.lease_s, operator, self.now())?;
        let committed = self.persist(Persist::ManualClaim, step.commit).await?;
        tracing::info!("an operator has the payment asked for again");
        self.begin_claimed(facts, cancellation, step.effect, &committed)
    }

    /// Begins the delivery that a commit has claimed.
    pub(super) fn begin_claimed(
        &self,
        facts: Facts,
        cancellation: Option<Cancellation>,
        effect: Effect,
        committed: &Committed,
    ) -> Result<JoinHandle<()>, OperationError> {
        let (Effect::Deliver { delivery, repeat }, Some(fence)) = (effect, committed.fences.first()) else {
            return Err(StoreError::Corrupt("a claim handed out no fence".to_owned()).into());
        };
        Ok(self.spawn_delivery(Delivery { facts, cancellation, fence: *fence, delivery, repeat }))
    }

    /// One after the other, as many at a time as the destination has places.
    async fn resend_in_turn(&self, destination: &str, ids: Vec<PaymentId>, operator: &Operator) {
        let lane = self.0.sender.lane(destination);
        for id in ids {
            let Ok(place) = std::sync::Arc::clone(&lane).acquire_owned().await else { return };
            match self.begin_resend(id, operator).await {
                Ok(delivery) => {
                    tokio::spawn(async move {
                        drop(delivery.await);
                        drop(place);
                    });
                }
                // answered meanwhile, or asked for by another
                Err(OperationError::NotNow(_) | OperationError::Moved) => {}
                Err(error) => tracing::warn!(payment = %id, %error, "an unknown payment was not resent"),
            }
        }
    }
}
