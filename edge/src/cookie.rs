//! The cookies of a site: the session's, the one that carries a form's CSRF secret before sign-in, and further ones.

use axum_extra::extract::cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue, header};

/// Names and attributes of a site's cookies. On TLS the name gets the `__Host-` prefix, with which a browser
/// accepts the cookie only over TLS, for the whole host and from no other host (SEC-24).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CookieKind {
    base: &'static str,
    tls: bool,
}

impl CookieKind {
    /// Cookies of a site behind TLS: `__Host-{base}`.
    pub const fn tls(base: &'static str) -> Self {
        Self { base, tls: true }
    }

    /// Cookies of a plain HTTP site, for the demo on this machine only: `{base}`, without Secure.
    pub const fn http(base: &'static str) -> Self {
        Self { base, tls: false }
    }

    /// Whether the site is reached over TLS.
    pub const fn is_tls(self) -> bool {
        self.tls
    }

    /// Name of the session cookie.
    pub fn session_name(self) -> String {
        if self.tls { format!("__Host-{}", self.base) } else { self.base.to_owned() }
    }

    /// Name of the cookie before sign-in.
    pub fn pre_session_name(self) -> String {
        self.further_name("form")
    }

    /// The header value that sets the session cookie. It ends with the browser; the server's own timeouts
    /// rule.
    pub fn set_session(self, value: &str) -> HeaderValue {
        self.set(self.session_name(), value)
    }

    /// The header value that makes the browser forget the session cookie.
    pub fn clear_session(self) -> HeaderValue {
        let mut cookie = self.cookie(self.session_name(), "");
        cookie.make_removal();
        header_value(&cookie)
    }

    /// The header value that sets the cookie before sign-in.
    pub fn set_pre_session(self, value: &str) -> HeaderValue {
        self.set(self.pre_session_name(), value)
    }

    /// The header value that sets a further cookie of the site. It ends with the browser.
    pub fn set_further(self, suffix: &str, value: &str) -> HeaderValue {
        self.set(self.further_name(suffix), value)
    }

    /// The header value that sets a further cookie that outlives the browser, for so many days.
    pub fn set_lasting(self, suffix: &str, value: &str, days: u32) -> HeaderValue {
        let cookie = self.cookie(self.further_name(suffix), value);
        let seconds = u64::from(days) * 24 * 3600;
        HeaderValue::from_str(&format!("{cookie}; Max-Age={seconds}"))
            .unwrap_or_else(|_| header_value(&cookie))
    }

    /// The header value that makes the browser forget a further cookie.
    pub fn clear_further(self, suffix: &str) -> HeaderValue {
        let mut cookie = self.cookie(self.further_name(suffix), "");
        cookie.make_removal();
        header_value(&cookie)
    }

    /// A further cookie of a request.
    pub fn further_of(self, suffix: &str, headers: &HeaderMap) -> Option<String> {
        read(headers, &self.further_name(suffix))
    }

    fn further_name(self, suffix: &str) -> String {
        format!("{}-{suffix}", self.session_name())
    }

    /// The session cookie of a request.
    pub fn session_of(self, headers: &HeaderMap) -> Option<String> {
        read(headers, &self.session_name())
    }

    /// The cookie before sign-in of a request.
    pub fn pre_session_of(self, headers: &HeaderMap) -> Option<String> {
        read(headers, &self.pre_session_name())
    }

    fn set(self, name: String, value: &str) -> HeaderValue {
        header_value(&self.cookie(name, value))
    }

    // Lax, not Strict: a payer who comes from a collector's site must arrive signed in. Lax cookies travel
    // with top-level GET navigations only, and no GET changes anything.
    fn cookie(self, name: String, value: &str) -> Cookie<'static> {
        Cookie::build((name, value.to_owned()))
            .path("/")
            .http_only(true)
            .secure(self.tls)
            .same_site(SameSite::Lax)
            .build()
    }
}

/// Names and values here are ASCII by construction; anything else would be dropped, which signs the browser
/// out.
fn header_value(cookie: &Cookie<'_>) -> HeaderValue {
    HeaderValue::from_str(&cookie.to_string()).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_carry_the_attributes_of_their_listener() {
        let tls = CookieKind::tls("bank").set_session("v");
        assert_eq!(tls, "__Host-bank=v; HttpOnly; SameSite=Lax; Secure; Path=/");
        let http = CookieKind::http("bank").set_session("v");
        assert_eq!(http, "bank=v; HttpOnly; SameSite=Lax; Path=/");
        let gone = CookieKind::http("bank").clear_session();
        assert!(gone.to_str().unwrap().contains("Max-Age=0"));
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("bank-form=a; xbank=b"));
        headers.append(header::COOKIE, HeaderValue::from_static("bank=c"));
        let kind = CookieKind::http("bank");
        assert_eq!(kind.session_of(&headers).as_deref(), Some("c"));
        assert_eq!(kind.pre_session_of(&headers).as_deref(), Some("a"));
        assert_eq!(CookieKind::tls("bank").session_of(&headers), None);
    }
}
