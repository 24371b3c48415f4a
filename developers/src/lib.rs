//! The developers' site, in English and HTML first: the guides as they stand in `docs/`, a reference made of the
//! OpenAPI document, the protocol with its messages, the codes, what to test with, and the keys.
//!
//! The API itself comes in as a router and is served beside the pages, so one address has both.

mod document;
mod home;
mod keys;
mod markdown;
mod messages;
mod numbers;
mod problems;
mod reference;
pub mod sandbox;
mod site;
mod xml;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use domain::random;
use edge::site::FORM_BYTES_MAX;
use edge::{CookieKind, CsrfKey, Site, Words};
use gateway::proof::KeySet;
use tower::ServiceExt as _;

pub use numbers::TestBill;

use self::sandbox::Sandbox;

/// What the site is told at the start.
#[derive(Clone)]
pub struct Config {
    /// The REST API: it is asked for everything under `/v1/`.
    pub api: Router,
    /// The public keys as they are now.
    pub keys: Arc<dyn Fn() -> KeySet + Send + Sync>,
    /// The bills of the mocks; none where there are no mocks.
    pub bills: Vec<TestBill>,
    /// Where the mocks' pages are, where there are mocks, without a slash at the end.
    pub mocks_url: Option<String>,
    /// Where the bank is, without a slash at the end.
    pub bank_url: String,
    /// The sandbox; none where there are no mocks, in whose place a collector could be put.
    pub sandbox: Option<Sandbox>,
}

/// The pages, and the API under `/v1/`.
pub fn router(config: Config) -> Router {
    let api = config.api.clone();
    let sandbox = config.sandbox.clone();
    let sandbox_api = sandbox.clone().map(sandbox::api_routes);
    let pages = Router::new()
        .merge(document::routes())
        .merge(messages::routes())
        .merge(problems::routes())
        .merge(reference::routes())
        .merge(home::routes(&config))
        .merge(keys::routes(&config))
        .merge(numbers::routes(config))
        .merge(sandbox.map(sandbox::page_routes).unwrap_or_default());
    let site = Site {
        frame: site::frame(""),
        words,
        stale_form: Words {
            title: "This form was made for another session",
            text: "Nothing was done. Go back, load the page anew and send the form again.",
        },
        cookie: CookieKind::http("developers"),
        // forms need not outlive the process
        csrf: CsrfKey::new(&random::bytes()),
        body_bytes_max: FORM_BYTES_MAX,
        foreign_forms: &[],
        languages: None,
    };
    // the API answers problem documents and has bounds of its own, so it stays outside of the site's error pages
    let site = edge::site(pages, site);
    Router::new().fallback(move |request: Request| {
        let path = request.uri().path();
        let router = match &sandbox_api {
            Some(sandbox) if path.starts_with("/v1/sandbox/") => sandbox,
            _ if path == "/v1" || path.starts_with("/v1/") => &api,
            _ => &site,
        };
        router.clone().oneshot(request)
    })
}

/// What an error page says. Nothing on this site moves money by itself.
fn words(status: StatusCode) -> Words {
    let (title, text) = match status {
        StatusCode::NOT_FOUND => {
            ("There is no such page", "Its address may have changed; the start page leads to everything.")
        }
        _ if status.is_client_error() => {
            ("This was not taken", "Nothing was done. Go back, load the page anew and try again.")
        }
        _ => ("The page cannot be shown", "The fault is ours, and the log has it under the number below."),
    };
    Words { title, text }
}
