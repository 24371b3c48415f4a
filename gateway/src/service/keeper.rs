//! Looks after the days: begins them, takes the steps that are due, and tries again what did not succeed.
//!
//! One process at a time does so, under a lease; where two do for a moment, nothing is lost: every exchange of a day
//! may be repeated, and a step is taken by one of them.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use collectors::Collector;
use database::dialect;
use database::execute;
use domain::{CollectorNumber, Date, MessageId};
use edge::Shutdown;
use tokio::time::Instant;

use super::day::ServiceDay;
use super::schedule::{Act, Plan, due};
use super::{CloseOptions, ServiceError, ServiceState};
use crate::{AlarmKind, Gateway, NewAlarm, Operator, StoreError};

/// The lease is prolonged when so much of it is over.
const LEASE_RENEWED_AFTER: u32 = 3;
/// Days that are begun for one collector in one look, where many were missed.
const DAYS_BEGUN_MAX: usize = 31;
/// The longest pause between two tries, in resend intervals.
const PAUSE_INTERVALS_MAX: u32 = 8;
/// How long the day after it a day may stay unclosed before people are told.
const UNCLOSED_ALARM_S: i64 = 30 * 60 + 1;

/// What this process knows of its own looking after.
#[derive(Default)]
pub(crate) struct Keeper(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// The name under which this process holds the lease.
    holder: Option<MessageId>,
    /// Until when it need not be asked for again.
    leased_until: Option<Instant>,
    /// How many steps of a collector are under way in this process. The schedule begins none beside another.
    busy: HashMap<CollectorNumber, u32>,
    /// Tries that did not succeed, and not before when the next may begin.
    pauses: HashMap<(CollectorNumber, Date, Act), (u32, Instant)>,
    /// Days that people were told of, each once until a step succeeds.
    alarmed: HashSet<(CollectorNumber, Date)>,
    /// The day up to which a collector's days are known to have begun.
    begun_until: HashMap<CollectorNumber, Date>,
}

impl Keeper {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        // each change is small and complete, so a panic elsewhere leaves nothing half done
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn holder(&self) -> MessageId {
        *self.lock().holder.get_or_insert_with(MessageId::generate)
    }

    fn may_try(&self, day: &ServiceDay, act: Act) -> bool {
        let kept = self.lock();
        let pause = kept.pauses.get(&(day.collector.clone(), day.date, act));
        !kept.busy.contains_key(&day.collector) && pause.is_none_or(|(_, until)| *until <= Instant::now())
    }

    fn has_told(&self, day: &ServiceDay) -> bool {
        self.lock().alarmed.contains(&(day.collector.clone(), day.date))
    }

    fn tell(&self, day: &ServiceDay) {
        self.lock().alarmed.insert((day.collector.clone(), day.date));
    }

    fn end(&self, day: &ServiceDay, act: Act, succeeded: bool, interval: Duration) {
        let mut kept = self.lock();
        let key = (day.collector.clone(), day.date, act);
        if succeeded {
            kept.pauses.remove(&key);
            kept.alarmed.remove(&(day.collector.clone(), day.date));
            return;
        }
        let tries = kept.pauses.get(&key).map_or(0, |(tries, _)| *tries).saturating_add(1);
        let pause = interval.saturating_mul(tries.min(PAUSE_INTERVALS_MAX));
        kept.pauses.insert(key, (tries, Instant::now() + pause));
    }
}

/// A step of a collector under way, until this is dropped.
pub(super) struct Attended {
    gateway: Gateway,
    collector: CollectorNumber,
}

impl Drop for Attended {
    fn drop(&mut self) {
        let mut kept = self.gateway.0.keeper.lock();
        if let Some(steps) = kept.busy.get_mut(&self.collector) {
            *steps = steps.saturating_sub(1);
            if *steps == 0 {
                kept.busy.remove(&self.collector);
            }
        }
    }
}

/// A step that the schedule takes. It ends also where its task panics.
struct Busy {
    gateway: Gateway,
    _attended: Attended,
    day: ServiceDay,
    act: Act,
    succeeded: bool,
}

impl Drop for Busy {
    fn drop(&mut self) {
        let interval = Duration::from_secs(self.gateway.0.settings.resend_interval_s);
        self.gateway.0.keeper.end(&self.day, self.act, self.succeeded, interval);
    }
}

impl Gateway {
    /// Looks after the days until the stop is asked for.
    pub(crate) async fn keep_days(&self, mut stop: Shutdown) {
        let pause = Duration::from_millis(self.0.settings.poll_interval_ms);
        while self.0.settings.keeps_days && !stop.is_requested() {
            if let Err(error) = self.look_after_days().await {
                tracing::error!(%error, "cannot look after the days");
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.requested() => {}
            }
        }
        if let Err(error) = self.give_the_lease_back().await {
            tracing::warn!(%error, "another process looks after the days only when the lease has run out");
        }
    }

    /// Keeps the schedule of this process from the collector while a step is under way.
    pub(super) fn attend(&self, collector: &CollectorNumber) -> Attended {
        *self.0.keeper.lock().busy.entry(collector.clone()).or_default() += 1;
        Attended { gateway: self.clone(), collector: collector.clone() }
    }

    /// One look: begins what is due and does not wait for it.
    async fn look_after_days(&self) -> Result<(), StoreError> {
        if !self.holds_the_lease().await? {
            return Ok(());
        }
        for collector in self.directory().all().iter().filter(|c| c.available) {
            self.begin_days(collector).await?;
        }
        for day in self.unfinished_days().await? {
            let Some(collector) = self.directory().get(&day.collector).filter(|c| c.available) else {
                continue;
            };
            let Some(act) = self.due_act(collector, &day).await? else { continue };
            if self.0.keeper.may_try(&day, act) {
                let attended = self.attend(&day.collector);
                let busy = Busy { gateway: self.clone(), _attended: attended, day, act, succeeded: false };
                tokio::spawn(busy.act());
            }
        }
        Ok(())
    }

    async fn due_act(&self, collector: &Collector, day: &ServiceDay) -> Result<Option<Act>, StoreError> {
        let plan = Plan::of(&collector.hours, day.date, self.0.settings.pre_close_s);
        let waits = day.reconciliation.as_ref().is_some_and(|r| r.unsettled > 0);
        let open_items = if day.state == ServiceState::Closed && waits {
            self.open_items(&day.collector, day.date).await?.1
        } else {
            0
        };
        Ok(due(day, &plan, open_items, self.now()))
    }

    /// Begins every day up to today that has not begun: the ones of a time when no process ran too.
    async fn begin_days(&self, collector: &Collector) -> Result<(), StoreError> {
        let today = self.now().date();
        let known = self.0.keeper.lock().begun_until.get(&collector.number).copied();
        if known == Some(today) {
            return Ok(());
        }
        let latest = self.latest_day(&collector.number).await?;
        let first = latest.map_or(Some(today), |latest| latest.succ_opt());
        let missing = first.into_iter().flat_map(|first| first.iter_days()).take_while(|date| *date <= today);
        let mut until = latest;
        for date in missing.take(DAYS_BEGUN_MAX) {
            self.begin(&collector.number, date).await?;
            until = Some(date);
        }
        if let Some(until) = until {
            self.0.keeper.lock().begun_until.insert(collector.number.clone(), until);
        }
        Ok(())
    }

    /// Whether this process looks after the days, by the database server's clock.
    async fn holds_the_lease(&self) -> Result<bool, StoreError> {
        if self.0.keeper.lock().leased_until.is_some_and(|until| Instant::now() < until) {
            return Ok(true);
        }
        let holder = self.0.keeper.holder();
        let lease_s = self.0.settings.lease_s;
        let mut tx = self.database().begin().await?;
        let now_us = dialect::server_now_us(&mut tx).await?;
        let taken = execute!(
            tx,
            "INSERT INTO service_keeper (id, holder, until_us) VALUES (1, $1, $2)
             ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, until_us = excluded.until_us
             WHERE service_keeper.holder = excluded.holder OR service_keeper.until_us <= $3",
            holder.uuid(),
            now_us.saturating_add(lease_s.saturating_mul(1_000_000)),
            now_us,
        )?;
        tx.commit().await?;
        let holds = taken == 1;
        let renewed_in = Duration::from_secs(lease_s.unsigned_abs()) / LEASE_RENEWED_AFTER;
        self.0.keeper.lock().leased_until = holds.then(|| Instant::now() + renewed_in);
        Ok(holds)
    }

    /// For the next process, where this one stops in good order.
    async fn give_the_lease_back(&self) -> Result<(), StoreError> {
        if self.0.keeper.lock().leased_until.take().is_some() {
            execute!(
                self.database(),
                "UPDATE service_keeper SET until_us = 0 WHERE holder = $1",
                self.0.keeper.holder().uuid(),
            )?;
        }
        Ok(())
    }

    /// On SQLite one process serves the data, so the lease of an earlier one is free.
    pub(crate) async fn free_keeper(ledger: &ledger::Ledger) -> Result<(), StoreError> {
        if ledger.database().is_sqlite() {
            execute!(ledger.database(), "UPDATE service_keeper SET until_us = 0")?;
        }
        Ok(())
    }
}

impl Busy {
    async fn act(mut self) {
        let gateway = self.gateway.clone();
        let (collector, date) = (&self.day.collector, self.day.date);
        let system = Operator::system();
        let result = match self.act {
            Act::Open => gateway.open_service(collector, date, &system).await.map(drop),
            Act::PreClose => gateway.pre_close_service(collector, date, &system).await.map(drop),
            Act::Close => {
                gateway.close_service(collector, date, CloseOptions::SCHEDULED, &system).await.map(drop)
            }
            Act::Reconcile => gateway.reconcile(collector, date, &system).await.map(drop),
        };
        self.succeeded = result.is_ok();
        // why is kept with the day, and logged
        if let Err(error) = result {
            self.tell_people(&error).await;
        }
    }

    /// A day that could not be closed for half an hour after its end is somebody's business.
    async fn tell_people(&self, error: &ServiceError) {
        let Self { gateway, day, act, .. } = self;
        let Some(collector) = gateway.directory().get(&day.collector) else { return };
        let plan = Plan::of(&collector.hours, day.date, gateway.0.settings.pre_close_s);
        let late = gateway.now() >= plan.closes_at.plus_seconds(UNCLOSED_ALARM_S);
        if *act == Act::Open || !late || gateway.0.keeper.has_told(day) {
            return;
        }
        let alarm = NewAlarm {
            kind: AlarmKind::DayNotClosed,
            subject: day.name(),
            collector: Some(day.collector.clone()),
            detail: error.to_string(),
        };
        match gateway.raise(&alarm).await {
            Ok(_) => gateway.0.keeper.tell(day),
            // told with the next try
            Err(error) => tracing::error!(day = %day.name(), %error, "an alarm could not be raised"),
        }
    }
}
