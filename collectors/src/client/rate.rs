//! The rate limit of one collector.

use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tower::{Layer, Service};

use super::outcome::{Failure, NotSent};

/// Refuses what is over the rate instead of letting it wait: the outbox is the queue.
#[derive(Clone)]
pub(super) struct RateLayer(Arc<DefaultDirectRateLimiter>);

impl RateLayer {
    pub(super) fn new(per_second_max: NonZeroU32) -> Self {
        Self(Arc::new(RateLimiter::direct(Quota::per_second(per_second_max))))
    }
}

impl<S> Layer<S> for RateLayer {
    type Service = Rate<S>;
    fn layer(&self, inner: S) -> Rate<S> {
        Rate { inner, limiter: Arc::clone(&self.0) }
    }
}

/// See [`RateLayer`].
#[derive(Clone)]
pub(super) struct Rate<S> {
    inner: S,
    limiter: Arc<DefaultDirectRateLimiter>,
}

impl<S, R> Service<R> for Rate<S>
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
        match self.limiter.check() {
            Ok(()) => Box::pin(self.inner.call(request)),
            Err(_later) => Box::pin(std::future::ready(Err(NotSent::RateLimited.into()))),
        }
    }
}
