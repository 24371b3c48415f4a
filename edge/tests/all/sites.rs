//! A small site through the whole stack of layers.

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use edge::{CookieKind, CsrfForm, CsrfKey, Failure, Frame, PreSession, SessionId, Site, Words};
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use serde::Deserialize;
use tower::ServiceExt;

const BODY_BYTES_MAX: usize = 1_000;
const KEY: [u8; 32] = [7; 32];

#[derive(Deserialize)]
struct Name {
    name: String,
}

async fn page(pre: PreSession) -> Response<Body> {
    pre.attach(pre.token().to_owned())
}

async fn greet(CsrfForm(form): CsrfForm<Name>) -> String {
    format!("hello {}", form.name)
}

async fn take(request: axum::extract::Request) -> String {
    match edge::foreign::read::<Name>(request, 64).await {
        Ok(form) => form.name,
        Err(error) => error.to_string(),
    }
}

async fn panics() -> &'static str {
    panic!("secret detail")
}

async fn fails() -> Result<&'static str, Failure> {
    Err(std::io::Error::other("secret detail"))?
}

fn site(cookie: CookieKind) -> Router {
    let router = Router::new()
        .route("/page", get(page))
        .route("/greet", post(greet))
        .route("/foreign", post(take))
        .route("/panics", get(panics))
        .route("/fails", get(fails));
    let csrf = CsrfKey::new(&KEY);
    let frame = Frame { site: "見本", home: "/page", ..Frame::default() };
    edge::site(
        router,
        Site {
            frame,
            words: Words::of,
            stale_form: Words::STALE_FORM,
            cookie,
            csrf,
            body_bytes_max: BODY_BYTES_MAX,
            foreign_forms: &["/foreign"],
            languages: None,
        },
    )
}

async fn send(request: Request<Body>) -> (StatusCode, http::HeaderMap, String) {
    let response = site(CookieKind::http("demo")).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (parts.status, parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
}

fn get_request(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn form(cookie: &str) -> http::request::Builder {
    Request::post("/greet")
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::COOKIE, cookie)
}

/// A cookie before sign-in and the token of its forms.
async fn before_sign_in() -> (String, String) {
    let (_, headers, token) = send(get_request("/page")).await;
    let cookie = headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    (cookie, token)
}

#[tokio::test]
async fn every_response_carries_the_security_headers() {
    for path in ["/page", "/missing", "/panics", "/fails", "/greet", "/assets/look.css"] {
        let (_, headers, _) = send(get_request(path)).await;
        for (name, value) in edge::headers::ALWAYS {
            assert_eq!(headers[&name], value, "{name} of {path}");
        }
        assert_eq!(headers.get_all(header::CACHE_CONTROL).iter().count(), 1, "{path}");
        let no_store = headers[header::CACHE_CONTROL] == "no-store";
        assert_eq!(no_store, !path.starts_with("/assets"), "{path}");
        assert!(!headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
    }
    let response = site(CookieKind::tls("demo")).oneshot(get_request("/missing")).await.unwrap();
    assert_eq!(
        response.headers()[header::STRICT_TRANSPORT_SECURITY],
        edge::headers::STRICT_TRANSPORT_SECURITY
    );
}

#[tokio::test]
async fn the_policy_allows_no_inline_code_and_no_other_origin() {
    let policy = edge::headers::CONTENT_SECURITY_POLICY;
    for needed in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'"] {
        assert!(policy.contains(needed), "{needed}");
    }
    for never in ["unsafe", "http", "*"] {
        assert!(!policy.contains(never), "{never}");
    }
}

#[tokio::test]
async fn failures_show_a_page_with_a_number_and_no_detail() {
    for path in ["/panics", "/fails"] {
        let (status, headers, body) = send(get_request(path)).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        let number = headers["x-correlation-id"].to_str().unwrap();
        assert!(body.contains(number), "{path}");
        assert!(!body.contains("secret detail"), "{path}");
        assert!(body.contains("ただいま画面を表示できません"), "{path}");
    }
}

#[tokio::test]
async fn what_does_not_fit_a_page_gets_a_page_of_ours() {
    let (status, _, body) = send(get_request("/missing")).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(body.contains("ページが見つかりません"));
    let (status, headers, body) = send(get_request("/greet")).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(headers[header::ALLOW], "POST");
    assert!(body.contains("この画面は直接開けません"));
}

#[tokio::test]
async fn a_form_is_read_only_with_the_token_of_its_cookie() {
    let (cookie, token) = before_sign_in().await;
    let right = format!("name=Hanako&csrf={token}");
    let (status, _, body) = send(form(&cookie).body(right.clone().into()).unwrap()).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "hello Hanako"));

    let (other_cookie, other_token) = before_sign_in().await;
    for (cookie, body) in [
        (cookie.as_str(), "name=Hanako".to_owned()),
        (&cookie, "name=Hanako&csrf=".to_owned()),
        (&cookie, format!("name=Hanako&csrf={other_token}")),
        (&other_cookie, right.clone()),
        ("", right),
    ] {
        let (status, _, page) = send(form(cookie).body(body.clone().into()).unwrap()).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{body}");
        assert!(page.contains("この操作では何も引き落とされていません"), "{body}");
    }
}

#[tokio::test]
async fn with_a_session_only_its_own_token_counts() {
    let (pre_cookie, pre_token) = before_sign_in().await;
    let session = SessionId::generate();
    let cookies = format!("{pre_cookie}; demo={}", session.cookie_value());
    let token = CsrfKey::new(&KEY).session_token(&session);
    let (status, ..) = send(form(&cookies).body(format!("name=H&csrf={token}").into()).unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    let (status, ..) = send(form(&cookies).body(format!("name=H&csrf={pre_token}").into()).unwrap()).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let foreign = CsrfKey::new(&[8; 32]).session_token(&session);
    let (status, ..) = send(form(&cookies).body(format!("name=H&csrf={foreign}").into()).unwrap()).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "another deployment's key");
}

#[tokio::test]
async fn another_site_cannot_send_a_form_even_with_the_right_token() {
    let (cookie, token) = before_sign_in().await;
    let body = format!("name=Hanako&csrf={token}");
    for (name, value, status) in [
        ("sec-fetch-site", "cross-site", StatusCode::FORBIDDEN),
        ("sec-fetch-site", "same-site", StatusCode::FORBIDDEN),
        ("origin", "https://evil.example", StatusCode::FORBIDDEN),
        ("origin", "null", StatusCode::FORBIDDEN),
        ("origin", "http://localhost", StatusCode::OK),
        ("sec-fetch-site", "same-origin", StatusCode::OK),
    ] {
        let request = form(&cookie).header(name, value).body(body.clone().into()).unwrap();
        assert_eq!(send(request).await.0, status, "{name}: {value}");
    }
}

#[tokio::test]
async fn only_where_a_site_says_so_another_may_send_a_form_and_its_bytes_are_bounded() {
    let form = |path: &str, kind: &'static str| {
        let request = Request::post(path).header("sec-fetch-site", "cross-site");
        request.header(header::CONTENT_TYPE, kind)
    };
    let (urlencoded, shift_jis) =
        ("application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded; charset=Shift_JIS");
    for (body, kind, answer) in [
        ("name=Hanako".to_owned(), urlencoded, "Hanako"),
        ("name=Hanako".to_owned(), shift_jis, "Hanako"),
        ("name=a&name=b".to_owned(), urlencoded, "its fields are not those of the form"),
        (format!("name={}", "a".repeat(60)), urlencoded, "it is too large or did not come whole"),
        ("name=a".to_owned(), "text/plain", "it is no form"),
    ] {
        let (status, _, said) = send(form("/foreign", kind).body(body.into()).unwrap()).await;
        assert_eq!((status, said.as_str()), (StatusCode::OK, answer));
    }
    for path in ["/greet", "/foreign/", "/foreign/x", "//foreign", "/page"] {
        let refused = send(form(path, urlencoded).body("name=a".into()).unwrap()).await;
        assert_eq!(refused.0, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn forms_that_cannot_be_read_are_refused_whole() {
    let (cookie, token) = before_sign_in().await;
    for body in [
        format!("csrf={token}"),
        format!("name=a&name=b&csrf={token}"),
        format!("csrf={token}&csrf=x&name=a"),
    ] {
        let (status, ..) = send(form(&cookie).body(body.clone().into()).unwrap()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    }
    let json =
        Request::post("/greet").header(header::CONTENT_TYPE, "application/json").body("{}".into()).unwrap();
    assert_eq!(send(json).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_body_at_the_limit_is_read_and_one_byte_more_is_refused() {
    let (cookie, token) = before_sign_in().await;
    let with_bytes = |bytes: usize| {
        let start = format!("csrf={token}&name=");
        let fill = "x".repeat(bytes - start.len());
        start + &fill
    };
    let (status, ..) = send(form(&cookie).body(with_bytes(BODY_BYTES_MAX).into()).unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    let (status, _, page) = send(form(&cookie).body(with_bytes(BODY_BYTES_MAX + 1).into()).unwrap()).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(page.contains("送信された内容が大きすぎます"));
}
