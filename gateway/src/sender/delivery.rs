//! One delivery under its claim: the exchange, and what it came to.

use std::time::Duration;

use bytes::Bytes;
use database::{dialect, on};
use domain::payment::State;
use ledger::Refused;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::payment::cancellation::{self, Cancellation};
use crate::payment::sending::{self, Conclusion};
use crate::payment::step::{self, Delivered, SendWindow};
use crate::payment::{Facts, history};
use crate::points::{Exchange, Persist};
use crate::{Gateway, StoreError};

/// Tries to record an answer while the database fails; after that the lease runs out and it is asked for
/// again.
const RECORD_TRIES_MAX: u32 = 20;

/// A claimed delivery of a payment's clearing, or of its cancellation.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub facts: Facts,
    pub cancellation: Option<Cancellation>,
    /// The claim.
    pub fence: i64,
    /// Its number.
    pub delivery: i64,
    /// A repeat goes as a resend confirmation.
    pub repeat: bool,
}

impl Delivery {
    /// The resend key of the message.
    fn key(&self) -> &str {
        self.cancellation.as_ref().map_or(&self.facts.message_key, |cancellation| &cancellation.key)
    }

    const fn exchange(&self) -> Exchange {
        match (self.repeat, &self.cancellation) {
            (true, _) => Exchange::ResendConfirmation,
            (false, None) => Exchange::Clearing,
            (false, Some(_)) => Exchange::Cancellation,
        }
    }
}

impl Gateway {
    pub(crate) fn spawn_delivery(&self, delivery: Delivery) -> JoinHandle<()> {
        let gateway = self.clone();
        tokio::spawn(async move { gateway.deliver(delivery).await }.in_current_span())
    }

    /// Sends under a claim and records what came of it.
    #[tracing::instrument(
        level = "error", skip_all,
        fields(
            message = %d.key(), payment = %d.facts.id, contract = %d.facts.contract, delivery = d.delivery,
            repeat = d.repeat
        )
    )]
    pub(super) async fn deliver(&self, d: Delivery) {
        let over = Instant::now() + Duration::from_secs(self.0.settings.lease_s.unsigned_abs());
        let Conclusion { report, evidence, alarm } = self.attempt(&d, over).await;
        tracing::info!(?report, "a delivery came to something");
        if let Some(concern) = &alarm {
            tracing::error!(kind = %concern.kind, reason = %concern.reason, "ALARM");
        }
        let delivered = Delivered {
            fence: d.fence,
            delivery: d.delivery,
            report: &report,
            evidence,
            pause_s: sending::pause_s(&self.0.settings, &report, d.delivery, d.repeat),
            accepted_guard: sending::accepted_guard(self.directory().get(&d.facts.collector), &d.facts),
            concern: alarm.as_ref(),
        };
        self.record(&d, &delivered).await;
        // the lease that the record left decides from here on
        self.0.sender.forget(d.key());
    }

    /// One exchange, unless it may not or cannot begin. When the lease is over nothing is sent under it any more.
    async fn attempt(&self, d: &Delivery, over: Instant) -> Conclusion {
        let message = match self.message(d).await {
            Ok(message) => message,
            Err(error) => {
                if let StoreError::Corrupt(reason) = &error {
                    self.stuck(d.key(), reason).await;
                }
                tracing::error!(%error, "the stored message cannot be sent");
                return Conclusion::not_sent(&error);
            }
        };
        // looked at last, after the claim: a close of the day that began since is seen here
        let window = match self.send_window(&d.facts, d.cancellation.is_some()).await {
            Ok(window) => window,
            Err(error) => return Conclusion::not_sent(&error),
        };
        let may_begin = match &d.cancellation {
            None => sending::may_begin(&d.facts, window, d.repeat, self.now()),
            Some(c) => cancellation::may_begin(&d.facts, c, window, d.repeat, self.now()),
        };
        if !may_begin {
            return Conclusion::not_sent(&"the time to send it is over");
        }
        match self.is_claimed(d).await {
            Ok(true) if Instant::now() < over => {}
            Ok(_) => return Conclusion::not_sent(&"the lease is over"),
            Err(error) => return Conclusion::not_sent(&error),
        }
        let (outcome, request) = self.exchange_keeping(d.exchange(), &d.facts.collector, message).await;
        let conclusion = match &d.cancellation {
            None => Conclusion::of(self.directory().get(&d.facts.collector).map(|c| c.kind), outcome),
            Some(_) => Conclusion::of_cancellation(outcome),
        };
        conclusion.keeping(request)
    }

    /// Whether a first delivery may leave now. While payments to a collector rest, those before can be taken back.
    pub(super) async fn send_window(
        &self,
        facts: &Facts,
        takes_back: bool,
    ) -> Result<SendWindow, StoreError> {
        let collector_is_open = match self.refreshed(&facts.collector).await? {
            Some(collector) if takes_back || self.not_suspended(collector).is_ok() => {
                self.takes_payments(collector, facts.receipt_date).await?
            }
            _ => false,
        };
        Ok(SendWindow { held_wait_s: self.0.settings.held_wait_s, collector_is_open })
    }

    async fn message(&self, d: &Delivery) -> Result<Bytes, StoreError> {
        let payload: Vec<u8> = on!(self.database(), |c| {
            sqlx::query_scalar("SELECT payload FROM outbox WHERE key = $1").bind(d.key()).fetch_one(c).await
        })?;
        Ok(sending::message(payload, d.repeat)?.into())
    }

    /// Whether the claim is this delivery's and its lease still runs, by the clock that wrote it: the answer to the
    /// claim's commit may have come late, and the machine may have slept.
    async fn is_claimed(&self, d: &Delivery) -> Result<bool, StoreError> {
        let mut tx = self.database().snapshot().await?;
        let now_us = dialect::server_now_us(&mut tx).await?;
        let claimed: i64 = on!(tx, |c| {
            sqlx::query_scalar(
                "SELECT count(*) FROM outbox WHERE key = $1 AND fence = $2 AND lease_until_us > $3",
            )
            .bind(d.key())
            .bind(d.fence)
            .bind(now_us)
            .fetch_one(c)
            .await
        })?;
        tx.rollback().await?;
        Ok(claimed == 1)
    }

    /// Commits the report, trying again while the database fails or the payment moves on under it.
    async fn record(&self, d: &Delivery, delivered: &Delivered<'_>) {
        for attempt in 1..=RECORD_TRIES_MAX {
            match self.try_record(d, delivered.clone()).await {
                Ok(Some(state)) => {
                    tracing::info!(%state, "the answer is recorded");
                    return;
                }
                Ok(None) => {
                    tracing::info!("it is over; this answer adds nothing");
                    return;
                }
                Err(StoreError::Ledger(Refused::Fenced(_))) => {
                    tracing::warn!("another sender has taken over; this answer is left to it");
                    return;
                }
                Err(StoreError::Corrupt(reason)) => {
                    self.stuck(d.key(), &reason).await;
                    return;
                }
                Err(error) => tracing::warn!(%error, attempt, "an answer could not be recorded yet"),
            }
            tokio::time::sleep(Duration::from_millis(u64::from(attempt) * 50)).await;
        }
        tracing::error!("an answer could not be recorded; its lease runs out and it is asked for again");
    }

    async fn try_record(&self, d: &Delivery, delivered: Delivered<'_>) -> Result<Option<State>, StoreError> {
        let position = history::Position::of(&self.0.ledger.events(d.facts.id.into()).await?)?;
        let (step, point) = match &d.cancellation {
            None => (step::delivered(&d.facts, position, delivered, self.now())?, Persist::Answer),
            Some(cancellation) => {
                let now = self.now();
                let step = cancellation::delivered(&d.facts, position, cancellation, delivered, now)?;
                (step, Persist::CancellationAnswer)
            }
        };
        let Some(step) = step else { return Ok(None) };
        let is_incident = step.is_incident();
        self.persist(point, step.commit).await?;
        if is_incident {
            tracing::error!(state = %step.state, "ALARM: an answer contradicts what was recorded");
        }
        Ok(Some(step.state))
    }
}
