//! The messages of a payment as they went and came, made from what its events keep: a request's bytes stand with the
//! first claim, a repeat's follow from them, and what a delivery came to keeps both signatures.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use collectors::protocol;
use collectors::signature::SignedHeaders;
use domain::payment::Event;
use ledger::audit::hash::EventRow;

use super::bundle::{Exchange, Headers, Request, Response};
use crate::payment::Facts;
use crate::payment::history::{Body, Position};
use crate::payment::sending;

/// Every exchange that the events tell of.
pub(crate) fn of(facts: &Facts, events: &[EventRow]) -> Result<Vec<Exchange>, String> {
    let mut position = Position::start(facts.held_at);
    let mut thread = Thread::default();
    let mut exchanges = Vec::new();
    for row in events {
        let event: Event = row.kind.parse().map_err(|_| format!("event {} cannot be read", row.seq))?;
        let body: Body =
            serde_json::from_str(&row.body).map_err(|error| format!("event {}: {error}", row.seq))?;
        thread.claim(facts, &position, event, &body, row);
        if let Some(sent) = &body.request {
            let key = thread.key(facts, event, &body);
            let delivery = body.delivery.unwrap_or_default();
            let (name, bytes) = thread
                .request(&key, delivery)
                .ok_or_else(|| format!("event {}: nothing is kept of what was sent", row.seq))?;
            exchanges.push(exchange(row, delivery, name, &bytes, &sent.path, &sent.signature, &body)?);
        }
        position.advance(event, &body).map_err(|error| format!("event {}: {error}", row.seq))?;
    }
    Ok(exchanges)
}

/// What was said so far.
#[derive(Default)]
struct Thread {
    /// The bytes of the clearing and of every cancellation, by key.
    originals: HashMap<String, Vec<u8>>,
    /// Whether a delivery was a repeat, by key and number.
    repeats: HashMap<(String, i64), bool>,
    /// The key of the newest cancellation.
    requested: Option<String>,
}

impl Thread {
    /// Notes what a claim is about to send.
    fn claim(&mut self, facts: &Facts, position: &Position, event: Event, body: &Body, row: &EventRow) {
        if event == Event::CancellationRequested {
            self.requested.clone_from(&body.key);
        }
        let deliveries = match event {
            Event::Claimed => Some(&position.deliveries),
            Event::CancellationClaimed => position.cancelling.as_ref().map(|newest| &newest.deliveries),
            _ => return,
        };
        let key = self.key(facts, event, body);
        if let Some(bytes) = &row.message {
            self.originals.entry(key.clone()).or_insert_with(|| bytes.clone());
        }
        let repeat = deliveries.is_some_and(|deliveries| deliveries.bytes_may_have_left());
        self.repeats.insert((key, body.delivery.unwrap_or_default()), repeat);
    }

    /// The key of the request that an event is about.
    fn key(&self, facts: &Facts, event: Event, body: &Body) -> String {
        if event.is_of_cancellation() {
            return body.key.clone().or_else(|| self.requested.clone()).unwrap_or_default();
        }
        facts.message_key.clone()
    }

    /// The kind and the bytes of a delivery.
    fn request(&self, key: &str, delivery: i64) -> Option<(&'static str, Vec<u8>)> {
        let original = self.originals.get(key)?;
        let repeat = *self.repeats.get(&(key.to_owned(), delivery))?;
        let bytes = sending::message(original.clone(), repeat).ok()?;
        Some((protocol::decode(&bytes).ok()?.body.name(), bytes))
    }
}

fn exchange(
    row: &EventRow,
    delivery: i64,
    name: &str,
    request: &[u8],
    path: &str,
    signature: &str,
    body: &Body,
) -> Result<Exchange, String> {
    let kept =
        |text: &str| text.parse::<SignedHeaders>().map_err(|error| format!("event {}: {error}", row.seq));
    let response = match (&row.message, &body.signature) {
        (Some(bytes), Some(signature)) => Some(Response {
            status: 200,
            headers: headers(None, kept(signature)?),
            body: STANDARD.encode(bytes),
        }),
        _ => None,
    };
    Ok(Exchange {
        event: row.seq,
        delivery,
        message: name.to_owned(),
        request: Request {
            method: "POST".to_owned(),
            path: path.to_owned(),
            headers: headers(Some(protocol::CONTENT_TYPE), kept(signature)?),
            body: STANDARD.encode(request),
        },
        response,
    })
}

fn headers(content_type: Option<&str>, signed: SignedHeaders) -> Headers {
    let SignedHeaders { content_digest, signature_input, signature } = signed;
    Headers { content_type: content_type.map(str::to_owned), content_digest, signature_input, signature }
}

impl Headers {
    /// The three that make a message signed.
    pub(super) fn signed(&self) -> SignedHeaders {
        SignedHeaders {
            content_digest: self.content_digest.clone(),
            signature_input: self.signature_input.clone(),
            signature: self.signature.clone(),
        }
    }
}
