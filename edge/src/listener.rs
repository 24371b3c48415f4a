//! Accepts connections and serves a router on them, within bounds.
//!
//! Nothing that a client can delay is awaited in the accept loop: handshakes and requests run in tasks of
//! their own.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::connection::{Connection, Socket, Wire};
use crate::peer::{ListenerPort, Peer};
use crate::shutdown::Shutdown;
use crate::tls::TlsSettings;

/// How long the loop rests when the system has no more sockets to give.
const ACCEPT_RETRY_MS: u64 = 100;

/// Bounds of a listener.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Time for a whole request head, and for a kept-alive connection to send its next one.
    pub header_read_s: u64,
    /// Time for the TLS handshake.
    pub handshake_s: u64,
    /// Connections open at once; more wait in the system's queue.
    pub connections_max: usize,
    /// Header lines of a request.
    pub headers_max: usize,
    /// Bytes buffered for a request head.
    pub head_bytes_max: usize,
    /// Time that running requests have to finish after the stop was asked for.
    pub drain_s: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_read_s: 15,
            handshake_s: 10,
            connections_max: 2_048,
            headers_max: 64,
            head_bytes_max: 32 * 1024,
            drain_s: 35,
        }
    }
}

/// Opens a listening socket. The error of a taken port is `AddrInUse`.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Serves plain HTTP until the stop is asked for and running requests are done.
pub async fn serve_http(listener: TcpListener, router: Router, limits: Limits, shutdown: Shutdown) {
    accept(listener, router, limits, shutdown, |stream| async move { Some(stream) }).await;
}

/// Serves HTTP over TLS until the stop is asked for and running requests are done.
pub async fn serve_tls(
    listener: TcpListener,
    tls: impl Into<TlsSettings>,
    router: Router,
    limits: Limits,
    shutdown: Shutdown,
) {
    let tls = tls.into();
    let handshake = move |stream| {
        let acceptor = TlsAcceptor::from(tls.now());
        async move {
            match timeout(Duration::from_secs(limits.handshake_s), acceptor.accept(stream)).await {
                Ok(Ok(stream)) => Some(stream),
                Ok(Err(error)) => {
                    tracing::debug!(%error, "TLS handshake failed");
                    None
                }
                Err(_) => {
                    tracing::debug!("TLS handshake took too long");
                    None
                }
            }
        }
    };
    accept(listener, router, limits, shutdown, handshake).await;
}

async fn accept<S, H, F>(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    mut shutdown: Shutdown,
    handshake: H,
) where
    S: AsyncRead + AsyncWrite + Socket + Unpin + Send + 'static,
    H: Fn(TcpStream) -> F,
    F: Future<Output = Option<S>> + Send + 'static,
{
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits.connections_max));
    loop {
        let accepted = tokio::select! {
            accepted = async {
                // the semaphore is never closed, so a missing permit cannot happen; without one nothing is
                // accepted
                let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
                listener.accept().await.map(|(stream, peer)| (place, stream, peer))
            } => accepted,
            () = shutdown.requested() => break,
        };
        let (place, stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(ACCEPT_RETRY_MS)).await;
                continue;
            }
        };
        // answers are small and complete; waiting to fill a packet would only delay them
        let _ = stream.set_nodelay(true);
        let greeting = handshake(stream);
        let (router, watcher) = (router.clone(), graceful.watcher());
        tokio::spawn(async move {
            if let Some(stream) = greeting.await {
                serve_connection(stream, peer, router, limits, watcher).await;
            }
            drop(place);
        });
    }
    drop(listener);
    if timeout(Duration::from_secs(limits.drain_s), graceful.shutdown()).await.is_err() {
        tracing::warn!(drain_s = limits.drain_s, "connections were still busy and are cut off");
    }
}

async fn serve_connection<S>(stream: S, peer: SocketAddr, router: Router, limits: Limits, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Socket + Unpin + Send + 'static,
{
    let connection = Connection::default();
    let certificate = stream.client_certificate();
    let port = stream.tcp().local_addr().map_or(0, |address| address.port());
    let wire = Wire::new(stream, connection.clone());
    let service = hyper::service::service_fn(move |mut request: http::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request.extensions_mut().insert(connection.clone());
        request.extensions_mut().insert(certificate.clone());
        request.extensions_mut().insert(ListenerPort(port));
        let router = router.clone();
        async move {
            let answer: Result<_, Infallible> = router.oneshot(request.map(Body::new)).await;
            answer
        }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(limits.header_read_s))
        .max_headers(limits.headers_max)
        .max_buf_size(limits.head_bytes_max)
        .serve_connection(TokioIo::new(wire), service);
    if let Err(error) = watcher.watch(serving).await {
        tracing::debug!(%error, "connection ended early");
    }
}
