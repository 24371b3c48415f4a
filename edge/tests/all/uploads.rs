//! Forms with a file, through the whole stack of layers.

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use edge::upload::{FILE_BYTES_MAX, UploadedFile};
use edge::{CookieKind, CsrfKey, CsrfUpload, Frame, PreSession, Site, Words};
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

const BODY_BYTES_MAX: usize = FILE_BYTES_MAX + 1_000_000;

async fn page(pre: PreSession) -> Response<Body> {
    pre.attach(pre.token().to_owned())
}

async fn take(form: CsrfUpload) -> String {
    let size =
        |file: &UploadedFile| file.bytes.as_ref().map_or("too large".to_owned(), |b| b.len().to_string());
    let file = form.file.as_ref().map_or_else(|| "none".to_owned(), |f| format!("{} {}", f.name, size(f)));
    format!("{} {file}", form.text("note"))
}

fn site() -> Router {
    let site = Site {
        frame: Frame { site: "見本", home: "/page", ..Frame::default() },
        words: Words::of,
        stale_form: Words::STALE_FORM,
        cookie: CookieKind::http("demo"),
        csrf: CsrfKey::new(&[7; 32]),
        body_bytes_max: BODY_BYTES_MAX,
        foreign_forms: &[],
        languages: None,
    };
    edge::site(Router::new().route("/page", get(page)).route("/take", post(take)), site)
}

async fn text(response: Response<Body>) -> (StatusCode, String) {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (parts.status, String::from_utf8(bytes.to_vec()).unwrap())
}

/// A field's name, a file's name where it is one, and what is in it.
type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

async fn send(parts: impl FnOnce(&'static str) -> Vec<Part<'static>>) -> (StatusCode, String) {
    let site = site();
    let shown = site.clone().oneshot(Request::get("/page").body(Body::empty()).unwrap()).await.unwrap();
    let cookie = shown.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let token: &'static str = Box::leak(text(shown).await.1.into_boxed_str());
    let mut body = Vec::new();
    for (name, file, content) in parts(token) {
        let file = file.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
        let head = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--edge--\r\n");
    let request = Request::post("/take")
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
        .header(header::COOKIE, cookie)
        .body(Body::from(body));
    text(site.oneshot(request.unwrap()).await.unwrap()).await
}

#[tokio::test]
async fn a_file_comes_with_its_name_and_the_fields_around_it() {
    let (status, answer) = send(|token| {
        vec![
            ("csrf", None, token.as_bytes()),
            ("note", None, "見本".as_bytes()),
            ("photo", Some("a.png"), b"12345"),
        ]
    })
    .await;
    assert_eq!((status, answer.as_str()), (StatusCode::OK, "見本 a.png 5"));
    // larger than the framework's own bound
    let large: &'static [u8] = vec![0; 2_500_000].leak();
    let sent = send(|token| vec![("csrf", None, token.as_bytes()), ("photo", Some("a.png"), large)]);
    assert_eq!(sent.await.1, " a.png 2500000");
}

#[tokio::test]
async fn a_form_without_a_chosen_file_has_none() {
    let sent = send(|token| vec![("csrf", None, token.as_bytes()), ("photo", Some(""), b"")]);
    assert_eq!(sent.await, (StatusCode::OK, " none".to_owned()));
}

#[tokio::test]
async fn nothing_is_read_before_the_right_token() {
    for parts in [
        vec![("photo", Some("a.png"), b"1".as_slice())],
        vec![("csrf", None, b"wrong".as_slice()), ("photo", Some("a.png"), b"1")],
        vec![],
    ] {
        assert_eq!(send(|_| parts).await.0, StatusCode::FORBIDDEN);
    }
    // the right one behind the file counts as none
    let behind =
        send(|token| vec![("photo", Some("a.png"), b"1".as_slice()), ("csrf", None, token.as_bytes())]);
    assert_eq!(behind.await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_form_is_bounded() {
    let large: &'static [u8] = vec![b'x'; BODY_BYTES_MAX].leak();
    let sent = send(|token| vec![("csrf", None, token.as_bytes()), ("photo", Some("a.png"), large)]);
    assert_eq!(sent.await.0, StatusCode::PAYLOAD_TOO_LARGE);
    // a file that is too large by itself is told from one that is not there
    for (bytes, told) in
        [(FILE_BYTES_MAX, FILE_BYTES_MAX.to_string()), (FILE_BYTES_MAX + 1, "too large".to_owned())]
    {
        let sent =
            send(|token| vec![("csrf", None, token.as_bytes()), ("photo", Some("a.png"), &large[..bytes])]);
        assert_eq!(sent.await, (StatusCode::OK, format!(" a.png {told}")));
    }
    let sent = send(|token| vec![("csrf", None, token.as_bytes()), ("note", None, &large[..5_000])]);
    assert_eq!(sent.await.0, StatusCode::BAD_REQUEST);
    let twice = |second| {
        move |token: &'static str| {
            vec![("csrf", None, token.as_bytes()), ("photo", Some("a.png"), b"1".as_slice()), second]
        }
    };
    assert_eq!(send(twice(("other", Some("b.png"), b"2".as_slice()))).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(
        send(twice(("csrf", None, b"2".as_slice()))).await.0,
        StatusCode::OK,
        "it is a field like any other"
    );
}
