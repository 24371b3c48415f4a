//! What a client needs to know.

use std::num::NonZeroU32;
use std::time::Duration;

use http::Uri;

use crate::signature::VerifyingKey;

/// A collector's endpoint.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Scheme, host and port; `/{number}/mpn` is appended to its path.
    pub endpoint: Uri,
    /// The keys its answers may be signed with; two while it changes them.
    pub keys: Vec<VerifyingKey>,
}

/// Which servers are believed to be who they say.
#[derive(Clone, Debug)]
pub enum Trust {
    /// Those with a certificate under one of these authorities (PEM). Plain HTTP is refused.
    RootCa(String),
    /// Anybody, without TLS. For tests on one machine only.
    PlainHttp,
}

/// The bounds of one collector's stack.
#[derive(Clone, Debug)]
pub struct Limits {
    /// From the first byte of the connection to the last of the answer.
    pub answer_wait: Duration,
    /// TCP and TLS, a part of `answer_wait`.
    pub connect_wait: Duration,
    /// How long a request waits for a place.
    pub queue_wait: Duration,
    /// Requests that run at the same time.
    pub concurrent_max: usize,
    /// Requests that wait for a place at the same time; one more is sent back at once.
    pub waiting_max: usize,
    /// Requests that may begin in a second.
    pub per_second_max: NonZeroU32,
    /// Failures in a row that open the circuit.
    pub circuit_failures_max: u32,
    /// How long an open circuit stays so before one request probes.
    pub circuit_probe_after: Duration,
    /// How long an unused connection is kept; shorter than servers do, since one that the server closes under
    /// a request costs certainty about it.
    pub idle_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            answer_wait: Duration::from_secs(30),
            connect_wait: Duration::from_secs(5),
            queue_wait: Duration::from_secs(5),
            concurrent_max: 64,
            waiting_max: 128,
            per_second_max: NonZeroU32::MIN.saturating_add(999),
            circuit_failures_max: 5,
            circuit_probe_after: Duration::from_secs(10),
            idle_wait: Duration::from_secs(4),
        }
    }
}

/// Why a client cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The authorities' PEM has no certificate, or one that cannot be read.
    #[error("the authority's certificates cannot be read")]
    RootCa,
    /// An endpoint without scheme or host, with a query, or of a scheme that the trust does not allow.
    #[error("the endpoint of collector {0} cannot be used")]
    Endpoint(String),
    /// A collector without a key could never answer.
    #[error("collector {0} has no key")]
    NoKey(String),
}
