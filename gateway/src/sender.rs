//! Delivers what is in the outbox: at once after a confirmation, and again while the outcome is unknown.
//! Every delivery was claimed by a commit of its own before; its answer is recorded by another.

mod circuits;
mod delivery;
mod shared;

use std::time::Duration;

use database::dialect;
use database::{execute, on};
use domain::payment::{Cancellation, State};
use edge::Shutdown;
use ledger::{EntityId, Ledger, Refused};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use uuid::Uuid;

use crate::payment::step::{self, Claim, Effect};
use crate::payment::{Facts, cancellation};
use crate::points::Persist;
use crate::{AlarmKind, Gateway, NewAlarm, StoreError};
use circuits::Circuits;
pub(crate) use delivery::Delivery;
pub(crate) use shared::Shared;

/// Rows of one destination that one look goes through.
const SWEEP_ROWS_MAX: usize = 256;
/// Between two deletions of what is kept for a time only.
const CLEANING_INTERVAL: Duration = Duration::from_secs(60);
/// Between two looks for alarms whose cause is over.
const ALARMS_INTERVAL: Duration = Duration::from_secs(5);

/// Between two looks at what is set of collectors, for what is shown.
const REFRESH_INTERVAL: Duration = Duration::from_secs(1);

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
    /// Looks after open work, the collectors' days, their settlement and the audit log's seals until the stop is asked
    /// for.
    pub async fn run(self, stop: Shutdown) {
        let (work, days) = (self.send_open_work(stop.clone()), self.keep_days(stop.clone()));
        tokio::join!(work, days, self.settle_until(stop.clone()), self.keep_sealed(stop));
    }

    /// How often this process has looked at all open work.
    pub fn looks(&self) -> u64 {
        self.0.sender.looks()
    }

    async fn send_open_work(&self, mut stop: Shutdown) {
        let pause = Duration::from_millis(self.0.settings.poll_interval_ms);
        let (mut cleans_at, mut ends_at) = (Instant::now(), Instant::now() + ALARMS_INTERVAL);
        let mut refreshes_at = Instant::now();
        let (mut circuits, mut alarms_after) = (Circuits::default(), None);
        while !stop.is_requested() {
            if cleans_at <= Instant::now() {
                cleans_at = Instant::now() + CLEANING_INTERVAL;
                if let Err(error) = self.clean().await {
                    tracing::error!(%error, "cannot delete what is kept for a time only");
                }
            }
            if refreshes_at <= Instant::now() {
                refreshes_at = Instant::now() + REFRESH_INTERVAL;
                if let Err(error) = self.refresh_directory().await {
                    tracing::warn!(%error, "what is set of collectors cannot be looked at");
                }
            }
            if ends_at <= Instant::now() {
                ends_at = Instant::now() + ALARMS_INTERVAL;
                if let Err(error) = self.end_some_alarms(&mut alarms_after).await {
                    tracing::error!(%error, "cannot look for alarms whose cause is over");
                }
            }
            self.look_at_circuits(&mut circuits).await;
            if let Err(error) = self.sweep().await {
                tracing::error!(%error, "cannot look after open work");
            }
            self.0.sender.count_look();
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
            // what goes to other banks is the engine's of transfers
            sqlx::query_scalar(
                "SELECT DISTINCT destination FROM outbox WHERE lease_until_us <= $1 AND destination <> 'interbank'",
            )
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
        let cancellation = self.cancellation_of(&facts, &work.key).await?;
        let unknown = match &cancellation {
            None => position.state == State::Unknown,
            Some(_) => position.cancellation() == Some(Cancellation::Unknown),
        };
        let claim = Claim {
            fence: work.fence,
            delivery: work.delivery,
            lease_s: self.0.settings.lease_s,
            window: self.send_window(&facts, cancellation.is_some()).await?,
        };
        let (step, point) = match &cancellation {
            None => (step::resume(&facts, position, claim, self.now())?, Persist::Claim),
            Some(c) => {
                let step = cancellation::resume(&facts, position, c, claim, self.now())?;
                (step, Persist::CancellationClaim)
            }
        };
        let Some(step) = step else {
            if unknown {
                self.tell_that_resending_is_over(&facts, &work.key).await?;
            }
            return Ok(());
        };
        match self.persist(point, step.commit).await {
            Ok(committed) => {
                tracing::info!(state = %step.state, "open work was taken up");
                if let (Effect::Deliver { delivery, repeat }, Some(fence)) =
                    (step.effect, committed.fences.first())
                {
                    self.deliver(Delivery { facts, cancellation, fence: *fence, delivery, repeat }).await;
                }
                Ok(())
            }
            // another process was faster
            Err(Refused::Stale | Refused::Fenced(_)) => Ok(()),
            Err(refused) => Err(refused.into()),
        }
    }

    /// Once a process, and once in all: people have to ask the collector from here on.
    async fn tell_that_resending_is_over(&self, facts: &Facts, key: &str) -> Result<(), StoreError> {
        if self.0.sender.has_told(key) {
            return Ok(());
        }
        let (kind, subject) = if key == facts.message_key {
            (AlarmKind::ResendingOver, facts.id.to_string())
        } else {
            (AlarmKind::CancellationResendingOver, key.to_owned())
        };
        self.raise(&NewAlarm {
            kind,
            subject,
            collector: Some(facts.collector.clone()),
            detail: format!("{key} of payment {} is not resent any more: ask the collector", facts.id),
        })
        .await?;
        self.0.sender.tell(key);
        Ok(())
    }
}
