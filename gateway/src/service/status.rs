//! How every collector is at this moment, for the console.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use collectors::Collector;
pub use collectors::client::CircuitState;
use database::read;
use domain::payment::State;
use domain::{CollectorNumber, Timestamp};
use sqlx::FromRow;

use super::day::{Gate, ServiceState, Trouble};
use crate::directory::{Kind, Suspension};
use crate::payment::store;
use crate::{Gateway, StoreError};

/// One collector now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectorStatus {
    /// The collector.
    pub collector: CollectorNumber,
    /// Its name, as shown.
    pub name: String,
    /// Its service kind.
    pub kind: Kind,
    /// Where today stands; `Waiting` where it has not begun.
    pub state: ServiceState,
    /// Whether the close of today has begun.
    pub closing: bool,
    /// What went wrong last with today.
    pub trouble: Option<Trouble>,
    /// 取扱休止 of today: nothing new goes to it.
    pub suspended: Option<Suspension>,
    /// Whether it is within its published hours.
    pub hours_open: bool,
    /// When it opens next, where it is not.
    pub opens_at: Option<Timestamp>,
    /// Days before today that are not closed yet.
    pub days_behind: u32,
    /// Whether this process lets requests to it through; `None` without an endpoint.
    pub circuit: Option<CircuitState>,
    /// Messages that wait or have no known outcome.
    pub open_work: u32,
    /// When the oldest of them was made.
    pub oldest_open_work: Option<Timestamp>,
    /// Payments among them whose outcome is unknown.
    pub unknown: u32,
    /// How long its last answer to this process took, in milliseconds, and when it came.
    pub last_answer: Option<LastAnswer>,
}

/// Why a collector takes no inquiry at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// There is no working connection.
    NotConnected,
    /// The bank takes nothing for it for a while (取扱休止).
    Suspended,
    /// It is outside of its hours.
    OutsideHours,
    /// Today is pre-closed: what was inquired about before can be paid, and nothing else.
    PreClosed,
    /// Today is closed, or its close has begun: by the schedule or by hand.
    DayClosed,
    /// Nothing reaches it at the moment.
    NotAnswering,
}

impl Unavailable {
    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotConnected => "not_connected",
            Self::Suspended => "suspended",
            Self::OutsideHours => "outside_hours",
            Self::PreClosed => "pre_closed",
            Self::DayClosed => "day_closed",
            Self::NotAnswering => "not_answering",
        }
    }
}

/// A measured answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastAnswer {
    /// From the request to the answer.
    pub ms: u64,
    /// When it came, in business time.
    pub at: Timestamp,
}

/// The last answer of each collector to this process: one number a collector.
#[derive(Default)]
pub(crate) struct Gauges(Mutex<HashMap<CollectorNumber, LastAnswer>>);

impl Gauges {
    /// Keeps a measured answer.
    pub fn answered(&self, collector: &CollectorNumber, took: Duration, at: Timestamp) {
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.insert(collector.clone(), LastAnswer { ms, at });
    }

    /// Its last answer to this process.
    pub fn of(&self, collector: &CollectorNumber) -> Option<LastAnswer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(collector).copied()
    }
}

#[derive(FromRow)]
struct WorkRow {
    destination: String,
    work: i64,
    oldest_us: i64,
    unknown: i64,
}

const WORK: &str = "
    SELECT o.destination, count(*) AS work, min(o.created_us) AS oldest_us,
           CAST(sum(CASE WHEN e.body LIKE $1 THEN 1 ELSE 0 END) AS BIGINT) AS unknown
    FROM outbox o
    LEFT JOIN event e ON e.entity = o.entity AND e.seq = (SELECT max(l.seq) FROM event l WHERE l.entity = o.entity)
    GROUP BY o.destination";

impl Gateway {
    /// The collectors that take no inquiry now, and why not.
    pub async fn unavailable(&self) -> Result<HashMap<CollectorNumber, Unavailable>, StoreError> {
        let now = self.now();
        let today = self.service_days(now.date()).await?;
        let gates: HashMap<_, _> = today.iter().map(|day| (&day.collector, day.gate())).collect();
        let why = |row: &Collector| match gates.get(&row.number) {
            _ if !row.available => Some(Unavailable::NotConnected),
            _ if row.suspended_on(now.date()).is_some() => Some(Unavailable::Suspended),
            _ if !row.hours.is_open(now) => Some(Unavailable::OutsideHours),
            Some(Gate::Shut) => Some(Unavailable::DayClosed),
            Some(Gate::PaymentsOnly) => Some(Unavailable::PreClosed),
            Some(Gate::Open) | None => match self.0.client.circuit(&row.number) {
                None => Some(Unavailable::NotConnected),
                Some(CircuitState::Open) => Some(Unavailable::NotAnswering),
                Some(CircuitState::Closed | CircuitState::Probing) => None,
            },
        };
        let rows = self.collectors().all();
        Ok(rows.filter_map(|row| Some((row.number.clone(), why(row)?))).collect())
    }

    /// Every connected collector now, in the order of the directory.
    pub async fn collector_statuses(&self) -> Result<Vec<CollectorStatus>, StoreError> {
        let now = self.now();
        let unknown = store::state_pattern(State::Unknown);
        let work: Vec<WorkRow> =
            read!(self.database(), |c| sqlx::query_as(WORK).bind(&unknown).fetch_all(c).await)?;
        let work: HashMap<String, WorkRow> = work.into_iter().map(|w| (w.destination.clone(), w)).collect();
        let today = self.service_days(now.date()).await?;
        let unfinished = self.unfinished_days().await?;
        let mut statuses = Vec::new();
        for collector in self.directory().all().iter().filter(|c| c.available) {
            let number = &collector.number;
            let day = today.iter().find(|day| day.collector == *number);
            let behind = unfinished.iter().filter(|day| {
                day.collector == *number && day.date < now.date() && day.state != ServiceState::Closed
            });
            let hours_open = collector.hours.is_open(now);
            let work = work.get(number.as_str());
            let count =
                |of: fn(&WorkRow) -> i64| work.map_or(0, |work| u32::try_from(of(work)).unwrap_or(u32::MAX));
            statuses.push(CollectorStatus {
                collector: number.clone(),
                name: collector.shown_name(),
                kind: collector.kind,
                state: day.map_or(ServiceState::Waiting, |day| day.state),
                closing: day.is_some_and(|day| day.closing && day.state != ServiceState::Closed),
                trouble: day.and_then(|day| day.trouble.clone()),
                suspended: collector.suspended_on(now.date()).cloned(),
                hours_open,
                opens_at: if hours_open { None } else { collector.hours.next_opening(now) },
                days_behind: u32::try_from(behind.count()).unwrap_or(u32::MAX),
                circuit: self.0.client.circuit(number),
                open_work: count(|work| work.work),
                oldest_open_work: work.map(|work| Timestamp::from_micros(work.oldest_us)),
                unknown: count(|work| work.unknown),
                last_answer: self.0.gauges.of(number),
            });
        }
        Ok(statuses)
    }
}
