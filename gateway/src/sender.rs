//! Delivers what is in the outbox: at once after a confirmation, and again while the outcome is unknown.
//! Every delivery was claimed by a commit of its own before; its answer is recorded by another.

mod shared;

use std::time::Duration;

use bytes::Bytes;
use database::dialect;
use database::{execute, on};
use domain::payment::State;
use edge::Shutdown;
use ledger::{EntityId, Ledger, Refused};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use uuid::Uuid;

use crate::payment::sending::{self, Conclusion};
use crate::payment::step::{self, Claim, Delivered, Effect, SendWindow};
use crate::payment::{Facts, history};
use crate::points::{Exchange, Persist};
use crate::{AlarmKind, Gateway, NewAlarm, StoreError};
pub(crate) use shared::Shared;

/// Rows of one destination that one look goes through.
const SWEEP_ROWS_MAX: usize = 256;
/// Between two deletions of what is kept for a time only.
const CLEANING_INTERVAL: Duration = Duration::from_secs(60);
/// Tries to record an answer while the database fails; after that the lease runs out and it is asked for
/// again.
const RECORD_TRIES_MAX: u32 = 20;

struct OpenWork {
    key: String,
    entity: EntityId,
    fence: i64,
    delivery: i64,
}

/// On SQLite one process serves the data, so every lease of an earlier one is free.
pub(crate) async fn free_leases(ledger: &Ledger) -> Result<(), StoreError> {
    if ledger.database().is_sqlite() {
        execute!(ledger.database(), "UPDATE outbox SET lease_until_us = 0")?;
    }
    Ok(())
}

impl Gateway {
    /// Looks after open work and the collectors' days until the stop is asked for.
    pub async fn run(self, stop: Shutdown) {
        tokio::join!(self.send_open_work(stop.clone()), self.keep_days(stop));
    }

    async fn send_open_work(&self, mut stop: Shutdown) {
        let pause = Duration::from_millis(self.0.settings.poll_interval_ms);
        let mut cleans_at = Instant::now();
        while !stop.is_requested() {
            if cleans_at <= Instant::now() {
                cleans_at = Instant::now() + CLEANING_INTERVAL;
                if let Err(error) = self.delete_old_inquiries().await {
                    tracing::error!(%error, "cannot delete old inquiries");
                }
            }
            if let Err(error) = self.sweep().await {
                tracing::error!(%error, "cannot look after open work");
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.requested() => {}
            }
        }
    }

    /// Takes up whatever is due.
    async fn sweep(&self) -> Result<(), StoreError> {
        let mut tx = self.database().snapshot().await?;
        let now_us = dialect::server_now_us(&mut tx).await?;
        let destinations: Vec<String> = on!(tx, |c| {
            sqlx::query_scalar("SELECT DISTINCT destination FROM outbox WHERE lease_until_us <= $1")
                .bind(now_us)
                .fetch_all(c)
                .await
        })?;
        let mut due = Vec::new();
        for destination in destinations {
            let rows: Vec<(String, Uuid, i64, i64)> = on!(tx, |c| {
                sqlx::query_as(
                    "SELECT key, entity, fence, delivery FROM outbox
                     WHERE destination = $1 AND lease_until_us <= $2 AND key > $3 ORDER BY key LIMIT $4",
                )
                .bind(&destination)
                .bind(now_us)
                .bind(self.0.sender.looked_until(&destination))
                .bind(i64::try_from(SWEEP_ROWS_MAX).unwrap_or(i64::MAX))
                .fetch_all(c)
                .await
            })?;
            due.push((destination, rows));
        }
        tx.rollback().await?;
        self.0.sender.forget_the_past();
        for (destination, rows) in due {
            self.look_at(&destination, rows);
        }
        Ok(())
    }

    /// Takes up what may go, as long as the destination has places; the next look goes on from there.
    fn look_at(&self, destination: &str, rows: Vec<(String, Uuid, i64, i64)>) {
        let all = rows.len() < SWEEP_ROWS_MAX;
        for (key, entity, fence, delivery) in rows {
            if !self.0.sender.must_wait(&key) {
                let Ok(place) = self.0.sender.lane(destination).try_acquire_owned() else { return };
                self.take_up(OpenWork { key: key.clone(), entity: EntityId(entity), fence, delivery }, place);
            }
            self.0.sender.look_on_from(destination, key);
        }
        if all {
            self.0.sender.look_from_the_start(destination);
        }
    }

    fn take_up(&self, work: OpenWork, place: OwnedSemaphorePermit) {
        self.0.sender.wait(&work.key, Duration::from_secs(self.0.settings.resend_interval_s));
        let gateway = self.clone();
        tokio::spawn(async move {
            let key = work.key.clone();
            match gateway.resume(work).await {
                Ok(()) => {}
                Err(StoreError::Corrupt(reason)) => gateway.stuck(&key, &reason).await,
                Err(error) => tracing::error!(message = %key, %error, "open work could not be taken up"),
            }
            drop(place);
        });
    }

    /// Our own data keeps open work from going on: for people to look into.
    async fn stuck(&self, key: &str, reason: &str) {
        tracing::error!(message = %key, %reason, "open work cannot go on");
        let alarm = NewAlarm {
            kind: AlarmKind::WorkStuck,
            subject: key.to_owned(),
            collector: None,
            detail: reason.to_owned(),
        };
        if let Err(error) = self.raise(&alarm).await {
            tracing::error!(%error, "the alarm could not be kept");
        }
    }

    #[tracing::instrument(
        level = "error", skip_all,
        fields(message = %work.key, payment = %work.entity.0, contract = tracing::field::Empty)
    )]
    async fn resume(&self, work: OpenWork) -> Result<(), StoreError> {
        let Some((facts, position)) = self.load(work.entity).await? else {
            return Err(StoreError::Corrupt("an outbox row has no payment".to_owned()));
        };
        tracing::Span::current().record("contract", tracing::field::display(facts.contract));
        let state = position.state;
        let claim = Claim {
            fence: work.fence,
            delivery: work.delivery,
            lease_s: self.0.settings.lease_s,
            window: self.send_window(&facts).await?,
        };
        let Some(step) = step::resume(&facts, position, claim, self.now())? else {
            if state == State::Unknown && !self.0.sender.has_told(&facts.message_key) {
                self.raise(&NewAlarm {
                    kind: AlarmKind::ResendingOver,
                    subject: facts.id.to_string(),
                    collector: Some(facts.collector.clone()),
                    detail: format!("{} is not resent any more: ask the collector", facts.message_key),
                })
                .await?;
                self.0.sender.tell(&facts.message_key);
            }
            return Ok(());
        };
        match self.persist(Persist::Claim, step.commit).await {
            Ok(committed) => {
                tracing::info!(state = %step.state, "open work was taken up");
                if let (Effect::Deliver { delivery, repeat }, Some(fence)) =
                    (step.effect, committed.fences.first())
                {
                    self.deliver(facts, *fence, delivery, repeat).await;
                }
                Ok(())
            }
            // another process was faster
            Err(Refused::Stale | Refused::Fenced(_)) => Ok(()),
            Err(refused) => Err(refused.into()),
        }
    }

    pub(crate) fn spawn_delivery(
        &self,
        facts: Facts,
        fence: i64,
        delivery: i64,
        repeat: bool,
    ) -> JoinHandle<()> {
        use tracing::Instrument as _;
        let gateway = self.clone();
        tokio::spawn(async move { gateway.deliver(facts, fence, delivery, repeat).await }.in_current_span())
    }

    /// Sends under a claim and records what came of it.
    #[tracing::instrument(
        level = "error", skip_all,
        fields(
            message = %facts.message_key, payment = %facts.id, contract = %facts.contract, delivery, repeat
        )
    )]
    async fn deliver(&self, facts: Facts, fence: i64, delivery: i64, repeat: bool) {
        let over = Instant::now() + Duration::from_secs(self.0.settings.lease_s.unsigned_abs());
        let Conclusion { report, evidence, alarm } = self.attempt(&facts, repeat, over).await;
        tracing::info!(?report, "a delivery came to something");
        if let Some(concern) = &alarm {
            tracing::error!(kind = %concern.kind, reason = %concern.reason, "ALARM");
        }
        let delivered = Delivered {
            fence,
            delivery,
            report: &report,
            evidence,
            pause_s: sending::pause_s(&self.0.settings, &report, delivery, repeat),
            accepted_guard: sending::accepted_guard(self.0.directory.get(&facts.collector), &facts),
            concern: alarm.as_ref(),
        };
        self.record(&facts, &delivered).await;
        // the lease that the record left decides from here on
        self.0.sender.forget(&facts.message_key);
    }

    /// One exchange, unless it may not or cannot begin. When the lease is over nothing is sent under it any more.
    async fn attempt(&self, facts: &Facts, repeat: bool, over: Instant) -> Conclusion {
        let message = match self.message(facts, repeat).await {
            Ok(message) => message,
            Err(error) => {
                if let StoreError::Corrupt(reason) = &error {
                    self.stuck(&facts.message_key, reason).await;
                }
                tracing::error!(%error, "the stored message cannot be sent");
                return Conclusion::not_sent(&error);
            }
        };
        // looked at last, after the claim: a close of the day that began since is seen here
        match self.send_window(facts).await {
            Ok(window) if sending::may_begin(facts, window, repeat, self.now()) => {}
            Ok(_) => return Conclusion::not_sent(&"the time to send it is over"),
            Err(error) => return Conclusion::not_sent(&error),
        }
        if over <= Instant::now() {
            return Conclusion::not_sent(&"the lease is over");
        }
        let what = if repeat { Exchange::ResendConfirmation } else { Exchange::Clearing };
        let (outcome, request) = self.exchange_keeping(what, &facts.collector, message).await;
        Conclusion::of(self.0.directory.get(&facts.collector).map(|c| c.kind), outcome).keeping(request)
    }

    async fn send_window(&self, facts: &Facts) -> Result<SendWindow, StoreError> {
        let collector_is_open = match self.0.directory.get(&facts.collector) {
            Some(collector) => self.takes_payments(collector, facts.receipt_date).await?,
            None => false,
        };
        Ok(SendWindow { held_wait_s: self.0.settings.held_wait_s, collector_is_open })
    }

    async fn message(&self, facts: &Facts, repeat: bool) -> Result<Bytes, StoreError> {
        let payload: Vec<u8> = on!(self.database(), |c| {
            sqlx::query_scalar("SELECT payload FROM outbox WHERE key = $1")
                .bind(&facts.message_key)
                .fetch_one(c)
                .await
        })?;
        Ok(sending::message(payload, repeat)?.into())
    }

    /// Commits the report, trying again while the database fails or the payment moves on under it.
    async fn record(&self, facts: &Facts, delivered: &Delivered<'_>) {
        for attempt in 1..=RECORD_TRIES_MAX {
            match self.try_record(facts, delivered.clone()).await {
                Ok(Some(state)) => {
                    tracing::info!(%state, "the answer is recorded");
                    return;
                }
                Ok(None) => {
                    tracing::info!("the payment is over; this answer adds nothing");
                    return;
                }
                Err(StoreError::Ledger(Refused::Fenced(_))) => {
                    tracing::warn!("another sender has taken over; this answer is left to it");
                    return;
                }
                Err(StoreError::Corrupt(reason)) => {
                    self.stuck(&facts.message_key, &reason).await;
                    return;
                }
                Err(error) => tracing::warn!(%error, attempt, "an answer could not be recorded yet"),
            }
            tokio::time::sleep(Duration::from_millis(u64::from(attempt) * 50)).await;
        }
        tracing::error!("an answer could not be recorded; its lease runs out and it is asked for again");
    }

    async fn try_record(&self, facts: &Facts, delivered: Delivered<'_>) -> Result<Option<State>, StoreError> {
        let position = history::Position::of(&self.0.ledger.events(facts.id.into()).await?)?;
        let was_open = position.state.is_open();
        let report = delivered.report;
        let Some(step) = step::delivered(facts, position, delivered, self.now())? else { return Ok(None) };
        self.persist(Persist::Answer, step.commit).await?;
        if !was_open {
            tracing::error!(state = %step.state, ?report, "ALARM: an answer came after the payment had ended");
        }
        Ok(Some(step.state))
    }
}
