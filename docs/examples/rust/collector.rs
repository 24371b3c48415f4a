//! A collector (収納機関) that a payment hub can use: `example-collector collector.toml`
//!
//! Read it beside docs/protocol/README.md, whose words it uses. The declaration of the conformance kit configures it,
//! and its test numbers become the bills; yours come from your own system. What it records is a line of
//! `collector.journal`, on the disk before the answer leaves; a start reads all lines again. The schema and the
//! signatures are those of the crate `collectors`; TLS is for the proxy in front of it.

mod books;
mod message;
mod record;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{Method, Response, StatusCode, header};
use base64::prelude::{BASE64_STANDARD as BASE64, Engine as _};
use collectors::protocol::CONTENT_TYPE;
use collectors::signature::{
    RequestParts, ResponseParts, SigningKey, VerifyingKey, sign_response, verify_request,
};

use message::now;
use record::{Collector, Settings};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const LARGEST: usize = 256 * 1024;

/// What signs, and whom it believes.
struct Server {
    collector: Mutex<Collector>,
    path: String,
    key: SigningKey,
    hub: Vec<VerifyingKey>,
}

async fn serve(server: Arc<Server>, request: Request) -> Response<axum::body::Body> {
    let bare = |status: StatusCode| {
        let mut response = Response::new(axum::body::Body::empty());
        *response.status_mut() = status;
        response
    };
    let (parts, body) = request.into_parts();
    // read before it is refused: a connection that is closed on unread content is reset
    let content = to_bytes(body, 4 * LARGEST).await.unwrap_or_default();
    let kinds: Vec<_> = parts.headers.get_all(header::CONTENT_TYPE).iter().collect();
    let content_type = match kinds.as_slice() {
        [kind] => kind.to_str().unwrap_or_default(),
        _ => "",
    };
    let signed = RequestParts { method: "POST", path: parts.uri.path(), content_type, body: &content };
    let refused = match () {
        () if parts.method != Method::POST => Some(StatusCode::METHOD_NOT_ALLOWED),
        () if parts.uri.path() != server.path || parts.uri.query().is_some() => Some(StatusCode::NOT_FOUND),
        () if content.len() > LARGEST => Some(StatusCode::PAYLOAD_TOO_LARGE),
        () if verify_request(&server.hub, &signed, &parts.headers, now()).is_err() => {
            Some(StatusCode::UNAUTHORIZED)
        }
        () if content_type != CONTENT_TYPE || parts.headers.contains_key(header::CONTENT_ENCODING) => {
            Some(StatusCode::UNSUPPORTED_MEDIA_TYPE)
        }
        () => None,
    };
    if let Some(status) = refused {
        return bare(status);
    }
    let asked = (server.clone(), content.clone());
    let answer = tokio::task::spawn_blocking(move || {
        // copies wait for each other
        asked.0.collector.lock().unwrap_or_else(PoisonError::into_inner).answer(&asked.1)
    });
    let answer = match answer.await {
        Ok(Ok(Some(answer))) => answer,
        Ok(Ok(None)) => return bare(StatusCode::BAD_REQUEST),
        _ => return bare(StatusCode::INTERNAL_SERVER_ERROR), // it says nothing about the payment: the hub asks again
    };
    let parts = ResponseParts { status: 200, body: &answer, request_body: &content };
    let signed = sign_response(&server.key, &parts, now());
    let mut response = Response::builder().header(header::CONTENT_TYPE, CONTENT_TYPE);
    for (name, value) in signed.pairs() {
        response = response.header(name, value);
    }
    response.body(answer.into()).unwrap_or_else(|_| bare(StatusCode::INTERNAL_SERVER_ERROR))
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let declaration = std::env::args().nth(1).ok_or("usage: example-collector collector.toml")?;
    let settings: Settings = toml::from_str(&std::fs::read_to_string(declaration)?)?;
    let journal = std::fs::File::options().create(true).append(true).open("collector.journal")?;
    let lines = std::fs::read_to_string("collector.journal")?;
    // a line that ends in the middle was never answered
    let whole = lines.rfind('\n').map_or(0, |end| end + 1);
    journal.set_len(u64::try_from(whole)?)?;
    let numbers = settings.numbers.clone();
    let of = |values: &HashMap<String, String>, name: &str| values.get(name).cloned().unwrap_or_default();
    let (id, hub_id) =
        (of(settings.collector_keys.first().ok_or("no key")?, "id"), of(&settings.hub_key, "id"));
    let own = SigningKey::from_pkcs8_pem(&id, &std::fs::read_to_string("keys/collector.pem")?)?;
    let hub = std::fs::read_to_string("keys/hub-public.pem")?;
    let hub = BASE64.decode(hub.lines().filter(|line| !line.starts_with('-')).collect::<String>())?;
    let hub = VerifyingKey::new(&hub_id, hub.get(12..).unwrap_or_default())?; // after the 12 bytes that say Ed25519
    let address = settings.endpoint.trim_start_matches("http://").to_owned();
    let path = format!("/{}/mpn", settings.collector);
    let (bills, records, days, advices) = Default::default();
    let mut collector = Collector { settings, bills, records, days, advices, journal };
    numbers.iter().for_each(|of| collector.make_bills(of));
    for line in lines.get(..whole).unwrap_or_default().lines() {
        collector.apply(serde_json::from_str(line)?);
    }
    let server = Arc::new(Server { collector: Mutex::new(collector), path, key: own, hub: vec![hub] });
    std::fs::write("collector.pid", std::process::id().to_string())?; // for the restarts of the kit
    let app = axum::Router::new().fallback(move |request| serve(server.clone(), request));
    Ok(axum::serve(tokio::net::TcpListener::bind(address).await?, app).await?)
}
