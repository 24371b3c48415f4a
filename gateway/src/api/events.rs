//! `GET /v1/events`: the changes of payments' states, in order, from a cursor.

use axum::Json;
use axum::extract::State as Shared;
use axum::response::IntoResponse as _;
use domain::PaymentId;
use domain::payment::{Event, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::input::Query;
use super::key::Caller;
use super::problem::{Code, KeyRefusals, Problem, ProblemBody};
use super::shapes::PaymentState;
use super::{Answer, Api};
use crate::feed::{CHANGES_MAX, Change};

/// Changes of an answer where the caller names no limit.
const LIMIT_DEFAULT: u32 = 100;

/// From where and how many.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct From {
    /// The `next` of the answer before; 0 or nothing for the beginning.
    #[serde(default)]
    #[param(minimum = 0)]
    after: i64,
    /// Events that are wanted at most.
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u32>,
}

/// A part of the feed.
#[derive(Serialize, ToSchema)]
#[schema(as = Events)]
pub struct EventsBody {
    /// In order.
    events: Vec<EventBody>,
    /// Where to go on. It may be behind the last event: the positions between belong to others.
    next: i64,
    /// Whether there may be more already.
    more: bool,
}

/// A change of a payment's state.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventBody {
    /// Its place in the order; never given twice.
    position: i64,
    /// The payment.
    #[schema(value_type = uuid::Uuid)]
    payment_id: PaymentId,
    /// What happened: `held`, `claimed`, `accepted`, `rejected`, `not_applied`, `outcome_unknown`, `voided`,
    /// `late_acceptance`, `settled`, `cancelled`, `refunded`; new words may come.
    #[schema(value_type = String, examples("accepted"))]
    event: Event,
    /// The state after it.
    #[schema(value_type = PaymentState)]
    state: State,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// 収納機関番号.
    collector: String,
    /// In yen, without the fee.
    amount: i64,
}

impl std::convert::From<Change> for EventBody {
    fn from(change: Change) -> Self {
        Self {
            position: change.position,
            payment_id: change.payment,
            event: change.event,
            state: change.state,
            at: change.at.rfc3339(),
            collector: change.collector.to_string(),
            amount: change.amount.get(),
        }
    }
}

/// Lists what happened to the payments that the key may see.
///
/// Each event comes exactly once to whoever goes on from `next`.
#[utoipa::path(
    get, operation_id = "list_events", path = "/v1/events", tag = "payments", params(From),
    security(("key" = ["read"])),
    responses(
        (status = 200, body = EventsBody),
        (status = 400, body = ProblemBody, content_type = "application/problem+json"),
        KeyRefusals,
    )
)]
pub async fn list(Shared(api): Shared<Api>, caller: Caller, Query(from): Query<From>) -> Answer {
    let view = caller.view()?;
    let limit = from.limit.unwrap_or(LIMIT_DEFAULT);
    if from.after < 0 || !(1..=CHANGES_MAX).contains(&limit) {
        let happened = format!("after is 0 or more, and limit is 1 to {CHANGES_MAX}.");
        return Err(Problem::because(Code::QueryInvalid, happened));
    }
    let found = api.gateway.changes(&view, from.after, limit).await;
    let changes = found.map_err(|error| Problem::unavailable(&error))?;
    let events = changes.changes.into_iter().map(EventBody::from).collect();
    Ok(Json(EventsBody { events, next: changes.next, more: changes.more }).into_response())
}
