//! Who calls: the key behind a request's token, within its rate.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use domain::{ApiKeyId, CollectorNumber, ContractId, UserId};
use edge::Peer;
use governor::clock::Clock as _;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{ApiKey, Holder, KeyAccount, Scope, Token};
use crate::api::Api;
use crate::api::problem::{Code, Problem};
use crate::{Operator, Payer, Service, View};

/// What the key of a stopped contract is told (緊急停止).
pub(crate) const STOPPED: &str =
    "The bank or the contract's holder has stopped this. What was accepted goes on.";

/// Keys whose rate is remembered; idle ones go first.
const RATES_MAX: usize = 10_000;
/// `last_used_at` is kept to the minute.
const USE_NOTED_EVERY_S: i64 = 60;

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
    keys: Arc<DefaultKeyedRateLimiter<ApiKeyId>>,
    strangers: Arc<DefaultKeyedRateLimiter<IpAddr>>,
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
            keys: Arc::new(RateLimiter::keyed(of_key)),
            strangers: Arc::new(RateLimiter::keyed(of_address)),
            turns: Arc::new(Semaphore::new(STRANGERS_AT_ONCE_MAX)),
            known: Arc::default(),
        }
    }

    fn check(&self, key: ApiKeyId) -> Result<(), Problem> {
        check(&self.keys, &key).map_err(|after_s| Problem::again(Code::TooManyRequests, after_s))
    }

    /// A turn to look the token up. One that was right before needs none, and every other gets one, however many wrong
    /// ones came from the same address: whoever shares it with somebody who guesses is not kept out.
    async fn turn(&self, hash: &[u8]) -> Option<SemaphorePermit<'_>> {
        if self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(hash) {
            return None;
        }
        // it is never closed
        self.turns.acquire().await.ok()
    }

    /// What a token that nobody has is refused with: its address pays for it.
    fn refusal(&self, peer: Peer) -> Problem {
        match check(&self.strangers, &network(peer.ip())) {
            Ok(()) => Code::KeyInvalid.into(),
            Err(after_s) => {
                let happened =
                    "Too many keys that nobody has came from this address, and this one is another.";
                Problem { retry_after_s: Some(after_s), ..Problem::because(Code::TooManyRequests, happened) }
            }
        }
    }

    /// Notes whether the token was right.
    fn note(&self, hash: Vec<u8>, is_right: bool) {
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

/// Counts a call, or says after how many seconds there is room for one.
fn check<K: Clone + Eq + std::hash::Hash>(rates: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), u64> {
    if rates.len() > RATES_MAX {
        rates.retain_recent();
    }
    rates.check_key(key).map_err(|not_until| {
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

/// The key that a request came with.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The key's id.
    pub key: ApiKeyId,
    /// What people call it.
    pub name: String,
    /// Whose key it is.
    pub holder: Holder,
    scopes: Vec<Scope>,
}

/// The contract for which a caller acts.
#[derive(Clone, Copy, Debug)]
pub struct OfContract<'c> {
    /// The contract.
    pub contract: ContractId,
    /// The accounts that the key may use.
    pub accounts: &'c [KeyAccount],
    /// Whether a payment debits at once.
    pub may_debit: bool,
    /// As the hub knows who asks: the key in the place of a person.
    pub payer: Payer,
}

impl Caller {
    /// Lets the caller on to a call of this scope, or not.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.scopes.contains(&scope) {
            return Ok(());
        }
        tracing::warn!(key = %self.key, scope = scope.as_str(), "refused: no scope");
        let happened = format!("The key does not have the scope {:?}.", scope.as_str());
        Err(Problem::because(Code::NotPermitted, happened))
    }

    /// The contract that the key belongs to.
    pub fn contract(&self) -> Result<OfContract<'_>, Problem> {
        match &self.holder {
            Holder::Contract { contract, accounts, may_debit } => Ok(OfContract {
                contract: *contract,
                accounts,
                may_debit: *may_debit,
                payer: Payer { contract: *contract, user: UserId::from_uuid(self.key.uuid()) },
            }),
            Holder::Collector(_) | Holder::Operator => {
                Err(Problem::because(Code::NotPermitted, "The call is for keys of a contract."))
            }
        }
    }

    /// The collector that the key belongs to.
    pub fn collector(&self) -> Result<&CollectorNumber, Problem> {
        self.require(Scope::Read)?;
        match &self.holder {
            Holder::Collector(number) => Ok(number),
            Holder::Contract { .. } | Holder::Operator => {
                Err(Problem::because(Code::NotPermitted, "The call is for keys of a collector."))
            }
        }
    }

    /// The payments that the key may see.
    pub fn view(&self) -> Result<View, Problem> {
        self.require(Scope::Read)?;
        Ok(match &self.holder {
            Holder::Contract { contract, accounts, .. } => View::Contract {
                contract: *contract,
                accounts: accounts.iter().map(|account| account.account).collect(),
            },
            Holder::Collector(number) => View::Collector(number.clone()),
            Holder::Operator => View::All,
        })
    }

    /// The operator that the key belongs to, as the audit log names it.
    pub fn operator(&self) -> Result<Operator, Problem> {
        self.require(Scope::Operate)?;
        match self.holder {
            Holder::Operator => Ok(Operator::api(self.key)),
            Holder::Contract { .. } | Holder::Collector(_) => {
                Err(Problem::because(Code::NotPermitted, "The call is for keys of an operator."))
            }
        }
    }
}

impl From<ApiKey> for Caller {
    fn from(key: ApiKey) -> Self {
        Self { key: key.id, name: key.name, holder: key.holder, scopes: key.scopes }
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let token = token(parts)?;
        let hash = token.hash();
        let Ok(peer) = Peer::from_request_parts(parts, api).await;
        let turn = api.rates.turn(&hash).await;
        let found = api.gateway.key_of(&token).await.map_err(|error| Problem::unavailable(&error))?;
        drop(turn);
        api.rates.note(hash, found.is_some());
        let Some(key) = found else {
            tracing::warn!(prefix = token.prefix(), "refused: no such key");
            return Err(api.rates.refusal(peer));
        };
        api.rates.check(key.id)?;
        if let Holder::Contract { contract, .. } = &key.holder {
            let stop = api.gateway.stop_of(*contract, Service::Api).await;
            if stop.map_err(|error| Problem::unavailable(&error))?.is_some() {
                tracing::warn!(key = %key.id, %contract, "refused: stopped");
                return Err(Problem::because(Code::NotPermitted, STOPPED));
            }
        }
        let now = api.gateway.now();
        if key.last_used_at.is_none_or(|last| now.seconds_since(last).abs() >= USE_NOTED_EVERY_S)
            && let Err(error) = api.gateway.key_was_used(key.id, now).await
        {
            // the call itself needs no write
            tracing::warn!(%error, key = %key.id, "the use of a key could not be noted");
        }
        Ok(key.into())
    }
}

fn token(parts: &Parts) -> Result<Token, Problem> {
    let header = parts.headers.get(header::AUTHORIZATION).ok_or(Problem::from(Code::KeyMissing))?;
    let text = header.to_str().map_err(|_| Problem::from(Code::KeyInvalid))?;
    let (scheme, token) = text.split_once(' ').ok_or(Problem::from(Code::KeyMissing))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Code::KeyMissing.into());
    }
    Token::parse(token.trim()).map_err(|_| Code::KeyInvalid.into())
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
}
