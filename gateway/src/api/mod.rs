//! The hub's REST API, version 1: one operation one file. The document is `docs/api/openapi.json`.

mod collectors;
mod events;
mod idempotency;
mod input;
mod inquiries;
pub mod key;
mod link;
mod operations;
mod payments;
pub mod problem;
mod public_keys;
mod shapes;
mod time;
mod wrong_numbers;

use std::num::NonZeroU32;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use utoipa::openapi::RefOr;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::key::RateLimits;
use self::problem::{Code, Problem};
use crate::Gateway;

pub use payments::REQUESTS_PATH;

/// Where the document is served.
pub const DOCUMENT_PATH: &str = "/v1/openapi.json";

/// What a deployment decides about its API.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whether business time may be set: in the demo and on test benches.
    pub may_set_clock: bool,
    /// Where people reach the bank, without a slash at the end: there a person authorises what waits.
    pub bank_url: String,
    /// Calls of one key in a second, on average.
    pub calls_per_second_max: NonZeroU32,
    /// Calls of one key at once.
    pub calls_burst_max: NonZeroU32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            may_set_clock: false,
            bank_url: String::new(),
            calls_per_second_max: NonZeroU32::MIN.saturating_add(49),
            calls_burst_max: NonZeroU32::MIN.saturating_add(199),
        }
    }
}

/// What every call works with.
#[derive(Clone)]
pub struct Api {
    gateway: Gateway,
    config: Config,
    rates: RateLimits,
    proofs: payments::proof::Turns,
}

/// What a call answers.
type Answer = Result<Response, Problem>;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "mpn hub",
        version = "1",
        description = "Inquire bills at collecting institutions (収納機関) of Japan's Multi-Payment Network and pay them. \
            Amounts are whole yen. Instants are RFC 3339 in business time, days are days in Japan. Errors are problem \
            details (RFC 9457) whose code is stable and explained under /help.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "directory", description = "Needs no key."),
        (name = "payments", description = "For a contract's systems: inquire, pay, follow."),
        (name = "operations", description = "For operators. All may be repeated; each is on the audit log."),
    ),
    modifiers(&Key),
)]
struct Document;

struct Key;

impl Modify for Key {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        document.components.get_or_insert_default().add_security_scheme("key", scheme);
    }
}

fn documented() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(time::show, time::set))
        .routes(routes!(public_keys::list))
        .routes(routes!(collectors::list))
        .routes(routes!(collectors::show))
        .routes(routes!(inquiries::create))
        .routes(routes!(payments::create::create))
        .routes(routes!(payments::show::show))
        .routes(routes!(payments::proof::show))
        .routes(routes!(events::list))
        .routes(routes!(link::show))
        .merge(operations::documented())
}

/// The document of all calls (OpenAPI 3.1).
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = documented().into_openapi();
    let items = document.paths.paths.values_mut();
    let calls = items.flat_map(|item| [&mut item.get, &mut item.put, &mut item.post]).flatten();
    for (status, response) in calls.flat_map(told_rates) {
        // the specification asks for words; the status has some
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            let status = StatusCode::from_bytes(status.as_bytes()).ok();
            let reason = status.and_then(|status| status.canonical_reason());
            response.description = reason.unwrap_or("What the call came to").to_owned();
        }
    }
    document
}

/// The answers of a call; those to a key say how many calls it has left.
fn told_rates(
    call: &mut utoipa::openapi::path::Operation,
) -> impl Iterator<Item = (&String, &mut RefOr<utoipa::openapi::Response>)> {
    let has_key = call.security.is_some();
    call.responses.responses.iter_mut().map(move |(status, response)| {
        if let RefOr::T(response) = response
            && has_key
            && (status.starts_with('2') || status == "429")
        {
            for (name, about) in [
                (
                    "RateLimit-Policy",
                    "Calls at once (`q`), and the seconds in which they are made up for (`w`)",
                ),
                ("RateLimit", "Calls that are left (`r`), and the seconds until all are (`t`)"),
            ] {
                let header = utoipa::openapi::HeaderBuilder::new().description(Some(about)).build();
                response.headers.insert(name.to_owned(), header.into());
            }
        }
        (status, response)
    })
}

/// The document as it is committed and served.
pub fn document_json() -> String {
    let mut text = document().to_pretty_json().unwrap_or_else(|error| unreachable!("plain data: {error}"));
    text.push('\n');
    text
}

/// The calls and their document.
pub fn router(gateway: Gateway, config: Config) -> Router {
    let (calls, _) = documented().split_for_parts();
    let rates = RateLimits::new(config.calls_per_second_max, config.calls_burst_max);
    let api = Api { gateway, config, rates, proofs: payments::proof::Turns::default() };
    let router = calls
        .method_not_allowed_fallback(|| async { Problem::from(Code::MethodNotAllowed) })
        .route(
            DOCUMENT_PATH,
            get(|| async { ([(header::CONTENT_TYPE, "application/json")], document_json()) }),
        )
        .fallback(|| async { Problem::from(Code::NotFound) })
        .layer(axum::middleware::from_fn(key::tell))
        .with_state(api);
    edge::security_headers(router)
}
