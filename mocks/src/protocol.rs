//! `POST /{number}/mpn`: what a collector does with a message of the hub.

use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Path, Request as HttpRequest, State};
use axum::response::Response;
use axum::routing::post;
use edge::Connection;
use http::{StatusCode, header};
use tokio::time::timeout;

use crate::exchange::Exchange;
use crate::faults::{self, Asked, Hit, Mode};
use crate::journal::{self, Entry};
use crate::message;
use crate::mistakes::Mistake;
use crate::mocks::{Collector, Mocks};
use crate::signature::{self, SignedRequest};
use crate::special;
use crate::spoiled;
use crate::store::StoreError;
use crate::xml::MESSAGE_BYTES_MAX;

/// How long an answer waits for another one to overtake it.
const HOLD_MAX: Duration = Duration::from_secs(10);

/// Time for the other answer to leave.
const HOLD_PAUSE: Duration = Duration::from_millis(50);

/// The protocol endpoints of all mock collectors, and of the interbank network.
pub fn protocol_router(mocks: Mocks) -> Router {
    let interbank = post(crate::interbank::receive);
    Router::new().route("/{number}/mpn", post(receive)).route("/interbank", interbank).with_state(mocks)
}

async fn receive(State(mocks): State<Mocks>, Path(number): Path<String>, request: HttpRequest) -> Response {
    let Some(collector) = mocks.collector(&number) else { return spoiled::plain(StatusCode::NOT_FOUND) };
    answer(&mocks, collector, request).await.unwrap_or_else(|error| {
        tracing::error!(collector = number, %error, "the mock collector failed; nothing was recorded");
        spoiled::plain(StatusCode::INTERNAL_SERVER_ERROR)
    })
}

async fn answer(mocks: &Mocks, collector: &Collector, request: HttpRequest) -> Result<Response, StoreError> {
    let (parts, body) = request.into_parts();
    if parts.uri.query().is_some() && !mocks.make(Mistake::TakesAQuery) {
        return Ok(spoiled::plain(StatusCode::NOT_FOUND));
    }
    let is_xml = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == spoiled::XML);
    if !is_xml && !mocks.make(Mistake::TakesAnyContentType) {
        return Ok(spoiled::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    if parts.headers.contains_key(header::CONTENT_ENCODING) && !mocks.make(Mistake::TakesAContentEncoding) {
        return Ok(spoiled::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let Ok(body) = to_bytes(body, MESSAGE_BYTES_MAX).await else {
        return Ok(spoiled::plain(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let number = &collector.institution.number;
    let now = mocks.config().clock.now();
    let signed = SignedRequest {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        headers: &parts.headers,
        body: &body,
    };
    let machine_now = domain::clock::machine_now();
    let digest = match signature::verify(&signed, &mocks.config().hub_keys, machine_now) {
        Ok(digest) => digest,
        Err(error) if mocks.mistake().is_some_and(|mistake| mistake.overlooks(error)) => {
            signature::digest_header(&body)
        }
        Err(error) => {
            tracing::warn!(collector = %number, %error, "a request was not believed");
            journal::keep(mocks.store(), number, &Entry::unreadable(error.to_string(), None), now).await?;
            return Ok(spoiled::plain(StatusCode::UNAUTHORIZED));
        }
    };
    let understood = mocks.mistake().map(|mistake| mistake.understood(&body));
    let received = match message::read(understood.as_deref().unwrap_or(&body)) {
        Ok(received) => received,
        Err(error) => {
            tracing::warn!(collector = %number, %error, "a signed request could not be read");
            let entry = Entry::unreadable(error.to_string(), Some(&body));
            journal::keep(mocks.store(), number, &entry, now).await?;
            return Ok(spoiled::plain(StatusCode::BAD_REQUEST));
        }
    };
    let asked = Asked::of(&received);
    let special = special::hit(mocks.specials(), &collector.institution, &asked);
    let fault = faults::take(mocks.store(), number, received.kind, &asked, special).await?;
    let connection = parts.extensions.get::<Connection>();
    let exchange = Exchange { mocks, institution: &collector.institution, received, body: &body, fault, now };
    if fault.mode.is_before_work() {
        let entry = exchange.entry(&[]);
        journal::keep(mocks.store(), number, &entry, now).await?;
        pause(&fault).await;
        return Ok(spoiled::respond(collector, Vec::new(), &digest, &fault, connection));
    }
    let message = exchange.perform().await?;
    let (message, fault) = match mocks.mistake() {
        Some(mistake) => mistake.after(&exchange, message).await?,
        None => (message, fault),
    };
    pause(&fault).await;
    if fault.mode == Mode::Hold {
        be_overtaken(collector).await;
    }
    let answer = spoiled::respond(collector, message, &digest, &fault, connection);
    collector.answers.send_modify(|count| *count = count.wrapping_add(1));
    Ok(answer)
}

/// Waits until another answer of the collector has left, or none has for long enough.
async fn be_overtaken(collector: &Collector) {
    let mut answers = collector.answers.subscribe();
    if timeout(HOLD_MAX, answers.changed()).await.is_ok() {
        tokio::time::sleep(HOLD_PAUSE).await;
    }
}

async fn pause(fault: &Hit) {
    if fault.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(u64::from(fault.delay_ms))).await;
    }
}
