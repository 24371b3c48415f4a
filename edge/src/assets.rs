//! The style sheet and the script, compiled in and served with the hash of their content.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderValue, StatusCode, header};

/// With its version in the address a file never changes.
const CACHE_FOREVER: &str = "public, max-age=31536000, immutable";
/// Without it, ask again each time.
const CACHE_ASK: &str = "no-cache";

struct Asset {
    content: &'static str,
    kind: &'static str,
    version: String,
    href: String,
}

impl Asset {
    fn new(path: &str, kind: &'static str, content: &'static str) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, content.as_bytes());
        let version: String = digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let href = format!("{path}?v={version}");
        Self { content, kind, version, href }
    }

    fn respond(&self, query: Option<&str>, headers: &HeaderMap) -> Response {
        let etag = format!("\"{}\"", self.version);
        let versioned = query.and_then(|query| query.strip_prefix("v=")) == Some(self.version.as_str());
        let known = headers.get(header::IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == etag.as_bytes());
        let body = if known { "" } else { self.content };
        let status = if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
        let mut response = (status, body).into_response();
        let set = response.headers_mut();
        set.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        let cache = if versioned { CACHE_FOREVER } else { CACHE_ASK };
        set.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            set.insert(header::ETAG, etag);
        }
        response
    }
}

static CSS: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("/assets/look.css", "text/css; charset=utf-8", include_str!("../assets/look.css"))
});
static JS: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("/assets/look.js", "text/javascript; charset=utf-8", include_str!("../assets/look.js"))
});

/// Address of the style sheet, with its version.
pub fn css_href() -> &'static str {
    &CSS.href
}

/// Address of the script, with its version.
pub fn js_href() -> &'static str {
    &JS.href
}

/// The routes of the static files.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let css = |RawQuery(query): RawQuery, headers: HeaderMap| async move {
        CSS.respond(query.as_deref(), &headers)
    };
    let js =
        |RawQuery(query): RawQuery, headers: HeaderMap| async move { JS.respond(query.as_deref(), &headers) };
    // browsers ask for it by themselves; saying that there is none saves them an error page
    let icon = || async { StatusCode::NO_CONTENT };
    Router::new()
        .route("/assets/look.css", get(css))
        .route("/assets/look.js", get(js))
        .route("/favicon.ico", get(icon))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_stay_within_their_size() {
        assert!(CSS.content.len() <= 30 * 1024, "the style sheet has {} bytes", CSS.content.len());
        assert!(JS.content.len() <= 12 * 1024, "the script has {} bytes", JS.content.len());
    }

    #[test]
    fn only_an_address_with_the_right_version_is_cached_for_ever() {
        let cache = |query: Option<&str>| {
            let response = CSS.respond(query, &HeaderMap::new());
            response.headers()[header::CACHE_CONTROL].to_str().unwrap().to_owned()
        };
        assert_eq!(cache(CSS.href.split_once('?').map(|(_, query)| query)), CACHE_FOREVER);
        assert_eq!(cache(Some("v=other")), CACHE_ASK);
        assert_eq!(cache(None), CACHE_ASK);
    }

    #[test]
    fn a_browser_that_has_the_file_gets_no_body() {
        let mut headers = HeaderMap::new();
        headers
            .insert(header::IF_NONE_MATCH, HeaderValue::from_str(&format!("\"{}\"", CSS.version)).unwrap());
        assert_eq!(CSS.respond(None, &headers).status(), StatusCode::NOT_MODIFIED);
    }
}
