//! One signed request over HTTP, and its answer verified.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use domain::CollectorNumber;
use domain::clock::machine_now;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tower::Service;

use super::config::{ClientError, Limits, Peer, Trust};
use super::connector::Connector;
use super::outcome::{Answer, Failure, NotSent, Silence};
use crate::protocol::{self, MESSAGE_BYTES_MAX, Message};
use crate::signature::{
    PeerKeys, RequestParts, ResponseParts, SignedHeaders, SigningKeys, sign_request, verify_response,
};

/// The pool of connections to all collectors.
pub(super) type HttpClient = hyper_util::client::legacy::Client<Connector, Full<Bytes>>;

/// Connections kept per collector when nothing runs.
const IDLE_CONNECTIONS_MAX: usize = 16;
/// Headers that an answer may have.
const HEADERS_MAX: usize = 64;

pub(super) fn http_client(trust: &Trust, limits: &Limits) -> Result<HttpClient, ClientError> {
    let mut roots = rustls::RootCertStore::empty();
    if let Trust::RootCa(pem) = trust {
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let certificate = certificate.map_err(|_| ClientError::RootCa)?;
            roots.add(certificate).map_err(|_| ClientError::RootCa)?;
        }
        if roots.is_empty() {
            return Err(ClientError::RootCa);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| ClientError::RootCa)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls);
    let connector = match trust {
        Trust::RootCa(_) => connector.https_only(),
        Trust::PlainHttp => connector.https_or_http(),
    };
    let connector = Connector::new(connector.enable_http1().wrap_connector(tcp), limits.connect_wait);
    Ok(hyper_util::client::legacy::Client::builder(TokioExecutor::new())
        .pool_idle_timeout(limits.idle_wait)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new())
        .http1_max_headers(HEADERS_MAX)
        // a repeat is the gateway's decision, made with the outcome of this one on record
        .retry_canceled_requests(false)
        .build(connector))
}

/// One request to be sent.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// What the bytes say.
    pub(super) request: Message,
    /// The message as stored.
    pub(super) bytes: Bytes,
    /// Its signature.
    pub(super) headers: SignedHeaders,
}

/// The innermost service of a collector's stack.
#[derive(Clone)]
pub(super) struct Transport(Arc<Route>);

pub(super) struct Route {
    uri: Uri,
    keys: PeerKeys,
    http: HttpClient,
    own_keys: SigningKeys,
}

impl Transport {
    pub(super) fn new(
        number: &CollectorNumber,
        peer: Peer,
        http: HttpClient,
        own_keys: SigningKeys,
        trust: &Trust,
    ) -> Result<Self, ClientError> {
        let (name, path) = (number.to_string(), format!("{number}/mpn"));
        Ok(Self(Arc::new(Route::new(&name, &path, peer, http, own_keys, trust)?)))
    }

    /// The keys that answers may be signed with.
    pub(super) fn keys(&self) -> &PeerKeys {
        &self.0.keys
    }

    /// The path that the request's signature covers.
    pub(super) fn path(&self) -> &str {
        self.0.path()
    }

    /// Signs a request for one sending.
    pub(super) fn sign(&self, body: &[u8]) -> SignedHeaders {
        self.0.sign(body)
    }
}

/// `{base}/{path}`.
fn endpoint(base: &Uri, path: &str, trust: &Trust) -> Option<Uri> {
    let allowed = match base.scheme_str()? {
        "https" => true,
        "http" => matches!(trust, Trust::PlainHttp),
        _ => false,
    };
    if !allowed || base.query().is_some() {
        return None;
    }
    let path = format!("{}/{path}", base.path().trim_end_matches('/'));
    let mut parts = base.clone().into_parts();
    parts.path_and_query = Some(path.parse().ok()?);
    Uri::from_parts(parts).ok()
}

impl Service<Call> for Transport {
    type Response = Answer;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: Call) -> Self::Future {
        let route = Arc::clone(&self.0);
        Box::pin(async move { route.exchange(call).await })
    }
}

impl Route {
    /// A way to a peer's path below its endpoint; `name` is for the error.
    pub(super) fn new(
        name: &str,
        path: &str,
        peer: Peer,
        http: HttpClient,
        own_keys: SigningKeys,
        trust: &Trust,
    ) -> Result<Self, ClientError> {
        if peer.keys.is_empty() {
            return Err(ClientError::NoKey(name.to_owned()));
        }
        let uri = endpoint(&peer.endpoint, path, trust);
        let uri = uri.ok_or_else(|| ClientError::Endpoint(name.to_owned()))?;
        Ok(Self { uri, keys: peer.keys.into(), http, own_keys })
    }

    pub(super) fn path(&self) -> &str {
        self.uri.path()
    }

    pub(super) fn sign(&self, body: &[u8]) -> SignedHeaders {
        let parts = RequestParts {
            method: Method::POST.as_str(),
            path: self.path(),
            content_type: protocol::CONTENT_TYPE,
            body,
        };
        sign_request(&self.own_keys.in_use(), &parts, machine_now())
    }

    async fn exchange(&self, call: Call) -> Result<Answer, Failure> {
        let (bytes, signature) = self.signed(&call.bytes, &call.headers).await?;
        Answer::read(&call.request, bytes, signature).map_err(Failure::Silent)
    }

    /// Sends bytes under their signature, and gives the bytes that came back with theirs. Signature first: what is not
    /// signed is not even read.
    pub(super) async fn signed(
        &self,
        bytes: &Bytes,
        headers: &SignedHeaders,
    ) -> Result<(Bytes, String), Failure> {
        let request = self.request(bytes, headers)?;
        let response = self.http.request(request).await.map_err(|error| {
            // only a connection that never came about proves that nothing was written; whatever else the pool
            // says of a connection closed under the request counts as possibly sent
            if error.is_connect() {
                Failure::NotSent(NotSent::NoConnection)
            } else {
                Failure::Silent(Silence::ConnectionLost)
            }
        })?;
        let (headers, body) = read(response).await?;
        let parts = ResponseParts { status: StatusCode::OK.as_u16(), body: &body, request_body: bytes };
        let signature =
            verify_response(&self.keys.accepted(), &parts, &headers, machine_now()).map_err(Silence::from)?;
        let signature = signature.to_string();
        Ok((body, signature))
    }

    fn request(&self, bytes: &Bytes, headers: &SignedHeaders) -> Result<Request<Full<Bytes>>, NotSent> {
        let mut request = Request::post(self.uri.clone()).header(CONTENT_TYPE, protocol::CONTENT_TYPE);
        for (name, value) in headers.pairs() {
            request = request.header(name, value);
        }
        request.body(Full::new(bytes.clone())).map_err(|_| NotSent::NoRequest)
    }
}

/// The whole content of an answer with the right status and type, or nothing.
async fn read(response: Response<Incoming>) -> Result<(HeaderMap, Bytes), Silence> {
    let (parts, body) = response.into_parts();
    if parts.status != StatusCode::OK {
        return Err(Silence::Status(parts.status.as_u16()));
    }
    if !is_protocol_type(&parts.headers) {
        return Err(Silence::ContentType);
    }
    let announced =
        parts.headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    if announced.is_some_and(|length: u64| length > u64::try_from(MESSAGE_BYTES_MAX).unwrap_or(u64::MAX)) {
        return Err(Silence::TooLarge);
    }
    let collected = Limited::new(body, MESSAGE_BYTES_MAX).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() { Silence::TooLarge } else { Silence::ConnectionLost }
    })?;
    Ok((parts.headers, collected.to_bytes()))
}

/// `application/xml` with `charset=utf-8`, in any case and spacing, and not compressed.
fn is_protocol_type(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Ok(text) = value.to_str() else { return false };
    let folded: String = text.chars().filter(|c| !matches!(c, ' ' | '\t' | '"')).collect();
    folded.eq_ignore_ascii_case("application/xml;charset=utf-8") && !headers.contains_key(CONTENT_ENCODING)
}
