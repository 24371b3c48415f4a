//! Response headers of every page (SEC-31, SEC-32).

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use http::{HeaderName, HeaderValue, Uri, header};

/// Nothing from elsewhere, no inline style or script, no frames, forms only to ourselves.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; \
     script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
     object-src 'none'";

/// A year, with subdomains.
pub const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000; includeSubDomains";

/// The headers that every response carries, whoever made it.
pub const ALWAYS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), publickey-credentials-get=(self)",
    ),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// On a response: the page's forms go to one other origin, and to none else.
#[derive(Clone, Debug)]
pub struct FormsTo(HeaderValue);

impl FormsTo {
    /// The origin of a URL of http or https.
    pub fn origin_of(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
        let host = uri.authority()?.as_str();
        let is_plain = host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b));
        let target = format!("form-action {scheme}://{host}");
        let policy = CONTENT_SECURITY_POLICY.replace("form-action 'self'", &target);
        policy.parse().ok().filter(|_| is_plain).map(Self)
    }
}

/// Puts the security headers on every response of the router, error pages and panics included when they are
/// made inside. `Cache-Control` is `no-store` unless the handler set one, as static files do.
pub fn security_headers(router: Router) -> Router {
    router.layer(from_fn(add))
}

async fn add(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let forms_to = response.extensions_mut().remove::<FormsTo>();
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(FormsTo(policy)) = forms_to {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Tells browsers to come back over TLS only. For listeners with TLS.
pub(crate) async fn add_transport_security(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(STRICT_TRANSPORT_SECURITY));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_go_to_one_origin_and_nothing_else_changes() {
        let policy = |url: &str| FormsTo::origin_of(url).map(|to| to.0.to_str().unwrap().to_owned());
        let found = policy("http://localhost:8080/payeasy/link/entry?x=1").unwrap();
        assert!(found.contains("; form-action http://localhost:8080; "), "{found}");
        let ours = "form-action http://localhost:8080";
        assert_eq!(found.replace(ours, "form-action 'self'"), CONTENT_SECURITY_POLICY);
        for none in ["/payeasy", "ftp://bank.example/", "https://u@bank.example/", "https://*.example/", ""] {
            assert_eq!(policy(none), None, "{none}");
        }
    }
}
