//! A collector (収納機関) that a payment hub can use: `example-collector collector.toml`
//!
//! Read it beside docs/protocol/README.md, whose words it uses. The declaration of the conformance kit configures it,
//! and its test numbers become the bills; yours come from your own system. What it is asked and answers is a line of
//! `collector.journal`, on the disk before the answer leaves; a start goes through all lines again. Messages and
//! signatures are those of the crate `collectors`; TLS is for the proxy in front of it.

mod books;

use std::fs::{File, read_to_string};
use std::io::Write as _;
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Method, Response, StatusCode, header};
use base64::prelude::{BASE64_STANDARD as BASE64, Engine as _};
use collectors::protocol::{BillKey, CONTENT_TYPE, MESSAGE_BYTES_MAX};
use collectors::signature::{
    RequestParts, ResponseParts, SigningKey, VerifyingKey, sign_response, verify_request,
};
use domain::clock::machine_now;
use domain::{Bill, ConfirmationNumber, PaymentCategory, Timestamp, Yen};
use serde::Deserialize;

use books::{Books, Owed, Terms};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Deserialize)]
struct Declaration {
    #[serde(flatten)]
    terms: Terms,
    endpoint: String,
    hub_key: Named,
    collector_keys: [Named; 1],
    numbers: Vec<Numbers>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct Numbers {
    outcome: String,
    customer_number: String,
    confirmation_number: ConfirmationNumber,
    payment_category: Option<PaymentCategory>,
    amount: Option<i64>,
}

/// What decides, what keeps it, what signs, and whom it believes.
struct Server {
    books: Mutex<(Books, File)>,
    path: String,
    key: SigningKey,
    hub: [VerifyingKey; 1],
}

/// The bills of test numbers: `{0000-0199}` stands for two hundred of them.
fn make_bills(books: &mut Books, of: &Numbers) -> Result<(), Failure> {
    let (before, range) = of.customer_number.split_once('{').unwrap_or((&of.customer_number, "-}"));
    let (first, last) = range.trim_end_matches('}').split_once('-').ok_or("no range")?;
    let is = |outcome| of.outcome == outcome;
    let ids = match of.outcome.as_str() {
        "several_bills" => &["B-1", "B-2", "B-3"][..],
        "unknown" => &[],
        _ => &["B-1"],
    };
    for n in first.parse::<u32>().unwrap_or(0)..=last.parse().unwrap_or(0) {
        let digits =
            if first.is_empty() { String::new() } else { format!("{n:0width$}", width = first.len()) };
        let key = BillKey {
            collector: books.terms.collector.clone(),
            customer_number: format!("{before}{digits}").parse()?,
            confirmation_number: of.confirmation_number.clone(),
            category: of.payment_category.clone(),
        };
        for id in ids {
            let bill = Bill {
                id: id.parse()?,
                payer: "見本商事".to_owned(),
                contents: "見本料金".to_owned(),
                amount: Yen::new(of.amount.unwrap_or(10_000)),
                fee: Yen::new(if is("fee") { 110 } else { 0 }),
                late_charge: Yen::new(if is("late_charge") { 500 } else { 0 }),
                due: None,
                clear_by: Some(if is("expired") { "2020-03-31" } else { "2099-03-31" }.parse()?),
            };
            let owed = Owed { key: key.clone(), bill, outcome: of.outcome.clone(), paid_by: None };
            books.bills.entry(key.customer_number.clone()).or_default().push(owed);
        }
    }
    Ok(())
}

/// What was decided before is decided again; a program that decides otherwise must not go on.
fn replay(books: &mut Books, lines: &str) -> Result<(), Failure> {
    for line in lines.lines() {
        let [at, message, answer] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err("not a line".into());
        };
        let again = books.answer(&BASE64.decode(message)?, Timestamp::from_micros(at.parse()?));
        if again != Some(BASE64.decode(answer)?) {
            return Err("another program wrote this journal".into());
        }
    }
    Ok(())
}

impl Server {
    /// The answer, which is on the disk.
    fn answer(&self, content: &[u8]) -> Option<Vec<u8>> {
        // copies wait for each other; whoever failed in the middle may have left half a decision
        let Ok(mut guard) = self.books.lock() else { std::process::exit(1) };
        let (books, journal) = &mut *guard;
        let now = machine_now();
        let answer = books.answer(content, now)?;
        let line = format!("{} {} {}\n", now.micros(), BASE64.encode(content), BASE64.encode(&answer));
        if journal.write_all(line.as_bytes()).and_then(|()| journal.sync_data()).is_err() {
            std::process::exit(1); // it was never answered; the next start decides it again, or never saw it
        }
        Some(answer)
    }

    /// Why an HTTP request is refused before anybody reads its message.
    fn refused(&self, parts: &axum::http::request::Parts, content: &[u8]) -> Option<StatusCode> {
        let kinds: Vec<_> = parts.headers.get_all(header::CONTENT_TYPE).iter().collect();
        let content_type = match kinds.as_slice() {
            [kind] => kind.to_str().unwrap_or_default(),
            _ => "",
        };
        let signed = RequestParts { method: "POST", path: parts.uri.path(), content_type, body: content };
        match () {
            () if parts.method != Method::POST => Some(StatusCode::METHOD_NOT_ALLOWED),
            () if parts.uri.path() != self.path || parts.uri.query().is_some() => Some(StatusCode::NOT_FOUND),
            () if content.len() > MESSAGE_BYTES_MAX => Some(StatusCode::PAYLOAD_TOO_LARGE),
            () if verify_request(&self.hub, &signed, &parts.headers, machine_now()).is_err() => {
                Some(StatusCode::UNAUTHORIZED)
            }
            () if content_type != CONTENT_TYPE || parts.headers.contains_key(header::CONTENT_ENCODING) => {
                Some(StatusCode::UNSUPPORTED_MEDIA_TYPE)
            }
            () => None,
        }
    }

    async fn serve(self: Arc<Self>, request: Request) -> Response<Body> {
        let (parts, body) = request.into_parts();
        // read before it is refused: a connection that is closed on unread content is reset
        let content = to_bytes(body, 4 * MESSAGE_BYTES_MAX).await.unwrap_or_default();
        let bare = |status| {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = status;
            response
        };
        if let Some(status) = self.refused(&parts, &content) {
            return bare(status);
        }
        let (server, asked) = (self.clone(), content.clone());
        let answer = match tokio::task::spawn_blocking(move || server.answer(&asked)).await {
            Ok(Some(answer)) => answer,
            Ok(None) => return bare(StatusCode::BAD_REQUEST),
            // it says nothing about the payment: the hub asks again
            Err(_) => return bare(StatusCode::INTERNAL_SERVER_ERROR),
        };
        let parts = ResponseParts { status: 200, body: &answer, request_body: &content };
        let mut response = Response::builder().header(header::CONTENT_TYPE, CONTENT_TYPE);
        for (name, value) in sign_response(&self.key, &parts, machine_now()).pairs() {
            response = response.header(name, value);
        }
        response.body(answer.into()).unwrap_or_else(|_| bare(StatusCode::INTERNAL_SERVER_ERROR))
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let file = std::env::args().nth(1).ok_or("usage: example-collector collector.toml")?;
    let declared: Declaration = toml::from_str(&read_to_string(file)?)?;
    let [Named { id }] = declared.collector_keys;
    let key = SigningKey::from_pkcs8_pem(&id, &read_to_string("keys/collector.pem")?)?;
    let hub = read_to_string("keys/hub-public.pem")?;
    let hub = BASE64.decode(hub.lines().filter(|line| !line.starts_with('-')).collect::<String>())?;
    let hub = [VerifyingKey::new(&declared.hub_key.id, hub.get(12..).unwrap_or_default())?]; // 12 bytes say Ed25519
    let path = format!("/{}/mpn", declared.terms.collector);
    let mut books = Books::new(declared.terms);
    declared.numbers.iter().try_for_each(|of| make_bills(&mut books, of))?;
    // whoever has the port has the journal: a second one ends here
    let address = declared.endpoint.trim_start_matches("http://");
    let listener = tokio::net::TcpListener::bind(address).await?;
    let journal = File::options().create(true).append(true).open("collector.journal")?;
    let lines = read_to_string("collector.journal")?;
    let whole = lines.rfind('\n').map_or(0, |end| end + 1); // what follows was never answered
    journal.set_len(u64::try_from(whole)?)?;
    journal.sync_all()?;
    File::open(".")?.sync_all()?; // the file's name, too
    replay(&mut books, lines.get(..whole).unwrap_or_default())?;
    let server = Arc::new(Server { books: Mutex::new((books, journal)), path, key, hub });
    std::fs::write("collector.pid", std::process::id().to_string())?; // for the restarts of the kit
    let app = axum::Router::new().fallback(move |request| server.clone().serve(request));
    Ok(axum::serve(listener, app).await?)
}
