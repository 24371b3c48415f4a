//! A browser of the plainest kind: one address, cookies, forms with their hidden fields.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

/// Redirects followed for one page.
const REDIRECTS_MAX: usize = 5;

pub(crate) struct Browser {
    client: Client<HttpConnector, Full<Bytes>>,
    origin: String,
    cookies: BTreeMap<String, String>,
}

/// A page that was answered.
pub(crate) struct Page {
    pub path: String,
    pub body: String,
}

/// What came back, whatever it is.
struct Answer {
    path: String,
    body: Bytes,
}

impl Answer {
    fn page(self) -> anyhow::Result<Page> {
        Ok(Page { path: self.path, body: String::from_utf8(self.body.to_vec())? })
    }
}

impl Browser {
    pub fn new(origin: &str) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { client, origin: origin.to_owned(), cookies: BTreeMap::new() }
    }

    pub async fn get(&mut self, path: &str) -> anyhow::Result<Page> {
        self.request(Method::GET, path, Bytes::new()).await?.page()
    }

    /// Takes a file and answers its bytes.
    pub async fn download(&mut self, path: &str) -> anyhow::Result<Bytes> {
        Ok(self.request(Method::GET, path, Bytes::new()).await?.body)
    }

    /// Submits the page's form that goes to the page itself or where its `action` says, hidden fields kept.
    pub async fn submit(&mut self, page: &Page, fields: &[(&str, &str)]) -> anyhow::Result<Page> {
        let mut form = hidden(&page.body);
        form.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let body: Vec<_> = form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        self.request(Method::POST, &page.path, Bytes::from(body.join("&"))).await?.page()
    }

    async fn request(&mut self, method: Method, path: &str, body: Bytes) -> anyhow::Result<Answer> {
        let (mut method, mut path, mut body) = (method, path.to_owned(), body);
        for _ in 0..REDIRECTS_MAX {
            let cookies: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let mut request = Request::builder()
                .method(&method)
                .uri(format!("{}{path}", self.origin))
                .header(header::COOKIE, cookies.join("; "));
            if method == Method::POST {
                request = request
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .header(header::ORIGIN, &self.origin)
                    .header("sec-fetch-site", "same-origin");
            }
            let answer = self.client.request(request.body(Full::new(body.clone()))?).await?;
            for cookie in answer.headers().get_all(header::SET_COOKIE) {
                let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
                if let Some((name, value)) = pair.split_once('=') {
                    self.cookies.insert(name.to_owned(), value.to_owned());
                }
            }
            let status = answer.status();
            let location = answer.headers().get(header::LOCATION).map(|l| l.to_str().map(str::to_owned));
            let read = answer.into_body().collect().await?.to_bytes();
            match location {
                Some(location) if status.is_redirection() => {
                    path = location?;
                    (method, body) = (Method::GET, Bytes::new());
                }
                _ if status.is_success() => {
                    return Ok(Answer { path, body: read });
                }
                _ => bail!("{method} {path} answered {status}"),
            }
        }
        bail!("{path} leads on and on")
    }
}

/// The value of the first element whose tag contains both marks.
pub(crate) fn value(page: &Page, tag_with: &str) -> anyhow::Result<String> {
    let tag = page.body.split('<').find(|tag| tag.contains(tag_with));
    let tag = tag.with_context(|| format!("{} has nothing with {tag_with}", page.path))?;
    attribute(tag, "value").with_context(|| format!("{tag_with} of {} has no value", page.path))
}

fn hidden(body: &str) -> BTreeMap<String, String> {
    body.split('<')
        .filter(|tag| tag.starts_with("input") && tag.contains("type=\"hidden\""))
        .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)))
        .collect()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
        encoded
    })
}
