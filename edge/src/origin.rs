//! Refuses unsafe requests that another site started (SEC-30).

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, header};

use crate::failure::Failure;

/// Runs before every handler. The paths of foreign forms are let through to the letter.
pub(crate) async fn check(
    State(foreign_forms): State<&'static [&'static str]>,
    request: Request,
    next: Next,
) -> Response {
    let is_foreign_form = request.method() == Method::POST && foreign_forms.contains(&request.uri().path());
    if is_safe(request.method()) || is_foreign_form || came_from_here(request.headers()) {
        return next.run(request).await;
    }
    tracing::warn!(method = %request.method(), "refused a request that another site started");
    Failure::StaleForm.into_response()
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Browsers state where a request comes from in `Sec-Fetch-Site`. `Origin` decides only without it: under our
/// `Referrer-Policy: no-referrer` it reads `null` even on our own forms. A client that sends neither is no
/// browser that someone could misuse; the token still has to be right.
fn came_from_here(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let (Ok(origin), Some(Ok(host))) = (origin.to_str(), headers.get(header::HOST).map(|h| h.to_str()))
    else {
        return false;
    };
    origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair =
            |(n, v): &(&'static str, &'static str)| (HeaderName::from_static(n), HeaderValue::from_static(v));
        list.iter().map(pair).collect()
    }

    #[test]
    fn only_our_own_pages_may_send_unsafe_requests() {
        let host = ("host", "localhost:8080");
        for (ours, list) in [
            (true, vec![host]),
            (true, vec![host, ("origin", "http://localhost:8080")]),
            (true, vec![host, ("origin", "null"), ("sec-fetch-site", "same-origin")]),
            (true, vec![host, ("sec-fetch-site", "none")]),
            (false, vec![host, ("origin", "null")]),
            (false, vec![host, ("origin", "http://localhost:8081")]),
            (false, vec![host, ("origin", "http://localhost:8080.evil.example")]),
            (false, vec![("origin", "http://localhost:8080")]),
            (false, vec![host, ("origin", "http://localhost:8080"), ("sec-fetch-site", "same-site")]),
            (false, vec![host, ("origin", "http://localhost:8080"), ("sec-fetch-site", "cross-site")]),
        ] {
            assert_eq!(came_from_here(&headers(&list)), ours, "{list:?}");
        }
    }
}
