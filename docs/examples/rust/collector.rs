//! A collector (収納機関) that a payment hub can use: `example-collector collector.toml`
//!
//! Read it beside docs/protocol/README.md, whose words it uses. The declaration of the conformance kit configures it,
//! and its test numbers become the bills; yours come from your own system. Messages, signatures and what they need of
//! HTTP are those of the crate `collectors`; TLS is for the proxy in front of it.

mod books;

use std::fs::read_to_string;
use std::path::Path;
use std::process::exit;
use std::sync::{Arc, Mutex};

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use collectors::Endpoint;
use collectors::protocol::MESSAGE_BYTES_MAX;
use collectors::signature::{SigningKey, VerifyingKey};
use conformance::{Declaration, Instead};
use domain::clock::machine_now;

use books::Books;

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn serve(endpoint: Arc<Endpoint>, books: Arc<Mutex<Books>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // read before it is refused: a connection that is closed on unread content is reset
    let Ok(content) = to_bytes(body, 4 * MESSAGE_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    if let Err(status) = endpoint.check(&parts, &content, machine_now()) {
        return status.into_response();
    }
    let asked = content.clone();
    let answer = tokio::task::spawn_blocking(move || {
        // copies wait for each other; after a failure in the middle nobody knows what is on record before a new start
        let Ok(mut books) = books.lock() else { exit(1) };
        books.answer(&asked, machine_now()).unwrap_or_else(|error| {
            eprintln!("the journal cannot be written: {error}");
            exit(1)
        })
    });
    match answer.await {
        Ok(Some(answer)) => {
            endpoint.respond(&content, answer, machine_now()).map(axum::body::Body::from).into_response()
        }
        Ok(None) => StatusCode::BAD_REQUEST.into_response(),
        // it says nothing about the payment: the hub asks again
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let file = std::env::args().nth(1).ok_or("usage: example-collector collector.toml")?;
    let declared = Declaration::read(Path::new(&file), &Instead::default())?;
    let (folder, own) = (declared.folder.clone(), declared.keys.first().ok_or("no key is declared")?);
    let pem = |name: &str| read_to_string(folder.join("keys").join(name));
    let endpoint = Arc::new(Endpoint {
        path: format!("/{}/mpn", declared.collector),
        hub_keys: vec![VerifyingKey::from_spki_pem(&declared.hub_key.id, &pem("hub-public.pem")?)?],
        key: SigningKey::from_pkcs8_pem(own.id(), &pem("collector.pem")?)?,
    });
    // whoever has the port has the journal: a second one ends here
    let address = declared.endpoint.authority().ok_or("the endpoint has no address")?;
    let listener = tokio::net::TcpListener::bind(address.as_str()).await?;
    let books = Arc::new(Mutex::new(Books::open(declared)?));
    std::fs::write(folder.join("collector.pid"), std::process::id().to_string())?; // for the restarts of the kit
    let app = axum::Router::new()
        .fallback(move |request| serve(Arc::clone(&endpoint), Arc::clone(&books), request));
    Ok(axum::serve(listener, app).await?)
}
