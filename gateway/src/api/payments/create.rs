//! `POST /v1/payments`: pays at once for a sandbox contract; for any other it asks for a person's authorisation.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use domain::{AccountId, BillId, InquiryId, PaymentId, Yen};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::show;
use crate::api::idempotency::{IdempotencyKey, PAYMENTS, Wish};
use crate::api::input::{Faults, Input};
use crate::api::key::STOPPED;
use crate::api::key::{AccountName, Caller, OfContract, Scope};
use crate::api::problem::{BodyRefusals, COLLECTOR_PAUSE_S, Code, KeyRefusals, Problem, ProblemBody};
use crate::api::shapes::PaymentBody;
use crate::api::{Answer, Api};
use crate::guard::{Guard, GuardKind};
use crate::request::RequestError;
use crate::{Operator, PayError, PaymentOrder, View};

/// What to pay, from which account.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPayment)]
pub struct PaymentInput {
    /// The inquiry that found the bill; by the same key, at most 15 minutes old.
    #[schema(value_type = uuid::Uuid)]
    inquiry_id: String,
    /// One of its bills.
    #[schema(min_length = 1, max_length = 20, pattern = "^[!-~]{1,20}$")]
    bill_id: String,
    /// The bill's amount, as a check that both speak of the same.
    #[schema(minimum = 1, maximum = 99999999999_i64)]
    amount: i64,
    /// One of the key's accounts.
    account: AccountName,
}

/// The same, read.
struct Wanted {
    inquiry: InquiryId,
    bill: BillId,
    amount: Yen,
    account: AccountId,
}

/// Pays a bill, at most once for an Idempotency-Key.
///
/// A repeat answers the same payment as it is by then. A contract that is no sandbox gets state `inquired` and an
/// address where a person authorises the payment.
#[utoipa::path(
    post, operation_id = "create_payment", path = "/v1/payments",
    tag = "payments", request_body = PaymentInput, security(("key" = ["pay"])),
    params((
        "Idempotency-Key" = String, Header, pattern = "^[!-~]{1,128}$",
        description = "1 to 128 visible ASCII characters; kept for good",
    )),
    responses(
        (status = 201, body = PaymentBody, description = "The payment has come to its end"),
        (status = 202, body = PaymentBody, description = "It is on its way, or waits for a person: follow it"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
        KeyRefusals,
        BodyRefusals,
    )
)]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    key: IdempotencyKey,
    Input(input): Input<PaymentInput>,
) -> Answer {
    pay(&api, &caller, key, &input).await.map(made)
}

fn made(payment: PaymentBody) -> Response {
    let status = if payment.is_final() { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    let location = HeaderValue::from_str(&format!("/v1/payments/{}", payment.id()));
    let mut response = (status, Json(payment)).into_response();
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// The operation: scope, account, wish, and one payment or one refusal of it.
async fn pay(
    api: &Api,
    caller: &Caller,
    key: IdempotencyKey,
    input: &PaymentInput,
) -> Result<PaymentBody, Problem> {
    caller.require(Scope::Pay)?;
    let of = caller.contract()?;
    let wanted = read(&of, input)?;
    let wish = Wish::new(PAYMENTS, key, input);
    let id = api.gateway.payment_of_wish(&of, &wish).await?;
    if let Some(known) = known(api, caller, &of, id).await? {
        return Ok(known);
    }
    let problem = match make(api, caller, &of, id, &wanted).await {
        Ok(made) => return Ok(made),
        Err(NotMade::Elsewhere) => {
            return known(api, caller, &of, id).await?.ok_or(Code::PaymentUnclear.into());
        }
        Err(NotMade::Unclear(problem)) => return Err(problem),
        Err(NotMade::Refused(problem)) => problem,
    };
    tracing::info!(payment = %id, code = %problem.code, "a payment was refused");
    let refused = api.gateway.refuse_payment(&of, id, &problem, &Operator::api(caller.key)).await;
    match refused {
        Ok(true) => Err(problem),
        // another request under the same key came to something: that is the answer to both
        Ok(false) => known(api, caller, &of, id).await?.ok_or(Code::PaymentUnclear.into()),
        Err(error) => Err(unclear(&error)),
    }
}

/// What the key's id led to before, if anything.
async fn known(
    api: &Api,
    caller: &Caller,
    of: &OfContract<'_>,
    id: PaymentId,
) -> Result<Option<PaymentBody>, Problem> {
    if let Some(payment) = api.gateway.payment(of.contract, id).await.map_err(|error| unclear(&error))? {
        let payment = api.gateway.answered(payment).await.map_err(|error| unclear(&error))?;
        return Ok(Some(PaymentBody::of(&payment, of.accounts)));
    }
    if let Some(problem) = api.gateway.refusal(id.uuid()).await.map_err(|error| unclear(&error))? {
        return Err(problem);
    }
    let accounts = of.accounts.iter().map(|account| account.account).collect();
    show::find(api, caller, &View::Contract { contract: of.contract, accounts }, id).await
}

enum NotMade {
    /// For good.
    Refused(Problem),
    /// Nothing is known to be made, and a repeat may make it.
    Unclear(Problem),
    /// Another request under the same key has settled it.
    Elsewhere,
}

async fn make(
    api: &Api,
    caller: &Caller,
    of: &OfContract<'_>,
    id: PaymentId,
    wanted: &Wanted,
) -> Result<PaymentBody, NotMade> {
    let mut order = PaymentOrder {
        payment: id,
        payer: of.payer,
        inquiry: wanted.inquiry,
        bill: wanted.bill.clone(),
        amount: wanted.amount,
        account: wanted.account,
        guards: Vec::new(),
        barred_by: Vec::new(),
    };
    if of.may_debit {
        order.guards.push(Guard::wish(id));
        let paid = api.gateway.pay_as(&order, Operator::api(caller.key)).await;
        return match paid {
            Ok(payment) => Ok(PaymentBody::of(&payment, of.accounts)),
            Err(error) => Err(not_made(api, of, error).await),
        };
    }
    match api.gateway.request_payment(&order, caller.key, &caller.name).await {
        Ok(request) => {
            let now = api.gateway.now();
            Ok(PaymentBody::of_request(&request, of.accounts, &api.config.bank_url, now))
        }
        Err(RequestError::Order(error)) => Err(not_made(api, of, error).await),
        Err(RequestError::Settled) => Err(NotMade::Elsewhere),
        Err(RequestError::TooManyWaiting) => Err(NotMade::Unclear(Code::TooManyWaiting.into())),
        Err(RequestError::Store(error)) => Err(NotMade::Unclear(unclear(&error))),
    }
}

async fn not_made(api: &Api, of: &OfContract<'_>, error: PayError) -> NotMade {
    NotMade::Refused(match error {
        PayError::InquiryExpired => Code::InquiryExpired.into(),
        PayError::BillNotInInquiry => {
            Problem::field(Code::BillUnknown, "/bill_id", "not one of the inquiry's bills")
        }
        PayError::AmountChanged => Problem::field(Code::AmountChanged, "/amount", "not the bill's amount"),
        PayError::InsufficientFunds { available } => {
            Problem::because(Code::InsufficientFunds, format!("{} yen are available.", available.get()))
        }
        PayError::AccountClosed => Code::AccountClosed.into(),
        PayError::BillBusy { other } => {
            let accounts = of.accounts.iter().map(|account| account.account).collect();
            let view = View::Contract { contract: of.contract, accounts };
            // another contract's payment of the bill is not for this caller to know
            let seen = api.gateway.payment_in(&view, other).await.ok().flatten();
            Problem { payment: seen.map(|payment| payment.facts.id), ..Code::BillBusy.into() }
        }
        PayError::ClearByPassed => Code::ClearByPassed.into(),
        PayError::Closed => Code::CollectorClosed.into(),
        PayError::Suspended(_) => Code::CollectorSuspended.into(),
        PayError::Stopped => return NotMade::Unclear(Problem::because(Code::NotPermitted, STOPPED)),
        PayError::CollectorBusy => {
            return NotMade::Unclear(Problem::again(Code::CollectorBusy, COLLECTOR_PAUSE_S));
        }
        PayError::GuardTaken(GuardKind::Wish) | PayError::DifferentOrder => return NotMade::Elsewhere,
        PayError::GuardTaken(_)
        | PayError::OverDailyLimit(_)
        | PayError::Overloaded
        | PayError::NotWritten(_) => {
            return NotMade::Unclear(Problem::again(Code::Overloaded, 1));
        }
        PayError::Store(error) => return NotMade::Unclear(unclear(&error)),
    })
}

fn unclear(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "whether a payment was made is not known");
    Problem::again(Code::PaymentUnclear, 1)
}

/// The body against what the key may use, all faults at once.
fn read(of: &OfContract<'_>, input: &PaymentInput) -> Result<Wanted, Problem> {
    let mut faults = Faults::default();
    let inquiry = faults.read("/inquiry_id", input.inquiry_id.parse::<InquiryId>());
    let bill = faults.read("/bill_id", input.bill_id.parse::<BillId>());
    if !(1..=domain::money::AMOUNT_MAX.get()).contains(&input.amount) {
        faults.note("/amount", "1 to 99,999,999,999 yen");
    }
    if !input.account.is_well_formed() {
        faults.note("/account", "branch has three digits, number seven");
    }
    let (Some(inquiry), Some(bill), true) = (inquiry, bill, faults.is_empty()) else {
        return Err(faults.problem());
    };
    let known = of.accounts.iter().find(|account| account.name == input.account);
    let Some(account) = known else {
        tracing::warn!(contract = %of.contract, "refused: not an account of the key");
        return Err(Problem::field(Code::AccountNotPermitted, "/account", "none of the key's accounts"));
    };
    Ok(Wanted { inquiry, bill, amount: Yen::new(input.amount), account: account.account })
}
