//! The two ends of the connection: the address that it came from, the port that it reached.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::FromRequestParts;
use http::request::Parts;

/// The address that the connection came from, put on every request by the listener. Forwarded headers are not
/// believed: whoever sends a request writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

impl Peer {
    /// The address without the port.
    pub fn ip(self) -> IpAddr {
        self.0.ip()
    }
}

/// Requests that came through no listener (tests) share the unspecified address.
impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let unknown = Self(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
        Ok(parts.extensions.get::<Self>().copied().unwrap_or(unknown))
    }
}

/// The port of ours that the connection reached, put on every request by the listener; 0 in requests that came through
/// none (tests).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenerPort(pub u16);

impl<S: Sync> FromRequestParts<S> for ListenerPort {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().copied().unwrap_or(Self(0)))
    }
}
