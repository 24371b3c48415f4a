//! How often a key may call, and what its caller is told of that.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use domain::ApiKeyId;
use edge::Peer;
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::api::problem::{Code, Problem};

/// A rate for each key, which tells how many calls are left.
type Keyed<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>;

/// Keys whose rate is remembered; idle ones go first.
const RATES_MAX: usize = 10_000;
/// Tokens that were not right before and that are looked up at once: whoever guesses waits for others who guess, and
/// takes no more of the database than this.
const STRANGERS_AT_ONCE_MAX: usize = 2;
/// Tokens that nobody has, from one address: so many in a second on average are refused as what they are.
const STRANGERS_PER_SECOND_MAX: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);
/// And so many at once.
const STRANGERS_BURST_MAX: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);

/// The rate of every key that calls, and of every address that comes with keys which nobody has. Cheap to clone.
#[derive(Clone)]
pub struct RateLimits {
    keys: Arc<Keyed<ApiKeyId>>,
    policy: Policy,
    strangers: Arc<Keyed<IpAddr>>,
    turns: Arc<Semaphore>,
    /// Hashes of tokens that were right before.
    known: Arc<Mutex<HashSet<Vec<u8>>>>,
}

impl RateLimits {
    /// So many calls of one key in a second on average, and so many at once.
    pub fn new(calls_per_second_max: NonZeroU32, calls_burst_max: NonZeroU32) -> Self {
        let of_key = Quota::per_second(calls_per_second_max).allow_burst(calls_burst_max);
        let of_address = Quota::per_second(STRANGERS_PER_SECOND_MAX).allow_burst(STRANGERS_BURST_MAX);
        Self {
            keys: Arc::new(RateLimiter::keyed(of_key).with_middleware()),
            policy: Policy { burst: calls_burst_max, per_second: calls_per_second_max },
            strangers: Arc::new(RateLimiter::keyed(of_address).with_middleware()),
            turns: Arc::new(Semaphore::new(STRANGERS_AT_ONCE_MAX)),
            known: Arc::default(),
        }
    }

    /// Counts a call of a key; `told` takes how many it has left.
    pub(super) fn check(&self, key: ApiKeyId, told: Option<&Told>) -> Result<(), Problem> {
        let counted = check(&self.keys, &key);
        if let Some(told) = told {
            let _first = told.0.set((self.policy, *counted.as_ref().unwrap_or(&0)));
        }
        counted.map(|_left| ()).map_err(|after_s| Problem::again(Code::TooManyRequests, after_s))
    }

    /// A turn to look the token up. One that was right before needs none, and every other gets one, however many wrong
    /// ones came from the same address: whoever shares it with somebody who guesses is not kept out.
    pub(super) async fn turn(&self, hash: &[u8]) -> Option<SemaphorePermit<'_>> {
        if self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(hash) {
            return None;
        }
        // it is never closed
        self.turns.acquire().await.ok()
    }

    /// What a token that nobody has is refused with: its address pays for it.
    pub(super) fn refusal(&self, peer: Peer) -> Problem {
        match check(&self.strangers, &network(peer.ip())) {
            Ok(_left) => Code::KeyInvalid.into(),
            Err(after_s) => {
                let happened =
                    "Too many keys that nobody has came from this address, and this one is another.";
                Problem { retry_after_s: Some(after_s), ..Problem::because(Code::TooManyRequests, happened) }
            }
        }
    }

    /// Notes whether the token was right.
    pub(super) fn note(&self, hash: Vec<u8>, is_right: bool) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_right {
            known.remove(&hash);
        } else if !known.contains(&hash) {
            if known.len() >= RATES_MAX {
                known.clear();
            }
            known.insert(hash);
        }
    }
}

/// Counts a call and says how many are left, or after how many seconds there is room for one.
fn check<K: Clone + Eq + std::hash::Hash>(rates: &Keyed<K>, key: &K) -> Result<u32, u64> {
    if rates.len() > RATES_MAX {
        rates.retain_recent();
    }
    let counted = rates.check_key(key).map(|state| state.remaining_burst_capacity());
    counted.map_err(|not_until| {
        let wait = not_until.wait_time_from(governor::clock::DefaultClock::default().now());
        wait.as_secs().saturating_add(1)
    })
}

/// What counts as one address: of IPv6 the network, because one caller has all of it. One of IPv4 that is written as
/// IPv6 is itself.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        address @ IpAddr::V4(_) => address,
        IpAddr::V6(own) => {
            let [a, b, c, d, ..] = own.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// How many calls a key has.
#[derive(Clone, Copy, Debug)]
struct Policy {
    burst: NonZeroU32,
    per_second: NonZeroU32,
}

impl Policy {
    /// Seconds without calls until so many may be made again.
    const fn seconds_for(self, calls: u32) -> u32 {
        calls.div_ceil(self.per_second.get())
    }
}

/// Takes, while a request is answered, how many calls its key has left.
#[derive(Clone, Default)]
pub(super) struct Told(Arc<OnceLock<(Policy, u32)>>);

/// Says on each answer to a key how many calls it has left, in the words of the RateLimit header fields for HTTP
/// (draft-ietf-httpapi-ratelimit-headers).
pub async fn tell(mut request: Request, next: Next) -> Response {
    let told = Told::default();
    request.extensions_mut().insert(told.clone());
    let mut response = next.run(request).await;
    let Some((policy, left)) = told.0.get() else { return response };
    let (quota, window) = (policy.burst.get(), policy.seconds_for(policy.burst.get()));
    let whole_in = policy.seconds_for(quota.saturating_sub(*left));
    for (name, value) in [
        ("ratelimit-policy", format!("\"key\";q={quota};w={window}")),
        ("ratelimit", format!("\"key\";r={left};t={whole_in}")),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_however_it_is_written() {
        let network = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
        assert_ne!(network("::ffff:192.0.2.1"), network("::ffff:192.0.2.2"));
        assert_eq!(network("2001:db8:1:2:3::4"), network("2001:db8:1:2:5::6"));
    }

    #[test]
    fn a_key_is_told_what_it_has_left() {
        let number = |n: u32| NonZeroU32::new(n).unwrap();
        let limits = RateLimits::new(number(2), number(3));
        let key = ApiKeyId::generate();
        let left = || {
            let told = Told::default();
            let may = limits.check(key, Some(&told)).is_ok();
            (may, told.0.get().unwrap().1)
        };
        assert_eq!([left(), left(), left(), left()], [(true, 2), (true, 1), (true, 0), (false, 0)]);
        assert_eq!((limits.policy.seconds_for(3), limits.policy.seconds_for(2)), (2, 1));
    }
}
