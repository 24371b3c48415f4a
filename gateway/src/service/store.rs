//! Days in the database: the last event of each is the day.

use database::{Row, Table, on, read};
use domain::{CollectorNumber, Date, PaymentId, Timestamp, Yen};
use ledger::{AuditRecord, Commit, GuardKey, NewEvent, Refused};
use sqlx::FromRow;
use uuid::Uuid;

use super::day::{self, Change, Gate, ServiceDay};
use super::schedule::Plan;
use crate::payment::history::Body;
use crate::points::Persist;
use crate::{Gateway, Operator, StoreError};

static SERVICE_DAY: Table = Table { name: "service_day", columns: &["id", "collector", "date"] };

/// What every key of [`unfinished`] begins with, and what comes behind all of them.
const UNFINISHED: (&str, &str) = ("service|", "service}");
/// Open items that one read names.
pub(super) const OPEN_ITEMS_MAX: usize = 100;

/// Held while the schedule still has to look after the day: so unfinished days are found without looking at the others.
fn unfinished(day: &ServiceDay) -> GuardKey {
    GuardKey(format!("{}{}|{}", UNFINISHED.0, day.collector, day.date))
}

/// A payment or a cancellation without a known outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenItem {
    /// The payment.
    pub payment: PaymentId,
    /// Its resend key.
    pub message_key: String,
    /// Where it stands; `accepted` where its cancellation has no known outcome.
    pub state: domain::payment::State,
    /// Without the fee.
    pub amount: Yen,
    /// When it was held.
    pub held_at: Timestamp,
}

#[derive(FromRow)]
struct OpenRow {
    id: Uuid,
    message_key: String,
    amount: i64,
    held_us: i64,
    body: String,
}

#[derive(FromRow)]
struct DayRow {
    seq: i64,
    body: String,
}

/// What a collector has open of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSum {
    /// The collector.
    pub collector: CollectorNumber,
    /// Payments and cancellations without a known outcome.
    pub count: u32,
    /// The payments' amounts, without fees.
    pub amount: Yen,
}

impl TryFrom<DayRow> for ServiceDay {
    type Error = StoreError;
    fn try_from(row: DayRow) -> Result<Self, StoreError> {
        Ok(Self { seq: row.seq, ..StoreError::json(&row.body)? })
    }
}

const LAST: &str =
    "JOIN event e ON e.entity = d.id AND e.seq = (SELECT max(l.seq) FROM event l WHERE l.entity = d.id)";

impl Gateway {
    /// The day of a collector, if it has begun.
    pub async fn service_day(
        &self,
        collector: &CollectorNumber,
        date: Date,
    ) -> Result<Option<ServiceDay>, StoreError> {
        let entity = day::entity(collector, date);
        let row: Option<DayRow> = read!(self.database(), |c| {
            sqlx::query_as("SELECT seq, body FROM event WHERE entity = $1 ORDER BY seq DESC LIMIT 1")
                .bind(entity.0)
                .fetch_optional(c)
                .await
        })?;
        row.map(ServiceDay::try_from).transpose()
    }

    /// A day of all collectors, in the order of their numbers.
    pub async fn service_days(&self, date: Date) -> Result<Vec<ServiceDay>, StoreError> {
        let sql =
            format!("SELECT e.seq, e.body FROM service_day d {LAST} WHERE d.date = $1 ORDER BY d.collector");
        let rows: Vec<DayRow> = read!(self.database(), |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(date.to_string()).fetch_all(c).await
        })?;
        rows.into_iter().map(ServiceDay::try_from).collect()
    }

    /// The days that the schedule has to look after, the oldest first.
    pub(crate) async fn unfinished_days(&self) -> Result<Vec<ServiceDay>, StoreError> {
        let sql = format!(
            "SELECT e.seq, e.body FROM guard g CROSS JOIN service_day d {LAST}
             WHERE d.id = g.entity AND g.key > $1 AND g.key < $2 ORDER BY d.date, d.collector"
        );
        let rows: Vec<DayRow> = read!(self.database(), |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(UNFINISHED.0).bind(UNFINISHED.1).fetch_all(c).await
        })?;
        rows.into_iter().map(ServiceDay::try_from).collect()
    }

    /// The latest day of a collector that has begun.
    pub(super) async fn latest_day(&self, collector: &CollectorNumber) -> Result<Option<Date>, StoreError> {
        let date: Option<String> = read!(self.database(), |c| {
            sqlx::query_scalar("SELECT max(date) FROM service_day WHERE collector = $1")
                .bind(collector.as_str())
                .fetch_one(c)
                .await
        })?;
        date.as_deref().map(StoreError::parse).transpose()
    }

    /// What payers may do, as far as the day of the collector decides.
    pub(crate) async fn gate(&self, collector: &CollectorNumber, date: Date) -> Result<Gate, StoreError> {
        let day = self.service_day(collector, date).await?;
        Ok(day.map_or(Gate::Open, |day| day.gate()))
    }

    /// The open items of a day, at most a hundred, and how many there are.
    pub async fn open_items(
        &self,
        collector: &CollectorNumber,
        date: Date,
    ) -> Result<(Vec<OpenItem>, u32), StoreError> {
        // the open work is short and a day's payments may be many: CROSS JOIN keeps SQLite to this order
        const OF_DAY: &str = "FROM outbox o CROSS JOIN payment p
            WHERE o.destination = $1 AND p.id = o.entity AND p.collector = $1 AND p.receipt_date = $2";
        let rows_sql = format!(
            "SELECT p.id, p.message_key, p.amount, p.held_us,
                (SELECT e.body FROM event e WHERE e.entity = p.id ORDER BY e.seq DESC LIMIT 1) AS body
             {OF_DAY} ORDER BY p.message_key LIMIT $3"
        );
        let count_sql = format!("SELECT count(*) {OF_DAY}");
        let mut tx = self.database().snapshot().await?;
        let rows: Vec<OpenRow> = on!(tx, |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(rows_sql))
                .bind(collector.as_str())
                .bind(date.to_string())
                .bind(i64::try_from(OPEN_ITEMS_MAX).unwrap_or(i64::MAX))
                .fetch_all(c)
                .await
        })?;
        let count: i64 = on!(tx, |c| {
            sqlx::query_scalar(sqlx::AssertSqlSafe(count_sql))
                .bind(collector.as_str())
                .bind(date.to_string())
                .fetch_one(c)
                .await
        })?;
        tx.rollback().await?;
        let items = rows.into_iter().map(OpenItem::try_from).collect::<Result<_, _>>()?;
        Ok((items, u32::try_from(count).unwrap_or(u32::MAX)))
    }

    /// What is open of a day at each collector that has anything open, in the order of their numbers.
    pub async fn open_sums(&self, date: Date) -> Result<Vec<OpenSum>, StoreError> {
        let rows: Vec<(String, i64, i64)> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT p.collector, count(*), CAST(sum(p.amount) AS BIGINT)
                 FROM outbox o CROSS JOIN payment p
                 WHERE p.id = o.entity AND o.destination = p.collector AND p.receipt_date = $1
                 GROUP BY p.collector ORDER BY p.collector",
            )
            .bind(date.to_string())
            .fetch_all(c)
            .await
        })?;
        rows.into_iter()
            .map(|(collector, count, amount)| {
                Ok(OpenSum {
                    collector: StoreError::parse(&collector)?,
                    count: u32::try_from(count).unwrap_or(u32::MAX),
                    amount: Yen::new(amount),
                })
            })
            .collect()
    }

    /// What the schedule does with a day of a collector, and when; `None` where the collector has no days.
    pub fn service_plan(&self, collector: &CollectorNumber, date: Date) -> Option<Plan> {
        let row = self.directory().get(collector).filter(|row| row.available)?;
        Some(Plan::of(&row.hours, date, self.0.settings.pre_close_s))
    }

    /// Takes the step in one commit, with whatever else has to be true together with it. `None` where the day has moved
    /// on since it was read; refused as guarded where a guard that comes with it is taken.
    pub(crate) async fn take_step(
        &self,
        day: &ServiceDay,
        change: &Change,
        operator: &Operator,
        with: Commit,
    ) -> Result<Option<ServiceDay>, StoreError> {
        let now = self.now();
        let Some(next) = day.after(change, now) else {
            return Err(StoreError::Corrupt(format!(
                "{} after {} of {}",
                change.kind(),
                day.state,
                day.name()
            )));
        };
        let persist = match change {
            Change::Reconciled(_) => Persist::Reconciliation,
            Change::BreakResolved => Persist::BreakResolution,
            Change::PaidBack { .. } => Persist::Refund,
            _ => Persist::Service,
        };
        let next = next.taken_by(change, &operator.name);
        let own: Vec<String> = with.guards.iter().map(|(key, _)| key.0.clone()).collect();
        match self.persist(persist, commit(day, &next, change, operator, now, with)?).await {
            Ok(_) => Ok(Some(next)),
            Err(Refused::Guarded { key, holder }) if own.contains(&key) => {
                Err(Refused::Guarded { key, holder }.into())
            }
            Err(Refused::Stale | Refused::Guarded { .. }) => Ok(None),
            Err(refused) => Err(refused.into()),
        }
    }
}

/// The commit that takes a day to its next step, with whatever else has to be true together with it.
pub fn commit(
    day: &ServiceDay,
    next: &ServiceDay,
    change: &Change,
    operator: &Operator,
    now: Timestamp,
    mut commit: Commit,
) -> Result<Commit, StoreError> {
    let entity = next.entity();
    commit.events.push(NewEvent {
        entity,
        seq: next.seq,
        kind: change.kind(),
        at: now,
        body: StoreError::to_json(next)?,
        message: None,
    });
    let began = *change == Change::Began;
    if began {
        commit.rows.push(Row {
            table: &SERVICE_DAY,
            values: vec![entity.0.into(), next.collector.as_str().into(), next.date.to_string().into()],
        });
    }
    match (day.unfinished && !began, next.unfinished) {
        (false, true) => commit.guards.push((unfinished(next), entity)),
        (true, false) => commit.release.push(unfinished(next)),
        _ => {}
    }
    commit.audit.extend(audit(next, change, operator));
    Ok(commit)
}

/// What the hub does by itself is in the log where it changed something; what a person does always.
pub fn audit(next: &ServiceDay, change: &Change, operator: &Operator) -> Option<AuditRecord> {
    let by_hand = *operator != Operator::system();
    let (action, detail) = match change {
        Change::Opened => ("service.open", "the collector is open".to_owned()),
        Change::PreClosed => ("service.pre-close", "the collector is pre-closed".to_owned()),
        Change::Closing { carry_forward: true } => {
            ("service.closing", "payments without an outcome are carried forward".to_owned())
        }
        Change::Closing { carry_forward: false } => ("service.closing", "nothing new is taken".to_owned()),
        Change::Closed(counters) => {
            let same = if counters.hub == counters.collector { "the same" } else { "different" };
            ("service.close", format!("the collector is closed; both sides' counters are {same}"))
        }
        Change::Reconciled(summary) => ("service.reconcile", summary.text()),
        Change::Counted(_) if by_hand => {
            ("service.counters", "the collector's counters were asked for".to_owned())
        }
        Change::Troubled { tried, reason } if by_hand => ("service.failed", format!("{tried}: {reason}")),
        // who resolves a break writes what was resolved
        Change::BreakResolved | Change::PaidBack { .. } => return None,
        Change::Began | Change::Counted(_) | Change::Troubled { .. } => return None,
    };
    Some(AuditRecord { contract: None, actor: operator.name.clone(), action, subject: next.name(), detail })
}

impl TryFrom<OpenRow> for OpenItem {
    type Error = StoreError;
    fn try_from(row: OpenRow) -> Result<Self, StoreError> {
        let body: Body = StoreError::json(&row.body)?;
        let state = body.state.ok_or_else(|| StoreError::Corrupt(format!("{} has no state", row.id)))?;
        Ok(Self {
            payment: PaymentId::from_uuid(row.id),
            message_key: row.message_key,
            state,
            amount: Yen::new(row.amount),
            held_at: Timestamp::from_micros(row.held_us),
        })
    }
}
