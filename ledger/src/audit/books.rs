//! The checks that the database can make by itself. Each is a query for what must not be there, so that history is
//! never brought into memory.

use database::{Tx, on};
use uuid::Uuid;

use super::log::Vouched;
use super::{FINDINGS_MAX, Finding};

/// Positions of events in memory at once.
const PAGE_EVENTS_MAX: i64 = 50_000;

/// A query that answers a subject and a detail for each finding.
struct Check {
    name: &'static str,
    subject: Subject,
    sql: &'static str,
}

/// The type of the first column.
#[derive(Clone, Copy)]
enum Subject {
    Id,
    Text,
}

const CHECKS: &[Check] = &[
    Check {
        name: "failed-id",
        subject: Subject::Id,
        sql: "SELECT t.id, 'it failed as ' || f.result || ' and is in the journal'
              FROM failed_transfer AS f JOIN transfer AS t ON t.id = f.id ORDER BY t.position",
    },
    Check {
        name: "event-sequence",
        subject: Subject::Id,
        sql: "SELECT entity, CAST(count(*) AS TEXT) || ' events from ' || CAST(min(seq) AS TEXT) || ' to '
                  || CAST(max(seq) AS TEXT)
              FROM event GROUP BY entity HAVING min(seq) <> 1 OR max(seq) <> count(*) ORDER BY entity",
    },
    Check {
        name: "outbox-entity",
        subject: Subject::Text,
        sql: "SELECT key, 'nothing is recorded of what it belongs to' FROM outbox AS o
              WHERE NOT EXISTS (SELECT 1 FROM event AS e WHERE e.entity = o.entity) ORDER BY key",
    },
    Check {
        name: "batch-head",
        subject: Subject::Id,
        sql: "SELECT b.writer, 'batch ' || CAST(b.number AS TEXT) || ' ends at record '
                  || CAST(b.audit_number AS TEXT) || CASE WHEN a.hash IS NULL THEN ', which is missing'
                  ELSE ', which has another hash' END
              FROM batch AS b LEFT JOIN audit AS a ON a.writer = b.writer AND a.number = b.audit_number
              WHERE b.audit_number > 0 AND (a.hash IS NULL OR a.hash <> b.audit_head)
              ORDER BY b.writer, b.number",
    },
    Check {
        name: "batch-order",
        subject: Subject::Id,
        sql: "SELECT writer, 'batch ' || CAST(number AS TEXT) || ' ends at record ' || CAST(audit_number AS TEXT)
                  || ', the one before at ' || CAST(before AS TEXT)
              FROM (SELECT writer, number, audit_number,
                        lag(audit_number) OVER (PARTITION BY writer ORDER BY number) AS before FROM batch) AS b
              WHERE audit_number < before ORDER BY writer, number",
    },
    Check {
        name: "batch-missing",
        subject: Subject::Id,
        sql: "SELECT a.writer, 'records up to ' || CAST(max(a.number) AS TEXT) || ', batches up to '
                  || CAST(coalesce(max(b.audit_number), 0) AS TEXT)
              FROM audit AS a LEFT JOIN (
                  SELECT writer, max(audit_number) AS audit_number FROM batch GROUP BY writer
              ) AS b ON b.writer = a.writer
              GROUP BY a.writer HAVING max(a.number) > coalesce(max(b.audit_number), 0) ORDER BY a.writer",
    },
];

pub(super) async fn check(tx: &mut Tx, vouched: &Vouched) -> Result<Vec<Finding>, sqlx::Error> {
    let mut findings = Vec::new();
    for check in CHECKS {
        findings.extend(check.run(tx).await?);
    }
    findings.extend(unvouched(tx, vouched).await?);
    Ok(findings)
}

/// Events that no record of the log vouches for.
async fn unvouched(tx: &mut Tx, vouched: &Vouched) -> Result<Vec<Finding>, sqlx::Error> {
    let findings_max = usize::try_from(FINDINGS_MAX).unwrap_or(usize::MAX);
    let mut findings = Vec::new();
    let mut after = i64::MIN;
    loop {
        let page: Vec<i64> = on!(tx, |c| {
            sqlx::query_scalar("SELECT position FROM event WHERE position > $1 ORDER BY position LIMIT $2")
                .bind(after)
                .bind(PAGE_EVENTS_MAX)
                .fetch_all(c)
                .await
        })?;
        let Some(last) = page.last() else { return Ok(findings) };
        after = *last;
        let found = page.into_iter().filter(|at| !vouched.events.contains(*at)).map(|at| Finding {
            check: "event-unvouched",
            subject: at.to_string(),
            detail: "no record of the log vouches for the event at this position".to_owned(),
        });
        findings.extend(found.take(findings_max.saturating_sub(findings.len())));
    }
}

impl Check {
    async fn run(&self, tx: &mut Tx) -> Result<Vec<Finding>, sqlx::Error> {
        /// Runs the query with the first column as this type.
        macro_rules! rows {
            ($subject:ty) => {{
                let sql = sqlx::AssertSqlSafe(format!("{} LIMIT $1", self.sql));
                let rows: Vec<($subject, String)> =
                    on!(tx, |c| sqlx::query_as(sql).bind(FINDINGS_MAX).fetch_all(c).await)?;
                rows.into_iter().map(|(subject, detail)| (subject.to_string(), detail)).collect()
            }};
        }
        let rows: Vec<(String, String)> = match self.subject {
            Subject::Id => rows!(Uuid),
            Subject::Text => rows!(String),
        };
        let finding = |(subject, detail)| Finding { check: self.name, subject, detail };
        Ok(rows.into_iter().map(finding).collect())
    }
}
