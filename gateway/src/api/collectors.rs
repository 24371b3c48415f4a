//! `/v1/collectors`: the directory of the collecting institutions.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse as _;
use collectors::Collector;
use domain::CollectorNumber;
use serde::Serialize;
use utoipa::ToSchema;

use super::input::Part;
use super::problem::{Code, Problem, ProblemBody};
use super::{Answer, Api};
use crate::service::Unavailable;

/// A collecting institution.
#[derive(Serialize, ToSchema)]
#[schema(as = Collector)]
pub struct CollectorBody {
    /// 収納機関番号.
    #[schema(pattern = "^[0-9]{5}$", examples("00200"))]
    code: String,
    /// The name on the bank's list.
    name: String,
    /// The present name, where it was renamed since.
    name_today: Option<String>,
    /// `national`, `local` or `private`.
    #[schema(examples("national"))]
    kind: &'static str,
    /// `online`: numbers can be typed or sent here; `link`: payments begin on the collector's own site.
    methods: Vec<&'static str>,
    /// What can be paid.
    charges: Vec<String>,
    /// Whether every inquiry names the amount. With a 納付目的コード one does, whatever this says.
    payer_types_amount: bool,
    /// Whether a person is asked for a one-time password.
    one_time_password: bool,
    /// Whether it takes an inquiry now.
    available: bool,
    /// Why it does not: `not_connected`; `suspended` by the bank for a while; `outside_hours`; `pre_closed`, where only
    /// what was inquired about before can be paid; `day_closed`, by the schedule or by hand; `not_answering`.
    #[schema(examples("day_closed"))]
    unavailable: Option<&'static str>,
    /// The numbers of a slip.
    numbers: NumbersBody,
}

/// The digits of the numbers of a slip.
#[derive(Serialize, ToSchema)]
#[schema(as = Numbers)]
pub struct NumbersBody {
    /// 納付番号 or お客様番号.
    customer_number: DigitsBody,
    /// 確認番号.
    confirmation_number: DigitsBody,
    /// 納付区分, where the collector uses one.
    payment_category: Option<DigitsBody>,
    /// The digits of a 納付目的コード, which may stand in the place of 納付区分 (入力方式); empty where none may.
    #[schema(examples(json!([7, 11])))]
    purpose_code_digits: Vec<usize>,
}

/// How many digits a number has.
#[derive(Serialize, ToSchema)]
#[schema(as = Digits)]
pub struct DigitsBody {
    /// As the slip calls it.
    label: String,
    /// Fewest digits.
    digits_min: usize,
    /// Most digits.
    digits_max: usize,
}

/// The directory.
#[derive(Serialize, ToSchema)]
#[schema(as = Collectors)]
pub struct CollectorsBody {
    /// In the order of the bank's list.
    collectors: Vec<CollectorBody>,
}

impl CollectorBody {
    fn of(collector: &Collector, unavailable: Option<Unavailable>) -> Self {
        let offered = [("online", collector.methods.online), ("link", collector.methods.link)];
        let numbers = &collector.numbers;
        let digits = |rule: &collectors::directory::DigitsRule| DigitsBody {
            label: rule.label.clone(),
            digits_min: rule.digits_min,
            digits_max: rule.digits_max,
        };
        Self {
            code: collector.number.as_str().to_owned(),
            name: collector.name.clone(),
            name_today: collector.name_today.clone(),
            kind: collector.kind.as_str(),
            methods: offered.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect(),
            charges: collector.charge_names().into_iter().map(str::to_owned).collect(),
            payer_types_amount: collector.payer_types_amount(None),
            one_time_password: collector.one_time_password,
            available: unavailable.is_none(),
            unavailable: unavailable.map(Unavailable::as_str),
            numbers: NumbersBody {
                customer_number: digits(&numbers.customer),
                confirmation_number: digits(&numbers.confirmation),
                payment_category: numbers.category.as_ref().map(|rule| DigitsBody {
                    label: rule.label.clone(),
                    digits_min: rule.digits_min,
                    digits_max: rule.digits_max,
                }),
                purpose_code_digits: numbers.purpose_digits.clone(),
            },
        }
    }
}

/// Lists the collecting institutions.
#[utoipa::path(
    get, operation_id = "list_collectors", path = "/v1/collectors", tag = "directory",
    responses(
        (status = 200, body = CollectorsBody),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(api): State<Api>) -> Answer {
    let unavailable = api.gateway.unavailable().await.map_err(|error| Problem::unavailable(&error))?;
    let body = |row: &Collector| CollectorBody::of(row, unavailable.get(&row.number).copied());
    let collectors = api.gateway.collectors().all().map(body).collect();
    Ok(Json(CollectorsBody { collectors }).into_response())
}

/// Shows a collecting institution.
#[utoipa::path(
    get, operation_id = "show_collector", path = "/v1/collectors/{code}", tag = "directory",
    params(("code" = String, Path, description = "収納機関番号")),
    responses(
        (status = 200, body = CollectorBody),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub async fn show(State(api): State<Api>, code: Result<Part, Problem>) -> Answer {
    let unknown = || Problem::from(Code::CollectorUnknown);
    let Part(code) = code.map_err(|_| unknown())?;
    let number: CollectorNumber = code.parse().map_err(|_| unknown())?;
    let collector = api.gateway.collectors().get(&number).ok_or_else(unknown)?;
    let unavailable = api.gateway.unavailable().await.map_err(|error| Problem::unavailable(&error))?;
    Ok(Json(CollectorBody::of(collector, unavailable.get(&number).copied())).into_response())
}
