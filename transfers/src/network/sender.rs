//! Deliveries to the network: at once after the commit of an order, and again, with the same bytes, while the outcome
//! is unknown. Every delivery was claimed by a commit of its own before; its answer is recorded by another.

use std::collections::HashSet;
use std::time::Duration;

use database::{dialect, on};
use domain::{OrderId, RecallId};
use ledger::Refused;
use uuid::Uuid;

use super::{Body, Outcome, Status};
use crate::order::Facts;
use crate::points::{Exchange, Persist};
use crate::step::{self, Claim, DESTINATION, Evidence, Report};
use crate::{StoreError, Transfers};

/// Rows that one look goes through.
const SWEEP_ROWS_MAX: i64 = 64;
/// Tries to record an answer; after that the lease runs out and it is asked for again.
const RECORD_TRIES_MAX: u32 = 20;
/// The longest pause between two deliveries, in resend intervals.
const PAUSE_INTERVALS_MAX: i64 = 4;
/// Deliveries after which the pause grows by one interval.
const PAUSE_GROWS_AFTER_DELIVERIES: i64 = 10;
/// The network's code for other content under a known number.
pub(super) const OTHER_CONTENT: &str = "DUPL";

impl Transfers {
    /// Delivers under a claim that the commit has handed out, beside the caller.
    pub(crate) fn deliver_soon(&self, facts: Facts, fence: i64, delivery: i64) {
        let engine = self.clone();
        tokio::spawn(async move { engine.deliver(&facts, fence, delivery).await });
    }

    /// Takes up open work that nobody has a lease of, and waits for its deliveries. What a batch has handed over is
    /// many times what goes at once.
    pub async fn send_open_work(&self) -> Result<(), StoreError> {
        let mut seen = HashSet::new();
        loop {
            let taken = self.send_some().await?;
            let is_full = i64::try_from(taken.len()).is_ok_and(|taken| taken == SWEEP_ROWS_MAX);
            let before = seen.len();
            seen.extend(taken);
            // what cannot be taken up is there again
            if !is_full || seen.len() == before {
                return Ok(());
            }
        }
    }

    async fn send_some(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let mut tx = self.database().snapshot().await?;
        let now_us = dialect::server_now_us(&mut tx).await?;
        let rows: Vec<(String, Uuid, i64, i64)> = on!(tx, |c| {
            sqlx::query_as(
                "SELECT key, entity, fence, delivery FROM outbox
                 WHERE destination = $1 AND lease_until_us <= $2 ORDER BY lease_until_us, key LIMIT $3",
            )
            .bind(DESTINATION)
            .bind(now_us)
            .bind(SWEEP_ROWS_MAX)
            .fetch_all(c)
            .await
        })?;
        tx.rollback().await?;
        let mut running = tokio::task::JoinSet::new();
        let mut taken = Vec::with_capacity(rows.len());
        for (key, entity, fence, delivery) in rows {
            taken.push((key.clone(), fence));
            let engine = self.clone();
            running.spawn(async move {
                if let Err(error) = engine.resume(entity, fence, delivery).await {
                    tracing::error!(message = %key, %error, "open work could not be taken up");
                }
            });
        }
        while running.join_next().await.is_some() {}
        Ok(taken)
    }

    async fn resume(&self, entity: Uuid, fence: i64, delivery: i64) -> Result<(), StoreError> {
        let Some((facts, position)) = self.load(OrderId::from_uuid(entity)).await? else {
            if self.debit(OrderId::from_uuid(entity)).await?.is_some() {
                return self.resume_debit(OrderId::from_uuid(entity), fence, delivery).await;
            }
            let id = RecallId::from_uuid(entity);
            return match self.consent_for_operator(id).await? {
                Some(case) => self.resume_answer(&case, fence, delivery).await,
                None => self.resume_recall(id, fence).await,
            };
        };
        let claim = Claim { fence, delivery, lease_s: self.0.settings.lease_s };
        let Some((commit, delivery)) = step::resume(&facts, position, claim, self.now())? else {
            return Ok(());
        };
        match self.persist(Persist::Claim, commit).await {
            Ok(committed) => {
                if let (Some(delivery), Some(fence)) = (delivery, committed.fences.first()) {
                    self.deliver(&facts, *fence, delivery).await;
                }
                Ok(())
            }
            // another process was faster
            Err(Refused::Stale | Refused::Fenced(_)) => Ok(()),
            Err(refused) => Err(refused.into()),
        }
    }

    /// One delivery under its claim, and what it came to.
    async fn deliver(&self, facts: &Facts, fence: i64, delivery: i64) {
        let key = facts.message_id();
        let (report, evidence) = match self.claimed_payload(&key, fence).await {
            Ok(Some(payload)) => conclude(facts, self.exchange(Exchange::Transfer, payload).await),
            Ok(None) => (Report::NotSent("the lease is over".to_owned()), Evidence::default()),
            Err(error) => (Report::NotSent(error.to_string()), Evidence::default()),
        };
        tracing::info!(order = %facts.id, delivery, ?report, "a delivery came to something");
        self.record(facts, (fence, delivery, self.pause_s(delivery)), &report, &evidence).await;
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

    /// Commits the report, trying again while the database fails or the order moves on under it.
    async fn record(&self, facts: &Facts, claim: (i64, i64, i64), report: &Report, evidence: &Evidence) {
        for attempt in 1..=RECORD_TRIES_MAX {
            match self.try_record(facts, claim, report, evidence.clone()).await {
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
        claim: (i64, i64, i64),
        report: &Report,
        evidence: Evidence,
    ) -> Result<(), StoreError> {
        let Some((facts, position)) = self.load(facts.id).await? else { return Ok(()) };
        let Some(commit) = step::delivered(&facts, position, claim, report, evidence, self.now())? else {
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
