//! Carries one message to one collector and says what can be known afterwards.
//!
//! Each collector has a stack of its own, so that a slow one delays nobody: bounded concurrency, rate limit,
//! circuit breaker, timeout, transport. Nothing here repeats a request: repeating is the gateway's decision.

mod channel;
mod circuit;
mod config;
mod connector;
mod outcome;
mod rate;
mod transport;
mod wire;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use domain::CollectorNumber;
use tower::util::BoxCloneSyncService;
use tower::{Service as _, ServiceBuilder, ServiceExt as _};

use crate::protocol::{self, Message};
use crate::signature::{PeerKeys, SigningKeys};
use circuit::{Circuit, CircuitLayer};
use rate::RateLayer;
use transport::{Call, Transport};

pub use channel::{Channel, Exchanged};
pub use circuit::CircuitState;
pub use config::{ClientError, Limits, Peer, Trust};
pub use outcome::{Answer, NotSent, Outcome, SentRequest, Silence};

use outcome::Failure;

/// The way to all collectors. Cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    keys: SigningKeys,
    lanes: HashMap<CollectorNumber, Lane>,
}

/// One collector's layers, from the place to the transport.
type Stack = BoxCloneSyncService<Call, Answer, Failure>;

/// The way to one collector.
struct Lane {
    transport: Transport,
    stack: Stack,
    circuit: Circuit,
    limits: Limits,
    waiting: AtomicUsize,
}

impl Client {
    /// A client that signs with the one of `keys` that is in use, and reaches `peers`.
    pub fn new(
        keys: impl Into<SigningKeys>,
        peers: HashMap<CollectorNumber, Peer>,
        trust: &Trust,
        limits: &Limits,
    ) -> Result<Self, ClientError> {
        let keys = keys.into();
        let http = transport::http_client(trust, limits)?;
        let lanes = peers.into_iter().map(|(number, peer)| {
            let transport = Transport::new(&number, peer, http.clone(), keys.clone(), trust)?;
            Ok((number, Lane::new(transport, limits)))
        });
        let lanes = lanes.collect::<Result<_, ClientError>>()?;
        Ok(Self(Arc::new(Inner { keys, lanes })))
    }

    /// Waits for a place at this collector: one of the few requests that may be under way at the same time. Whoever has
    /// work to do for a request does it afterwards, so that a crowd that waits costs no more than its waiting.
    pub async fn place(&self, collector: &CollectorNumber) -> Result<Place, NotSent> {
        let lane = self.0.lanes.get(collector).ok_or(NotSent::NoEndpoint)?;
        let stack = lane.ready().await?;
        Ok(Place { collector: collector.clone(), transport: lane.transport.clone(), stack })
    }

    /// Waits for a place, sends the bytes of a request once and waits for its answer.
    pub async fn exchange(&self, collector: &CollectorNumber, message: Bytes) -> Outcome {
        self.exchange_keeping(collector, message).await.0
    }

    /// The same, with what is to be kept of the request where any byte of it may have left.
    pub async fn exchange_keeping(
        &self,
        collector: &CollectorNumber,
        message: Bytes,
    ) -> (Outcome, Option<SentRequest>) {
        let Some(request) = request(&message) else { return (Outcome::NotSent(NotSent::NoRequest), None) };
        match self.place(collector).await {
            Ok(place) => place.send(request, message).await,
            Err(reason) => {
                wire::Exchange::begin(collector, &request, message.len()).end(&Outcome::NotSent(reason));
                (Outcome::NotSent(reason), None)
            }
        }
    }

    /// Requests that wait for a place at this collector.
    pub fn waiting(&self, collector: &CollectorNumber) -> usize {
        self.0.lanes.get(collector).map_or(0, |lane| lane.waiting.load(Ordering::Relaxed))
    }

    /// Whether as many wait for a place at this collector as may: one more would be sent back as busy.
    pub fn is_full(&self, collector: &CollectorNumber) -> bool {
        self.0
            .lanes
            .get(collector)
            .is_some_and(|lane| lane.waiting.load(Ordering::Relaxed) >= lane.limits.waiting_max)
    }

    /// Whether requests to this collector are let through at the moment; `None` without an endpoint.
    pub fn circuit(&self, collector: &CollectorNumber) -> Option<CircuitState> {
        self.0.lanes.get(collector).map(|lane| lane.circuit.state())
    }

    /// The hub's keys, of which the one in use signs every request.
    pub fn keys(&self) -> &SigningKeys {
        &self.0.keys
    }

    /// The collectors that can be reached, each with the keys its answers may be signed with.
    pub fn peers(&self) -> impl Iterator<Item = (&CollectorNumber, &PeerKeys)> {
        self.0.lanes.iter().map(|(number, lane)| (number, lane.transport.keys()))
    }
}

impl Lane {
    fn new(transport: Transport, limits: &Limits) -> Self {
        let circuit = Circuit::new(limits.circuit_failures_max, limits.circuit_probe_after);
        let stack = ServiceBuilder::new()
            .concurrency_limit(limits.concurrent_max)
            .layer(RateLayer::new(limits.per_second_max))
            .layer(CircuitLayer::new(circuit.clone()))
            .map_err(Failure::from_timeout)
            .timeout(limits.answer_wait)
            .service(transport.clone());
        let stack = BoxCloneSyncService::new(stack);
        Self { transport, stack, circuit, limits: limits.clone(), waiting: AtomicUsize::new(0) }
    }

    /// The stack with a place in it.
    async fn ready(&self) -> Result<Stack, NotSent> {
        let waiting = Waiting::begin(&self.waiting, self.limits.waiting_max).ok_or(NotSent::Busy)?;
        let mut stack = self.stack.clone();
        match tokio::time::timeout(self.limits.queue_wait, stack.ready()).await {
            Err(_elapsed) => return Err(NotSent::Busy),
            Ok(Err(Failure::NotSent(reason))) => return Err(reason),
            // nothing was called, so nothing was sent
            Ok(Err(Failure::Silent(_))) => return Err(NotSent::NoConnection),
            Ok(Ok(_ready)) => {}
        }
        drop(waiting);
        Ok(stack)
    }
}

/// A place at one collector, for one request. It is free again when this is dropped.
pub struct Place {
    collector: CollectorNumber,
    transport: Transport,
    stack: Stack,
}

impl Place {
    /// Sends the bytes of a request once and waits for its answer.
    pub async fn exchange_keeping(self, message: Bytes) -> (Outcome, Option<SentRequest>) {
        match request(&message) {
            Some(request) => self.send(request, message).await,
            None => (Outcome::NotSent(NotSent::NoRequest), None),
        }
    }

    async fn send(self, request: Message, message: Bytes) -> (Outcome, Option<SentRequest>) {
        let Self { collector, transport, mut stack } = self;
        let log = wire::Exchange::begin(&collector, &request, message.len());
        let headers = transport.sign(&message);
        let sent = SentRequest { path: transport.path().to_owned(), signature: headers.to_string() };
        let outcome = match stack.call(Call { request, bytes: message, headers }).await {
            Ok(answer) => Outcome::Answered(answer),
            Err(failure) => failure.into(),
        };
        log.end(&outcome);
        let left = !matches!(outcome, Outcome::NotSent(_));
        (outcome, left.then_some(sent))
    }
}

/// The message, where it is a request.
fn request(message: &[u8]) -> Option<Message> {
    protocol::decode(message).ok().filter(|message| message.body.is_request())
}

/// One request that waits for a place, counted until it has one or gives up.
struct Waiting<'w>(&'w AtomicUsize);

impl<'w> Waiting<'w> {
    fn begin(waiting: &'w AtomicUsize, waiting_max: usize) -> Option<Self> {
        let add = |now: usize| (now < waiting_max).then_some(now + 1);
        waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).ok().map(|_| Self(waiting))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
