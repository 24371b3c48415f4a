//! A collector's processing day: 開局, 予備閉局, 閉局 and the counters, on a schedule and by hand.
//!
//! Every `available` collector has one day per calendar day, weekends included, from the first start of the hub on:
//!
//! ```text
//! waiting ──Open──► open ──PreClose──► pre_closed ──Close──► closed ──► 精査
//! ```
//!
//! The schedule ([`Gateway::run`]) opens a day when the collector's hours begin, pre-closes it
//! [`pre_close_s`](crate::Settings::pre_close_s) before they end (never where they go on in the next day), closes it at
//! their end or at midnight, and compares it then ([`crate::reconciliation`]). A day that was missed is closed and
//! compared later. What a collector does not answer is tried again, and [`ServiceDay::trouble`] says why.
//!
//! A day is not closed while it has a payment without a known outcome ([`Gateway::open_items`]), unless an operator
//! carries those forward with [`CloseOptions`]. From the moment a close begins nothing new is held or sent under that
//! day: the close is written down first, then it is looked whether anything is open, and a sender looks at the day
//! after its claim and before it sends. So the counters of a close are final, but for what was carried.
//!
//! Open breaks of a comparison that was made before the close do not hold the schedule up: the day is compared anew
//! after it, and its settlement window stays open until they have ended. Whoever closes by hand names how many there
//! are, and is refused where there are more.
//!
//! For pages and the API: [`Gateway::service_days`], [`Gateway::service_day`], [`Gateway::service_plan`],
//! [`Gateway::open_sums`] and [`Gateway::collector_statuses`] show; [`Gateway::open_service`],
//! [`Gateway::pre_close_service`], [`Gateway::close_service`] and [`Gateway::ask_counters`] act, each under the name of
//! an [`Operator`] and with a line in the audit log, also where a person asks for what is done already. All may be
//! repeated.

mod ask;
pub(crate) mod audit;
pub(crate) mod day;
mod keeper;
pub(crate) mod schedule;
mod status;
pub(crate) mod store;

use collectors::Collector;
use collectors::directory::Suspension;
pub use collectors::protocol::{Counters, Tally};
use domain::{CollectorNumber, Date, ResponseCode, Yen};
use ledger::Commit;

pub(crate) use ask::Unanswered;
use day::Change;
pub(crate) use day::Gate;
pub use day::{BothCounters, ServiceDay, ServiceState, Trouble};
pub(crate) use keeper::Keeper;
pub use schedule::Plan;
pub(crate) use status::Gauges;
pub use status::{CircuitState, CollectorStatus, Unavailable};
pub use store::{OpenItem, OpenSum};

use crate::points::Persist;
use crate::{Gateway, Operator, StoreError};

/// How often a step is tried again because another process took one.
const STEP_TRIES_MAX: u32 = 5;

/// How much without a known outcome a close carries forward at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carry {
    /// So many payments and cancellations.
    pub items: u32,
    /// And so much money.
    pub amount: Yen,
}

impl Carry {
    /// Whatever is open.
    pub const ANY: Self = Self { items: u32::MAX, amount: Yen::new(i64::MAX) };
}

/// How a day is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CloseOptions {
    /// Closes although payments of the day have no known outcome, and not more than these: they stay open and are
    /// settled later.
    pub carry_forward: Option<Carry>,
    /// Closes although so many breaks of the day are open, and not more.
    pub open_breaks: u32,
}

impl CloseOptions {
    /// By the schedule: nothing is carried, and breaks do not matter.
    const SCHEDULED: Self = Self { carry_forward: None, open_breaks: u32::MAX };
}

/// Why a step of a day was not taken. No money moves in any of these cases.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// No collector has this number.
    #[error("no collector has this number")]
    UnknownCollector,
    /// The collector has no working connection yet, so it has no days.
    #[error("the collector is not connected")]
    NotConnected,
    /// The day has not begun, or lies before the hub's first.
    #[error("the collector has no such day")]
    NoSuchDay,
    /// The day stands where the step is not possible: it only goes forward.
    #[error("the day is {0} and only goes forward")]
    NotNow(ServiceState),
    /// The step is of today, and the day is another.
    #[error("the day {0} is not today")]
    NotToday(Date),
    /// Payments of the day have no known outcome: resolve them, or close with `carry_forward`.
    #[error("payments of the day without a known outcome: {count}")]
    Blocked {
        /// Some of them.
        items: Vec<OpenItem>,
        /// How many there are.
        count: u32,
    },
    /// More has no known outcome than whoever closes it has named to be carried forward.
    #[error("more of the day is open than may be carried forward: {count}, {amount} yen")]
    MoreOpen {
        /// How many there are.
        count: u32,
        /// Their amounts.
        amount: Yen,
    },
    /// More breaks of the day are open than whoever closes it has named.
    #[error("open breaks of the day: {count}")]
    OpenBreaks {
        /// How many there are.
        count: u32,
    },
    /// The collector said why not.
    #[error("the collector answered {0}")]
    Refused(ResponseCode),
    /// No answer, or none that can be trusted. The step may be repeated.
    #[error("the collector gave no usable answer: {0}")]
    NoAnswer(String),
    /// Other steps of the day were taken at the same time. The step may be repeated.
    #[error("the day has moved on meanwhile")]
    MovedOn,
    /// Our own database failed. The step may be repeated.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ServiceError {
    /// A stable word.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownCollector => "unknown_collector",
            Self::NotConnected => "not_connected",
            Self::NoSuchDay => "no_such_day",
            Self::NotNow(_) => "not_now",
            Self::NotToday(_) => "not_today",
            Self::Blocked { .. } => "open_items",
            Self::MoreOpen { .. } => "more_open_items",
            Self::OpenBreaks { .. } => "open_breaks",
            Self::Refused(_) => "collector_refused",
            Self::NoAnswer(_) => "no_answer",
            Self::MovedOn => "moved_on",
            Self::Store(_) => "internal",
        }
    }
}

impl From<Unanswered> for ServiceError {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::Refused(code) => Self::Refused(code),
            Unanswered::NoAnswer(reason) => Self::NoAnswer(reason),
            Unanswered::Store(error) => Self::Store(error),
        }
    }
}

impl Gateway {
    /// 開局 of `date`, which has to be today. Answers at once where it is open already.
    pub async fn open_service(
        &self,
        collector: &CollectorNumber,
        date: Date,
        operator: &Operator,
    ) -> Result<ServiceDay, ServiceError> {
        let row = self.connected(collector)?;
        let _attended = self.attend(collector);
        let day = self.day_of_today(row, date).await?;
        match day.state {
            ServiceState::Open if !day.closing => return self.take(day, Change::Opened, operator).await,
            ServiceState::Waiting if !day.closing => {}
            state => return Err(ServiceError::NotNow(state)),
        }
        match self.tell_open(row).await {
            Ok(()) => self.take(day, Change::Opened, operator).await,
            Err(unanswered) => Err(self.failed(day, "open", unanswered.into(), operator).await),
        }
    }

    /// 予備閉局 of `date`, which has to be today: no new inquiry. Answers at once where it is pre-closed already.
    pub async fn pre_close_service(
        &self,
        collector: &CollectorNumber,
        date: Date,
        operator: &Operator,
    ) -> Result<ServiceDay, ServiceError> {
        let row = self.connected(collector)?;
        let _attended = self.attend(collector);
        let day = self.day_of_today(row, date).await?;
        match day.state {
            ServiceState::PreClosed if !day.closing => {
                return self.take(day, Change::PreClosed, operator).await;
            }
            ServiceState::Waiting | ServiceState::Open if !day.closing => {}
            state => return Err(ServiceError::NotNow(state)),
        }
        match self.tell_pre_close(row).await {
            Ok(()) => self.take(day, Change::PreClosed, operator).await,
            Err(unanswered) => Err(self.failed(day, "pre_close", unanswered.into(), operator).await),
        }
    }

    /// 閉局 of today or an earlier day. Answers at once where it is closed already.
    ///
    /// Where payments of the day have no known outcome it is refused and nothing changes, unless they are carried
    /// forward; so it is where more is open than named. What is carried is counted when nothing new is taken any more:
    /// where it has become too much meanwhile, the close waits for outcomes, as a close of the schedule does.
    pub async fn close_service(
        &self,
        collector: &CollectorNumber,
        date: Date,
        options: CloseOptions,
        operator: &Operator,
    ) -> Result<ServiceDay, ServiceError> {
        let row = self.connected(collector)?;
        let _attended = self.attend(collector);
        let day = self.day(row, date).await?;
        if let (ServiceState::Closed, Some(counters)) = (day.state, day.close_counters) {
            return self.take(day, Change::Closed(counters), operator).await;
        }
        let count = day.open_breaks();
        if count > options.open_breaks {
            return Err(self.failed(day, "close", ServiceError::OpenBreaks { count }, operator).await);
        }
        if let Err(blocked) = self.may_close(&day, options).await {
            return Err(self.failed(day, "close", blocked, operator).await);
        }
        // written down before anything is counted: from here on nothing new is held or sent
        let carries = options.carry_forward.is_some();
        let mut day = if day.closing && carries {
            day
        } else {
            self.take(day, Change::Closing { carry_forward: false }, operator).await?
        };
        if let Err(blocked) = self.may_close(&day, options).await {
            return Err(self.failed(day, "close", blocked, operator).await);
        }
        if carries {
            day = self.take(day, Change::Closing { carry_forward: true }, operator).await?;
        }
        let hub = self.hub_counters(collector, date).await?;
        match self.tell_close(row, date, hub).await {
            Ok(theirs) => {
                let counters = BothCounters { at: self.now(), hub, collector: theirs };
                let closed = self.take(day, Change::Closed(counters), operator).await?;
                self.seal_if_possible().await;
                Ok(closed)
            }
            Err(unanswered) => Err(self.failed(day, "close", unanswered.into(), operator).await),
        }
    }

    /// 収納カウンタ照会: both sides' counters of a day, now.
    pub async fn ask_counters(
        &self,
        collector: &CollectorNumber,
        date: Date,
        operator: &Operator,
    ) -> Result<BothCounters, ServiceError> {
        let row = self.connected(collector)?;
        let day = self.day(row, date).await?;
        let hub = self.hub_counters(collector, date).await?;
        match self.ask_counter(row, date).await {
            Ok(theirs) => {
                let counters = BothCounters { at: self.now(), hub, collector: theirs };
                self.take(day, Change::Counted(counters), operator).await?;
                Ok(counters)
            }
            Err(unanswered) => Err(self.failed(day, "counters", unanswered.into(), operator).await),
        }
    }

    /// 取扱休止 keeps whatever is new from a collector; what was sent before goes on.
    pub(crate) fn not_suspended(&self, collector: &Collector) -> Result<(), Suspension> {
        match collector.suspended_on(self.now().date()) {
            None => Ok(()),
            Some(suspension) => {
                tracing::info!(collector = %collector.number, "refused: payments to it rest");
                Err(suspension.clone())
            }
        }
    }

    /// Whether the collector takes inquiries now: its hours, and its day.
    pub(crate) async fn takes_inquiries(&self, collector: &Collector) -> Result<bool, StoreError> {
        let now = self.now();
        Ok(collector.hours.is_open(now) && self.gate(&collector.number, now.date()).await? == Gate::Open)
    }

    /// Whether the collector takes payments under `date` now: its hours, and that day.
    pub(crate) async fn takes_payments(&self, collector: &Collector, date: Date) -> Result<bool, StoreError> {
        let open = collector.hours.is_open(self.now());
        Ok(open && self.gate(&collector.number, date).await? != Gate::Shut)
    }

    /// A collector that has days.
    pub(crate) fn connected(&self, collector: &CollectorNumber) -> Result<&Collector, ServiceError> {
        let row = self.directory().get(collector).ok_or(ServiceError::UnknownCollector)?;
        if row.available { Ok(row) } else { Err(ServiceError::NotConnected) }
    }

    /// The day, which begins with this where it is today.
    pub(crate) async fn day(&self, collector: &Collector, date: Date) -> Result<ServiceDay, ServiceError> {
        for _ in 0..STEP_TRIES_MAX {
            if let Some(day) = self.service_day(&collector.number, date).await? {
                return Ok(day);
            }
            if date != self.now().date() {
                return Err(ServiceError::NoSuchDay);
            }
            self.begin(&collector.number, date).await?;
        }
        Err(ServiceError::MovedOn)
    }

    /// The day for a step that is of today only, whenever it is asked for.
    async fn day_of_today(&self, collector: &Collector, date: Date) -> Result<ServiceDay, ServiceError> {
        if date != self.now().date() {
            return Err(ServiceError::NotToday(date));
        }
        self.day(collector, date).await
    }

    /// Begins a day, unless another process was faster.
    async fn begin(&self, collector: &CollectorNumber, date: Date) -> Result<(), StoreError> {
        let day = ServiceDay::new(collector.clone(), date);
        self.take_step(&day, &Change::Began, &Operator::system(), Commit::default()).await?;
        Ok(())
    }

    /// Takes a step, from wherever the day stands meanwhile.
    pub(crate) async fn take(
        &self,
        mut day: ServiceDay,
        change: Change,
        operator: &Operator,
    ) -> Result<ServiceDay, ServiceError> {
        for _ in 0..STEP_TRIES_MAX {
            if day.says_already(&change) {
                self.note_repeated(&day, &change, operator).await?;
                return Ok(day);
            }
            if day.after(&change, self.now()).is_none() {
                return Err(ServiceError::NotNow(day.state));
            }
            if let Some(next) = self.take_step(&day, &change, operator, Commit::default()).await? {
                tracing::info!(day = %next.name(), state = %next.state, step = change.kind(), "a day moved on");
                return Ok(next);
            }
            day = self.service_day(&day.collector, day.date).await?.ok_or(ServiceError::NoSuchDay)?;
        }
        Err(ServiceError::MovedOn)
    }

    /// What a person asks for is in the audit log, though it was done before.
    async fn note_repeated(
        &self,
        day: &ServiceDay,
        change: &Change,
        operator: &Operator,
    ) -> Result<(), ServiceError> {
        if *operator == Operator::system() {
            return Ok(());
        }
        let Some(mut record) = store::audit(day, change, operator) else { return Ok(()) };
        record.detail = format!("nothing changed: {}", record.detail);
        let commit = Commit { audit: vec![record], ..Commit::default() };
        self.persist(Persist::Service, commit).await.map_err(StoreError::from)?;
        Ok(())
    }

    /// Keeps why a step did not succeed, for whoever looks at the day, and gives the reason back.
    pub(crate) async fn failed(
        &self,
        day: ServiceDay,
        tried: &'static str,
        error: ServiceError,
        operator: &Operator,
    ) -> ServiceError {
        let name = day.name();
        tracing::warn!(day = %name, tried, reason = %error, "a day's step did not succeed");
        let change = Change::Troubled { tried, reason: error.to_string() };
        if let Err(unkept) = self.take(day, change, operator).await {
            tracing::warn!(day = %name, error = %unkept, "why a step did not succeed could not be kept");
        }
        error
    }

    /// Whether no more is open than is carried forward. What was carried before needs no second word.
    async fn may_close(&self, day: &ServiceDay, options: CloseOptions) -> Result<(), ServiceError> {
        if day.carried_forward {
            return Ok(());
        }
        let Some(most) = options.carry_forward else {
            let (items, count) = self.open_items(&day.collector, day.date).await?;
            return if count == 0 { Ok(()) } else { Err(ServiceError::Blocked { items, count }) };
        };
        let sums = self.open_sums(day.date).await?;
        match sums.into_iter().find(|sum| sum.collector == day.collector) {
            Some(OpenSum { count, amount, .. }) if count > most.items || amount > most.amount => {
                Err(ServiceError::MoreOpen { count, amount })
            }
            _ => Ok(()),
        }
    }
}
