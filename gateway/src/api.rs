//! The hub's REST API, as far as it is built: business time and the directory.

use axum::extract::State;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use collectors::Collector;
use domain::{CollectorNumber, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Gateway;

/// The routes. The clock may be set through them only where `may_set_clock` (the demo and test benches).
pub fn router(gateway: Gateway, may_set_clock: bool) -> Router {
    let time = if may_set_clock { get(time).put(set_time) } else { get(time) };
    Router::new()
        .route("/v1/time", time)
        .route("/v1/collectors", get(collectors))
        .route("/v1/collectors/{code}", get(collector))
        .method_not_allowed_fallback(|| async {
            let title = "This address does not take this method.";
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", title)
        })
        .fallback(|| async {
            Problem::new(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address.")
        })
        .with_state(gateway)
}

/// RFC 9457 problem details with our stable code.
#[derive(Debug, Serialize)]
pub struct Problem {
    #[serde(skip)]
    status_code: StatusCode,
    title: &'static str,
    status: u16,
    code: &'static str,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        Self { status_code: status, title, status: status.as_u16(), code }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status_code, Json(&self)).into_response();
        response.headers_mut().insert(
            axum::http::header::CONTENT_TYPE,
            axum::http::HeaderValue::from_static("application/problem+json"),
        );
        response
    }
}

#[derive(Serialize, Deserialize)]
struct Time {
    now: String,
}

async fn time(State(gateway): State<Gateway>) -> Json<Time> {
    Json(Time { now: gateway.now().rfc3339() })
}

async fn set_time(
    State(gateway): State<Gateway>,
    time: Result<Json<Time>, JsonRejection>,
) -> Result<Json<Time>, Problem> {
    let invalid = || {
        Problem::new(StatusCode::BAD_REQUEST, "time_invalid", "now is an RFC 3339 instant with an offset.")
    };
    let Json(time) = time.map_err(|_| invalid())?;
    let now = Timestamp::parse_rfc3339(&time.now).ok_or_else(invalid)?;
    database::clock::set(gateway.database(), gateway.ledger().clock(), now).await.map_err(|error| {
        tracing::error!(%error, "the clock could not be set");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The clock could not be set.")
    })?;
    tracing::info!(%now, "business time was set");
    Ok(Json(Time { now: gateway.now().rfc3339() }))
}

#[derive(Serialize)]
struct CollectorBody<'a> {
    code: &'a str,
    name: &'a str,
    name_today: Option<&'a str>,
    kind: &'static str,
    methods: Vec<&'static str>,
    charges: &'a [String],
    payer_types_amount: bool,
    one_time_password: bool,
    available: bool,
}

impl<'a> From<&'a Collector> for CollectorBody<'a> {
    fn from(collector: &'a Collector) -> Self {
        let offered = [("online", collector.methods.online), ("link", collector.methods.link)];
        Self {
            code: collector.number.as_str(),
            name: &collector.name,
            name_today: collector.name_today.as_deref(),
            kind: collector.kind.as_str(),
            methods: offered.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect(),
            charges: &collector.charges,
            payer_types_amount: collector.payer_types_amount,
            one_time_password: collector.one_time_password,
            available: collector.available,
        }
    }
}

async fn collectors(State(gateway): State<Gateway>) -> Response {
    let collectors: Vec<_> = gateway.directory().all().iter().map(CollectorBody::from).collect();
    Json(serde_json::json!({ "collectors": collectors })).into_response()
}

async fn collector(
    State(gateway): State<Gateway>,
    code: Result<axum::extract::Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let unknown =
        || Problem::new(StatusCode::NOT_FOUND, "collector_unknown", "No collector has this number.");
    let axum::extract::Path(code) = code.map_err(|_| unknown())?;
    let number: CollectorNumber = code.parse().map_err(|_| unknown())?;
    let collector = gateway.directory().get(&number).ok_or_else(unknown)?;
    Ok(Json(CollectorBody::from(collector)).into_response())
}
