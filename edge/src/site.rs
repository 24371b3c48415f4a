//! Makes a site of a router: headers, error pages, checks and static files in the one right order.

use std::any::Any;
use std::sync::Arc;

use askama::Template;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::{Extension, Router};
use domain::random;
use http::{HeaderValue, StatusCode, header};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tracing::Instrument;

use crate::cookie::CookieKind;
use crate::csrf::{CsrfKey, Guard};
use crate::failure::{StaleForm, Words};
use crate::frame::Frame;
use crate::language::Languages;
use crate::{assets, headers, language, origin};

/// Bytes of a form without a file: ample for every page of ours.
pub const FORM_BYTES_MAX: usize = 64 * 1024;

/// What a site is called and how its forms and cookies are made.
#[derive(Clone, Debug)]
pub struct Site {
    /// The frame of its error pages: name, home, mark, theme.
    pub frame: Frame,
    /// What its error pages say; [`Words::of`] for a site of customers.
    pub words: fn(StatusCode) -> Words,
    /// What they say of a form that was made for another session; [`Words::STALE_FORM`] for a site of customers.
    pub stale_form: Words,
    /// Its cookies.
    pub cookie: CookieKind,
    /// Key of its form tokens.
    pub csrf: CsrfKey,
    /// Bytes of a request body; [`FORM_BYTES_MAX`] unless it takes files ([`crate::CsrfUpload`]).
    pub body_bytes_max: usize,
    /// Paths whose forms other sites may have a browser send ([`crate::foreign`]); none else.
    pub foreign_forms: &'static [&'static str],
    /// The languages of its pages, where people have a choice.
    pub languages: Option<Languages>,
}

/// The number of a request in the log and on its error page.
#[derive(Clone, Debug)]
pub struct CorrelationId(pub String);

/// The router as a site: `/assets/…` added; every unsafe request checked for its origin; panics, missing
/// pages and bare error statuses answered with a page; security headers on everything.
pub fn site(router: Router, site: Site) -> Router {
    let tls = site.cookie.is_tls();
    let guard = Guard { key: site.csrf.clone(), cookie: site.cookie };
    let (body_bytes_max, foreign_forms) = (site.body_bytes_max, site.foreign_forms);
    let switch = site.languages.map(|languages| (languages, site.cookie));
    // the last layer added is the outermost
    let router = router
        .merge(assets::routes())
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(Extension(guard))
        .layer(from_fn_with_state(foreign_forms, origin::check))
        // instead of the framework's own bound
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(body_bytes_max))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::new(site), error_pages));
    let router = match switch {
        Some(switch) => router.layer(from_fn_with_state(switch, language::switch)),
        None => router,
    };
    let router = headers::security_headers(router);
    if tls { router.layer(from_fn(headers::add_transport_security)) } else { router }
}

#[allow(clippy::needless_pass_by_value, reason = "the layer hands it over")]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    tracing::error!(panic = message, "a request panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

async fn error_pages(State(site): State<Arc<Site>>, mut request: Request, next: Next) -> Response {
    let correlation = random::opaque_id();
    request.extensions_mut().insert(CorrelationId(correlation.clone()));
    // at the level of errors, so that the number stands in the log however quiet it is
    let span = tracing::error_span!("request", %correlation, method = %request.method());
    let response = next.run(request).instrument(span).await;
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || is_html(&response) {
        return response;
    }
    let is_stale = response.extensions().get::<StaleForm>().is_some();
    let words = if is_stale { site.stale_form } else { (site.words)(status) };
    let page = ErrorPage { frame: site.frame.clone(), words, correlation: &correlation };
    // the words are all that is left to show when even this fails
    let body = page.render().unwrap_or_else(|_| words.title.to_owned());
    let mut answer = (status, Html(body)).into_response();
    // such as Allow of a 405, Retry-After of a 429
    for (name, value) in response.headers() {
        let of_body = [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CACHE_CONTROL].contains(name);
        if !of_body {
            answer.headers_mut().append(name, value.clone());
        }
    }
    if let Ok(value) = HeaderValue::from_str(&correlation) {
        answer.headers_mut().insert("x-correlation-id", value);
    }
    answer
}

pub(crate) fn is_html(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    frame: Frame,
    words: Words,
    correlation: &'a str,
}
