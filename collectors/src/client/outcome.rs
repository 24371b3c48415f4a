//! What can be known after one exchange.

use bytes::Bytes;
use tower::BoxError;

use crate::protocol::{self, DecodeError, Message};
use crate::signature::SignatureError;

/// One of three; the difference between the first two decides about money.
#[derive(Clone, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "one value for each exchange, and most of them are the large one"
)]
pub enum Outcome {
    /// No byte of the request was written. It may be sent later as if never tried.
    NotSent(NotSent),
    /// Bytes may have left and nothing that counts came back. Whether it was applied is not known.
    Silent(Silence),
    /// A signed answer to this request.
    Answered(Answer),
}

/// Why nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// The bytes are no request of the protocol.
    #[error("the message is no request of the protocol")]
    NoRequest,
    /// The collector has no endpoint.
    #[error("the collector has no endpoint")]
    NoEndpoint,
    /// No connection, or no TLS on it: refused, unreachable, certificate not trusted, too slow.
    #[error("no connection to the collector")]
    NoConnection,
    /// The collector was silent several times in a row; a probe goes out later.
    #[error("the circuit to the collector is open")]
    CircuitOpen,
    /// More requests a second than the collector is given.
    #[error("over the collector's rate")]
    RateLimited,
    /// All places were taken for as long as a request may wait for one.
    #[error("too many requests to the collector are running")]
    Busy,
}

/// Why what came back does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    /// Nothing in time.
    #[error("no answer in time")]
    Timeout,
    /// The connection ended before the whole answer was there.
    #[error("the connection ended before the answer did")]
    ConnectionLost,
    /// Not 200.
    #[error("status {0}")]
    Status(u16),
    /// Another content type or charset.
    #[error("the answer is not application/xml in UTF-8")]
    ContentType,
    /// More than 256 KiB.
    #[error("the answer is too large")]
    TooLarge,
    /// Not signed, or not by this collector, or not for this request.
    #[error("the answer is not signed: {0}")]
    Signature(#[from] SignatureError),
    /// Signed, but no message of the protocol.
    #[error("the answer cannot be read: {0}")]
    Garbage(#[from] DecodeError),
    /// A message under another key, or from or to another centre.
    #[error("the answer belongs to another request")]
    OtherRequest,
    /// A message of a kind that does not answer the request.
    #[error("{0} does not answer the request")]
    OtherBody(&'static str),
}

impl Silence {
    /// A stable word for events and metrics.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::ConnectionLost => "connection_lost",
            Self::Status(_) => "status",
            Self::ContentType => "content_type",
            Self::TooLarge => "too_large",
            Self::Signature(_) => "signature",
            Self::Garbage(_) => "garbage",
            Self::OtherRequest => "other_request",
            Self::OtherBody(_) => "other_body",
        }
    }
}

impl NotSent {
    /// A stable word for events and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoRequest => "no_request",
            Self::NoEndpoint => "no_endpoint",
            Self::NoConnection => "no_connection",
            Self::CircuitOpen => "circuit_open",
            Self::RateLimited => "rate_limited",
            Self::Busy => "busy",
        }
    }
}

/// What is kept of a request that may have left, beside its bytes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SentRequest {
    /// The path that the signature covers.
    pub path: String,
    /// Its Content-Digest, Signature-Input and Signature headers, one a line
    /// ([`SignedHeaders`](crate::signature::SignedHeaders)).
    pub signature: String,
}

/// A verified answer and the evidence of it.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What it says.
    pub message: Message,
    /// Its bytes.
    pub bytes: Bytes,
    /// Its Content-Digest, Signature-Input and Signature headers, one a line
    /// ([`SignedHeaders`](crate::signature::SignedHeaders)).
    pub signature: String,
}

impl Answer {
    /// Reads what came back to `request`, after its signature was verified.
    pub fn read(request: &Message, bytes: Bytes, signature: String) -> Result<Self, Silence> {
        let message = protocol::decode(&bytes)?;
        if !message.header.answers(&request.header) {
            return Err(Silence::OtherRequest);
        }
        if !message.body.answers(&request.body) {
            return Err(Silence::OtherBody(message.body.name()));
        }
        Ok(Self { message, bytes, signature })
    }
}

/// What a layer of the stack gives instead of an answer.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    NotSent(#[from] NotSent),
    #[error(transparent)]
    Silent(#[from] Silence),
}

impl Failure {
    /// Undoes the boxing of tower's timeout. What is no failure of ours is its elapsed time.
    pub(super) fn from_timeout(error: BoxError) -> Self {
        error.downcast::<Self>().map_or(Self::Silent(Silence::Timeout), |failure| *failure)
    }
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotSent(reason) => Self::NotSent(reason),
            Failure::Silent(reason) => Self::Silent(reason),
        }
    }
}
