//! The signed exchange itself, for a peer that is no collector and speaks a dialect of its own.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

use super::config::{ClientError, Limits, Peer, Trust};
use super::outcome::{Failure, NotSent, SentRequest, Silence};
use super::transport::{Route, http_client};
use crate::signature::SigningKeys;

/// The way to one peer, over which bytes go signed and come back signed. Cheap to clone.
#[derive(Clone)]
pub struct Channel {
    route: Arc<Route>,
    answer_wait: Duration,
}

/// What can be known after one exchange of bytes.
#[derive(Clone, Debug)]
pub enum Exchanged {
    /// No byte of the request was written.
    NotSent(NotSent),
    /// Bytes may have left, and nothing that counts came back.
    Silent(Silence),
    /// Signed bytes, in answer to these.
    Answered {
        /// The bytes.
        bytes: Bytes,
        /// Their signature's headers, one a line.
        signature: String,
    },
}

impl Channel {
    /// A channel that signs with the one of `keys` that is in use and posts to `path` below the peer's endpoint.
    /// `name` is for errors.
    pub fn new(
        name: &str,
        path: &str,
        peer: Peer,
        keys: impl Into<SigningKeys>,
        trust: &Trust,
        limits: &Limits,
    ) -> Result<Self, ClientError> {
        let http = http_client(trust, limits)?;
        let route = Route::new(name, path, peer, http, keys.into(), trust)?;
        Ok(Self { route: Arc::new(route), answer_wait: limits.answer_wait })
    }

    /// Sends bytes once and waits for the answer; with what is to be kept of the request where any byte may have left.
    pub async fn exchange(&self, message: Bytes) -> (Exchanged, Option<SentRequest>) {
        let headers = self.route.sign(&message);
        let sent = SentRequest { path: self.route.path().to_owned(), signature: headers.to_string() };
        match timeout(self.answer_wait, self.route.signed(&message, &headers)).await {
            Ok(Ok((bytes, signature))) => (Exchanged::Answered { bytes, signature }, Some(sent)),
            Ok(Err(Failure::NotSent(reason))) => (Exchanged::NotSent(reason), None),
            Ok(Err(Failure::Silent(reason))) => (Exchanged::Silent(reason), Some(sent)),
            Err(_elapsed) => (Exchanged::Silent(Silence::Timeout), Some(sent)),
        }
    }
}
