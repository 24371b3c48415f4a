//! How every collector is at this moment, and what keeps a day of one from being closed.

use ::collectors::client::CircuitState;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse as _;
use domain::payment::State as PaymentStep;
use domain::{Date, PaymentId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::collector;
use crate::api::input::{Part, Query};
use crate::api::key::Caller;
use crate::api::problem::{Code, KeyRefusals, Problem, ProblemBody};
use crate::api::shapes::PaymentState;
use crate::api::{Answer, Api};
use crate::service::{CollectorStatus, OpenItem};

/// Every connected collector.
#[derive(Serialize, ToSchema)]
#[schema(as = CollectorStatuses)]
pub struct StatusesBody {
    /// In the order of the directory.
    collectors: Vec<StatusBody>,
}

/// One collector now.
#[derive(Serialize, ToSchema)]
#[schema(as = CollectorStatus)]
pub struct StatusBody {
    /// 収納機関番号.
    collector: String,
    /// Its name.
    name: String,
    /// Where today stands: `waiting`, `open`, `pre_closed` or `closed`.
    #[schema(examples("open"))]
    state: &'static str,
    /// Whether the close of today has begun.
    closing: bool,
    /// What went wrong last with today.
    trouble: Option<String>,
    /// Whether it is within its published hours.
    hours_open: bool,
    /// When it opens next, where it is not.
    #[schema(format = DateTime)]
    opens_at: Option<String>,
    /// Days before today that are not closed yet.
    days_behind: u32,
    /// Whether this process lets requests through: `closed` does, `open` does not, `probing` tries one.
    #[schema(examples("closed"))]
    circuit: Option<&'static str>,
    /// Messages that wait or have no known outcome.
    open_work: u32,
    /// When the oldest of them was made.
    #[schema(format = DateTime)]
    oldest_open_work: Option<String>,
    /// Payments among them whose outcome is unknown.
    unknown: u32,
    /// How long its last answer to this process took, in milliseconds.
    last_answer_ms: Option<u64>,
}

impl From<CollectorStatus> for StatusBody {
    fn from(status: CollectorStatus) -> Self {
        let circuit = |state| match state {
            CircuitState::Closed => "closed",
            CircuitState::Open => "open",
            CircuitState::Probing => "probing",
        };
        Self {
            collector: status.collector.to_string(),
            name: status.name,
            state: status.state.as_str(),
            closing: status.closing,
            trouble: status.trouble.map(|trouble| format!("{}: {}", trouble.tried, trouble.reason)),
            hours_open: status.hours_open,
            opens_at: status.opens_at.map(domain::Timestamp::rfc3339),
            days_behind: status.days_behind,
            circuit: status.circuit.map(circuit),
            open_work: status.open_work,
            oldest_open_work: status.oldest_open_work.map(domain::Timestamp::rfc3339),
            unknown: status.unknown,
            last_answer_ms: status.last_answer.map(|answer| answer.ms),
        }
    }
}

/// Lists how every connected collector is now.
#[utoipa::path(
    get, operation_id = "list_collector_statuses", path = "/v1/operations/collectors", tag = "operations",
    security(("key" = ["operate"])),
    responses((status = 200, body = StatusesBody), KeyRefusals)
)]
pub async fn list(State(api): State<Api>, caller: Caller) -> Answer {
    caller.operator()?;
    let found = api.gateway.collector_statuses().await.map_err(|error| Problem::unavailable(&error))?;
    Ok(Json(StatusesBody { collectors: found.into_iter().map(StatusBody::from).collect() }).into_response())
}

/// Of which day.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfDay {
    /// 仕向処理年月日.
    #[param(value_type = String, format = Date)]
    pub(super) date: Date,
}

/// What has no known outcome.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenItems)]
pub struct OpenItemsBody {
    /// At most a hundred of them.
    items: Vec<OpenItemBody>,
    /// How many there are.
    count: u32,
}

/// A payment or a cancellation without a known outcome.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenItem)]
pub struct OpenItemBody {
    /// The payment.
    #[schema(value_type = uuid::Uuid)]
    payment_id: PaymentId,
    /// The resend key of its clearing.
    message_key: String,
    /// Where it is; `accepted` where its cancellation has no known outcome.
    #[schema(value_type = PaymentState)]
    state: PaymentStep,
    /// In yen, without the fee.
    amount: i64,
    /// When it was held.
    #[schema(format = DateTime)]
    held_at: String,
}

impl From<OpenItem> for OpenItemBody {
    fn from(item: OpenItem) -> Self {
        Self {
            payment_id: item.payment,
            message_key: item.message_key,
            state: item.state,
            amount: item.amount.get(),
            held_at: item.held_at.rfc3339(),
        }
    }
}

/// Lists what keeps a day of a collector from being closed.
#[utoipa::path(
    get, operation_id = "list_open_items", path = "/v1/operations/collectors/{code}/open-items",
    tag = "operations", security(("key" = ["operate"])),
    params(("code" = String, Path, description = "収納機関番号"), OfDay),
    responses(
        (status = 200, body = OpenItemsBody),
        (status = 400, body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        KeyRefusals,
    )
)]
pub async fn open_items(
    State(api): State<Api>,
    caller: Caller,
    code: Result<Part, Problem>,
    Query(of): Query<OfDay>,
) -> Answer {
    caller.operator()?;
    let number = collector(code)?;
    api.gateway.directory().get(&number).ok_or(Problem::from(Code::CollectorUnknown))?;
    let found = api.gateway.open_items(&number, of.date).await;
    let (items, count) = found.map_err(|error| Problem::unavailable(&error))?;
    let items = items.into_iter().map(OpenItemBody::from).collect();
    Ok(Json(OpenItemsBody { items, count }).into_response())
}
