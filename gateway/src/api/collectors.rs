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
    /// Whether an inquiry names the amount.
    payer_types_amount: bool,
    /// Whether a person is asked for a one-time password.
    one_time_password: bool,
    /// Whether there is a working connection.
    available: bool,
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

impl From<&Collector> for CollectorBody {
    fn from(collector: &Collector) -> Self {
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
            payer_types_amount: collector.payer_types_amount(),
            one_time_password: collector.one_time_password,
            available: collector.available,
            numbers: NumbersBody {
                customer_number: digits(&numbers.customer),
                confirmation_number: digits(&numbers.confirmation),
                payment_category: numbers.category.as_ref().map(|rule| DigitsBody {
                    label: rule.label.clone(),
                    digits_min: rule.digits_min,
                    digits_max: rule.digits_max,
                }),
            },
        }
    }
}

/// Lists the collecting institutions.
#[utoipa::path(
    get, operation_id = "list_collectors", path = "/v1/collectors", tag = "directory",
    responses((status = 200, body = CollectorsBody))
)]
pub async fn list(State(api): State<Api>) -> Json<CollectorsBody> {
    Json(CollectorsBody { collectors: api.gateway.collectors().all().map(CollectorBody::from).collect() })
}

/// Shows a collecting institution.
#[utoipa::path(
    get, operation_id = "show_collector", path = "/v1/collectors/{code}", tag = "directory",
    params(("code" = String, Path, description = "収納機関番号")),
    responses(
        (status = 200, body = CollectorBody),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub async fn show(State(api): State<Api>, code: Result<Part, Problem>) -> Answer {
    let unknown = || Problem::from(Code::CollectorUnknown);
    let Part(code) = code.map_err(|_| unknown())?;
    let number: CollectorNumber = code.parse().map_err(|_| unknown())?;
    let collector = api.gateway.collectors().get(&number).ok_or_else(unknown)?;
    Ok(Json(CollectorBody::from(collector)).into_response())
}
