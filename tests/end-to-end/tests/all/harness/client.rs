//! An HTTP client that behaves as a browser does: cookies, redirects, forms, fetch metadata.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::page::{Form, Page};

const REDIRECTS_MAX: usize = 5;
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;
const ANSWER_WAIT: Duration = Duration::from_secs(60);
/// Shorter than the bank keeps an idle connection, so that none is used just as it is closed.
const IDLE_WAIT: Duration = Duration::from_secs(2);

type Http = hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>;

/// One browser at one site. Its requests may run beside each other.
#[derive(Clone)]
pub struct Client {
    http: Http,
    site: String,
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
}

/// An answer after its redirects.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// Path and query of the page that answered.
    pub path: String,
    /// The body as it came.
    pub body: String,
    /// The same, read.
    pub page: Page,
}

impl Client {
    /// A browser without cookies. `site` is scheme, host and port.
    pub fn new(site: &str) -> Self {
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_WAIT)
            .build_http();
        Self { http, site: site.to_owned(), cookies: Arc::default() }
    }

    /// Another computer that has got hold of the same cookies.
    pub fn fork(&self) -> Self {
        let mut other = Self::new(&self.site);
        other.cookies = Arc::clone(&self.cookies);
        other
    }

    /// A page.
    pub async fn get(&self, path: &str) -> Answer {
        self.follow(Method::GET, path, None).await.unwrap()
    }

    /// Sends a form of a page.
    pub async fn submit(&self, from: &Answer, form: &Form) -> Answer {
        self.try_submit(from, form).await.unwrap()
    }

    /// The same where the connection may end without an answer.
    pub async fn try_submit(&self, from: &Answer, form: &Form) -> anyhow::Result<Answer> {
        let path = if form.action.is_empty() { &from.path } else { &form.action };
        let body = urlencoded(&form.fields);
        if form.method == "get" {
            return self.follow(Method::GET, &format!("{path}?{body}"), None).await;
        }
        self.follow(Method::POST, path, Some(body)).await
    }

    async fn follow(&self, method: Method, path: &str, body: Option<String>) -> anyhow::Result<Answer> {
        let mut request = (method, path.to_owned(), body);
        for _ in 0..REDIRECTS_MAX {
            let (method, path, body) = request;
            let mut built = Request::builder().method(method).uri(format!("{}{path}", self.site));
            if body.is_some() {
                built = built
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .header("sec-fetch-site", "same-origin")
                    // what browsers send under our referrer policy
                    .header(header::ORIGIN, "null");
            }
            let answer = self.send(built.body(Full::from(body.unwrap_or_default()))?).await?;
            let Some(target) = answer.headers.get(header::LOCATION) else {
                return Ok(Answer { path, ..answer });
            };
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "a redirect of {path}");
            request = (Method::GET, target.to_str()?.to_owned(), None);
        }
        anyhow::bail!("too many redirects from {path}");
    }

    /// One request with the cookies of this browser and nothing else added; no redirect is followed.
    pub async fn send(&self, mut request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
        let cookies = self.cookie_header();
        if !cookies.is_empty() {
            request.headers_mut().insert(header::COOKIE, cookies.parse()?);
        }
        let path = request.uri().path().to_owned();
        let answer = tokio::time::timeout(ANSWER_WAIT, self.http.request(request)).await??;
        self.keep_cookies(answer.headers());
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, BODY_BYTES_MAX).collect().await.map_err(|e| anyhow::anyhow!(e))?;
        let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
        let page = Page::parse(&body);
        Ok(Answer { status: parts.status, headers: parts.headers, path, body, page })
    }

    /// A request to a JSON interface anywhere.
    pub async fn send_json(&self, method: Method, url: &str, body: String) -> (u16, Bytes) {
        self.try_send_json(method, url, body).await.unwrap()
    }

    /// The same where the other side may end before it answers.
    pub async fn try_send_json(
        &self,
        method: Method,
        url: &str,
        body: String,
    ) -> anyhow::Result<(u16, Bytes)> {
        let request =
            Request::builder().method(method).uri(url).header(header::CONTENT_TYPE, "application/json");
        let answer = self.http.request(request.body(Full::from(body))?).await?;
        let status = answer.status().as_u16();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    }

    fn cookie_header(&self) -> String {
        let cookies = self.cookies.lock().unwrap();
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        for cookie in headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if value.is_empty() || attributes.to_lowercase().contains("max-age=0") {
                cookies.remove(name.trim());
            } else {
                cookies.insert(name.trim().to_owned(), value.to_owned());
            }
        }
    }
}

/// `application/x-www-form-urlencoded`.
pub fn urlencoded(fields: &[(String, String)]) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", percent(name), percent(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn percent(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").unwrap();
        }
    }
    encoded
}
