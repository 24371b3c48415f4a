//! Payments without a known outcome, the history of any, and the repeat by hand.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse as _;
use domain::payment::{Event, State as PaymentStep};
use domain::{CollectorNumber, PaymentId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::part;
use crate::api::input::{Input, Part, Query};
use crate::api::key::Caller;
use crate::api::problem::{BodyRefusals, Code, KeyRefusals, Problem, ProblemBody};
use crate::api::shapes::{PaymentBody, PaymentState};
use crate::api::{Answer, Api};
use crate::operations::{PaymentEvent, UnknownPayment};
use crate::payment::manual::NotNow;
use crate::{OperationError, StoreError};

/// How many.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Limit {
    /// At most so many.
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u32>,
}

/// Payments without a known outcome.
#[derive(Serialize, ToSchema)]
#[schema(as = UnknownPayments)]
pub struct UnknownsBody {
    /// The oldest first.
    payments: Vec<UnknownBody>,
}

/// A payment whose outcome nobody knows, and what may be done about it.
#[derive(Serialize, ToSchema)]
#[schema(as = UnknownPayment)]
pub struct UnknownBody {
    /// The payment.
    payment: PaymentBody,
    /// The resend key.
    message_key: String,
    /// Since when.
    #[schema(format = DateTime)]
    unknown_since: String,
    /// How often it was delivered.
    deliveries: i64,
    /// Why the last delivery told nothing.
    reason: Option<String>,
    /// Until when it is asked for automatically.
    #[schema(format = DateTime)]
    automatic_until: String,
    /// Whether a delivery is under way.
    is_delivering: bool,
    /// Seconds until it may be asked for by hand; 0 is now.
    resend_wait_s: i64,
}

impl From<UnknownPayment> for UnknownBody {
    fn from(unknown: UnknownPayment) -> Self {
        Self {
            payment: PaymentBody::of(&unknown.payment, &[]),
            message_key: unknown.payment.facts.message_key,
            unknown_since: unknown.unknown_since.rfc3339(),
            deliveries: unknown.deliveries,
            reason: unknown.reason,
            automatic_until: unknown.automatic_until.rfc3339(),
            is_delivering: unknown.is_delivering,
            resend_wait_s: unknown.resend_wait_s,
        }
    }
}

/// Lists the payments whose outcome nobody knows.
#[utoipa::path(
    get, operation_id = "list_unknown_payments", path = "/v1/operations/unknown-payments", tag = "operations",
    security(("key" = ["operate"])), params(Limit),
    responses(
        (status = 200, body = UnknownsBody),
        (status = 400, body = ProblemBody, content_type = "application/problem+json"),
        KeyRefusals,
    )
)]
pub async fn unknown(State(api): State<Api>, caller: Caller, Query(wanted): Query<Limit>) -> Answer {
    caller.operator()?;
    let found = api.gateway.unknown_payments(None, super::rows(wanted.limit)?).await;
    let found = found.map_err(|error| Problem::unavailable(&error))?;
    Ok(Json(UnknownsBody { payments: found.into_iter().map(UnknownBody::from).collect() }).into_response())
}

/// A payment with its history.
#[derive(Serialize, ToSchema)]
#[schema(as = PaymentHistory)]
pub struct HistoryBody {
    /// The payment.
    payment: PaymentBody,
    /// The resend key.
    message_key: String,
    /// Oldest first.
    events: Vec<StepBody>,
}

/// Something that happened to a payment.
#[derive(Serialize, ToSchema)]
#[schema(as = PaymentStep)]
pub struct StepBody {
    /// Its place in the payment's history, from 1.
    seq: i64,
    /// What: `held`, `claimed`, `accepted` …
    #[schema(value_type = String, examples("accepted"))]
    event: Event,
    /// The state after it.
    #[schema(value_type = Option<PaymentState>)]
    state: Option<PaymentStep>,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// The delivery that it speaks of, from 1.
    delivery: Option<i64>,
    /// The collector's response code.
    response_code: Option<String>,
    /// In words, for an operator.
    reason: Option<String>,
}

impl From<PaymentEvent> for StepBody {
    fn from(event: PaymentEvent) -> Self {
        Self {
            seq: event.seq,
            event: event.kind,
            state: event.body.state,
            at: event.at.rfc3339(),
            delivery: event.body.delivery,
            response_code: event.body.code,
            reason: event.body.reason,
        }
    }
}

/// Shows any payment with everything that happened to it.
#[utoipa::path(
    get, operation_id = "show_payment_history", path = "/v1/operations/payments/{id}", tag = "operations",
    security(("key" = ["operate"])),
    params(("id" = uuid::Uuid, Path, description = "The payment's id")),
    responses(
        (status = 200, body = HistoryBody),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        KeyRefusals,
    )
)]
pub async fn show(State(api): State<Api>, caller: Caller, id: Result<Part, Problem>) -> Answer {
    caller.operator()?;
    let id: PaymentId = part(id, Code::PaymentUnknown)?;
    let unavailable = |error: StoreError| Problem::unavailable(&error);
    let payment = api.gateway.payment_for_operator(id).await.map_err(unavailable)?;
    let payment = payment.ok_or(Problem::from(Code::PaymentUnknown))?;
    let events = api.gateway.payment_events(id).await.map_err(unavailable)?;
    let body = HistoryBody {
        payment: PaymentBody::of(&payment, &[]),
        message_key: payment.facts.message_key,
        events: events.into_iter().map(StepBody::from).collect(),
    };
    Ok(Json(body).into_response())
}

/// Asks again for an unknown payment (再送), and waits a moment for the answer.
#[utoipa::path(
    post, operation_id = "resend_payment", path = "/v1/operations/payments/{id}/resend", tag = "operations",
    security(("key" = ["operate"])),
    params(("id" = uuid::Uuid, Path, description = "The payment's id")),
    responses(
        (status = 200, body = PaymentBody),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
        KeyRefusals,
    )
)]
pub async fn resend(State(api): State<Api>, caller: Caller, id: Result<Part, Problem>) -> Answer {
    let operator = caller.operator()?;
    let id: PaymentId = part(id, Code::PaymentUnknown)?;
    let payment = api.gateway.resend(id, &operator).await?;
    Ok(Json(PaymentBody::of(&payment, &[])).into_response())
}

/// Of which collector.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ResendAll)]
pub struct ResendInput {
    /// 収納機関番号; of all where it is absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{5}$")]
    collector: Option<CollectorNumber>,
}

/// What was begun.
#[derive(Serialize, ToSchema)]
#[schema(as = Resends)]
pub struct ResendsBody {
    /// Are asked for from now on, a few at a time.
    begun: usize,
    /// Were asked for a moment ago.
    too_soon: usize,
}

/// Asks again for every unknown payment and cancellation.
#[utoipa::path(
    post, operation_id = "resend_all", path = "/v1/operations/resend", tag = "operations",
    security(("key" = ["operate"])), request_body = ResendInput,
    responses(
        (status = 202, body = ResendsBody),
        KeyRefusals,
        BodyRefusals,
    )
)]
pub async fn resend_all(State(api): State<Api>, caller: Caller, Input(input): Input<ResendInput>) -> Answer {
    let operator = caller.operator()?;
    let begun = api.gateway.resend_all(input.collector.as_ref(), &operator).await?;
    let body = ResendsBody { begun: begun.begun, too_soon: begun.too_soon };
    Ok((axum::http::StatusCode::ACCEPTED, Json(body)).into_response())
}

impl From<OperationError> for Problem {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::NotFound => Code::PaymentUnknown.into(),
            OperationError::NotNow(reason) => {
                let wait_s = match reason {
                    NotNow::Delivering { wait_s } | NotNow::TooSoon { wait_s } => u64::try_from(wait_s).ok(),
                    _ => None,
                };
                let happened = format!("{}: {reason}.", reason.code());
                Self { retry_after_s: wait_s, ..Self::because(Code::NotNow, happened) }
            }
            OperationError::Moved => Self::again(Code::MovedOn, 1),
            OperationError::Overloaded => Self::again(Code::Overloaded, 1),
            OperationError::Store(error) => Self::unavailable(&error),
        }
    }
}
