//! One message carried to a collector of somebody's own, bounded in bytes and time.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use collectors::protocol::{CONTENT_TYPE, MESSAGE_BYTES_MAX};
use domain::Timestamp;
use domain::clock::machine_now;
use http::{HeaderMap, HeaderName, Request, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::time::Instant;

use super::registration::Registration;

/// How long the hub waits for an answer.
const ANSWER_WAIT: Duration = Duration::from_secs(30);
/// The headers that carry a signature, in both directions.
pub const SIGNED_HEADERS: [HeaderName; 3] = [
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("signature-input"),
    HeaderName::from_static("signature"),
];

/// What came back from a collector.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers that count: content type and signature.
    pub headers: HeaderMap,
    /// The content.
    pub body: Bytes,
    /// How long it took.
    pub took: Duration,
    /// When it was here, by the machine's clock: what its signature is held against.
    pub came: Timestamp,
}

/// The settings of TLS under an authority; none where the PEM has no certificate.
pub fn tls(root_ca: &str) -> Option<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(root_ca.as_bytes()) {
        roots.add(certificate.ok()?).ok()?;
    }
    if roots.is_empty() {
        return None;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Some(config.ok()?.with_root_certificates(roots).with_no_client_auth())
}

/// The way to one collector.
#[derive(Clone)]
pub struct Way {
    url: String,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Way {
    /// To the collector of a registration.
    pub fn to(registration: &Registration) -> Self {
        let config = registration.root_ca.as_deref().and_then(tls).unwrap_or_else(|| {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let versions = rustls::ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .unwrap_or_else(|error| unreachable!("ring has the default versions: {error}"));
            versions.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
        });
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(config)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        // a connection for each message, so that a collector that was started anew is reached at once
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Self { url: registration.url(), client }
    }

    /// Sends a message with its signature and waits for what comes back; else says why nothing did.
    pub async fn send(&self, body: Bytes, signed: &HeaderMap) -> Result<Reply, String> {
        let begun = Instant::now();
        let mut request = Request::post(&self.url).header(header::CONTENT_TYPE, CONTENT_TYPE);
        for name in SIGNED_HEADERS {
            if let Some(value) = signed.get(&name) {
                request = request.header(name, value);
            }
        }
        let request = request.body(Full::new(body)).map_err(|error| error.to_string())?;
        let exchange = async {
            let response = self.client.request(request).await.map_err(|error| told(&error))?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, MESSAGE_BYTES_MAX).collect().await;
            let body = body.map_err(|error| format!("the answer could not be read: {error}"))?;
            let mut headers = HeaderMap::new();
            for name in SIGNED_HEADERS.into_iter().chain([header::CONTENT_TYPE]) {
                if let Some(value) = parts.headers.get(&name) {
                    headers.insert(name, value.clone());
                }
            }
            let (status, body) = (parts.status.as_u16(), body.to_bytes());
            Ok(Reply { status, headers, body, took: begun.elapsed(), came: machine_now() })
        };
        match tokio::time::timeout(ANSWER_WAIT, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err("there was no answer within 30 seconds".to_owned()),
        }
    }
}

/// The error with its causes: the outermost alone does not say what to mend.
fn told(error: &hyper_util::client::legacy::Error) -> String {
    let mut words = if error.is_connect() {
        "no connection came about".to_owned()
    } else {
        "the connection ended without an answer".to_owned()
    };
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        words.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    words
}
