//! One HTTP GET of something on this machine.

use anyhow::{Context as _, bail};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

/// Bytes of an answer at most.
const ANSWER_BYTES_MAX: usize = 256 * 1024 * 1024;

/// The body of a successful answer.
pub async fn get(url: &str) -> anyhow::Result<bytes::Bytes> {
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
