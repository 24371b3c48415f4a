//! Stops asking a collector that does not answer, and tries again with one request at a time.
//!
//! Every silence leaves a payment unknown, so what can be known to be pointless is better not sent.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tower::{Layer, Service};

use super::outcome::{Failure, NotSent};

/// What the circuit lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CircuitState {
    /// Everything.
    Closed,
    /// Nothing, until the time to probe.
    Open,
    /// Nothing but the one request that is under way.
    Probing,
}

/// The state of one collector's circuit, shared by all requests to it.
#[derive(Clone, Debug)]
pub(super) struct Circuit(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    failures_max: u32,
    probe_after: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Closed { failures: u32 },
    Open { since: Instant },
    Probing,
}

impl Circuit {
    pub(super) fn new(failures_max: u32, probe_after: Duration) -> Self {
        Self(Arc::new(Inner { failures_max, probe_after, state: Mutex::new(State::Closed { failures: 0 }) }))
    }

    pub(super) fn state(&self) -> CircuitState {
        match *self.lock() {
            State::Closed { .. } => CircuitState::Closed,
            State::Open { .. } => CircuitState::Open,
            State::Probing => CircuitState::Probing,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // each change is a single assignment, so a panic elsewhere leaves nothing half done
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A pass for one request, or `None` when it must not go.
    fn enter(&self) -> Option<Pass> {
        let mut state = self.lock();
        let probe = match *state {
            State::Closed { .. } => false,
            State::Open { since } if since.elapsed() >= self.0.probe_after => {
                *state = State::Probing;
                true
            }
            State::Open { .. } | State::Probing => return None,
        };
        Some(Pass { circuit: self.clone(), probe, used: false })
    }

    fn report(&self, probe: bool, result: Reported) {
        let mut state = self.lock();
        match (&mut *state, result) {
            (State::Closed { failures }, Reported::Failed) => {
                *failures = failures.saturating_add(1);
                if *failures >= self.0.failures_max {
                    *state = State::Open { since: Instant::now() };
                }
            }
            (State::Closed { failures }, Reported::Answered) => *failures = 0,
            (State::Probing, Reported::Answered) if probe => *state = State::Closed { failures: 0 },
            // an answer that came late to an earlier request says that the collector is alive
            (State::Open { .. }, Reported::Answered) => *state = State::Closed { failures: 0 },
            (State::Probing, Reported::Failed | Reported::Nothing) if probe => {
                *state = State::Open { since: Instant::now() };
            }
            _ => {}
        }
    }
}

#[derive(Clone, Copy)]
enum Reported {
    Answered,
    Failed,
    /// The request ended without telling anything about the collector.
    Nothing,
}

/// Reports once, also when the request is dropped: a lost probe must not leave the circuit probing for ever.
struct Pass {
    circuit: Circuit,
    probe: bool,
    used: bool,
}

impl Pass {
    fn report(mut self, result: Reported) {
        self.used = true;
        self.circuit.report(self.probe, result);
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if !self.used {
            self.circuit.report(self.probe, Reported::Nothing);
        }
    }
}

/// Puts a circuit before a service.
#[derive(Clone)]
pub(super) struct CircuitLayer(Circuit);

impl CircuitLayer {
    pub(super) const fn new(circuit: Circuit) -> Self {
        Self(circuit)
    }
}

impl<S> Layer<S> for CircuitLayer {
    type Service = Guarded<S>;
    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { inner, circuit: self.0.clone() }
    }
}

/// See [`CircuitLayer`].
#[derive(Clone)]
pub(super) struct Guarded<S> {
    inner: S,
    circuit: Circuit,
}

impl<S, R> Service<R> for Guarded<S>
where
    S: Service<R, Error = Failure>,
    S::Future: Send + 'static,
    S::Response: Send + 'static,
{
    type Response = S::Response;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, Failure>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let Some(pass) = self.circuit.enter() else {
            return Box::pin(std::future::ready(Err(NotSent::CircuitOpen.into())));
        };
        let answer = self.inner.call(request);
        Box::pin(async move {
            let result = answer.await;
            pass.report(match &result {
                Ok(_) => Reported::Answered,
                Err(Failure::Silent(_) | Failure::NotSent(NotSent::NoConnection)) => Reported::Failed,
                Err(Failure::NotSent(_)) => Reported::Nothing,
            });
            result
        })
    }
}

#[cfg(test)]
#[path = "circuit_tests.rs"]
mod tests;
