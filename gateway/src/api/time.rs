//! `/v1/time`: business time.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse as _;
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::Input;
use super::problem::{Code, Problem, ProblemBody};
use super::{Answer, Api};

/// Business time.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// The present instant.
    #[schema(format = DateTime, examples("2026-11-24T10:00:00+09:00"))]
    now: String,
}

/// Business time after it was set.
#[derive(Serialize, ToSchema)]
pub struct TimeSet {
    /// The present instant.
    #[schema(format = DateTime, examples("2026-11-24T10:00:00+09:00"))]
    now: String,
    /// Seconds by which business time went back, where it did: whatever is dated in them comes again.
    #[serde(skip_serializing_if = "Option::is_none")]
    went_back_s: Option<i64>,
}

/// Tells business time, which governs dates, hours and limits.
#[utoipa::path(
    get, operation_id = "show_time", path = "/v1/time", tag = "directory",
    responses((status = 200, body = Time))
)]
pub async fn show(State(api): State<Api>) -> Json<Time> {
    Json(Time { now: api.gateway.now().rfc3339() })
}

/// Sets business time; in the demo and on test benches only.
///
/// Forward is what a day does too. Back is for tests alone, and the answer says by how much.
#[utoipa::path(
    put, operation_id = "set_time", path = "/v1/time", tag = "directory", request_body = Time,
    responses(
        (status = 200, body = TimeSet),
        (status = 400, body = ProblemBody, content_type = "application/problem+json"),
        (status = 405, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub async fn set(State(api): State<Api>, time: Result<Input<Time>, Problem>) -> Answer {
    if !api.config.may_set_clock {
        return Err(Code::MethodNotAllowed.into());
    }
    let Input(time) = time.map_err(|problem| Problem { code: Code::TimeInvalid, ..problem })?;
    let now = Timestamp::parse_rfc3339(&time.now).ok_or(Problem::from(Code::TimeInvalid))?;
    let went_back_s = api.gateway.set_time(now).await.map_err(|error| Problem::unavailable(&error))?;
    let went_back_s = Some(went_back_s).filter(|seconds| *seconds > 0);
    Ok(Json(TimeSet { now: api.gateway.now().rfc3339(), went_back_s }).into_response())
}
