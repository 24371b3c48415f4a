//! Alarms by callback: an HTTP POST of JSON, signed with a shared key.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::clock::machine_now;
use http::{Request, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use ring::hmac;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::settings::{SettingsError, WebhookSettings};
use super::{Notice, TryError};

/// The header that proves the sender: `t=1795482000,v1=…`, where `v1` is the HMAC-SHA256 in hexadecimal digits, under
/// the shared key, of the timestamp (seconds since 1970 by the machine's clock), a full stop, and the body.
pub const SIGNATURE_HEADER: &str = "mpn-signature";

/// Bytes of an answer that are read before the connection is used again.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Characters of a key at least.
const KEY_CHARS_MIN: usize = 16;
/// How long a connection is kept when nothing happens.
const IDLE_WAIT: Duration = Duration::from_secs(30);
const CONNECT_WAIT: Duration = Duration::from_secs(10);

/// Calls the one configured address.
pub(super) struct Caller {
    url: Uri,
    key: hmac::Key,
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Caller {
    pub fn new(settings: WebhookSettings) -> Result<Self, SettingsError> {
        let is_https = settings.url.scheme_str() == Some("https");
        let is_local = settings.url.scheme_str() == Some("http") && names_this_machine(&settings.url);
        if !is_https && !is_local {
            return Err(SettingsError::Url);
        }
        if settings.key.expose_secret().chars().count() < KEY_CHARS_MIN {
            return Err(SettingsError::Key);
        }
        Ok(Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, settings.key.expose_secret().as_bytes()),
            http: client(settings.root_pem.as_deref(), is_https)?,
            url: settings.url,
        })
    }

    pub async fn call(&self, notice: &Notice<'_>) -> Result<(), TryError> {
        let body = Bytes::from(body(notice));
        let request = Request::post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header(SIGNATURE_HEADER, signature(&self.key, machine_now().seconds(), &body))
            .body(Full::new(body))
            .map_err(|error| TryError(error.to_string()))?;
        let answer = self.http.request(request).await.map_err(|error| TryError(error.to_string()))?;
        let status = answer.status();
        // read to its end, so that the connection can be used again; what it says is not asked for
        drop(Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await);
        if status.is_success() { Ok(()) } else { Err(TryError(format!("the receiver answered {status}"))) }
    }
}

fn signature(key: &hmac::Key, at_s: i64, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(key);
    context.update(at_s.to_string().as_bytes());
    context.update(b".");
    context.update(body);
    let digits: String = context.sign().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={at_s},v1={digits}")
}

/// The id tells a repeat from a new alarm.
fn body(notice: &Notice<'_>) -> String {
    let alarm = notice.alarm;
    json!({
        "id": alarm.id.to_string(),
        "kind": alarm.kind.as_str(),
        "subject": alarm.subject,
        "collector": alarm.collector.as_ref().map(|number| number.as_str()),
        "title": notice.title(),
        "detail": alarm.detail,
        "raised_at": alarm.raised_at.rfc3339(),
    })
    .to_string()
}

fn names_this_machine(url: &Uri) -> bool {
    matches!(url.host(), Some("127.0.0.1" | "[::1]" | "localhost"))
}

fn client(
    root_pem: Option<&str>,
    is_https: bool,
) -> Result<Client<HttpsConnector<HttpConnector>, Full<Bytes>>, SettingsError> {
    let mut roots = rustls::RootCertStore::empty();
    if let Some(pem) = root_pem {
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let certificate = certificate.map_err(|_| SettingsError::Roots)?;
            roots.add(certificate).map_err(|_| SettingsError::Roots)?;
        }
    }
    if is_https && roots.is_empty() {
        return Err(SettingsError::Roots);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| SettingsError::Roots)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(CONNECT_WAIT));
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls);
    let connector = if is_https { connector.https_only() } else { connector.https_or_http() };
    Ok(Client::builder(TokioExecutor::new())
        .pool_idle_timeout(IDLE_WAIT)
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new())
        .build(connector.enable_http1().wrap_connector(tcp)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value was computed with `openssl dgst -sha256 -hmac Jefe`.
    #[test]
    fn the_signature_is_the_hmac_of_time_and_body() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"Jefe");
        let signed = signature(&key, 1_795_482_000, b"{}");
        let digits = "d668c447714d030ce661aca42e41198c9182182d28ac7739c72a966c66038487";
        assert_eq!(signed, format!("t=1795482000,v1={digits}"));
    }
}
