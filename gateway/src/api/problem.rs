//! What a call is refused with: RFC 9457 problem details from the one table of codes. An error of an operation names
//! a [`Code`], so none can be without its explanation.

use std::fmt;
use std::str::FromStr;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::PaymentId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoResponses, ToSchema};

/// Seconds after which a collector that has too much waiting may be tried again.
pub const COLLECTOR_PAUSE_S: u64 = 5;

/// What became of money by the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Money {
    /// The call was not about money.
    None,
    /// Nothing was debited or held.
    Untouched,
    /// This call moved nothing; what was held or debited before stays so.
    UntouchedByThis,
    /// It is not known whether the amount was held.
    Unclear,
}

impl Money {
    /// The sentence of every detail.
    pub const fn words(self) -> &'static str {
        match self {
            Self::None => "No money is concerned.",
            Self::Untouched => "Nothing was debited or held.",
            Self::UntouchedByThis => "This call debited and held nothing.",
            Self::Unclear => "Whether the amount is held is not known.",
        }
    }
}

/// The explanation of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The status of the answer.
    pub status: u16,
    /// What became of money.
    pub money: Money,
    /// The problem in a few words.
    pub title: &'static str,
    /// What happened.
    pub happened: &'static str,
    /// What the caller does next.
    pub remedy: &'static str,
}

macro_rules! codes {
    ($($name:ident = $word:literal, $status:literal, $money:ident, $title:literal, $happened:literal,
        $remedy:literal;)*) => {
        /// A stable code of a problem. Codes are never given another meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word in the answer, and the end of the help page's address.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }

            /// The explanation.
            pub const fn entry(self) -> Entry {
                match self {
                    $(Self::$name => Entry {
                        status: $status, money: Money::$money, title: $title, happened: $happened, remedy: $remedy,
                    }),*
                }
            }
        }
    };
}

codes! {
    NotFound = "not_found", 404, None, "There is nothing at this address.",
        "The path names no call of this API.", "Compare it with the list of calls at /.";
    MethodNotAllowed = "method_not_allowed", 405, None, "This address does not take this method.",
        "The path is a call's, the method is not.", "Compare it with the list of calls at /.";
    TimeInvalid = "time_invalid", 400, None, "The time cannot be read.",
        "now is not an RFC 3339 instant with an offset.", "Send for example 2026-11-24T10:00:00+09:00.";
    ContentTypeWrong = "content_type_wrong", 415, Untouched, "The body is not declared as JSON.",
        "The call takes Content-Type: application/json alone.", "Send that header.";
    BodyTooLarge = "body_too_large", 413, Untouched, "The body is too large.",
        "A body has at most 16,384 bytes.", "Send less.";
    BodyMalformed = "body_malformed", 400, Untouched, "The body is no JSON document that this API reads.",
        "It did not arrive whole, is not JSON, holds a list, or is nested more than 8 deep.", "Send one JSON object.";
    FieldsInvalid = "fields_invalid", 422, Untouched, "Fields of the body cannot be what they should be.",
        "One or more fields are missing, unknown or malformed; errors points at each.", "Mend them and call again.";
    QueryInvalid = "query_invalid", 400, None, "The query cannot be read.",
        "A parameter is missing, unknown or malformed; errors names it.", "Mend it and call again.";
    KeyMissing = "key_missing", 401, Untouched, "A key is needed.",
        "The call has no Authorization: Bearer header.", "Send the key that you were given.";
    KeyInvalid = "key_invalid", 401, Untouched, "The key is not valid.",
        "No key reads like this, or it was revoked.", "Ask for a new one.";
    NotPermitted = "not_permitted", 403, Untouched, "The key may not do this.",
        "The key lacks the scope of the call or belongs to somebody for whom it is not.", "Use another key.";
    TooManyRequests = "too_many_requests", 429, Untouched, "Too many calls.",
        "The key has called more often than it may.", "Wait as long as Retry-After says.";
    IdempotencyKeyMissing = "idempotency_key_missing", 400, Untouched, "An Idempotency-Key is needed.",
        "The call would not be safe to repeat without one.", "Send one, new for each thing that you want done.";
    IdempotencyKeyInvalid = "idempotency_key_invalid", 400, Untouched, "The Idempotency-Key cannot be used.",
        "It is 1 to 128 visible ASCII characters.", "Send for example a UUID.";
    IdempotencyKeyReused = "idempotency_key_reused", 422, UntouchedByThis, "The Idempotency-Key was used before.",
        "An earlier call under this key asked for something else.", "Send a new key with a new wish.";
    IdempotencyInFlight = "idempotency_in_flight", 409, UntouchedByThis, "The same call is still running.",
        "An earlier call under this Idempotency-Key has no outcome yet.", "Repeat it after Retry-After.";
    CollectorUnknown = "collector_unknown", 404, None, "No collector has this number.",
        "The directory has no collector of this number.", "See GET /v1/collectors.";
    CollectorLinkOnly = "collector_link_only", 422, Untouched, "The collector can be paid from its own site only.",
        "The collector offers the information link and takes no typed numbers.", "Begin at the collector's site.";
    CollectorNotConnected = "collector_not_connected", 422, Untouched, "The collector is not connected yet.",
        "The directory lists it, and there is no working connection.", "Pay in another way.";
    CollectorClosed = "collector_closed", 409, Untouched, "The collector is closed.",
        "It is outside of the collector's hours.", "Call again when it is open.";
    CollectorSuspended = "collector_suspended", 409, Untouched, "Payments to the collector rest for a while.",
        "The bank takes nothing new for it; what was sent before goes on.",
        "Call again once GET /v1/collectors does not say suspended any more.";
    BankNotContracted = "bank_not_contracted", 422, Untouched, "The collector has no contract with this bank.",
        "The collector does not take payments of this bank.", "Pay in another way.";
    ChannelNotAccepted = "channel_not_accepted", 422, Untouched, "The bill cannot be paid on line.",
        "The collector takes this payment at a counter only.", "Pay with the slip at a counter.";
    NumbersWrong = "numbers_wrong", 422, Untouched, "The customer or the confirmation number is wrong.",
        "The collector knows no bill under the two numbers; which of them is wrong is not said.",
        "Compare both with the slip.";
    NumbersLocked = "numbers_locked", 429, Untouched, "Wrong numbers were sent too often.",
        "The key has sent 10 wrong pairs of numbers for this customer number today, or 300 in all; nobody was asked.",
        "Compare the numbers with the slip, and call again tomorrow, as Retry-After says.";
    CategoryWrong = "category_wrong", 422, Untouched, "The payment category is wrong.",
        "The collector knows no bill of this category.", "Compare it with the slip.";
    BillNotObtained = "bill_not_obtained", 422, Untouched, "The collector could not obtain the bill.",
        "The collector has no answer for these numbers at the moment.", "Call again later, or ask the collector.";
    AlreadyPaid = "already_paid", 422, UntouchedByThis, "The bill is paid.",
        "The collector says that the bill is paid already.", "Look for a payment of it, or ask the collector.";
    BillExpired = "bill_expired", 422, Untouched, "The bill can no longer be paid.",
        "Its last day has passed.", "Ask the collector for a new slip.";
    NotYetPayable = "not_yet_payable", 422, Untouched, "The bill cannot be paid yet.",
        "Its first day has not come.", "Call again from that day on.";
    NumberStopped = "number_stopped", 422, Untouched, "The collector has stopped answering for this number.",
        "The collector has been asked with wrong numbers too often, by whomever.", "Ask the collector how to go on.";
    AmountDiffers = "amount_differs", 422, Untouched, "The amount is not what is owed.",
        "The collector owes to collect another amount than the one given.", "Compare it with the slip.";
    CollectorFailed = "collector_failed", 502, Untouched, "The collector could not answer.",
        "The collector failed at the inquiry.", "Call again later.";
    CollectorSilent = "collector_silent", 504, Untouched, "The collector gave no usable answer.",
        "The inquiry was not answered in time, or not in a way that can be trusted.", "Call again later.";
    CollectorBusy = "collector_busy", 503, Untouched, "Too much waits for the collector.",
        "The collector does not answer, and so many requests wait for it that no more are taken.",
        "Repeat the call after Retry-After, with the same Idempotency-Key.";
    InquiryExpired = "inquiry_expired", 409, Untouched, "The inquiry cannot be paid any more.",
        "There is no such inquiry of this key, or it was answered more than 15 minutes ago.", "Inquire again.";
    BillUnknown = "bill_unknown", 422, Untouched, "The inquiry found no such bill.",
        "bill_id names none of the inquiry's bills.", "Name one of them.";
    AmountChanged = "amount_changed", 409, Untouched, "The amount is not the bill's.",
        "amount differs from the amount that the inquiry found.", "Look at the bill again.";
    AccountNotPermitted = "account_not_permitted", 403, Untouched, "The key may not use this account.",
        "The account is none of those that the key names.", "Use one of them, or ask for another key.";
    InsufficientFunds = "insufficient_funds", 409, Untouched, "Too little is available.",
        "The account has less available than amount and fee.", "Put money in, then call under a new Idempotency-Key.";
    AccountClosed = "account_closed", 409, Untouched, "The account cannot be debited.",
        "The account is closed.", "Use another account.";
    BillBusy = "bill_busy", 409, UntouchedByThis, "Another payment of the bill exists.",
        "The bill is being paid by another payment, or was.",
        "Follow that payment; payment_id names it if it is yours.";
    ClearByPassed = "clear_by_passed", 409, Untouched, "The last day for clearing has passed.",
        "The bill's last day for clearing passed after the inquiry.", "Inquire again.";
    TooManyWaiting = "too_many_waiting", 409, Untouched, "Too many payments wait for their authorisation.",
        "The contract has 200 payments that wait for a person.", "Have some of them authorised or declined.";
    ServiceDayUnknown = "service_day_unknown", 404, None, "The collector has no such day.",
        "The day has not begun, or lies before the hub's first.", "See GET /v1/operations/days.";
    ServiceStateWrong = "service_state_wrong", 409, None, "The day does not stand where this is possible.",
        "A day only goes forward.", "See GET /v1/operations/days.";
    OpenItems = "open_items", 409, None, "Payments of the day have no known outcome.",
        "A day is not closed while it has any.", "Resolve them, or close with carry_forward.";
    OpenBreaks = "open_breaks", 409, None, "Breaks of the day are open.",
        "A day is not closed by hand while more of its breaks are open than the call names.",
        "See GET /v1/operations/breaks, and close with open_breaks as their number.";
    CollectorRefused = "collector_refused", 502, None, "The collector said no.",
        "The collector answered with a code that refuses the request.", "Ask the collector.";
    CollectorUnreached = "collector_unreached", 504, None, "The collector gave no usable word.",
        "It did not answer in time, or not in a way that can be trusted.", "Repeat the call.";
    MovedOn = "moved_on", 409, None, "Something else came first.",
        "An answer, the schedule or another operator has changed it meanwhile.", "Look again, then repeat the call.";
    NotNow = "not_now", 409, UntouchedByThis, "This is not possible as things stand.",
        "The payment does not stand where this is possible.", "Look at the payment.";
    NetPaymentUnknown = "net_payment_unknown", 404, None, "There is no such net payment.",
        "No net payment has this id.", "See GET /v1/operations/net-payments.";
    KeyUnknown = "key_unknown", 404, None, "There is no such key.",
        "No key has this id, or it is revoked already.", "See GET /v1/operations/keys.";
    PaymentUnknown = "payment_unknown", 404, None, "There is no such payment.",
        "No payment that the key may see has this id.", "Compare the id with the answer that named it.";
    Overloaded = "overloaded", 503, Untouched, "Too much is waiting.",
        "The hub takes no more work at this moment.",
        "Repeat the call, with the same Idempotency-Key where it has one.";
    PaymentUnclear = "payment_unclear", 503, Unclear, "Whether the payment was made is not known.",
        "The hub's own data could not be reached at the decisive moment.",
        "Repeat the call with the same Idempotency-Key: it pays at most once.";
    Unavailable = "unavailable", 503, Untouched, "The hub cannot answer at the moment.",
        "The hub's own data could not be reached.", "Call again later.";
}

/// No problem has that code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such code")]
pub struct UnlistedCode;

impl FromStr for Code {
    type Err = UnlistedCode;
    fn from_str(text: &str) -> Result<Self, UnlistedCode> {
        Self::ALL.iter().copied().find(|c| c.as_str() == text).ok_or(UnlistedCode)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is wrong with one field of a body or one parameter of a query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// A JSON pointer (RFC 6901) into the body, or the parameter's name.
    #[schema(examples("/account/number"))]
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

/// A refusal. It can be stored, so that a repeated call is answered as the first one was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Which.
    pub code: Code,
    /// What happened in this case, where the table's sentence is not enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub happened: Option<String>,
    /// The fields to blame.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The payment to look at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentId>,
    /// Seconds after which the call may be repeated.
    #[serde(skip)]
    pub retry_after_s: Option<u64>,
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self { code, happened: None, errors: Vec::new(), payment: None, retry_after_s: None }
    }
}

impl Problem {
    /// With what happened in this case.
    pub fn because(code: Code, happened: impl Into<String>) -> Self {
        Self { happened: Some(happened.into()), ..code.into() }
    }

    /// One field is to blame.
    pub fn field(code: Code, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let error = FieldError { pointer: pointer.into(), detail: detail.into() };
        Self { errors: vec![error], ..code.into() }
    }

    /// To be repeated after a moment.
    pub fn again(code: Code, after_s: u64) -> Self {
        Self { retry_after_s: Some(after_s), ..code.into() }
    }

    /// Our own data failed, and nothing was done.
    pub fn unavailable(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "a call failed");
        Self::again(Code::Unavailable, 1)
    }
}

/// The refusal as it is answered, `application/problem+json` (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// The help page of the code, relative to this API.
    #[serde(rename = "type")]
    #[schema(examples("/help/insufficient_funds"))]
    kind: String,
    /// The problem in a few words.
    title: &'static str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// The stable code.
    code: Code,
    /// What happened, whether money moved, and what to do.
    detail: String,
    /// What became of money by this call.
    money: Money,
    /// The fields to blame.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldError>,
    /// The payment to look at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<uuid::Uuid>)]
    payment_id: Option<PaymentId>,
}

/// What every call with a key may be refused with, for the document.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "the document's list; the answers are made of problems")]
pub enum KeyRefusals {
    /// There is no key, or none that is valid
    #[response(status = 401, content_type = "application/problem+json")]
    NoKey(ProblemBody),
    /// The key may not do this
    #[response(status = 403, content_type = "application/problem+json")]
    NotPermitted(ProblemBody),
    /// The key calls too often
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(ProblemBody),
    /// The hub cannot answer at the moment
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}

/// What every call with a body may be refused with, for the document.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "the document's list; the answers are made of problems")]
pub enum BodyRefusals {
    /// The body cannot be read, or a header is missing
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(ProblemBody),
    /// The body is too large
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemBody),
    /// The body is not declared as JSON
    #[response(status = 415, content_type = "application/problem+json")]
    NotJson(ProblemBody),
    /// What is asked for cannot be
    #[response(status = 422, content_type = "application/problem+json")]
    Refused(ProblemBody),
}

impl From<Problem> for ProblemBody {
    fn from(problem: Problem) -> Self {
        let entry = problem.code.entry();
        let happened = problem.happened.as_deref().unwrap_or(entry.happened);
        Self {
            kind: format!("/help/{}", problem.code),
            title: entry.title,
            status: entry.status,
            code: problem.code,
            detail: format!("{happened} {} {}", entry.money.words(), entry.remedy),
            money: entry.money,
            errors: problem.errors,
            payment_id: problem.payment,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let entry = self.code.entry();
        let status = StatusCode::from_u16(entry.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after_s = self.retry_after_s;
        let mut response = (status, Json(ProblemBody::from(self))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"mpn\""));
        }
        if let Some(seconds) = retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_and_titles_are_unique_and_codes_read_back() {
        let codes: BTreeSet<_> = Code::ALL.iter().map(|c| c.as_str()).collect();
        let titles: BTreeSet<_> = Code::ALL.iter().map(|c| c.entry().title).collect();
        assert_eq!((codes.len(), titles.len()), (Code::ALL.len(), Code::ALL.len()));
        for code in Code::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }

    #[test]
    fn every_entry_says_what_happened_and_what_to_do_in_whole_sentences() {
        for code in Code::ALL {
            let entry = code.entry();
            for sentence in [entry.title, entry.happened, entry.money.words(), entry.remedy] {
                assert!(sentence.ends_with('.'), "{code}: {sentence}");
            }
            assert!((400..600).contains(&entry.status), "{code}");
        }
    }

    #[test]
    fn a_problem_is_stored_and_answered_as_it_was() {
        let problem = Problem {
            payment: Some(PaymentId::generate()),
            ..Problem::because(Code::BillBusy, "So it was.")
        };
        let stored = serde_json::to_string(&problem).unwrap();
        assert_eq!(serde_json::from_str::<Problem>(&stored).unwrap(), problem);
        let shown = serde_json::to_value(ProblemBody::from(problem.clone())).unwrap();
        assert_eq!(shown["type"], "/help/bill_busy");
        let detail = shown["detail"].as_str().unwrap();
        assert!(detail.starts_with("So it was. This call debited and held nothing. "), "{detail}");
        assert_eq!(shown["payment_id"], serde_json::to_value(problem.payment).unwrap());
    }
}
