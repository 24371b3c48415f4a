//! `POST /v1/inquiries`: asks a collector for the bills under a payer's numbers.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use domain::{ApiKeyId, Bill, CollectorNumber, ContractId, InquiryId, ResponseCode, Yen};
use serde::{Deserialize, Serialize};
use tracing::Instrument as _;
use utoipa::ToSchema;

use super::idempotency::{AnyIdempotencyKey, INQUIRIES, IdempotencyKey, Wish};
use super::input::{Faults, Input};
use super::key::{Caller, STOPPED, Scope};
use super::problem::{BodyRefusals, COLLECTOR_PAUSE_S, Code, KeyRefusals, Problem, ProblemBody};
use super::{Answer, Api};
use crate::{Gateway, INQUIRY_VALID_S, Inquiry, InquiryError, InquiryRequest, Payer};

/// The numbers of a slip.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewInquiry)]
pub struct InquiryInput {
    /// 収納機関番号.
    #[schema(pattern = "^[0-9]{5}$", examples("00200"))]
    collector: String,
    /// 納付番号 or お客様番号. Hyphens and spaces may stay.
    #[schema(max_length = 60, examples("2013000987654321"))]
    customer_number: String,
    /// 確認番号.
    #[schema(max_length = 20, examples("135790"))]
    confirmation_number: String,
    /// 納付区分, where the collector uses one, or a 納付目的コード in its place.
    #[serde(default)]
    #[schema(max_length = 60, examples("7000004567"))]
    payment_category: Option<String>,
    /// In yen, where the payer types the amount: with a 納付目的コード, and at some collectors always.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 99999999999_i64)]
    amount: Option<i64>,
}

/// The bills that were found.
#[derive(Serialize, ToSchema)]
#[schema(as = Inquiry)]
pub struct InquiryBody {
    /// Names the inquiry in a payment.
    #[schema(value_type = uuid::Uuid)]
    inquiry_id: InquiryId,
    /// 収納機関番号.
    collector: String,
    /// When the collector answered.
    #[schema(format = DateTime)]
    answered_at: String,
    /// Until when a payment can be made of it.
    #[schema(format = DateTime)]
    valid_until: String,
    /// At least one. A payment is for one of them.
    bills: Vec<BillBody>,
}

/// What is owed.
#[derive(Serialize, ToSchema)]
#[schema(as = Bill)]
pub struct BillBody {
    /// The collector's id.
    bill_id: String,
    /// 納付者氏名.
    payer: String,
    /// 納付内容.
    contents: String,
    /// What goes to the collector, in yen.
    amount: i64,
    /// Debited on top of it.
    fee: i64,
    /// 延滞金, contained in the amount.
    late_charge: i64,
    /// 納期限.
    #[schema(format = Date)]
    due: Option<String>,
    /// The last day on which it can be paid.
    #[schema(format = Date)]
    clear_by: Option<String>,
    /// Whether it was paid before; only bills whose payers type the amount can be paid again.
    was_paid_before: bool,
}

impl InquiryBody {
    fn of(inquiry: &Inquiry) -> Self {
        let bill = |bill: &Bill| BillBody {
            bill_id: bill.id.to_string(),
            payer: bill.payer.clone(),
            contents: bill.contents.clone(),
            amount: bill.amount.get(),
            fee: bill.fee.get(),
            late_charge: bill.late_charge.get(),
            due: bill.due.map(|day| day.to_string()),
            clear_by: bill.clear_by.map(|day| day.to_string()),
            was_paid_before: inquiry.was_accepted_before(&bill.id),
        };
        Self {
            inquiry_id: inquiry.id,
            collector: inquiry.request.collector.to_string(),
            answered_at: inquiry.answered_at.rfc3339(),
            valid_until: inquiry.answered_at.plus_seconds(INQUIRY_VALID_S).rfc3339(),
            bills: inquiry.bills.iter().map(bill).collect(),
        }
    }
}

/// Asks the collector for the bills under a payer's numbers.
///
/// Nothing is debited. With an Idempotency-Key, a repeat answers the same inquiry.
#[utoipa::path(
    post, operation_id = "create_inquiry", path = "/v1/inquiries",
    tag = "payments", request_body = InquiryInput, security(("key" = ["inquire"])),
    params((
        "Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,128}$",
        description = "1 to 128 visible ASCII characters; kept for a day",
    )),
    responses(
        (status = 201, body = InquiryBody),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
        (status = 502, body = ProblemBody, content_type = "application/problem+json"),
        (status = 504, body = ProblemBody, content_type = "application/problem+json"),
        KeyRefusals,
        BodyRefusals,
    )
)]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    AnyIdempotencyKey(key): AnyIdempotencyKey,
    Input(input): Input<InquiryInput>,
) -> Answer {
    let inquiry = inquire(&api.gateway, &caller, key, &input).await?;
    Ok((StatusCode::CREATED, Json(InquiryBody::of(&inquiry))).into_response())
}

/// The operation: scope, numbers, wish, and one question to the collector.
async fn inquire(
    gateway: &Gateway,
    caller: &Caller,
    key: Option<IdempotencyKey>,
    input: &InquiryInput,
) -> Result<Inquiry, Problem> {
    caller.require(Scope::Inquire)?;
    let of = caller.contract()?;
    let request = read(gateway, input)?;
    let wish = key.map(|key| Wish::new(INQUIRIES, key, input));
    // a crowd at a silent collector writes nothing; what was answered before is answered again
    let is_full = gateway.has_crowd_at(&request.collector);
    let id = match &wish {
        None => None,
        Some(wish) if is_full => gateway.bound(&of, wish).await?.map(InquiryId::from_uuid),
        Some(wish) => Some(gateway.inquiry_of_wish(&of, wish).await?),
    };
    if let Some(id) = id
        && let Some(known) = known(gateway, of.contract, id).await?
    {
        return Ok(known);
    }
    if is_full {
        return Err(problem(&InquiryError::CollectorBusy));
    }
    let question = Question { key: caller.key, payer: of.payer, wish: id, request };
    let gateway = gateway.clone();
    // a client that goes away changes nothing: the answer is kept, and the try is judged
    let asked = tokio::spawn(async move { question.ask(&gateway).await }.in_current_span()).await;
    asked.unwrap_or_else(|panicked| Err(Problem::unavailable(&panicked)))
}

/// What is asked of a collector, and for whom.
struct Question {
    key: ApiKeyId,
    payer: Payer,
    /// The inquiry's id, where it has an Idempotency-Key.
    wish: Option<InquiryId>,
    request: InquiryRequest,
}

impl Question {
    async fn ask(self, gateway: &Gateway) -> Result<Inquiry, Problem> {
        let Some(id) = self.wish else {
            return self.ask_as(gateway, InquiryId::generate()).await?.map_err(|error| problem(&error));
        };
        let contract = self.payer.contract;
        let begun = gateway.begin_inquiry(id).await.map_err(|error| Problem::unavailable(&error))?;
        if !begun {
            return Err(Problem::again(Code::IdempotencyInFlight, 1));
        }
        let asked = match self.ask_as(gateway, id).await {
            Ok(asked) => asked,
            Err(not_asked) => {
                gateway.end_inquiry(id).await.map_err(|error| Problem::unavailable(&error))?;
                return Err(not_asked);
            }
        };
        let error = match asked {
            Ok(inquiry) => return Ok(inquiry),
            Err(error) => error,
        };
        // one that took over from this one may have been answered
        if let Some(known) = known(gateway, contract, id).await? {
            return Ok(known);
        }
        let problem = problem(&error);
        let kept = match is_final(&error) {
            true => gateway.refuse_inquiry(id, &problem).await,
            false => gateway.end_inquiry(id).await,
        };
        kept.map_err(|error| Problem::unavailable(&error))?;
        Err(problem)
    }

    /// Counts the try, asks and judges it; a problem is why the collector was not asked.
    async fn ask_as(
        self,
        gateway: &Gateway,
        id: InquiryId,
    ) -> Result<Result<Inquiry, InquiryError>, Problem> {
        let counted = gateway.count_try(self.key, &self.request).await?;
        let asked = gateway.inquire_as(id, self.payer, self.request).await;
        gateway.judge_try(&counted, &asked).await;
        Ok(asked)
    }
}

async fn known(gateway: &Gateway, contract: ContractId, id: InquiryId) -> Result<Option<Inquiry>, Problem> {
    let unavailable = |error| Problem::unavailable(&error);
    if let Some(refusal) = gateway.refusal(id.uuid()).await.map_err(unavailable)? {
        return Err(refusal);
    }
    gateway.inquiry(contract, id).await.map_err(unavailable)
}

/// The numbers against the collector's own rules, all faults at once.
fn read(gateway: &Gateway, input: &InquiryInput) -> Result<InquiryRequest, Problem> {
    let number: Result<CollectorNumber, _> = input.collector.parse();
    let collector = number.ok().and_then(|number| gateway.collectors().get(&number));
    let Some(collector) = collector else {
        return Err(Problem::field(Code::FieldsInvalid, "/collector", "No collector has this number."));
    };
    // said before its numbers are looked at: at such a collector none would do
    if !collector.methods.online {
        return Err(Code::CollectorLinkOnly.into());
    }
    if !collector.available {
        return Err(Code::CollectorNotConnected.into());
    }
    let mut faults = Faults::default();
    let numbers = &collector.numbers;
    let customer = faults.read("/customer_number", numbers.customer_number(&input.customer_number));
    let confirmation =
        faults.read("/confirmation_number", numbers.confirmation_number(&input.confirmation_number));
    let category = match (&numbers.category, &input.payment_category) {
        (Some(_), Some(typed)) => faults.read("/payment_category", numbers.payment_category(typed)),
        (Some(_), None) => {
            faults.note("/payment_category", "the collector needs one");
            None
        }
        (None, Some(_)) => {
            faults.note("/payment_category", "the collector uses none");
            None
        }
        (None, None) => None,
    };
    let amount = match category {
        // a wrong one does not say whose the amount is
        None if !numbers.purpose_digits.is_empty() => None,
        _ => amount(collector.payer_types_amount(category.as_ref()), input.amount, &mut faults),
    };
    match (customer, confirmation, faults.is_empty()) {
        (Some(customer_number), Some(confirmation_number), true) => Ok(InquiryRequest {
            collector: collector.number.clone(),
            customer_number,
            confirmation_number,
            category,
            amount,
        }),
        _ => Err(faults.problem()),
    }
}

fn amount(is_typed: bool, amount: Option<i64>, faults: &mut Faults) -> Option<Yen> {
    match (is_typed, amount) {
        (true, Some(yen)) if (1..=domain::money::AMOUNT_MAX.get()).contains(&yen) => Some(Yen::new(yen)),
        (true, Some(_)) => {
            faults.note("/amount", "1 to 99,999,999,999 yen");
            None
        }
        (true, None) => {
            faults.note("/amount", "here the payer names the amount");
            None
        }
        (false, Some(_)) => {
            faults.note("/amount", "here the bill decides the amount");
            None
        }
        (false, None) => None,
    }
}

/// Whether the same call would be refused again, as far as its own words go.
const fn is_final(error: &InquiryError) -> bool {
    !matches!(
        error,
        InquiryError::Stopped
            | InquiryError::CollectorBusy
            | InquiryError::NoAnswer(_)
            | InquiryError::Store(_)
    )
}

fn problem(error: &InquiryError) -> Problem {
    let code = match error {
        InquiryError::UnknownCollector => Code::CollectorUnknown,
        InquiryError::LinkOnly => Code::CollectorLinkOnly,
        InquiryError::NotConnected => Code::CollectorNotConnected,
        InquiryError::Closed => Code::CollectorClosed,
        InquiryError::Suspended(_) => Code::CollectorSuspended,
        InquiryError::Refused(answer) => refused(*answer),
        InquiryError::Stopped => return Problem::because(Code::NotPermitted, STOPPED),
        InquiryError::CollectorBusy => return Problem::again(Code::CollectorBusy, COLLECTOR_PAUSE_S),
        InquiryError::NoAnswer(_) => Code::CollectorSilent,
        InquiryError::Store(error) => return Problem::unavailable(error),
        // the numbers were read against the same row
        InquiryError::CategoryNeeded
        | InquiryError::CategoryNotUsed
        | InquiryError::AmountNeeded
        | InquiryError::AmountNotTyped => Code::FieldsInvalid,
    };
    code.into()
}

/// What a collector's refusal means. Both numbers share one code, so that nobody learns which of them was right.
const fn refused(answer: ResponseCode) -> Code {
    match answer {
        ResponseCode::NotOpen => Code::CollectorClosed,
        ResponseCode::BankNotContracted => Code::BankNotContracted,
        ResponseCode::CustomerNumberWrong | ResponseCode::ConfirmationNumberWrong => Code::NumbersWrong,
        ResponseCode::ChannelNotAccepted => Code::ChannelNotAccepted,
        ResponseCode::PaymentCategoryWrong => Code::CategoryWrong,
        ResponseCode::BillNotObtained => Code::BillNotObtained,
        ResponseCode::AlreadyPaid => Code::AlreadyPaid,
        ResponseCode::Expired => Code::BillExpired,
        ResponseCode::AmountDiffers => Code::AmountDiffers,
        ResponseCode::NotYetPayable => Code::NotYetPayable,
        ResponseCode::NumberStopped => Code::NumberStopped,
        _ => Code::CollectorFailed,
    }
}
