//! The processing days of collectors: 開局, 予備閉局, 閉局, 収納カウンタ.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse as _;
use domain::{Date, Timestamp, Yen};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{BothCountersBody, DayRefusals, collector, day};
use crate::api::input::{Input, Part, Query};
use crate::api::key::Caller;
use crate::api::problem::{BodyRefusals, KeyRefusals, Problem, ProblemBody};
use crate::api::{Answer, Api};
use crate::service::{Carry, CloseOptions, ServiceDay};

/// A processing day of a collector.
#[derive(Serialize, ToSchema)]
#[schema(as = ServiceDay)]
pub struct DayBody {
    /// 収納機関番号.
    collector: String,
    /// 仕向処理年月日.
    #[schema(format = Date)]
    date: String,
    /// `waiting`, `open`, `pre_closed` or `closed`.
    #[schema(examples("open"))]
    state: &'static str,
    /// The close has begun: nothing new is taken.
    closing: bool,
    /// It was closed although payments have no known outcome.
    carried_forward: bool,
    /// When the collector said that it is open.
    #[schema(format = DateTime)]
    opened_at: Option<String>,
    /// When the collector said that it is pre-closed.
    #[schema(format = DateTime)]
    pre_closed_at: Option<String>,
    /// When the collector said that it is closed.
    #[schema(format = DateTime)]
    closed_at: Option<String>,
    /// The counters that the close exchanged.
    close_counters: Option<BothCountersBody>,
    /// What went wrong last.
    trouble: Option<String>,
    /// Breaks of the latest comparison that nobody has resolved.
    open_breaks: Option<u32>,
}

impl From<ServiceDay> for DayBody {
    fn from(of: ServiceDay) -> Self {
        Self {
            collector: of.collector.to_string(),
            date: day(of.date),
            state: of.state.as_str(),
            closing: of.closing,
            carried_forward: of.carried_forward,
            opened_at: of.opened_at.map(Timestamp::rfc3339),
            pre_closed_at: of.pre_closed_at.map(Timestamp::rfc3339),
            closed_at: of.closed_at.map(Timestamp::rfc3339),
            close_counters: of.close_counters.map(BothCountersBody::from),
            trouble: of.trouble.map(|trouble| format!("{}: {}", trouble.tried, trouble.reason)),
            open_breaks: of.reconciliation.map(|summary| summary.open_breaks),
        }
    }
}

/// The days of all collectors.
#[derive(Serialize, ToSchema)]
#[schema(as = ServiceDays)]
pub struct DaysBody {
    /// In the order of the collectors' numbers.
    days: Vec<DayBody>,
}

/// Which day.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfDate {
    /// 仕向処理年月日; today where it is absent.
    #[param(value_type = Option<String>, format = Date)]
    date: Option<Date>,
}

/// Lists the processing days of all collectors on a date.
#[utoipa::path(
    get, operation_id = "list_days", path = "/v1/operations/days", tag = "operations", security(("key" = ["operate"])),
    params(OfDate),
    responses(
        (status = 200, body = DaysBody),
        (status = 400, body = ProblemBody, content_type = "application/problem+json"),
        KeyRefusals,
    )
)]
pub async fn list(State(api): State<Api>, caller: Caller, Query(of): Query<OfDate>) -> Answer {
    caller.operator()?;
    let date = of.date.unwrap_or_else(|| api.gateway.now().date());
    let found = api.gateway.service_days(date).await.map_err(|error| Problem::unavailable(&error))?;
    Ok(Json(DaysBody { days: found.into_iter().map(DayBody::from).collect() }).into_response())
}

/// Opens today at a collector (開局).
///
/// One key does alone what takes two people on the staff console.
#[utoipa::path(
    post, operation_id = "open_day", path = "/v1/operations/collectors/{code}/open", tag = "operations",
    security(("key" = ["operate"])),
    params(("code" = String, Path, description = "収納機関番号")),
    responses(
        (status = 200, body = DayBody),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
        DayRefusals,
        KeyRefusals,
    )
)]
pub async fn open(State(api): State<Api>, caller: Caller, code: Result<Part, Problem>) -> Answer {
    let operator = caller.operator()?;
    let today = api.gateway.now().date();
    let day = api.gateway.open_service(&collector(code)?, today, &operator).await?;
    Ok(Json(DayBody::from(day)).into_response())
}

/// Pre-closes today at a collector (予備閉局): no new inquiry.
///
/// One key does alone what takes two people on the staff console.
#[utoipa::path(
    post, operation_id = "pre_close_day", path = "/v1/operations/collectors/{code}/pre-close",
    tag = "operations", security(("key" = ["operate"])),
    params(("code" = String, Path, description = "収納機関番号")),
    responses(
        (status = 200, body = DayBody),
        (status = 422, body = ProblemBody, content_type = "application/problem+json"),
        DayRefusals,
        KeyRefusals,
    )
)]
pub async fn pre_close(State(api): State<Api>, caller: Caller, code: Result<Part, Problem>) -> Answer {
    let operator = caller.operator()?;
    let today = api.gateway.now().date();
    let day = api.gateway.pre_close_service(&collector(code)?, today, &operator).await?;
    Ok(Json(DayBody::from(day)).into_response())
}

/// Which day to close, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Close)]
pub struct CloseInput {
    /// 仕向処理年月日.
    #[schema(value_type = String, format = Date)]
    date: Date,
    /// Closes although payments of the day have no known outcome: they are settled later.
    #[serde(default)]
    carry_forward: bool,
    /// Carries forward no more than so many payments and cancellations; whatever is open where it is absent.
    #[serde(default)]
    open_items: Option<u32>,
    /// Carries forward no more than so many yen; whatever is open where it is absent.
    #[serde(default)]
    open_amount: Option<i64>,
    /// Closes although so many breaks of the day are open, and not more.
    #[serde(default)]
    open_breaks: u32,
}

/// Closes a day of a collector with counters (閉局).
///
/// One key does alone what takes two people on the staff console.
#[utoipa::path(
    post, operation_id = "close_day", path = "/v1/operations/collectors/{code}/close", tag = "operations",
    security(("key" = ["operate"])), request_body = CloseInput,
    params(("code" = String, Path, description = "収納機関番号")),
    responses(
        (status = 200, body = DayBody),
        DayRefusals,
        KeyRefusals,
        BodyRefusals,
    )
)]
pub async fn close(
    State(api): State<Api>,
    caller: Caller,
    code: Result<Part, Problem>,
    Input(input): Input<CloseInput>,
) -> Answer {
    let operator = caller.operator()?;
    let carry = Carry {
        items: input.open_items.unwrap_or(Carry::ANY.items),
        amount: input.open_amount.map_or(Carry::ANY.amount, Yen::new),
    };
    let carry_forward = input.carry_forward.then_some(carry);
    let options = CloseOptions { carry_forward, open_breaks: input.open_breaks };
    let day = api.gateway.close_service(&collector(code)?, input.date, options, &operator).await?;
    Ok(Json(DayBody::from(day)).into_response())
}

/// Of which day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Day)]
pub struct DayInput {
    /// 仕向処理年月日.
    #[schema(value_type = String, format = Date)]
    pub(super) date: Date,
}

/// Asks a collector for its counters and tells both sides' (収納カウンタ照会).
#[utoipa::path(
    post, operation_id = "ask_counters", path = "/v1/operations/collectors/{code}/counters",
    tag = "operations", security(("key" = ["operate"])), request_body = DayInput,
    params(("code" = String, Path, description = "収納機関番号")),
    responses(
        (status = 200, body = BothCountersBody),
        DayRefusals,
        KeyRefusals,
        BodyRefusals,
    )
)]
pub async fn counters(
    State(api): State<Api>,
    caller: Caller,
    code: Result<Part, Problem>,
    Input(of): Input<DayInput>,
) -> Answer {
    let operator = caller.operator()?;
    let counters = api.gateway.ask_counters(&collector(code)?, of.date, &operator).await?;
    Ok(Json(BothCountersBody::from(counters)).into_response())
}
