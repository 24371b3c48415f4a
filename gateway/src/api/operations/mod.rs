//! `/v1/operations`: thin calls over the hub's operations, for keys of an operator. What takes two people or a teller
//! stays with the console.

mod alarms;
mod collectors;
mod days;
mod keys;
mod payments;
mod reconciliation;
mod settlement;

use std::str::FromStr;

use domain::{CollectorNumber, Date};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::input::Part;
use super::problem::{Code, Problem, ProblemBody};
use crate::service::{BothCounters, Counters, ServiceError, Tally};

/// Rows of an answer where the caller names no limit.
const LIMIT_DEFAULT: u32 = 100;
/// Rows of an answer at most.
const LIMIT_MAX: u32 = 500;

/// How many rows a caller wants.
fn rows(limit: Option<u32>) -> Result<u32, Problem> {
    let limit = limit.unwrap_or(LIMIT_DEFAULT);
    if (1..=LIMIT_MAX).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::field(Code::QueryInvalid, "limit", format!("1 to {LIMIT_MAX}")))
}

pub(super) fn documented() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(collectors::list))
        .routes(routes!(collectors::open_items))
        .routes(routes!(days::list))
        .routes(routes!(days::open))
        .routes(routes!(days::pre_close))
        .routes(routes!(days::close))
        .routes(routes!(days::counters))
        .routes(routes!(reconciliation::run))
        .routes(routes!(reconciliation::list))
        .routes(routes!(reconciliation::breaks))
        .routes(routes!(payments::unknown))
        .routes(routes!(payments::show))
        .routes(routes!(payments::resend))
        .routes(routes!(payments::resend_all))
        .routes(routes!(settlement::windows))
        .routes(routes!(settlement::close))
        .routes(routes!(settlement::net_payments))
        .routes(routes!(settlement::pay_due))
        .routes(routes!(settlement::settled))
        .routes(routes!(alarms::list))
        .routes(routes!(alarms::acknowledge))
        .routes(routes!(keys::list))
        .routes(routes!(keys::revoke))
}

/// What every step of a collector's day may be refused with, for the document.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "the document's list; the answers are made of problems")]
enum DayRefusals {
    /// There is no such collector, or it has no such day
    #[response(status = 404, description = "Not Found", content_type = "application/problem+json")]
    Unknown(ProblemBody),
    /// The day does not stand where this is possible
    #[response(status = 409, description = "Conflict", content_type = "application/problem+json")]
    NotNow(ProblemBody),
    /// The collector said no
    #[response(status = 502, description = "Bad Gateway", content_type = "application/problem+json")]
    Refused(ProblemBody),
    /// The collector said nothing that counts
    #[response(status = 504, description = "Gateway Timeout", content_type = "application/problem+json")]
    Silent(ProblemBody),
}

/// The collector in a path.
fn collector(code: Result<Part, Problem>) -> Result<CollectorNumber, Problem> {
    part(code, Code::CollectorUnknown)
}

/// The id in a path; what cannot be one names nothing.
fn part<T: FromStr>(part: Result<Part, Problem>, unknown: Code) -> Result<T, Problem> {
    let Part(text) = part.map_err(|_| Problem::from(unknown))?;
    text.parse().map_err(|_| unknown.into())
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::UnknownCollector => Code::CollectorUnknown.into(),
            ServiceError::NotConnected => Code::CollectorNotConnected.into(),
            ServiceError::NoSuchDay => Code::ServiceDayUnknown.into(),
            ServiceError::NotNow(state) => {
                Self::because(Code::ServiceStateWrong, format!("The day is {state} and only goes forward."))
            }
            ServiceError::NotToday(date) => {
                Self::because(Code::ServiceStateWrong, format!("The day {date} is not today."))
            }
            ServiceError::MoreOpen { count, amount } => Self::because(
                Code::OpenItems,
                format!("{count} payments of the day, {amount} yen, have no known outcome: more than named."),
            ),
            ServiceError::Blocked { items, count } => Self {
                payment: items.first().map(|item| item.payment),
                ..Self::because(
                    Code::OpenItems,
                    format!("{count} payments of the day have no known outcome; payment_id is one of them."),
                )
            },
            ServiceError::OpenBreaks { count } => {
                Self::because(Code::OpenBreaks, format!("{count} breaks of the day are open."))
            }
            ServiceError::Refused(code) => {
                Self::because(Code::CollectorRefused, format!("The collector answered {code}."))
            }
            ServiceError::NoAnswer(reason) => Self::because(Code::CollectorUnreached, format!("{reason}.")),
            ServiceError::MovedOn => Self::again(Code::MovedOn, 1),
            ServiceError::Store(error) => Self::unavailable(&error),
        }
    }
}

/// A number of records and their sum.
#[derive(Serialize, ToSchema)]
#[schema(as = Tally)]
pub struct TallyBody {
    count: u32,
    /// In yen, without fees.
    amount: i64,
}

impl From<Tally> for TallyBody {
    fn from(tally: Tally) -> Self {
        Self { count: tally.count, amount: tally.amount.get() }
    }
}

/// 収納カウンタ of one side.
#[derive(Serialize, ToSchema)]
#[schema(as = Counters)]
pub struct CountersBody {
    /// Clearings that were matched to a bill.
    cleared: TallyBody,
    /// 仮消込.
    provisional: TallyBody,
    /// Cancellations that were carried out.
    cancelled: TallyBody,
}

impl From<Counters> for CountersBody {
    fn from(counters: Counters) -> Self {
        Self {
            cleared: counters.cleared.into(),
            provisional: counters.provisional.into(),
            cancelled: counters.cancelled.into(),
        }
    }
}

/// Both sides' counters at one moment.
#[derive(Serialize, ToSchema)]
#[schema(as = BothCounters)]
pub struct BothCountersBody {
    /// When the collector answered.
    #[schema(format = DateTime)]
    at: String,
    /// The hub's own.
    hub: CountersBody,
    /// The collector's.
    collector: CountersBody,
}

impl From<BothCounters> for BothCountersBody {
    fn from(counters: BothCounters) -> Self {
        Self { at: counters.at.rfc3339(), hub: counters.hub.into(), collector: counters.collector.into() }
    }
}

/// A day as text.
fn day(date: Date) -> String {
    date.to_string()
}
