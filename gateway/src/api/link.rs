//! `GET /v1/link/{nonce}`.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse as _;
use serde::Serialize;
use utoipa::ToSchema;

use super::input::Part;
use super::key::Caller;
use super::problem::{KeyRefusals, Problem};
use super::shapes::PaymentBody;
use super::{Answer, Api};
use crate::Payment;
use crate::link::{Arrival, Standing};

/// What became of a hand-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// No hand-off of this nonce was taken in.
    NotReceived,
    /// It was taken in, and nobody has paid.
    Waiting,
    /// A payment is under way, and its outcome not known yet.
    Paying,
    /// It is paid; with several bills at least one is, and `payments` says which.
    Paid,
    /// Nobody paid in time.
    Expired,
}

/// A hand-off of the key's collector.
#[derive(Serialize, ToSchema)]
#[schema(as = Link)]
pub struct LinkBody {
    /// Its nonce.
    nonce: String,
    /// What became of it.
    state: LinkState,
    /// The payments of its bills, the newest first.
    payments: Vec<PaymentBody>,
}

/// Shows what became of a hand-off, to the collector that made it. What a payer's browser brings back is no proof of a
/// payment: this is, as the clearing is.
#[utoipa::path(
    get, operation_id = "show_link", path = "/v1/link/{nonce}", tag = "payments", security(("key" = ["read"])),
    params(("nonce" = String, Path, description = "The hand-off's nonce")),
    responses((status = 200, body = LinkBody), KeyRefusals)
)]
pub async fn show(State(api): State<Api>, caller: Caller, nonce: Result<Part, Problem>) -> Answer {
    let collector = caller.collector()?;
    let unavailable = |error| Problem::unavailable(&error);
    let nonce = nonce.map(|Part(nonce)| nonce).unwrap_or_default();
    if !collectors::link::is_nonce(&nonce) {
        let body = LinkBody { nonce, state: LinkState::NotReceived, payments: Vec::new() };
        return Ok(Json(body).into_response());
    }
    let payments = api.gateway.payments_of_hand_off(collector, &nonce).await.map_err(unavailable)?;
    let arrival = api.gateway.hand_off_of(collector, &nonce).await.map_err(unavailable)?;
    let has_arrived = api.gateway.has_arrived(collector, &nonce).await.map_err(unavailable)?;
    let standing = arrival.as_ref().map(|arrival: &Arrival| arrival.standing(None, api.gateway.now()));
    let state = state(&payments, standing, has_arrived);
    let payments = payments.iter().map(|payment| PaymentBody::of(payment, &[])).collect();
    Ok(Json(LinkBody { nonce, state, payments }).into_response())
}

fn state(payments: &[Payment], standing: Option<Standing>, has_arrived: bool) -> LinkState {
    if payments.iter().any(|payment| payment.state.is_paid() && payment.returned_at.is_none()) {
        LinkState::Paid
    } else if payments.iter().any(|payment| payment.state.is_open()) {
        LinkState::Paying
    } else if standing == Some(Standing::Open) {
        LinkState::Waiting
    } else if has_arrived {
        LinkState::Expired
    } else {
        LinkState::NotReceived
    }
}
