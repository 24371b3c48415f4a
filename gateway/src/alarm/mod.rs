//! Alarms: what a person has to look at, as rows. Of one kind and subject at most one is open.
//!
//! An alarm is open until somebody takes notice or, where that can be known, its cause is over. A kind about something
//! that recurs (a collector, a day) is armed again by either; a kind about one payment, message, settlement or request
//! is raised once for it.

mod ended;
mod kind;

use database::{Row, Table, Value, execute, read};
use domain::{AlarmId, CollectorNumber, Timestamp};
use ledger::{AuditRecord, Commit, EntityId, GuardKey, Refused};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use crate::points::Persist;
use crate::{Gateway, Operator, StoreError};

pub use kind::{About, AlarmKind, Cause};

/// Characters of an alarm's detail at most; the rest is cut off.
const DETAIL_CHARS_MAX: usize = 400;
/// Alarms that one read answers at most.
const LIMIT_MAX: u32 = 500;

static ALARM: Table =
    Table { name: "alarm", columns: &["id", "kind", "subject", "collector", "detail", "once", "raised_us"] };
static ACKNOWLEDGEMENT: Table =
    Table { name: "alarm_acknowledgement", columns: &["alarm", "at_us", "actor"] };

/// An alarm to raise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAlarm {
    /// What it is about.
    pub kind: AlarmKind,
    /// Which one: a payment's id, a collector's number.
    pub subject: String,
    /// The collector that it has to do with.
    pub collector: Option<CollectorNumber>,
    /// Facts in words, without secrets.
    pub detail: String,
}

impl NewAlarm {
    /// The row, for a commit's `rows_if_free`: an alarm that is open already stays, and counts that it came again.
    pub fn row(&self, now: Timestamp) -> Row {
        Row {
            table: &ALARM,
            values: vec![
                AlarmId::generate().uuid().into(),
                self.kind.as_str().into(),
                self.subject.clone().into(),
                Value::Text(self.collector.as_ref().map(|c| c.as_str().to_owned())),
                self.detail.chars().take(DETAIL_CHARS_MAX).collect::<String>().into(),
                i64::from(self.kind.is_raised_once()).into(),
                now.micros().into(),
            ],
        }
    }
}

/// An alarm that was raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Its id.
    pub id: AlarmId,
    /// What it is about.
    pub kind: AlarmKind,
    /// Which one.
    pub subject: String,
    /// The collector that it has to do with.
    pub collector: Option<CollectorNumber>,
    /// Facts in words.
    pub detail: String,
    /// When, in business time.
    pub raised_at: Timestamp,
    /// When somebody took notice, and who.
    pub acknowledged: Option<(Timestamp, Operator)>,
    /// When its cause was found to be over.
    pub ended_at: Option<Timestamp>,
    /// When the mail was taken over.
    pub mailed_at: Option<Timestamp>,
    /// When the callback was answered.
    pub posted_at: Option<Timestamp>,
    /// How often it was raised again while it was open: what was judged at one count says nothing at the next.
    pub(crate) again: i64,
}

impl Alarm {
    /// When the channel took the alarm.
    pub const fn delivered_at(&self, channel: AlarmChannel) -> Option<Timestamp> {
        match channel {
            AlarmChannel::Mail => self.mailed_at,
            AlarmChannel::Webhook => self.posted_at,
        }
    }
}

/// Which alarms to show, newest first.
#[derive(Clone, Debug, Default)]
pub struct AlarmQuery {
    /// Only those that nobody has acknowledged and whose cause is not known to be over.
    pub open_only: bool,
    /// Only of this collector.
    pub collector: Option<CollectorNumber>,
    /// Only of this subject.
    pub subject: Option<String>,
    /// Older than this one, the last of the page before.
    pub before: Option<(Timestamp, AlarmId)>,
    /// At most this many, and never more than 500.
    pub limit: u32,
}

/// A way on which an alarm leaves the bank's pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmChannel {
    /// Mail.
    Mail,
    /// An HTTP callback.
    Webhook,
}

impl AlarmChannel {
    /// Every one.
    pub const ALL: &[Self] = &[Self::Mail, Self::Webhook];

    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
        }
    }

    /// The column of `alarm` that says when the channel took it.
    pub const fn column(self) -> &'static str {
        match self {
            Self::Mail => "mailed_us",
            Self::Webhook => "posted_us",
        }
    }
}

#[derive(FromRow)]
struct AlarmRow {
    id: Uuid,
    kind: String,
    subject: String,
    collector: Option<String>,
    detail: String,
    raised_us: i64,
    acknowledged_us: Option<i64>,
    acknowledged_by: Option<String>,
    ended_us: Option<i64>,
    mailed_us: Option<i64>,
    posted_us: Option<i64>,
    again: i64,
}

const SELECT: &str = "SELECT id, kind, subject, collector, detail, raised_us, acknowledged_us, acknowledged_by, \
    ended_us, mailed_us, posted_us, again FROM alarm WHERE ";

impl TryFrom<AlarmRow> for Alarm {
    type Error = StoreError;
    fn try_from(row: AlarmRow) -> Result<Self, StoreError> {
        let by = row.acknowledged_by.map(|name| Operator { name });
        Ok(Self {
            id: AlarmId::from_uuid(row.id),
            kind: row.kind.parse()?,
            subject: row.subject,
            collector: row.collector.as_deref().map(StoreError::parse).transpose()?,
            detail: row.detail,
            raised_at: Timestamp::from_micros(row.raised_us),
            acknowledged: row.acknowledged_us.map(Timestamp::from_micros).zip(by),
            ended_at: row.ended_us.map(Timestamp::from_micros),
            mailed_at: row.mailed_us.map(Timestamp::from_micros),
            posted_at: row.posted_us.map(Timestamp::from_micros),
            again: row.again,
        })
    }
}

impl Gateway {
    /// Raises an alarm by itself and says whether it is a new one. What has to be true together with the alarm
    /// carries its row in the commit instead.
    pub async fn raise(&self, alarm: &NewAlarm) -> Result<bool, StoreError> {
        let row = alarm.row(self.now());
        let mut tx = self.database().begin().await?;
        let values = std::iter::once(row.values.as_slice());
        let new = !database::insert::free(&mut tx, row.table, values, "kind").await?.is_empty();
        tx.commit().await?;
        if new {
            tracing::error!(kind = %alarm.kind, subject = %alarm.subject, detail = %alarm.detail, "ALARM");
        }
        Ok(new)
    }

    /// Alarms, newest first.
    pub async fn alarms(&self, query: &AlarmQuery) -> Result<Vec<Alarm>, StoreError> {
        let rows: Vec<AlarmRow> = read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(SELECT);
            sql.push(if query.open_only { "acknowledged_us IS NULL AND ended_us IS NULL" } else { "1 = 1" });
            if let Some(collector) = &query.collector {
                sql.push(" AND collector = ").push_bind(collector.as_str());
            }
            if let Some(subject) = &query.subject {
                sql.push(" AND subject = ").push_bind(subject.as_str());
            }
            if let Some((at, id)) = query.before {
                sql.push(" AND (raised_us < ").push_bind(at.micros());
                sql.push(" OR (raised_us = ").push_bind(at.micros());
                sql.push(" AND id < ").push_bind(id.uuid()).push("))");
            }
            sql.push(" ORDER BY raised_us DESC, id DESC LIMIT ");
            sql.push_bind(i64::from(query.limit.clamp(1, LIMIT_MAX)));
            sql.build_query_as().fetch_all(c).await
        })?;
        rows.into_iter().map(Alarm::try_from).collect()
    }

    /// One alarm.
    pub async fn alarm(&self, id: AlarmId) -> Result<Option<Alarm>, StoreError> {
        let sql = format!("{SELECT} id = $1");
        let row: Option<AlarmRow> = read!(self.database(), |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id.uuid()).fetch_optional(c).await
        })?;
        row.map(Alarm::try_from).transpose()
    }

    /// Somebody has taken notice. Says whether nobody had before; the audit log has the request in any case, in the
    /// same commit.
    pub async fn acknowledge_alarm(&self, id: AlarmId, operator: &Operator) -> Result<bool, StoreError> {
        let is_first = self.alarm(id).await?.is_some_and(|alarm| alarm.acknowledged.is_none());
        if is_first {
            match self.persist(Persist::Acknowledgement, self.acknowledgement(id, operator, true)).await {
                Err(Refused::Guarded { .. }) => {}
                done => return Ok(done.map(|_| true)?),
            }
        }
        self.persist(Persist::Acknowledgement, self.acknowledgement(id, operator, false)).await?;
        Ok(false)
    }

    fn acknowledgement(&self, id: AlarmId, operator: &Operator, is_first: bool) -> Commit {
        let audit = AuditRecord {
            contract: None,
            actor: operator.name.clone(),
            action: "alarm.acknowledge",
            subject: id.to_string(),
            detail: String::new(),
        };
        let mut commit = Commit { audit: vec![audit], ..Commit::default() };
        if is_first {
            commit.guards.push((GuardKey(format!("acknowledged|{id}")), EntityId(id.uuid())));
            let values = vec![id.uuid().into(), self.now().micros().into(), operator.name.clone().into()];
            commit.rows.push(Row { table: &ACKNOWLEDGEMENT, values });
        }
        commit
    }

    /// The channel has taken the alarm.
    pub async fn alarm_delivered(&self, id: AlarmId, channel: AlarmChannel) -> Result<(), StoreError> {
        let column = channel.column();
        let sql = format!("UPDATE alarm SET {column} = $1 WHERE id = $2 AND {column} IS NULL");
        execute!(self.database(), sqlx::AssertSqlSafe(sql), self.now().micros(), id.uuid())?;
        Ok(())
    }
}
