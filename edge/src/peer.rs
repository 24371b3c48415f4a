//! The address at the other end of the connection.

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
