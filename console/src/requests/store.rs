//! Requests in the database. Rows are only ever added, in the commit that has the audit record too.

use database::{Database, Row, Table, read};
use domain::{Date, StaffId, StaffRequestId, Timestamp};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use super::{Decision, Outcome, Request, Verdict};

static REQUEST: Table = Table {
    name: "staff_request",
    columns: &["id", "kind", "subject", "payload", "reason", "maker", "made_us", "day"],
};
static DECISION: Table = Table {
    name: "staff_decision",
    columns: &["request", "verdict", "maker", "staff", "note", "decided_us"],
};
static RESULT: Table = Table { name: "staff_result", columns: &["request", "done", "detail", "at_us"] };

/// Requests that one read answers at most.
const LIMIT_MAX: u32 = 200;
/// Requests about given subjects that one read answers at most.
const ABOUT_MAX: i64 = 500;
/// Approved requests without a result that one look takes up at most.
const RUNNING_MAX: i64 = 50;

/// Why requests cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RequestsError {
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// A stored value is none of ours.
    #[error("a stored request cannot be read: {0}")]
    Corrupt(String),
}

/// Which requests to show, newest first.
#[derive(Clone, Debug, Default)]
pub struct RequestQuery {
    /// Only those of this day that nobody has decided.
    pub open_on: Option<Date>,
    /// Only about this subject.
    pub subject: Option<String>,
    /// Only about subjects below this one: `contract/…` of `contract/…/plan`.
    pub under: Option<String>,
    /// Only of this maker.
    pub maker: Option<StaffId>,
    /// Older than this one, the last of the page before.
    pub before: Option<(Timestamp, StaffRequestId)>,
    /// At most so many, and never more than 200.
    pub limit: u32,
}

#[derive(FromRow)]
struct RequestRow {
    id: Uuid,
    payload: String,
    reason: String,
    maker: Uuid,
    made_us: i64,
    verdict: Option<String>,
    decided_by: Option<Uuid>,
    note: Option<String>,
    decided_us: Option<i64>,
    done: Option<i64>,
    result: Option<String>,
    result_us: Option<i64>,
}

const SELECT: &str = "SELECT r.id, r.payload, r.reason, r.maker, r.made_us, d.verdict, d.staff AS decided_by, d.note, \
    d.decided_us, s.done, s.detail AS result, s.at_us AS result_us FROM staff_request r \
    LEFT JOIN staff_decision d ON d.request = r.id LEFT JOIN staff_result s ON s.request = r.id ";

impl TryFrom<RequestRow> for Request {
    type Error = RequestsError;
    fn try_from(row: RequestRow) -> Result<Self, RequestsError> {
        let corrupt = |what: &dyn std::fmt::Display| RequestsError::Corrupt(format!("{}: {what}", row.id));
        let decision = match (row.verdict, row.decided_by, row.decided_us) {
            (Some(verdict), Some(by), Some(at)) => Some(Decision {
                verdict: Verdict::from_code(&verdict).ok_or_else(|| corrupt(&verdict))?,
                by: StaffId::from_uuid(by),
                note: row.note.unwrap_or_default(),
                at: Timestamp::from_micros(at),
            }),
            _ => None,
        };
        let outcome = match (row.done, row.result, row.result_us) {
            (Some(done), Some(detail), Some(at)) => {
                Some(Outcome { done: done == 1, detail, at: Timestamp::from_micros(at) })
            }
            _ => None,
        };
        Ok(Self {
            id: StaffRequestId::from_uuid(row.id),
            proposal: serde_json::from_str(&row.payload).map_err(|error| corrupt(&error))?,
            reason: row.reason,
            maker: StaffId::from_uuid(row.maker),
            made_at: Timestamp::from_micros(row.made_us),
            decision,
            outcome,
        })
    }
}

/// The row of a new request.
pub(super) fn request_row(request: &Request) -> Result<Row, RequestsError> {
    let payload = serde_json::to_string(&request.proposal)
        .map_err(|error| RequestsError::Corrupt(error.to_string()))?;
    Ok(Row {
        table: &REQUEST,
        values: vec![
            request.id.uuid().into(),
            request.proposal.kind().into(),
            request.proposal.subject().into(),
            payload.into(),
            request.reason.clone().into(),
            request.maker.uuid().into(),
            request.made_at.micros().into(),
            request.made_at.date().to_string().into(),
        ],
    })
}

/// The row of a decision.
pub(super) fn decision_row(request: &Request, decision: &Decision) -> Row {
    Row {
        table: &DECISION,
        values: vec![
            request.id.uuid().into(),
            decision.verdict.code().into(),
            request.maker.uuid().into(),
            decision.by.uuid().into(),
            decision.note.clone().into(),
            decision.at.micros().into(),
        ],
    }
}

/// The row of a result.
pub(super) fn result_row(request: StaffRequestId, outcome: &Outcome) -> Row {
    Row {
        table: &RESULT,
        values: vec![
            request.uuid().into(),
            i64::from(outcome.done).into(),
            outcome.detail.clone().into(),
            outcome.at.micros().into(),
        ],
    }
}

/// One request.
pub(super) async fn find(database: &Database, id: StaffRequestId) -> Result<Option<Request>, RequestsError> {
    let sql = format!("{SELECT} WHERE r.id = $1");
    let row: Option<RequestRow> = read!(database, |c| {
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id.uuid()).fetch_optional(c).await
    })?;
    row.map(Request::try_from).transpose()
}

/// Requests, newest first.
pub(super) async fn list(database: &Database, query: &RequestQuery) -> Result<Vec<Request>, RequestsError> {
    let rows: Vec<RequestRow> = read!(database, |c| {
        let mut sql = QueryBuilder::new(SELECT);
        sql.push(" WHERE 1 = 1");
        if let Some(day) = query.open_on {
            sql.push(" AND d.request IS NULL AND r.day = ").push_bind(day.to_string());
        }
        if let Some(subject) = &query.subject {
            sql.push(" AND r.subject = ").push_bind(subject.as_str());
        }
        if let Some(under) = &query.under {
            sql.push(" AND r.subject LIKE ").push_bind(format!("{under}/%"));
        }
        if let Some(maker) = query.maker {
            sql.push(" AND r.maker = ").push_bind(maker.uuid());
        }
        if let Some((at, id)) = query.before {
            sql.push(" AND (r.made_us < ").push_bind(at.micros());
            sql.push(" OR (r.made_us = ").push_bind(at.micros());
            sql.push(" AND r.id < ").push_bind(id.uuid()).push("))");
        }
        sql.push(" ORDER BY r.made_us DESC, r.id DESC LIMIT ");
        sql.push_bind(i64::from(query.limit.clamp(1, LIMIT_MAX)));
        sql.build_query_as().fetch_all(c).await
    })?;
    rows.into_iter().map(Request::try_from).collect()
}

/// The ids of requests about any of these subjects, the newest.
pub(super) async fn about(database: &Database, subjects: &[String]) -> Result<Vec<String>, RequestsError> {
    let ids: Vec<Uuid> = read!(database, |c| {
        let mut sql = QueryBuilder::new("SELECT id FROM staff_request WHERE subject IN (");
        let mut among = sql.separated(", ");
        for subject in subjects {
            among.push_bind(subject.as_str());
        }
        sql.push(") ORDER BY made_us DESC LIMIT ").push_bind(ABOUT_MAX);
        sql.build_query_scalar().fetch_all(c).await
    })?;
    Ok(ids.into_iter().map(|id| StaffRequestId::from_uuid(id).to_string()).collect())
}

/// Approved requests that have no result: their process may have died.
pub(super) async fn running(database: &Database) -> Result<Vec<Request>, RequestsError> {
    let sql = format!(
        "{SELECT} WHERE d.verdict = 'approved' AND s.request IS NULL
         ORDER BY d.decided_us LIMIT $1"
    );
    let rows: Vec<RequestRow> = read!(database, |c| {
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(RUNNING_MAX).fetch_all(c).await
    })?;
    rows.into_iter().map(Request::try_from).collect()
}
