//! Listeners over real sockets.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use edge::{Limits, Peer, Shutdown, ShutdownTrigger};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const SOON: Duration = Duration::from_secs(5);

fn router() -> Router {
    Router::new().route("/peer", get(|peer: Peer| async move { peer.ip().to_string() })).route(
        "/slow",
        get(|| async {
            sleep(Duration::from_millis(300)).await;
            "done"
        }),
    )
}

async fn serve(limits: Limits) -> (SocketAddr, ShutdownTrigger, JoinHandle<()>) {
    let listener = edge::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (trigger, shutdown) = Shutdown::pair();
    (address, trigger, tokio::spawn(edge::serve_http(listener, router(), limits, shutdown)))
}

/// A TLS listener with a certificate of its own.
pub async fn serve_tls(router: Router) -> (SocketAddr, CertificateDer<'static>, ShutdownTrigger) {
    let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let config = edge::tls::server_config(&own.cert.pem(), &own.signing_key.serialize_pem()).unwrap();
    let listener = edge::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (trigger, shutdown) = Shutdown::pair();
    tokio::spawn(edge::serve_tls(listener, config, router, Limits::default(), shutdown));
    (address, own.cert.der().clone(), trigger)
}

/// A client that trusts that certificate alone.
pub async fn connect_tls(address: SocketAddr, certificate: &CertificateDer<'static>) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(client));
    let name = ServerName::try_from("localhost").unwrap();
    connector.connect(name, TcpStream::connect(address).await.unwrap()).await.unwrap()
}

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // a peer that closes without a TLS goodbye has still said all it had to say
    let _ = timeout(SOON, stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn requests_know_the_address_they_came_from() {
    let (address, _trigger, _task) = serve(Limits::default()).await;
    let answer = ask(TcpStream::connect(address).await.unwrap(), "/peer").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("127.0.0.1"), "{answer}");
}

#[tokio::test]
async fn a_stop_lets_running_requests_finish_and_takes_no_new_ones() {
    let (address, trigger, task) = serve(Limits::default()).await;
    let stream = TcpStream::connect(address).await.unwrap();
    let running = tokio::spawn(ask(stream, "/slow"));
    sleep(Duration::from_millis(100)).await;
    trigger.ask();
    assert!(running.await.unwrap().ends_with("done"));
    timeout(SOON, task).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_request_head_that_never_ends_is_cut_off() {
    let (address, _trigger, _task) = serve(Limits { header_read_s: 1, ..Limits::default() }).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /peer HTTP/1.1\r\nhost: local").await.unwrap();
    let mut answer = Vec::new();
    timeout(SOON, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert!(!String::from_utf8_lossy(&answer).contains("200 OK"));
}

#[tokio::test]
async fn connections_over_the_cap_wait_for_a_place() {
    let (address, _trigger, _task) = serve(Limits { connections_max: 1, ..Limits::default() }).await;
    let holder = TcpStream::connect(address).await.unwrap();
    sleep(Duration::from_millis(50)).await;
    let mut waiting = tokio::spawn(ask(TcpStream::connect(address).await.unwrap(), "/peer"));
    assert!(timeout(Duration::from_millis(200), &mut waiting).await.is_err(), "served beyond the cap");
    drop(holder);
    assert!(waiting.await.unwrap().starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_client_that_never_shakes_hands_delays_nobody() {
    let (address, certificate, _trigger) = serve_tls(router()).await;
    let _silent = TcpStream::connect(address).await.unwrap();
    let stream = connect_tls(address, &certificate).await;
    assert!(ask(stream, "/peer").await.starts_with("HTTP/1.1 200"));
}
