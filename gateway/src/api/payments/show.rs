//! `GET /v1/payments/{id}`.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse as _;
use domain::PaymentId;

use crate::View;
use crate::api::input::Part;
use crate::api::key::{Caller, Holder, KeyAccount};
use crate::api::problem::{Code, KeyRefusals, Problem, ProblemBody};
use crate::api::shapes::PaymentBody;
use crate::api::{Answer, Api};

/// Shows a payment that the key may see.
#[utoipa::path(
    get, operation_id = "show_payment", path = "/v1/payments/{id}", tag = "payments", security(("key" = ["read"])),
    params(("id" = uuid::Uuid, Path, description = "The payment's id")),
    responses(
        (status = 200, body = PaymentBody),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        KeyRefusals,
    )
)]
pub async fn show(State(api): State<Api>, caller: Caller, id: Result<Part, Problem>) -> Answer {
    let view = caller.view()?;
    let unknown = || Problem::from(Code::PaymentUnknown);
    let Part(id) = id.map_err(|_| unknown())?;
    let id: PaymentId = id.parse().map_err(|_| unknown())?;
    let found = find(&api, &caller, &view, id).await?;
    Ok(Json(found.ok_or_else(unknown)?).into_response())
}

/// The payment of this id or the request for it, where the view shows it.
pub(super) async fn find(
    api: &Api,
    caller: &Caller,
    view: &View,
    id: PaymentId,
) -> Result<Option<PaymentBody>, Problem> {
    let unavailable = |error| Problem::unavailable(&error);
    let accounts = accounts(&caller.holder);
    if let Some(payment) = api.gateway.payment_in(view, id).await.map_err(unavailable)? {
        return Ok(Some(PaymentBody::of(&payment, accounts)));
    }
    let View::Contract { contract, accounts: seen } = view else { return Ok(None) };
    let request = api.gateway.payment_request(*contract, id).await.map_err(unavailable)?;
    let request = request.filter(|request| seen.contains(&request.account));
    let now = api.gateway.now();
    Ok(request.map(|request| PaymentBody::of_request(&request, accounts, &api.config.bank_url, now)))
}

const fn accounts(holder: &Holder) -> &[KeyAccount] {
    match holder {
        Holder::Contract { accounts, .. } => accounts.as_slice(),
        Holder::Collector(_) | Holder::Operator => &[],
    }
}
