//! HTTP requests to what runs on this machine.

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// Bytes of an answer at most.
const ANSWER_BYTES_MAX: usize = 256 * 1024 * 1024;

/// The body of a successful answer.
pub async fn get(url: &str) -> anyhow::Result<Bytes> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
    let answer = client
        .get(url.parse()?)
        .await
        .with_context(|| format!("nobody answers at {url}; start `mpn demo` with the same data folder"))?;
    if !answer.status().is_success() {
        bail!("{url} answered {}; is `mpn demo` of this version running there?", answer.status());
    }
    let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
    Ok(body
        .map_err(|error| anyhow::anyhow!("{url}: the answer cannot be read: {error}; try again"))?
        .to_bytes())
}

/// Whoever calls a JSON API again and again. Cheap to clone.
#[derive(Clone)]
pub struct Caller {
    client: Client<HttpConnector, Full<Bytes>>,
    origin: String,
    token: Option<String>,
}

impl Caller {
    /// Of the API at this origin, with a bearer token where it asks for one.
    pub fn new(origin: &str, token: Option<&str>) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { client, origin: origin.to_owned(), token: token.map(str::to_owned) }
    }

    /// Status and body of the answer; an error where none came.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        idempotency_key: Option<&str>,
        body: &Value,
    ) -> anyhow::Result<(StatusCode, Value)> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.origin));
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        let text = if body.is_null() { String::new() } else { body.to_string() };
        request = request.header(header::CONTENT_TYPE, "application/json");
        let answer = self.client.request(request.body(Full::from(text))?).await?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| anyhow::anyhow!("{error}"))?.to_bytes();
        Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
    }
}
