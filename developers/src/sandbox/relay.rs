//! Carries the hub's messages to a registered collector, and its answers back, with what is asked to go wrong.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use collectors::protocol::{self, MESSAGE_BYTES_MAX, Message};
use domain::CollectorNumber;
use domain::clock::machine_now;
use http::HeaderMap;
use tokio::sync::Notify;

use super::fault::{self, LATE, Mode, OVERTAKEN_WAIT};
use super::wire::{Reply, SIGNED_HEADERS, Way};
use super::{Exchange, KEPT_MAX, Sandbox};

/// Puts the sandbox before a router.
pub fn before(sandbox: Sandbox, router: Router) -> Router {
    router.layer(from_fn_with_state(sandbox, relay))
}

async fn relay(State(sandbox): State<Sandbox>, request: Request, next: Next) -> Response {
    let Some(number) = addressed(&request).filter(|number| sandbox.registration(number).is_some()) else {
        return next.run(request).await;
    };
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MESSAGE_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let mut signed = HeaderMap::new();
    for name in SIGNED_HEADERS {
        if let Some(value) = parts.headers.get(&name) {
            signed.insert(name, value.clone());
        }
    }
    // in a task of its own: what has begun is recorded also where the hub hangs up
    let carried = tokio::spawn(async move { carry(&sandbox, &number, body, signed).await });
    match carried.await {
        Ok(Some(reply)) => answer(reply),
        // unsigned, so the hub knows nothing by it
        Ok(None) | Err(_) => StatusCode::GATEWAY_TIMEOUT.into_response(),
    }
}

/// The collector of `POST /{number}/mpn`.
fn addressed(request: &Request) -> Option<CollectorNumber> {
    let number = request.uri().path().strip_prefix('/')?.strip_suffix("/mpn")?;
    (request.method() == Method::POST).then(|| number.parse().ok()).flatten()
}

/// One message on its way: what the hub gets of it, if anything.
async fn carry(sandbox: &Sandbox, number: &CollectorNumber, body: Bytes, signed: HeaderMap) -> Option<Reply> {
    let message = protocol::decode(&body).ok();
    let Begun { id, way, fault, passed } = begin(sandbox, number, message.as_ref(), &body, &signed)?;
    match fault {
        Some(Mode::Late) => tokio::time::sleep(LATE).await,
        Some(Mode::Reordered) => {
            let overtaken = passed.notified();
            // nothing else to do where nobody comes by
            let _elapsed = tokio::time::timeout(OVERTAKEN_WAIT, overtaken).await;
        }
        _ => {}
    }
    let replies = match fault {
        Some(Mode::LostBefore) => Vec::new(),
        Some(Mode::Repeated) => {
            let (first, second) = tokio::join!(way.send(body.clone(), &signed), way.send(body, &signed));
            vec![first, second]
        }
        _ => vec![way.send(body, &signed).await],
    };
    if fault != Some(Mode::Reordered) {
        passed.notify_waiters();
    }
    let given = replies.first().and_then(|reply| reply.as_ref().ok()).cloned();
    end(sandbox, number, id, replies);
    given.filter(|_| fault != Some(Mode::LostAfter))
}

/// A message that is recorded and not yet carried.
struct Begun {
    /// Its exchange.
    id: u64,
    way: Way,
    fault: Option<Mode>,
    /// Wakes those of the same collector that wait to be overtaken.
    passed: Arc<Notify>,
}

/// Records that a message came, and takes what is done to it.
fn begin(
    sandbox: &Sandbox,
    number: &CollectorNumber,
    message: Option<&Message>,
    body: &Bytes,
    signed: &HeaderMap,
) -> Option<Begun> {
    let at = sandbox.0.settings.clock.now();
    let mut state = sandbox.state();
    state.last_id += 1;
    let id = state.last_id;
    let one = state.registered.get_mut(number)?;
    let fault = message.and_then(|message| fault::strike(&mut one.rules, &message.body));
    if one.exchanges.len() >= KEPT_MAX {
        one.exchanges.pop_front();
    }
    one.exchanges.push_back(Exchange {
        id,
        at,
        came: machine_now(),
        request: body.clone(),
        request_headers: signed.clone(),
        fault,
        replies: Vec::new(),
        is_open: true,
    });
    Some(Begun { id, way: one.way.clone(), fault, passed: Arc::clone(&one.passed) })
}

fn end(sandbox: &Sandbox, number: &CollectorNumber, id: u64, replies: Vec<Result<Reply, String>>) {
    let mut state = sandbox.state();
    let exchanges = state.registered.get_mut(number).map(|one| &mut one.exchanges);
    if let Some(exchange) = exchanges.and_then(|all| all.iter_mut().rev().find(|exchange| exchange.id == id))
    {
        exchange.replies = replies;
        exchange.is_open = false;
    }
}

fn answer(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = status;
    for (name, value) in &reply.headers {
        response.headers_mut().insert(name.clone(), value.clone());
    }
    response.headers_mut().entry(header::CONTENT_TYPE).or_insert(header::HeaderValue::from_static(""));
    response
}
