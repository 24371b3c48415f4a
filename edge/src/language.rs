//! The switch of language: `?lang=en` on an address of ours is kept in a cookie, and pages are answered accordingly.
//!
//! The cookie is a preference and nothing else. The switch leads to the path that was asked for, of this site, whose
//! beginning the site itself has named; so it leads nowhere else, whatever the address says.

use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, Method, Uri, header};

use crate::cookie::CookieKind;
use crate::site::is_html;
use crate::translate::{self, Catalogue};

/// Bytes of a page; larger ones stay in Japanese.
const PAGE_BYTES_MAX: usize = 1024 * 1024;
/// The parameter of the address.
const PARAMETER: &str = "lang";
/// What the cookie's name ends with.
const COOKIE: &str = "lang";
/// Bytes of a query that the link to the other language keeps.
const QUERY_BYTES_MAX: usize = 1_024;
/// Days that a browser keeps it.
const COOKIE_DAYS: u32 = 365;

/// What a site has in English, beside Japanese.
#[derive(Clone, Copy, Debug)]
pub struct Languages {
    /// Its words.
    pub catalogue: &'static Catalogue,
    /// Whether a path, which begins with a slash, is one of the pages that have both languages.
    pub covers: fn(&str) -> bool,
}

/// A language of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Japanese,
    English,
}

impl Language {
    const fn tag(self) -> &'static str {
        match self {
            Self::Japanese => "ja",
            Self::English => "en",
        }
    }

    /// What it calls itself.
    const fn name(self) -> &'static str {
        match self {
            Self::Japanese => "日本語",
            Self::English => "English",
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Japanese => Self::English,
            Self::English => Self::Japanese,
        }
    }

    fn of_tag(tag: &str) -> Option<Self> {
        [Self::Japanese, Self::English].into_iter().find(|language| language.tag() == tag)
    }

    fn of_cookie(cookie: CookieKind, headers: &HeaderMap) -> Self {
        cookie.further_of(COOKIE, headers).and_then(|tag| Self::of_tag(&tag)).unwrap_or(Self::Japanese)
    }
}

/// The link to the same page in the other language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// The page's own address with the language, without its path: pages that must not differ stay the same.
    pub href: String,
    /// `en` or `ja`.
    pub lang: &'static str,
    /// What the language calls itself.
    pub name: &'static str,
}

tokio::task_local! {
    /// Of the page that is being answered.
    static OFFERED: Option<Switch>;
}

/// The switch of the page that is being answered, where it has one.
pub(crate) fn offered() -> Option<Switch> {
    OFFERED.try_with(Clone::clone).ok().flatten()
}

/// Keeps a language that was asked for, and answers pages in the one that is kept.
pub(crate) async fn switch(
    State((languages, cookie)): State<(Languages, CookieKind)>,
    request: Request,
    next: Next,
) -> Response {
    if !(languages.covers)(request.uri().path()) {
        return next.run(request).await;
    }
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if let Some(asked) = asked_for(request.uri()).filter(|_| is_read) {
        return kept(asked, cookie, request.uri());
    }
    let language = Language::of_cookie(cookie, request.headers());
    // what a form answers cannot be had again by a link, and what was typed would be lost
    let offered = is_read.then(|| offer(language.other(), request.uri()));
    let response = OFFERED.scope(offered, next.run(request)).await;
    match language {
        Language::Japanese => response,
        Language::English => in_english(languages.catalogue, response).await,
    }
}

/// The language that the address names last; an unknown one is none.
fn asked_for(uri: &Uri) -> Option<Language> {
    let parameters = uri.query()?.split('&').rev().filter_map(|parameter| parameter.split_once('='));
    parameters.filter(|(name, _)| *name == PARAMETER).find_map(|(_, tag)| Language::of_tag(tag))
}

/// The rest of the query.
fn remaining(uri: &Uri) -> String {
    let is_other = |parameter: &&str| parameter.split('=').next() != Some(PARAMETER);
    let query = uri.query().unwrap_or_default();
    let rest: Vec<_> = query.split('&').filter(is_other).filter(|parameter| !parameter.is_empty()).collect();
    rest.join("&")
}

fn kept(language: Language, cookie: CookieKind, uri: &Uri) -> Response {
    let rest = remaining(uri);
    let joint = if rest.is_empty() { "" } else { "?" };
    let mut response = Redirect::to(&format!("{}{joint}{rest}", uri.path())).into_response();
    let value = match language {
        Language::Japanese => cookie.clear_further(COOKIE),
        Language::English => cookie.set_lasting(COOKIE, language.tag(), COOKIE_DAYS),
    };
    response.headers_mut().append(header::SET_COOKIE, value);
    response
}

fn offer(language: Language, uri: &Uri) -> Switch {
    // the page has no room for a query that nobody has typed by hand
    let rest = Some(remaining(uri)).filter(|rest| rest.len() <= QUERY_BYTES_MAX).unwrap_or_default();
    let joint = if rest.is_empty() { "" } else { "&" };
    let lang = language.tag();
    Switch { href: format!("?{rest}{joint}{PARAMETER}={lang}"), lang, name: language.name() }
}

/// A page in English; what is no page, or is not whole in memory, as it is.
async fn in_english(catalogue: &Catalogue, response: Response) -> Response {
    let is_bounded =
        response.body().size_hint().exact().is_some_and(|bytes| {
            usize::try_from(bytes).is_ok_and(|bytes| bytes > 0 && bytes <= PAGE_BYTES_MAX)
        });
    if !is_html(&response) || !is_bounded {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = match to_bytes(body, PAGE_BYTES_MAX).await {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::error!(%error, "a page in memory could not be read");
            return http::StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let body = match std::str::from_utf8(&bytes) {
        Ok(html) => Body::from(translate::page(catalogue, html)),
        Err(_) => Body::from(bytes),
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        text.parse().unwrap()
    }

    #[test]
    fn the_language_comes_from_its_parameter_alone() {
        for (address, expected) in [
            ("/sign-in?lang=en", Some(Language::English)),
            ("/sign-in?link=x&lang=ja", Some(Language::Japanese)),
            ("/sign-in?lang=ja&lang=en", Some(Language::English)),
            ("/sign-in?lang=en&lang=fr", Some(Language::English)),
            ("/sign-in?lang=fr", None),
            ("/sign-in?lang=", None),
            ("/sign-in?lang", None),
            ("/sign-in?xlang=en", None),
            ("/sign-in?link=lang=en", None),
            ("/sign-in", None),
        ] {
            assert_eq!(asked_for(&uri(address)), expected, "{address}");
        }
    }

    #[test]
    fn a_switch_leads_to_the_same_page_with_the_rest_of_its_query() {
        let cookie = CookieKind::http("bank");
        for (address, expected) in [
            ("/sign-in?link=a%2Fb&lang=en", "/sign-in?link=a%2Fb"),
            ("/sign-in?lang=en&link=x&lang=ja", "/sign-in?link=x"),
            ("/home?lang=en", "/home"),
            ("http://evil.example/home?lang=en", "/home"),
        ] {
            let response = kept(Language::English, cookie, &uri(address));
            assert_eq!(response.status(), http::StatusCode::SEE_OTHER);
            assert_eq!(response.headers()[header::LOCATION], expected, "{address}");
            let set = response.headers()[header::SET_COOKIE].to_str().unwrap();
            assert_eq!(set, "bank-lang=en; HttpOnly; SameSite=Lax; Path=/; Max-Age=31536000");
        }
        let switch = offer(Language::English, &uri("/payeasy/history?state=paid&lang=fr"));
        assert_eq!(switch.href, "?state=paid&lang=en");
        assert_eq!(offer(Language::Japanese, &uri("/home")).href, "?lang=ja");
    }
}
