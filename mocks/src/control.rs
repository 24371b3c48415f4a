//! The JSON controls under `/control`: faults, books, bills and messages, for tests and commands.

mod books;
mod faults;
mod sinks;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Date;
use http::{HeaderMap, Method, StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::bills::{self, StoredBill};
use crate::creation::{self, BillRequest, CreateError};
use crate::institutions::Institution;
use crate::journal::{self, Side};
use crate::keys::{self, KeyError};
use crate::mocks::{Collector, Mocks};
use crate::special;
use crate::store::StoreError;

/// Bills in one listing.
const BILLS_LISTED_MAX: i64 = 10_000;

/// The controls' routes.
pub fn routes(mocks: Mocks) -> Router {
    Router::new()
        .route("/control/{number}/bills", get(list_bills).post(create_bills))
        .route("/control/{number}/key", post(next_key).put(use_next_key))
        .route("/control/{number}/special-numbers", get(list_special_numbers))
        .route("/control/{number}/messages", get(list_messages))
        .route("/control/{number}/messages/{file}", get(message_xml))
        .merge(books::routes())
        .merge(faults::routes())
        .merge(sinks::routes())
        .merge(crate::interbank::routes())
        .layer(from_fn(refuse_other_sites))
        .with_state(mocks)
}

/// A command that failed.
pub(crate) enum Refused {
    /// There is no such thing.
    NoSuch(&'static str),
    /// A field is wrong.
    Invalid { field: &'static str, message: String },
    /// The records failed.
    Store(StoreError),
    /// A key could not be made or read.
    Key(KeyError),
}

impl From<KeyError> for Refused {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<CreateError> for Refused {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Field(wrong) => {
                Self::Invalid { field: wrong.field, message: wrong.message.to_owned() }
            }
            CreateError::Store(error) => Self::Store(error),
        }
    }
}

impl From<JsonRejection> for Refused {
    fn from(rejection: JsonRejection) -> Self {
        Self::Invalid { field: "", message: rejection.body_text() }
    }
}

#[derive(Serialize)]
struct Problem<'a> {
    field: &'a str,
    error: &'a str,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, field, error) = match self {
            Self::NoSuch(what) => (StatusCode::NOT_FOUND, "", format!("there is no such {what}")),
            Self::Invalid { field, message } => (StatusCode::UNPROCESSABLE_ENTITY, field, message),
            Self::Key(error) => {
                tracing::error!(%error, "a control failed; nothing was changed");
                let text = "the collector's keys could not be used; nothing was changed".to_owned();
                (StatusCode::INTERNAL_SERVER_ERROR, "", text)
            }
            Self::Store(error) => {
                tracing::error!(%error, "a control failed; nothing was changed");
                let text = "the mock collectors' records could not be used; nothing was changed".to_owned();
                (StatusCode::INTERNAL_SERVER_ERROR, "", text)
            }
        };
        (status, Json(Problem { field, error: &error })).into_response()
    }
}

/// A page of another site in the tester's browser must not command the mocks.
async fn refuse_other_sites(request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_read || is_no_other_site(request.headers()) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, Json(Problem { field: "", error: "another site may not command the mocks" }))
        .into_response()
}

fn is_no_other_site(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, rest)| rest);
    host.is_some() && authority == host
}

fn collector<'a>(mocks: &'a Mocks, number: &str) -> Result<&'a Collector, Refused> {
    mocks.collector(number).ok_or(Refused::NoSuch("collector"))
}

/// A bill as the controls show it, with every number that a payer types.
#[derive(Debug, Serialize)]
struct ShownBill {
    collector: String,
    bill_id: String,
    customer_number: String,
    confirmation_number: String,
    payment_category: Option<String>,
    payer: String,
    contents: String,
    amount: i64,
    fee: i64,
    late_charge: i64,
    due: Option<Date>,
    clear_by: Option<Date>,
    payable_from: Option<Date>,
    scenario: String,
    state: &'static str,
    clearings: i64,
    matched: i64,
    /// Where it is at the collector's site.
    page: String,
}

impl ShownBill {
    fn of(stored: StoredBill, institution: &Institution, today: Date) -> Self {
        let state = stored.state(today, institution.payer_types_amount).as_str();
        Self {
            collector: institution.number.to_string(),
            bill_id: stored.bill.id.to_string(),
            customer_number: stored.customer_number.to_string(),
            confirmation_number: stored.confirmation_number.as_str().to_owned(),
            payment_category: stored.payment_category.map(String::from),
            payer: stored.bill.payer,
            contents: stored.bill.contents,
            amount: stored.bill.amount.get(),
            fee: stored.bill.fee.get(),
            late_charge: stored.bill.late_charge.get(),
            due: stored.bill.due,
            clear_by: stored.bill.clear_by,
            payable_from: stored.payable_from,
            scenario: stored.scenario,
            state,
            clearings: stored.clearings,
            matched: stored.matched,
            page: format!("/sites/{}/bills/{}", institution.number, stored.on_site.page),
        }
    }
}

#[derive(Serialize)]
struct Bills {
    bills: Vec<ShownBill>,
}

impl Bills {
    fn of(stored: Vec<StoredBill>, institution: &Institution, today: Date) -> Json<Self> {
        let bills = stored.into_iter().map(|bill| ShownBill::of(bill, institution, today)).collect();
        Json(Self { bills })
    }
}

async fn list_bills(State(mocks): State<Mocks>, Path(number): Path<String>) -> Result<Json<Bills>, Refused> {
    let institution = &collector(&mocks, &number)?.institution;
    let now = mocks.config().clock.now();
    let stored = bills::list(mocks.store().reader(), &institution.number, BILLS_LISTED_MAX, now).await?;
    Ok(Bills::of(stored, institution, mocks.today()))
}

async fn create_bills(
    State(mocks): State<Mocks>,
    Path(number): Path<String>,
    request: Result<Json<BillRequest>, JsonRejection>,
) -> Result<(StatusCode, Json<Bills>), Refused> {
    let collector = collector(&mocks, &number)?;
    let Json(request) = request?;
    let made = creation::create(&mocks, collector, &request).await?;
    Ok((StatusCode::CREATED, Bills::of(made, &collector.institution, mocks.today())))
}

/// A public key of a collector.
#[derive(Serialize)]
struct ShownKey {
    kid: String,
    /// The 32 bytes in base 64 for URLs.
    x: String,
}

/// The next signing key, made where there is none: what the collector's people tell the bank's.
async fn next_key(State(mocks): State<Mocks>, Path(number): Path<String>) -> Result<Json<ShownKey>, Refused> {
    let (kid, public) = collector(&mocks, &number)?.keys.next()?;
    Ok(Json(ShownKey { kid, x: URL_SAFE_NO_PAD.encode(public) }))
}

/// Answers are signed with the next key from now on.
async fn use_next_key(
    State(mocks): State<Mocks>,
    Path(number): Path<String>,
) -> Result<Json<ShownKey>, Refused> {
    let keys = &collector(&mocks, &number)?.keys;
    if !keys.use_next()? {
        return Err(Refused::NoSuch("next key"));
    }
    let in_use = keys.in_use();
    Ok(Json(ShownKey { kid: in_use.id.clone(), x: URL_SAFE_NO_PAD.encode(keys::public(&in_use.pair)) }))
}

#[derive(Serialize)]
struct SpecialNumbers {
    special_numbers: Vec<special::Shown>,
}

async fn list_special_numbers(
    State(mocks): State<Mocks>,
    Path(number): Path<String>,
) -> Result<Json<SpecialNumbers>, Refused> {
    let institution = &collector(&mocks, &number)?.institution;
    let special_numbers = special::next(&mocks, institution, mocks.config().clock.now()).await?;
    Ok(Json(SpecialNumbers { special_numbers }))
}

#[derive(Deserialize)]
struct Page {
    before: Option<i64>,
}

#[derive(Serialize)]
struct Messages {
    messages: Vec<journal::Shown>,
}

async fn list_messages(
    State(mocks): State<Mocks>,
    Path(number): Path<String>,
    Query(page): Query<Page>,
) -> Result<Json<Messages>, Refused> {
    let number = &collector(&mocks, &number)?.institution.number;
    let messages = journal::list(mocks.store(), number, page.before, journal::LISTED_MAX).await?;
    Ok(Json(Messages { messages }))
}

#[derive(Deserialize)]
struct Which {
    #[serde(default)]
    side: Side,
}

async fn message_xml(
    State(mocks): State<Mocks>,
    Path((number, file)): Path<(String, String)>,
    Query(which): Query<Which>,
) -> Result<Response, Refused> {
    let number = &collector(&mocks, &number)?.institution.number;
    let id = file.strip_suffix(".xml").and_then(|id| id.parse().ok()).ok_or(Refused::NoSuch("message"))?;
    let bytes = journal::xml(mocks.store(), number, id, which.side).await?;
    let bytes = bytes.ok_or(Refused::NoSuch("message"))?;
    Ok(([(header::CONTENT_TYPE, "application/xml; charset=utf-8")], bytes).into_response())
}
