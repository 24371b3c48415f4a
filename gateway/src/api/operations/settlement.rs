//! 資金決済: the windows, the net payments that they make, and the payments of one.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse as _;
use domain::{CollectorNumber, Date, PaymentId, SettlementId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{day, part};
use crate::StoreError;
use crate::api::input::{Input, Part, Query};
use crate::api::key::Caller;
use crate::api::problem::{BodyRefusals, Code, KeyRefusals, Problem, ProblemBody};
use crate::api::shapes::PaymentBody;
use crate::api::{Answer, Api};
use crate::settlement::{
    NetPaymentQuery, Obstacle, Settlement, SettlementWindow, Sums, WindowOutcome, WindowQuery,
};

#[allow(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn unavailable(error: StoreError) -> Problem {
    Problem::unavailable(&error)
}

/// How many payments, and their sums.
#[derive(Serialize, ToSchema)]
#[schema(as = Sums)]
pub struct SumsBody {
    count: u32,
    /// In yen.
    amount: i64,
    /// The payers' fees.
    fee: i64,
}

impl From<Sums> for SumsBody {
    fn from(sums: Sums) -> Self {
        Self { count: sums.count, amount: sums.amount.get(), fee: sums.fee.get() }
    }
}

/// The net payment of a window to a collector.
#[derive(Serialize, ToSchema)]
#[schema(as = NetPayment)]
pub struct NetPaymentBody {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: SettlementId,
    /// What the collector is told: `20261124-00200`.
    number: String,
    /// 収納機関番号.
    collector: String,
    /// The business day whose window it is.
    #[schema(format = Date)]
    window: String,
    /// `closing`, `empty`, `due` or `paid`.
    #[schema(examples("due"))]
    state: &'static str,
    /// The payments that went over.
    sums: SumsBody,
    /// What is paid, in yen: the amounts, and the fees where they go along.
    payable: i64,
    /// When it is due.
    #[schema(format = Date)]
    pay_date: Option<String>,
    /// When the window was closed.
    #[schema(format = DateTime)]
    closed_at: Option<String>,
    /// When it was posted.
    #[schema(format = DateTime)]
    paid_at: Option<String>,
    /// 資金決済通知: `none`, `open`, `answered` or `conflict`.
    #[schema(examples("answered"))]
    advice: &'static str,
}

impl From<Settlement> for NetPaymentBody {
    fn from(of: Settlement) -> Self {
        Self {
            id: of.id(),
            number: of.number(),
            collector: of.collector.to_string(),
            window: day(of.window),
            state: of.state.as_str(),
            payable: of.payable().get(),
            sums: of.sums.into(),
            pay_date: of.pay_date.map(day),
            closed_at: of.closed_at.map(Timestamp::rfc3339),
            paid_at: of.paid_at.map(Timestamp::rfc3339),
            advice: of.advice.as_str(),
        }
    }
}

/// Windows.
#[derive(Serialize, ToSchema)]
#[schema(as = SettlementWindows)]
pub struct WindowsBody {
    /// By date, then in the order of the directory: those in which anything is or was.
    windows: Vec<WindowBody>,
}

/// A window of a collector.
#[derive(Serialize, ToSchema)]
#[schema(as = SettlementWindow)]
pub struct WindowBody {
    /// 収納機関番号.
    collector: String,
    /// The business day.
    #[schema(format = Date)]
    date: String,
    /// `open`, `closing` or `closed`.
    #[schema(examples("open"))]
    state: &'static str,
    /// An earlier window that has to be closed first.
    #[schema(format = Date)]
    earlier_open: Option<String>,
    /// What is in its way.
    obstacles: Vec<ObstacleBody>,
    /// What has gone over, or would now.
    sums: SumsBody,
    /// The net payment, from the begin of the close on.
    net_payment: Option<NetPaymentBody>,
}

/// Why a window cannot be closed yet.
#[derive(Serialize, ToSchema)]
#[schema(as = Obstacle)]
pub struct ObstacleBody {
    /// `not_over`, `not_closed`, `not_reconciled` or `breaks`.
    #[schema(examples("not_closed"))]
    code: &'static str,
    /// The processing date.
    #[schema(format = Date)]
    date: String,
}

impl From<Obstacle> for ObstacleBody {
    fn from(obstacle: Obstacle) -> Self {
        Self { code: obstacle.code(), date: day(obstacle.date()) }
    }
}

impl From<SettlementWindow> for WindowBody {
    fn from(window: SettlementWindow) -> Self {
        Self {
            collector: window.collector.to_string(),
            date: day(window.date),
            state: window.state.as_str(),
            earlier_open: window.earlier_open.map(day),
            obstacles: window.obstacles.into_iter().map(ObstacleBody::from).collect(),
            sums: window.sums.into(),
            net_payment: window.settlement.map(NetPaymentBody::from),
        }
    }
}

/// Which windows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WindowsWanted {
    /// The first day.
    #[param(value_type = String, format = Date)]
    from: Date,
    /// The last day, at most 62 days later; the first one where it is absent.
    #[param(value_type = Option<String>, format = Date)]
    until: Option<Date>,
    /// Only of this collector.
    #[param(value_type = Option<String>, pattern = "^[0-9]{5}$")]
    collector: Option<CollectorNumber>,
}

/// Lists settlement windows and what keeps them open.
#[utoipa::path(
    get, operation_id = "list_settlement_windows", path = "/v1/operations/settlement-windows",
    tag = "operations", security(("key" = ["operate"])), params(WindowsWanted),
    responses(
        (status = 200, body = WindowsBody),
        (status = 400, body = ProblemBody, content_type = "application/problem+json"),
        KeyRefusals,
    )
)]
pub async fn windows(State(api): State<Api>, caller: Caller, Query(wanted): Query<WindowsWanted>) -> Answer {
    caller.operator()?;
    let until = wanted.until.unwrap_or(wanted.from);
    let query = WindowQuery { from: wanted.from, until, collector: wanted.collector };
    let found = api.gateway.settlement_windows(&query).await.map_err(unavailable)?;
    Ok(Json(WindowsBody { windows: found.into_iter().map(WindowBody::from).collect() }).into_response())
}

/// Which window.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CloseWindow)]
pub struct CloseInput {
    /// The business day.
    #[schema(value_type = String, format = Date)]
    date: Date,
    /// Only of this collector; of all where it is absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{5}$")]
    collector: Option<CollectorNumber>,
}

/// What the close came to.
#[derive(Serialize, ToSchema)]
#[schema(as = WindowOutcomes)]
pub struct OutcomesBody {
    /// One for each collector that has anything in the window.
    outcomes: Vec<OutcomeBody>,
}

/// What the close came to for one collector.
#[derive(Serialize, ToSchema)]
#[schema(as = WindowOutcome)]
pub struct OutcomeBody {
    /// 収納機関番号.
    collector: String,
    /// The net payment, closed now or before.
    net_payment: Option<NetPaymentBody>,
    /// Why it was not closed: `unknown_collector`, `not_a_window`, `passed`, `earlier_open`, `not_ready`, `moved_on`
    /// or `internal`.
    refused: Option<&'static str>,
    /// The same in words.
    reason: Option<String>,
}

impl From<WindowOutcome> for OutcomeBody {
    fn from(of: WindowOutcome) -> Self {
        let collector = of.collector.to_string();
        match of.outcome {
            Ok(settlement) => {
                Self { collector, net_payment: Some(settlement.into()), refused: None, reason: None }
            }
            Err(error) => {
                let reason = match error.code() {
                    "internal" => "The hub's own data failed it; the call may be repeated.".to_owned(),
                    _ => error.to_string(),
                };
                let (refused, reason) = (Some(error.code()), Some(reason));
                Self { collector, net_payment: None, refused, reason }
            }
        }
    }
}

/// Closes the window of a business day: what was accepted goes over into net payments.
///
/// One key does alone what takes two people on the staff console.
#[utoipa::path(
    post, operation_id = "close_settlement_window", path = "/v1/operations/settlement-windows/close",
    tag = "operations", security(("key" = ["operate"])), request_body = CloseInput,
    responses((status = 200, body = OutcomesBody), KeyRefusals, BodyRefusals)
)]
pub async fn close(State(api): State<Api>, caller: Caller, Input(input): Input<CloseInput>) -> Answer {
    let operator = caller.operator()?;
    if input.date > api.gateway.now().date() {
        let words = "the day is still to come; its window can be closed when it is over";
        return Err(Problem::field(Code::FieldsInvalid, "/date", words));
    }
    let closed = api.gateway.close_window(input.date, input.collector.as_ref(), &operator).await;
    let outcomes = closed.map_err(unavailable)?.into_iter().map(OutcomeBody::from).collect();
    Ok(Json(OutcomesBody { outcomes }).into_response())
}

/// Net payments.
#[derive(Serialize, ToSchema)]
#[schema(as = NetPayments)]
pub struct NetPaymentsBody {
    /// The newest first.
    net_payments: Vec<NetPaymentBody>,
}

/// Which net payments.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NetPaymentsWanted {
    /// Only of this collector.
    #[param(value_type = Option<String>, pattern = "^[0-9]{5}$")]
    collector: Option<CollectorNumber>,
    /// Only those that are paid, or only those that are not.
    paid: Option<bool>,
    /// Due on or after this day.
    #[param(value_type = Option<String>, format = Date)]
    due_from: Option<Date>,
    /// Due on or before this day.
    #[param(value_type = Option<String>, format = Date)]
    due_until: Option<Date>,
    /// At most so many.
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u32>,
}

/// Lists net payments.
#[utoipa::path(
    get, operation_id = "list_net_payments", path = "/v1/operations/net-payments", tag = "operations",
    security(("key" = ["operate"])), params(NetPaymentsWanted),
    responses(
        (status = 200, body = NetPaymentsBody),
        (status = 400, body = ProblemBody, content_type = "application/problem+json"),
        KeyRefusals,
    )
)]
pub async fn net_payments(
    State(api): State<Api>,
    caller: Caller,
    Query(wanted): Query<NetPaymentsWanted>,
) -> Answer {
    caller.operator()?;
    let query = NetPaymentQuery {
        collector: wanted.collector,
        paid: wanted.paid,
        due_from: wanted.due_from,
        due_until: wanted.due_until,
        limit: super::rows(wanted.limit)?,
        ..NetPaymentQuery::default()
    };
    let found = api.gateway.net_payments(&query).await.map_err(unavailable)?;
    let net_payments = found.into_iter().map(NetPaymentBody::from).collect();
    Ok(Json(NetPaymentsBody { net_payments }).into_response())
}

/// Posts every net payment that is due.
///
/// One key does alone what takes two people on the staff console.
#[utoipa::path(
    post, operation_id = "pay_due", path = "/v1/operations/net-payments/pay-due", tag = "operations",
    security(("key" = ["operate"])),
    responses((status = 200, body = NetPaymentsBody), KeyRefusals)
)]
pub async fn pay_due(State(api): State<Api>, caller: Caller) -> Answer {
    let operator = caller.operator()?;
    let paid = api.gateway.pay_due(&operator).await.map_err(unavailable)?;
    let net_payments = paid.into_iter().map(NetPaymentBody::from).collect();
    Ok(Json(NetPaymentsBody { net_payments }).into_response())
}

/// Some of the payments of a net payment.
#[derive(Serialize, ToSchema)]
#[schema(as = SettledPayments)]
pub struct SettledBody {
    /// In the order of their ids.
    payments: Vec<PaymentBody>,
    /// Whether more follow behind the last one.
    more: bool,
}

/// Which part of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SettledWanted {
    /// Behind this payment.
    #[param(value_type = Option<uuid::Uuid>)]
    after: Option<PaymentId>,
    /// At most so many.
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u32>,
}

/// Lists the payments of a net payment.
#[utoipa::path(
    get, operation_id = "list_settled_payments", path = "/v1/operations/net-payments/{id}/payments",
    tag = "operations", security(("key" = ["operate"])),
    params(("id" = uuid::Uuid, Path, description = "The net payment's id"), SettledWanted),
    responses(
        (status = 200, body = SettledBody),
        (status = 400, body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        KeyRefusals,
    )
)]
pub async fn settled(
    State(api): State<Api>,
    caller: Caller,
    id: Result<Part, Problem>,
    Query(wanted): Query<SettledWanted>,
) -> Answer {
    caller.operator()?;
    let id: SettlementId = part(id, Code::NetPaymentUnknown)?;
    let found = api.gateway.settlement(id).await.map_err(unavailable)?;
    found.ok_or(Problem::from(Code::NetPaymentUnknown))?;
    let limit = super::rows(wanted.limit)?;
    let page = api.gateway.settled_payments(id, wanted.after, limit).await.map_err(unavailable)?;
    let payments = page.payments.iter().map(|payment| PaymentBody::of(payment, &[])).collect();
    Ok(Json(SettledBody { payments, more: page.more }).into_response())
}
