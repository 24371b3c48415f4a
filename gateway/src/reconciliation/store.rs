//! Comparisons and breaks in the database. Rows are only ever added.

use database::{Row, Table, Value, read};
use domain::{BreakId, CollectorNumber, Date, ReconciliationId, Timestamp, Yen};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use super::breaks::Known;
use super::compare::{BreakClass, BreakFacts, Difference};
use super::{Break, Reconciliation, Resolution};
use crate::{Gateway, Operator, StoreError};

/// Rows of one read at most.
const LIMIT_MAX: u32 = 500;

static RECONCILIATION: Table = Table {
    name: "reconciliation",
    columns: &["id", "collector", "date", "number", "at_us", "actor", "summary"],
};
static BREAK: Table = Table {
    name: "reconciliation_break",
    columns: &["id", "found_by", "collector", "date", "class", "subject", "difference", "facts", "found_us"],
};
static RESOLUTION: Table = Table {
    name: "break_resolution",
    columns: &["break_id", "at_us", "actor", "checked_by", "note", "vanished"],
};

/// Which breaks to show, newest first.
#[derive(Clone, Debug, Default)]
pub struct BreakQuery {
    /// Only those that have not ended.
    pub open_only: bool,
    /// Only of this collector.
    pub collector: Option<CollectorNumber>,
    /// Only of this day.
    pub date: Option<Date>,
    /// Only of this class.
    pub class: Option<BreakClass>,
    /// Older than this one, the last of the page before.
    pub before: Option<(Timestamp, BreakId)>,
    /// At most this many, and never more than 500.
    pub limit: u32,
}

#[derive(FromRow)]
struct RunRow {
    id: Uuid,
    collector: String,
    date: String,
    at_us: i64,
    actor: String,
    summary: String,
}

#[derive(FromRow)]
struct BreakRow {
    id: Uuid,
    found_by: Uuid,
    collector: String,
    date: String,
    class: String,
    subject: String,
    difference: i64,
    facts: String,
    found_us: i64,
    at_us: Option<i64>,
    actor: Option<String>,
    checked_by: Option<String>,
    note: Option<String>,
    vanished: Option<i64>,
    refunded: Option<Uuid>,
}

const BREAKS: &str = "
    SELECT b.id, b.found_by, b.collector, b.date, b.class, b.subject, b.difference, b.facts, b.found_us,
           r.at_us, r.actor, r.checked_by, r.note, r.vanished, f.payment AS refunded
    FROM reconciliation_break b LEFT JOIN break_resolution r ON r.break_id = b.id
    LEFT JOIN refund f ON f.break_id = b.id WHERE ";

impl TryFrom<RunRow> for Reconciliation {
    type Error = StoreError;
    fn try_from(row: RunRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: ReconciliationId::from_uuid(row.id),
            collector: StoreError::parse(&row.collector)?,
            date: StoreError::parse(&row.date)?,
            at: Timestamp::from_micros(row.at_us),
            by: Operator { name: row.actor },
            summary: StoreError::json(&row.summary)?,
        })
    }
}

fn class(word: &str) -> Result<BreakClass, StoreError> {
    let found = BreakClass::ALL.into_iter().find(|class| class.as_str() == word);
    found.ok_or_else(|| StoreError::Corrupt(format!("{word} is no class of a break")))
}

impl TryFrom<BreakRow> for Break {
    type Error = StoreError;
    fn try_from(row: BreakRow) -> Result<Self, StoreError> {
        let resolution = match (row.at_us, row.actor, row.note) {
            (Some(at), Some(name), Some(note)) => Some(Resolution {
                at: Timestamp::from_micros(at),
                by: Operator { name },
                checked_by: row.checked_by.map(|name| Operator { name }),
                note,
                vanished: row.vanished == Some(1),
                refunded: row.refunded.is_some(),
            }),
            _ => None,
        };
        Ok(Self {
            id: BreakId::from_uuid(row.id),
            found_by: ReconciliationId::from_uuid(row.found_by),
            collector: StoreError::parse(&row.collector)?,
            date: StoreError::parse(&row.date)?,
            class: class(&row.class)?,
            subject: row.subject,
            difference: Yen::new(row.difference),
            facts: StoreError::json(&row.facts)?,
            found_at: Timestamp::from_micros(row.found_us),
            resolution,
        })
    }
}

impl Reconciliation {
    pub(super) fn row(&self) -> Result<Row, StoreError> {
        Ok(Row {
            table: &RECONCILIATION,
            values: vec![
                self.id.uuid().into(),
                self.collector.as_str().into(),
                self.date.to_string().into(),
                i64::from(self.summary.number).into(),
                self.at.micros().into(),
                self.by.name.clone().into(),
                StoreError::to_json(&self.summary)?.into(),
            ],
        })
    }

    /// The row of a break that this comparison found first.
    pub(super) fn break_row(&self, found: &Difference) -> Result<Row, StoreError> {
        Ok(Row {
            table: &BREAK,
            values: vec![
                BreakId::generate().uuid().into(),
                self.id.uuid().into(),
                self.collector.as_str().into(),
                self.date.to_string().into(),
                found.class.as_str().into(),
                found.subject.to_string().into(),
                found.difference.get().into(),
                StoreError::to_json(&found.facts)?.into(),
                self.at.micros().into(),
            ],
        })
    }
}

pub(super) fn resolution_row(id: BreakId, resolution: &Resolution) -> Row {
    Row {
        table: &RESOLUTION,
        values: vec![
            id.uuid().into(),
            resolution.at.micros().into(),
            resolution.by.name.clone().into(),
            Value::Text(resolution.checked_by.as_ref().map(|checker| checker.name.clone())),
            resolution.note.clone().into(),
            i64::from(resolution.vanished).into(),
        ],
    }
}

impl Gateway {
    /// Every comparison of a day, by collector, the latest of each first: that one counts.
    pub async fn reconciliations(&self, date: Date) -> Result<Vec<Reconciliation>, StoreError> {
        let rows: Vec<RunRow> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT id, collector, date, at_us, actor, summary FROM reconciliation
                 WHERE date = $1 ORDER BY collector, number DESC LIMIT $2",
            )
            .bind(date.to_string())
            .bind(i64::from(LIMIT_MAX))
            .fetch_all(c)
            .await
        })?;
        rows.into_iter().map(Reconciliation::try_from).collect()
    }

    /// The comparison of a day that counts, of each collector that has one, by number.
    pub async fn latest_reconciliations(&self, date: Date) -> Result<Vec<Reconciliation>, StoreError> {
        let rows: Vec<RunRow> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT r.id, r.collector, r.date, r.at_us, r.actor, r.summary FROM reconciliation r
                 WHERE r.date = $1 AND r.number = (
                     SELECT max(l.number) FROM reconciliation l WHERE l.date = r.date AND l.collector = r.collector)
                 ORDER BY r.collector",
            )
            .bind(date.to_string())
            .fetch_all(c)
            .await
        })?;
        rows.into_iter().map(Reconciliation::try_from).collect()
    }

    /// Breaks, newest first.
    pub async fn breaks(&self, query: &BreakQuery) -> Result<Vec<Break>, StoreError> {
        let rows: Vec<BreakRow> = read!(self.database(), |c| {
            let mut sql = QueryBuilder::new(BREAKS);
            sql.push(if query.open_only { "r.break_id IS NULL" } else { "1 = 1" });
            if let Some(collector) = &query.collector {
                sql.push(" AND b.collector = ").push_bind(collector.as_str());
            }
            if let Some(date) = query.date {
                sql.push(" AND b.date = ").push_bind(date.to_string());
            }
            if let Some(class) = query.class {
                sql.push(" AND b.class = ").push_bind(class.as_str());
            }
            if let Some((at, id)) = query.before {
                sql.push(" AND (b.found_us < ").push_bind(at.micros());
                sql.push(" OR (b.found_us = ").push_bind(at.micros());
                sql.push(" AND b.id < ").push_bind(id.uuid()).push("))");
            }
            sql.push(" ORDER BY b.found_us DESC, b.id DESC LIMIT ");
            sql.push_bind(i64::from(query.limit.clamp(1, LIMIT_MAX)));
            sql.build_query_as().fetch_all(c).await
        })?;
        rows.into_iter().map(Break::try_from).collect()
    }

    /// One break.
    pub async fn break_of(&self, id: BreakId) -> Result<Option<Break>, StoreError> {
        let sql = format!("{BREAKS} b.id = $1");
        let row: Option<BreakRow> = read!(self.database(), |c| {
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id.uuid()).fetch_optional(c).await
        })?;
        row.map(Break::try_from).transpose()
    }

    /// The breaks of a day that are open or that a person resolved.
    pub(super) async fn known_breaks(
        &self,
        collector: &CollectorNumber,
        date: Date,
    ) -> Result<Vec<Known>, StoreError> {
        type Found = (Uuid, String, String, String, Option<i64>);
        let rows: Vec<Found> = read!(self.database(), |c| {
            sqlx::query_as(
                "SELECT b.id, b.class, b.subject, b.facts, r.vanished
                 FROM reconciliation_break b LEFT JOIN break_resolution r ON r.break_id = b.id
                 WHERE b.date = $1 AND b.collector = $2 AND (r.vanished IS NULL OR r.vanished = 0) ORDER BY b.id",
            )
            .bind(date.to_string())
            .bind(collector.as_str())
            .fetch_all(c)
            .await
        })?;
        rows.into_iter()
            .map(|(id, word, subject, facts, vanished)| {
                let facts: BreakFacts = StoreError::json(&facts)?;
                Ok(Known {
                    id: BreakId::from_uuid(id),
                    class: class(&word)?,
                    subject,
                    facts,
                    resolved: vanished.is_some(),
                })
            })
            .collect()
    }
}
