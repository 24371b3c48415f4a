//! What a person has to look at.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse as _;
use domain::{AlarmId, CollectorNumber, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::input::{Part, Query};
use crate::api::key::Caller;
use crate::api::problem::{Code, KeyRefusals, Problem, ProblemBody};
use crate::api::{Answer, Api};
use crate::{Alarm, AlarmQuery};

/// Which alarms.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AlarmsWanted {
    /// Only those that nobody has acknowledged and whose cause is not known to be over.
    #[serde(default)]
    open_only: bool,
    /// Only of this collector.
    #[param(value_type = Option<String>, pattern = "^[0-9]{5}$")]
    collector: Option<CollectorNumber>,
    /// At most so many.
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u32>,
}

/// Alarms.
#[derive(Serialize, ToSchema)]
#[schema(as = Alarms)]
pub struct AlarmsBody {
    /// The newest first.
    alarms: Vec<AlarmBody>,
}

/// Something to look at.
#[derive(Serialize, ToSchema)]
#[schema(as = Alarm)]
pub struct AlarmBody {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: AlarmId,
    /// A stable word.
    #[schema(examples("answer_unreadable"))]
    kind: &'static str,
    /// A payment's id, a collector's number, a message's key, or a day.
    subject: String,
    /// 収納機関番号.
    collector: Option<String>,
    /// Facts in words.
    detail: String,
    /// When it was raised.
    #[schema(format = DateTime)]
    raised_at: String,
    /// When somebody took notice.
    #[schema(format = DateTime)]
    acknowledged_at: Option<String>,
    /// Who.
    acknowledged_by: Option<String>,
    /// When its cause was found to be over.
    #[schema(format = DateTime)]
    ended_at: Option<String>,
}

impl From<Alarm> for AlarmBody {
    fn from(alarm: Alarm) -> Self {
        let (at, by) = alarm.acknowledged.map(|(at, by)| (at.rfc3339(), by.name)).unzip();
        Self {
            id: alarm.id,
            kind: alarm.kind.as_str(),
            subject: alarm.subject,
            collector: alarm.collector.map(|number| number.to_string()),
            detail: alarm.detail,
            raised_at: alarm.raised_at.rfc3339(),
            acknowledged_at: at,
            acknowledged_by: by,
            ended_at: alarm.ended_at.map(Timestamp::rfc3339),
        }
    }
}

/// Lists alarms.
#[utoipa::path(
    get, operation_id = "list_alarms", path = "/v1/operations/alarms", tag = "operations",
    security(("key" = ["operate"])), params(AlarmsWanted),
    responses(
        (status = 200, body = AlarmsBody),
        (status = 400, body = ProblemBody, content_type = "application/problem+json"),
        KeyRefusals,
    )
)]
pub async fn list(State(api): State<Api>, caller: Caller, Query(wanted): Query<AlarmsWanted>) -> Answer {
    caller.operator()?;
    let query = AlarmQuery {
        open_only: wanted.open_only,
        collector: wanted.collector,
        limit: super::rows(wanted.limit)?,
        ..AlarmQuery::default()
    };
    let found = api.gateway.alarms(&query).await.map_err(|error| Problem::unavailable(&error))?;
    Ok(Json(AlarmsBody { alarms: found.into_iter().map(AlarmBody::from).collect() }).into_response())
}

/// Whether it was the first notice.
#[derive(Serialize, ToSchema)]
#[schema(as = Acknowledgement)]
pub struct AcknowledgementBody {
    /// Whether nobody had taken notice of the alarm before.
    was_open: bool,
}

/// Takes notice of an alarm.
#[utoipa::path(
    post, operation_id = "acknowledge_alarm", path = "/v1/operations/alarms/{id}/acknowledgement",
    tag = "operations", security(("key" = ["operate"])),
    params(("id" = uuid::Uuid, Path, description = "The alarm's id")),
    responses(
        (status = 200, body = AcknowledgementBody),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        KeyRefusals,
    )
)]
pub async fn acknowledge(State(api): State<Api>, caller: Caller, id: Result<Part, Problem>) -> Answer {
    let operator = caller.operator()?;
    let id: AlarmId = super::part(id, Code::NotFound)?;
    let done = api.gateway.acknowledge_alarm(id, &operator).await;
    let was_open = done.map_err(|error| Problem::unavailable(&error))?;
    Ok(Json(AcknowledgementBody { was_open }).into_response())
}
