//! Alarms whose cause is over: the hub says so, and they are open no more.

use database::{execute, read};
use domain::payment::Event;
use domain::{AlarmId, CollectorNumber, ContractId, Date, OrderId, PaymentId};

use super::{Alarm, AlarmKind, AlarmRow, Cause, SELECT};
use crate::service::{CircuitState, ServiceDay, ServiceState};
use crate::settlement::{self, SettlementState};
use crate::{Gateway, Guard, StoreError};

/// Alarms of one look; the next look goes on behind them.
const LOOK_ALARMS_MAX: i64 = 200;

impl Gateway {
    /// Ends the alarms whose cause is over, and says how many. [`run`](Self::run) does it by itself.
    pub async fn end_alarms(&self) -> Result<u32, StoreError> {
        let (mut after, mut ended) = (None, 0);
        loop {
            ended += self.end_some_alarms(&mut after).await?;
            if after.is_none() {
                return Ok(ended);
            }
        }
    }

    /// The same of those behind `after`, the oldest first, and no more than one look takes. `after` is where the next
    /// look goes on; none is the start.
    pub(crate) async fn end_some_alarms(&self, after: &mut Option<AlarmId>) -> Result<u32, StoreError> {
        let first = AlarmId::from_uuid(uuid::Uuid::nil());
        let found = self.lasting_alarms(after.unwrap_or(first)).await?;
        let all = i64::try_from(found.len()).is_ok_and(|count| count < LOOK_ALARMS_MAX);
        // one that cannot be judged keeps those behind it from nothing
        *after = found.last().filter(|_| !all).map(|alarm| alarm.id);
        let mut ended = 0;
        for alarm in found {
            if self.is_over(&alarm).await? && self.end_judged(&alarm).await? {
                ended += 1;
            }
        }
        Ok(ended)
    }

    /// The cause of an alarm is over. Says whether there was such an alarm.
    pub async fn end_alarm(&self, kind: AlarmKind, subject: &str) -> Result<bool, StoreError> {
        let ended = execute!(
            self.database(),
            "UPDATE alarm SET ended_us = $1 WHERE kind = $2 AND subject = $3 AND ended_us IS NULL",
            self.now().micros(),
            kind.as_str(),
            subject,
        )?;
        if ended > 0 {
            tracing::info!(%kind, subject, "the cause of an alarm is over");
        }
        Ok(ended > 0)
    }

    /// Ends an alarm whose cause was found to be over, as it was when it was read. One that any process has raised
    /// again since stays open, and the next look judges it anew. Says whether it ended.
    pub(crate) async fn end_judged(&self, alarm: &Alarm) -> Result<bool, StoreError> {
        let ended = execute!(
            self.database(),
            "UPDATE alarm SET ended_us = $1 WHERE id = $2 AND ended_us IS NULL AND again = $3",
            self.now().micros(),
            alarm.id.uuid(),
            alarm.again,
        )?;
        if ended > 0 {
            tracing::info!(kind = %alarm.kind, subject = %alarm.subject, "the cause of an alarm is over");
        }
        Ok(ended > 0)
    }

    /// Those whose cause may come to an end by itself, by id.
    async fn lasting_alarms(&self, after: AlarmId) -> Result<Vec<Alarm>, StoreError> {
        let kinds = AlarmKind::ALL.iter().filter(|kind| ends_by_itself(**kind));
        let kinds: Vec<String> = kinds.map(|kind| format!("'{kind}'")).collect();
        let sql = format!(
            "{SELECT} ended_us IS NULL AND kind IN ({}) AND id > $1 ORDER BY id LIMIT $2",
            kinds.join(", ")
        );
        let rows: Vec<AlarmRow> = read!(self.database(), |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql))
                .bind(after.uuid())
                .bind(LOOK_ALARMS_MAX)
                .fetch_all(c)
                .await
        })?;
        rows.into_iter().map(Alarm::try_from).collect()
    }

    /// A subject that cannot be read lasts: people have to look.
    pub(crate) async fn is_over(&self, alarm: &Alarm) -> Result<bool, StoreError> {
        match alarm.kind.cause() {
            Cause::Happened => Ok(false),
            Cause::OpenPayment => match alarm.subject.parse::<PaymentId>() {
                Ok(payment) => {
                    Ok(!self.has_open_work(payment).await? && self.has_outcome_since(payment, alarm).await?)
                }
                Err(_) => Ok(false),
            },
            Cause::OpenMessage => Ok(!self.is_open_work(&alarm.subject).await?),
            Cause::NoAnswer => {
                Ok(alarm.subject.parse().is_ok_and(|number| self.has_answered(&number, alarm)))
            }
            Cause::DayOpen => match self.day_of(alarm).await? {
                Some(day) => self.is_done(&day).await,
                None => Ok(false),
            },
            Cause::OpenBreaks => Ok(self
                .day_of(alarm)
                .await?
                .and_then(|day| day.reconciliation)
                .is_some_and(|latest| latest.open_breaks == 0 && latest.not_kept == 0)),
            Cause::WindowOpen => match settlement::of_number(&alarm.subject) {
                Some((collector, window)) => {
                    let found = self.settlement(settlement::id(&collector, window)).await?;
                    Ok(found.is_some_and(|found| found.state != SettlementState::Closing))
                }
                None => Ok(false),
            },
            Cause::OpenTransfer => match alarm.subject.parse::<OrderId>() {
                Ok(order) => Ok(!self.has_open_work(PaymentId::from_uuid(order.uuid())).await?),
                Err(_) => Ok(false),
            },
            Cause::OpenBatch => {
                // the engine of batches holds it until every row is final
                let open = format!("bulk-open|{}", alarm.subject);
                let sql = "SELECT count(*) FROM guard WHERE key = $1";
                let count: i64 =
                    read!(self.database(), |c| sqlx::query_scalar(sql).bind(open).fetch_one(c).await)?;
                Ok(count == 0)
            }
            Cause::InterbankDayOpen => {
                let sql = "SELECT count(*) FROM interbank_day WHERE day = $1";
                let day = alarm.subject.as_str();
                let count: i64 =
                    read!(self.database(), |c| sqlx::query_scalar(sql).bind(day).fetch_one(c).await)?;
                Ok(count > 0)
            }
            Cause::FeesOwed => {
                let Some((contract, month)) = alarm.subject.split_once('/') else { return Ok(false) };
                let Ok(contract) = contract.parse::<ContractId>() else { return Ok(false) };
                let sql = "SELECT count(*) FROM fee_debit WHERE contract = $1 AND month = $2";
                let count: i64 = read!(self.database(), |c| {
                    sqlx::query_scalar(sql).bind(contract.uuid()).bind(month).fetch_one(c).await
                })?;
                Ok(count > 0)
            }
            Cause::OpenRequest => match alarm.subject.parse() {
                Ok(request) => self.is_taken(&Guard::request_result(request)).await,
                Err(_) => Ok(false),
            },
        }
    }

    async fn has_open_work(&self, payment: PaymentId) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM outbox WHERE entity = $1";
        let count: i64 =
            read!(self.database(), |c| { sqlx::query_scalar(sql).bind(payment.uuid()).fetch_one(c).await })?;
        Ok(count > 0)
    }

    /// Whether an outcome came after the alarm: one that was raised over what an earlier outcome says stays.
    async fn has_outcome_since(&self, payment: PaymentId, alarm: &Alarm) -> Result<bool, StoreError> {
        let events = self.payment_events(payment).await?;
        Ok(events.iter().any(|event| event.at >= alarm.raised_at && is_outcome(event.kind)))
    }

    async fn is_open_work(&self, key: &str) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM outbox WHERE key = $1";
        let count: i64 = read!(self.database(), |c| sqlx::query_scalar(sql).bind(key).fetch_one(c).await)?;
        Ok(count > 0)
    }

    /// Whether the collector has answered this process since, and nothing has kept requests from it.
    fn has_answered(&self, collector: &CollectorNumber, alarm: &Alarm) -> bool {
        let answer = self.0.gauges.of(collector);
        self.0.client.circuit(collector) == Some(CircuitState::Closed)
            && answer.is_some_and(|last| last.at > alarm.raised_at)
    }

    /// Whether a day is closed and compared, and not to be compared again.
    async fn is_done(&self, day: &ServiceDay) -> Result<bool, StoreError> {
        let compared = day.reconciliation.as_ref().filter(|done| done.after_close);
        let Some(compared) = compared.filter(|_| day.state == ServiceState::Closed) else { return Ok(false) };
        let open_items = match compared.unsettled {
            0 => 0,
            _ => self.open_items(&day.collector, day.date).await?.1,
        };
        Ok(!compared.is_outdated(open_items))
    }

    /// The day that an alarm is about.
    async fn day_of(&self, alarm: &Alarm) -> Result<Option<ServiceDay>, StoreError> {
        let named = alarm.subject.split_once('/').and_then(|(collector, date)| {
            Some((collector.parse::<CollectorNumber>().ok()?, date.parse::<Date>().ok()?))
        });
        match named {
            Some((collector, date)) => self.service_day(&collector, date).await,
            None => Ok(None),
        }
    }
}

/// What ends the open work of a payment or its cancellation.
const fn is_outcome(event: Event) -> bool {
    matches!(
        event,
        Event::Accepted
            | Event::Rejected
            | Event::Voided
            | Event::Cancelled
            | Event::CancellationRefused
            | Event::CancellationWithdrawn
    )
}

const fn ends_by_itself(kind: AlarmKind) -> bool {
    !matches!(kind.cause(), Cause::Happened)
}
