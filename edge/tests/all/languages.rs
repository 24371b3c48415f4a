//! The switch of language through the whole stack of a site.

use std::sync::LazyLock;

use askama::Template;
use axum::Router;
use axum::body::Body;
use axum::response::Html;
use axum::routing::get;
use edge::translate::Catalogue;
use edge::{CookieKind, CsrfKey, Failure, Frame, Languages, Site, Words, render};
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::parse(
        "ようこそ\n    Welcome\n{} | 見本\n    {1} | Sample\nページが見つかりません\n    No such page\n",
    )
    .unwrap()
});

#[derive(Template)]
#[template(
    ext = "html",
    source = "{% extends \"frame.html\" %}{% block title %}ようこそ{% endblock %}{% block main %}\
              <h1>ようこそ</h1>{% endblock %}"
)]
struct Page {
    frame: Frame,
}

async fn page() -> Result<Html<String>, Failure> {
    render(&Page { frame: frame() })
}

fn frame() -> Frame {
    Frame { site: "見本", home: "/page", ..Frame::default() }
}

async fn send(request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    let site = Site {
        frame: frame(),
        words: Words::of,
        stale_form: Words::STALE_FORM,
        cookie: CookieKind::http("demo"),
        csrf: CsrfKey::new(&[7; 32]),
        body_bytes_max: 1_000,
        foreign_forms: &[],
        languages: Some(Languages {
            catalogue: &CATALOGUE,
            covers: |path| path == "/page" || path.starts_with("/page/"),
        }),
    };
    let text = get(|| async { "ようこそ" });
    let pages = Router::new()
        .route("/page", get(page).post(page))
        .route("/other", get(page))
        .route("/page/text", text);
    let response = edge::site(pages, site).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (parts.status, parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
}

fn ask(path: &str, cookie: &str) -> Request<Body> {
    Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_page_is_in_the_language_that_was_chosen_and_offers_the_other() {
    let (_, _, html) = send(ask("/page?x=1", "")).await;
    assert!(html.contains("<h1>ようこそ</h1>") && html.contains("<html lang=\"ja\">"), "{html}");
    assert!(html.contains("href=\"?x=1&#38;lang=en\" lang=\"en\" hreflang=\"en\">English</a>"), "{html}");
    let (status, headers, html) = send(ask("/page", "demo-lang=en")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("<h1>Welcome</h1>") && html.contains("<html lang=\"en\">"), "{html}");
    assert!(html.contains("<title>Welcome | Sample</title>"), "{html}");
    assert!(html.contains("href=\"?lang=ja\" lang=\"ja\" hreflang=\"ja\">日本語</a>"), "{html}");
    let length = headers.get(header::CONTENT_LENGTH).map(|length| length.to_str().unwrap().parse());
    assert!(length.is_none_or(|length| length == Ok(html.len())));
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn the_choice_is_kept_and_leads_to_the_same_page() {
    let (status, headers, _) = send(ask("/page?x=1&lang=en", "")).await;
    assert_eq!((status, &headers[header::LOCATION]), (StatusCode::SEE_OTHER, &"/page?x=1".parse().unwrap()));
    let cookie = headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("demo-lang=en; HttpOnly; SameSite=Lax; Path=/; Max-Age="), "{cookie}");
    for (name, value) in edge::headers::ALWAYS {
        assert_eq!(headers[&name], value, "{name}");
    }
    let (status, headers, _) = send(ask("/page?lang=ja", "demo-lang=en")).await;
    assert_eq!((status, &headers[header::LOCATION]), (StatusCode::SEE_OTHER, &"/page".parse().unwrap()));
    assert!(headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    let (status, headers, _) = send(ask("/page?lang=fr", "")).await;
    assert_eq!(status, StatusCode::OK, "an unknown language is ignored");
    assert!(!headers.contains_key(header::SET_COOKIE));
}

#[tokio::test]
async fn the_switch_leads_to_no_other_site_and_other_pages_have_none() {
    for path in ["//evil.example?lang=en", "//evil.example/page?lang=en", "/other?lang=en", "/?lang=en"] {
        let (_, headers, html) = send(ask(path, "demo-lang=en")).await;
        assert!(!headers.contains_key(header::LOCATION), "{path}");
        assert!(!headers.contains_key(header::SET_COOKIE), "{path}");
        assert!(!html.contains("hreflang") && html.contains("<html lang=\"ja\">"), "{path}: {html}");
    }
    let (_, headers, _) = send(ask("/page//evil.example?lang=en", "")).await;
    assert_eq!(headers[header::LOCATION], "/page//evil.example");
}

#[tokio::test]
async fn errors_are_translated_and_what_is_no_page_is_not() {
    let (status, _, html) = send(ask("/page/missing", "demo-lang=en")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(html.contains("<h1>No such page</h1>"), "{html}");
    let (_, _, text) = send(ask("/page/text", "demo-lang=en")).await;
    assert_eq!(text, "ようこそ");
}

/// A link would lose what was typed, so what a form answers offers none.
#[tokio::test]
async fn what_a_form_answers_is_translated_and_keeps_its_language() {
    let request = Request::post("/page?lang=ja")
        .header(header::HOST, "localhost")
        .header(header::COOKIE, "demo-lang=en");
    let (status, headers, html) = send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    assert!(!headers.contains_key(header::SET_COOKIE));
    assert!(html.contains("<h1>Welcome</h1>") && !html.contains("hreflang"), "{html}");
}
