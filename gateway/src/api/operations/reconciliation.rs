//! 精査: comparisons of a day, and the breaks that they found. A break is resolved by two people, on the console: a key
//! is one actor.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use domain::{BreakId, CollectorNumber, Date, PaymentId, ReconciliationId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::collectors::OfDay;
use super::days::DayInput;
use super::{CountersBody, DayRefusals, collector, day};
use crate::api::input::{Input, Part, Query};
use crate::api::key::Caller;
use crate::api::problem::{BodyRefusals, KeyRefusals, Problem, ProblemBody};
use crate::api::{Answer, Api};
use crate::reconciliation::{Break, BreakClass, BreakQuery, Reconciliation};

/// A comparison of a day.
#[derive(Serialize, ToSchema)]
#[schema(as = Reconciliation)]
pub struct ReconciliationBody {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: ReconciliationId,
    /// 収納機関番号.
    collector: String,
    /// 仕向処理年月日.
    #[schema(format = Date)]
    date: String,
    /// Counted from 1, for each day of a collector; the latest counts.
    number: u32,
    /// When it was made.
    #[schema(format = DateTime)]
    at: String,
    /// Who made it.
    by: String,
    /// Whether the day was closed then.
    after_close: bool,
    /// Serials on which both sides and the ledger agree.
    matched: u32,
    /// What does not match, by class.
    breaks: Vec<ClassBody>,
    /// Breaks that nobody had resolved then.
    open_breaks: u32,
    /// Whether the sums of hub, ledger, collector's counters and collector's lines are the same.
    ties_out: bool,
    /// Of the hub's payments.
    hub: CountersBody,
    /// The collector's counters; none where they changed while it was asked.
    collector_counters: Option<CountersBody>,
    /// What the clearing account has of the payments, in yen.
    ledger: i64,
}

/// How many breaks of a class there are.
#[derive(Serialize, ToSchema)]
#[schema(as = BreaksOfClass)]
pub struct ClassBody {
    /// `missing_here`, `missing_there`, `amount_differs`, `duplicate`, `conflicting` or `carried_forward`.
    class: &'static str,
    /// How many.
    count: u32,
}

impl From<Reconciliation> for ReconciliationBody {
    fn from(made: Reconciliation) -> Self {
        let summary = made.summary;
        let class = |class| ClassBody { class: BreakClass::as_str(class), count: summary.count_of(class) };
        Self {
            id: made.id,
            collector: made.collector.to_string(),
            date: day(made.date),
            number: summary.number,
            at: made.at.rfc3339(),
            by: made.by.name,
            after_close: summary.after_close,
            matched: summary.matched,
            breaks: BreakClass::ALL.into_iter().map(class).filter(|found| found.count > 0).collect(),
            open_breaks: summary.open_breaks,
            ties_out: summary.ties_out(),
            hub: summary.totals.hub.into(),
            collector_counters: summary.totals.collector.map(CountersBody::from),
            ledger: summary.totals.ledger.get(),
        }
    }
}

/// Comparisons of a day.
#[derive(Serialize, ToSchema)]
#[schema(as = Reconciliations)]
pub struct ReconciliationsBody {
    /// By collector, the latest of each first.
    reconciliations: Vec<ReconciliationBody>,
}

/// Compares a day of a collector, as often as wanted.
#[utoipa::path(
    post, operation_id = "reconcile", path = "/v1/operations/collectors/{code}/reconciliations",
    tag = "operations", security(("key" = ["operate"])), request_body = DayInput,
    params(("code" = String, Path, description = "収納機関番号")),
    responses(
        (status = 201, body = ReconciliationBody),
        DayRefusals,
        KeyRefusals,
        BodyRefusals,
    )
)]
pub async fn run(
    State(api): State<Api>,
    caller: Caller,
    code: Result<Part, Problem>,
    Input(of): Input<DayInput>,
) -> Answer {
    let operator = caller.operator()?;
    let made = api.gateway.reconcile(&collector(code)?, of.date, &operator).await?;
    Ok((StatusCode::CREATED, Json(ReconciliationBody::from(made))).into_response())
}

/// Lists the comparisons of a day of all collectors.
#[utoipa::path(
    get, operation_id = "list_reconciliations", path = "/v1/operations/reconciliations", tag = "operations",
    security(("key" = ["operate"])), params(OfDay),
    responses(
        (status = 200, body = ReconciliationsBody),
        (status = 400, body = ProblemBody, content_type = "application/problem+json"),
        KeyRefusals,
    )
)]
pub async fn list(State(api): State<Api>, caller: Caller, Query(of): Query<OfDay>) -> Answer {
    caller.operator()?;
    let found = api.gateway.reconciliations(of.date).await.map_err(|error| Problem::unavailable(&error))?;
    let reconciliations = found.into_iter().map(ReconciliationBody::from).collect();
    Ok(Json(ReconciliationsBody { reconciliations }).into_response())
}

/// Something that did not match.
#[derive(Serialize, ToSchema)]
#[schema(as = Break)]
pub struct BreakBody {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: BreakId,
    /// 収納機関番号.
    collector: String,
    /// 仕向処理年月日.
    #[schema(format = Date)]
    date: String,
    /// `missing_here`, `missing_there`, `amount_differs`, `duplicate`, `conflicting` or `carried_forward`.
    class: &'static str,
    /// The serial, or `counters`.
    subject: String,
    /// Yen at the collector less yen here.
    difference: i64,
    /// The hub's payment, where there is one.
    #[schema(value_type = Option<uuid::Uuid>)]
    payment_id: Option<PaymentId>,
    /// When it was found.
    #[schema(format = DateTime)]
    found_at: String,
    /// How it ended.
    resolution: Option<ResolutionBody>,
}

/// How a break ended.
#[derive(Serialize, ToSchema)]
#[schema(as = Resolution)]
pub struct ResolutionBody {
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// By whom.
    by: String,
    /// Who checked it; none where a comparison ended it.
    checked_by: Option<String>,
    /// What was done about it.
    note: String,
    /// Whether a later comparison did not find it any more.
    vanished: bool,
    /// Whether its payment was paid back.
    refunded: bool,
}

impl From<Break> for BreakBody {
    fn from(found: Break) -> Self {
        Self {
            id: found.id,
            collector: found.collector.to_string(),
            date: day(found.date),
            class: found.class.as_str(),
            subject: found.subject,
            difference: found.difference.get(),
            payment_id: found.facts.hub.map(|hub| hub.payment),
            found_at: found.found_at.rfc3339(),
            resolution: found.resolution.map(|resolution| ResolutionBody {
                at: resolution.at.rfc3339(),
                by: resolution.by.name,
                checked_by: resolution.checked_by.map(|checker| checker.name),
                note: resolution.note,
                vanished: resolution.vanished,
                refunded: resolution.refunded,
            }),
        }
    }
}

/// Breaks.
#[derive(Serialize, ToSchema)]
#[schema(as = Breaks)]
pub struct BreaksBody {
    /// The newest first.
    breaks: Vec<BreakBody>,
}

/// Which breaks.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BreaksWanted {
    /// Only those that have not ended.
    #[serde(default)]
    open_only: bool,
    /// Only of this collector.
    #[param(value_type = Option<String>, pattern = "^[0-9]{5}$")]
    collector: Option<CollectorNumber>,
    /// Only of this day.
    #[param(value_type = Option<String>, format = Date)]
    date: Option<Date>,
    /// At most so many.
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u32>,
}

/// Lists breaks. Two people resolve one, on the staff console.
#[utoipa::path(
    get, operation_id = "list_breaks", path = "/v1/operations/breaks", tag = "operations",
    security(("key" = ["operate"])), params(BreaksWanted),
    responses(
        (status = 200, body = BreaksBody),
        (status = 400, body = ProblemBody, content_type = "application/problem+json"),
        KeyRefusals,
    )
)]
pub async fn breaks(State(api): State<Api>, caller: Caller, Query(wanted): Query<BreaksWanted>) -> Answer {
    caller.operator()?;
    let limit = super::rows(wanted.limit)?;
    let query = BreakQuery {
        open_only: wanted.open_only,
        collector: wanted.collector,
        date: wanted.date,
        class: None,
        before: None,
        limit,
    };
    let found = api.gateway.breaks(&query).await.map_err(|error| Problem::unavailable(&error))?;
    Ok(Json(BreaksBody { breaks: found.into_iter().map(BreakBody::from).collect() }).into_response())
}
