//! Deliveries to the network: at once after the commit of an order, and again, with the same bytes, while the outcome
//! is unknown. Every delivery was claimed by a commit of its own before; its answer is recorded by another.

use std::time::Duration;

use database::{dialect, on};
use domain::{OrderId, RecallId};
use ledger::Refused;
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Body, Outcome, Status};
use crate::order::{Facts, Position};
use crate::points::{Exchange, Persist};
use crate::step::{self, Claim, DESTINATION, Evidence, Report};
use crate::{StoreError, Transfers};

/// Rows of the queue that are read at once.
const QUEUE_ROWS_MAX: i64 = 256;
/// Messages that are claimed and not answered, or whose answers are not recorded, at most.
const IN_FLIGHT_MAX: usize = 64;
/// Tries to record an answer; after that the lease runs out and it is asked for again.
const RECORD_TRIES_MAX: u32 = 20;
/// The longest pause between two deliveries, in resend intervals.
const PAUSE_INTERVALS_MAX: i64 = 4;
/// Deliveries after which the pause grows by one interval.
const PAUSE_GROWS_AFTER_DELIVERIES: i64 = 10;
/// The network's code for other content under a known number.
pub(super) const OTHER_CONTENT: &str = "DUPL";

/// Open work as it lies in the queue.
type Waiting = (String, Uuid, i64, i64, Vec<u8>);

/// What the claim of a delivery left known, so that nothing of it is read again.
struct Claimed {
    /// The stored bytes.
    payload: Vec<u8>,
    /// Where the order stands.
    position: Position,
    /// Until then at least the lease runs: it is counted from before it was asked for.
    until: Instant,
}

impl Transfers {
    /// Delivers under a claim that the commit has handed out, beside the caller.
    pub(crate) fn deliver_soon(&self, facts: Facts, fence: i64, delivery: i64) {
        let engine = self.clone();
        tokio::spawn(async move { engine.deliver(&facts, fence, delivery, None).await });
    }

    /// Takes up open work that nobody has a lease of, once through the queue, and waits for its deliveries. What a
    /// batch has handed over is many times what goes at once: as soon as one is answered the next one goes, and claims
    /// and answers gather in the group commit.
    pub async fn send_open_work(&self) -> Result<(), StoreError> {
        let mut running = JoinSet::new();
        let walked = self.walk_queue(&mut running).await;
        // what is under way is never broken off
        while running.join_next().await.is_some() {}
        walked
    }

    async fn walk_queue(&self, running: &mut JoinSet<()>) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let rows = self.waiting(&after).await?;
            let Some((last, ..)) = rows.last() else { return Ok(()) };
            after.clone_from(last);
            let is_last = i64::try_from(rows.len()).is_ok_and(|rows| rows < QUEUE_ROWS_MAX);
            let ids: Vec<Uuid> = rows.iter().map(|(_, entity, ..)| *entity).collect();
            let mut orders = self.load_all(&ids).await?;
            for row in rows {
                while running.len() >= IN_FLIGHT_MAX {
                    running.join_next().await;
                }
                let (engine, order) = (self.clone(), orders.remove(&row.1));
                running.spawn(async move {
                    let key = row.0.clone();
                    let taken = match order {
                        Some(Ok((facts, position))) => engine.resume(&facts, position, row).await,
                        Some(Err(unreadable)) => Err(unreadable),
                        None => engine.resume_other(row).await,
                    };
                    if let Err(error) = taken {
                        tracing::error!(message = %key, %error, "open work could not be taken up");
                    }
                });
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// Open work without a lease after a key, in the order of the keys, which is that of their age.
    async fn waiting(&self, after: &str) -> Result<Vec<Waiting>, StoreError> {
        let mut tx = self.database().snapshot().await?;
        let now_us = dialect::server_now_us(&mut tx).await?;
        let rows: Vec<Waiting> = on!(tx, |c| {
            sqlx::query_as(
                "SELECT key, entity, fence, delivery, payload FROM outbox
                 WHERE destination = $1 AND key > $2 AND lease_until_us <= $3 ORDER BY key LIMIT $4",
            )
            .bind(DESTINATION)
            .bind(after)
            .bind(now_us)
            .bind(QUEUE_ROWS_MAX)
            .fetch_all(c)
            .await
        })?;
        tx.rollback().await?;
        Ok(rows)
    }

    /// Open work that is of no order: of a debit, of a recall, or of the answer to one.
    async fn resume_other(&self, (_, entity, fence, delivery, _): Waiting) -> Result<(), StoreError> {
        if self.debit(OrderId::from_uuid(entity)).await?.is_some() {
            return self.resume_debit(OrderId::from_uuid(entity), fence, delivery).await;
        }
        let id = RecallId::from_uuid(entity);
        match self.consent_for_operator(id).await? {
            Some(case) => self.resume_answer(&case, fence, delivery).await,
            None => self.resume_recall(id, fence).await,
        }
    }

    async fn resume(
        &self,
        facts: &Facts,
        position: Position,
        (_, _, fence, delivery, payload): Waiting,
    ) -> Result<(), StoreError> {
        let lease_s = self.0.settings.lease_s;
        let claim = Claim { fence, delivery, lease_s };
        let Some(resumed) = step::resume(facts, position, claim, self.now())? else { return Ok(()) };
        let until = Instant::now() + Duration::from_secs(lease_s.unsigned_abs());
        match self.persist(Persist::Claim, resumed.commit).await {
            Ok(committed) => {
                if let (Some(delivery), Some(fence)) = (resumed.delivery, committed.fences.first()) {
                    let claimed = Claimed { payload, position: resumed.position, until };
                    self.deliver(facts, *fence, delivery, Some(claimed)).await;
                }
                Ok(())
            }
            // another process was faster
            Err(Refused::Stale | Refused::Fenced(_)) => Ok(()),
            Err(refused) => Err(refused.into()),
        }
    }

    /// One delivery under its claim, and what it came to.
    async fn deliver(&self, facts: &Facts, fence: i64, delivery: i64, claimed: Option<Claimed>) {
        let (payload, position) = match claimed {
            Some(Claimed { payload, position, until }) => {
                (Ok((Instant::now() < until).then_some(payload)), Some(position))
            }
            None => (self.claimed_payload(&facts.message_id(), fence).await, None),
        };
        let (report, evidence) = match payload {
            Ok(Some(payload)) => conclude(facts, self.exchange(Exchange::Transfer, payload).await),
            Ok(None) => (Report::NotSent("the lease is over".to_owned()), Evidence::default()),
            Err(error) => (Report::NotSent(error.to_string()), Evidence::default()),
        };
        match report {
            // of a batch there are tens of thousands, and each is an event of the ledger
            Report::Sent { .. } => {
                tracing::debug!(order = %facts.id, delivery, ?report, "a delivery arrived");
            }
            _ => tracing::info!(order = %facts.id, delivery, ?report, "a delivery did not end well"),
        }
        self.record(facts, position, (fence, delivery, self.pause_s(delivery)), &report, &evidence).await;
    }

    /// The stored bytes, while the claim is this delivery's and its lease still runs.
    pub(crate) async fn claimed_payload(&self, key: &str, fence: i64) -> Result<Option<Vec<u8>>, StoreError> {
        let mut tx = self.database().snapshot().await?;
        let now_us = dialect::server_now_us(&mut tx).await?;
        let payload = on!(tx, |c| {
            sqlx::query_scalar(
                "SELECT payload FROM outbox WHERE key = $1 AND fence = $2 AND lease_until_us > $3",
            )
            .bind(key)
            .bind(fence)
            .bind(now_us)
            .fetch_optional(c)
            .await
        })?;
        tx.rollback().await?;
        Ok(payload)
    }

    /// Seconds to the next delivery.
    pub(crate) fn pause_s(&self, delivery: i64) -> i64 {
        let intervals = (delivery / PAUSE_GROWS_AFTER_DELIVERIES).clamp(1, PAUSE_INTERVALS_MAX);
        self.0.settings.resend_interval_s.saturating_mul(intervals)
    }

    /// Commits the report, trying again while the database fails or the order moves on under it. Where it stands after
    /// its claim may be known already.
    async fn record(
        &self,
        facts: &Facts,
        mut position: Option<Position>,
        claim: (i64, i64, i64),
        report: &Report,
        evidence: &Evidence,
    ) {
        for attempt in 1..=RECORD_TRIES_MAX {
            match self.try_record(facts, position.take(), claim, report, evidence.clone()).await {
                Ok(()) => return,
                Err(StoreError::Ledger(Refused::Fenced(_))) => {
                    tracing::warn!(order = %facts.id, "another sender has taken over; this answer is left to it");
                    return;
                }
                Err(StoreError::Corrupt(reason)) => {
                    tracing::error!(order = %facts.id, %reason, "ALARM: an answer cannot be recorded");
                    return;
                }
                Err(error) => tracing::warn!(%error, attempt, "an answer could not be recorded yet"),
            }
            tokio::time::sleep(Duration::from_millis(u64::from(attempt) * 50)).await;
        }
    }

    async fn try_record(
        &self,
        facts: &Facts,
        known: Option<Position>,
        claim: (i64, i64, i64),
        report: &Report,
        evidence: Evidence,
    ) -> Result<(), StoreError> {
        let position = match known {
            Some(position) => position,
            None => match self.load(facts.id).await? {
                Some((_, position)) => position,
                None => return Ok(()),
            },
        };
        let Some(commit) = step::delivered(facts, position, claim, report, evidence, self.now())? else {
            return Ok(());
        };
        self.persist(Persist::Answer, commit).await?;
        Ok(())
    }
}

/// What an exchange about a transfer came to. Whatever is not listed is unknown.
pub(super) fn conclude(facts: &Facts, outcome: Outcome) -> (Report, Evidence) {
    let (message, bytes, signature) = match outcome {
        Outcome::NotSent(reason) => return (Report::NotSent(reason), Evidence::default()),
        Outcome::Unknown(reason) => return (Report::Unknown(reason), Evidence::default()),
        Outcome::Answered { message, bytes, signature } => (message, bytes, signature),
    };
    let evidence = Evidence { message: Some(bytes.to_vec()), signature: Some(signature) };
    let report = match message.body {
        Body::Status(report) if report.original == facts.message_id() => match (report.status, report.code) {
            (Status::Accepted | Status::Pending, None) => Report::Sent { settled: false },
            (Status::Settled, None) => Report::Sent { settled: true },
            (Status::Rejected, Some(code)) if code != OTHER_CONTENT => Report::Rejected(code),
            (status, code) => Report::Unknown(format!("{status:?} with {code:?}")),
        },
        _ => Report::Unknown("the answer is about something else".to_owned()),
    };
    (report, evidence)
}
