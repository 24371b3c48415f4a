//! What a handler may do to its connection.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};

use axum::routing::get;
use axum::{Extension, Router};
use edge::{Connection, Limits, Shutdown, ShutdownTrigger};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::listening::{connect_tls, serve_tls};

fn router() -> Router {
    Router::new()
        .route("/plain", get(|| async { "once" }))
        .route(
            "/reset",
            get(|Extension(connection): Extension<Connection>| async move {
                connection.reset();
                "never"
            }),
        )
        .route(
            "/twice",
            get(|Extension(connection): Extension<Connection>| async move {
                connection.answer_twice();
                "again"
            }),
        )
}

async fn serve() -> (SocketAddr, ShutdownTrigger) {
    let listener = edge::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (trigger, shutdown) = Shutdown::pair();
    tokio::spawn(edge::serve_http(listener, router(), Limits::default(), shutdown));
    (address, trigger)
}

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, path: &str) -> (String, Option<ErrorKind>) {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let error = stream.read_to_end(&mut answer).await.err().map(|error| error.kind());
    (String::from_utf8(answer).unwrap(), error)
}

#[tokio::test]
async fn a_reset_leaves_not_one_byte_and_is_no_close() {
    let (address, _trigger) = serve().await;
    let (answer, error) = ask(TcpStream::connect(address).await.unwrap(), "/reset").await;
    assert_eq!((answer.as_str(), error), ("", Some(ErrorKind::ConnectionReset)));
    let (tls, certificate, _trigger) = serve_tls(router()).await;
    let (answer, error) = ask(connect_tls(tls, &certificate).await, "/reset").await;
    assert_eq!((answer.as_str(), error), ("", Some(ErrorKind::ConnectionReset)));
}

#[tokio::test]
async fn an_answer_leaves_twice_byte_for_byte() {
    let (address, _trigger) = serve().await;
    let (tls, certificate, _tls_trigger) = serve_tls(router()).await;
    let plain = ask(TcpStream::connect(address).await.unwrap(), "/twice").await;
    let secure = ask(connect_tls(tls, &certificate).await, "/twice").await;
    for (answer, _) in [plain, secure] {
        let (first, second) = answer.split_at(answer.len() / 2);
        assert_eq!(first, second);
        assert!(first.starts_with("HTTP/1.1 200") && first.ends_with("again"), "{first}");
    }
}

#[tokio::test]
async fn only_the_next_answer_of_a_kept_connection_leaves_twice() {
    let (address, _trigger) = serve().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /twice HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut back = String::new();
    while back.matches("again").count() < 2 {
        let mut part = [0; 1024];
        let read = stream.read(&mut part).await.unwrap();
        assert!(read > 0, "{back}");
        back.push_str(std::str::from_utf8(&part[..read]).unwrap());
    }
    let (answer, error) = ask(stream, "/plain").await;
    assert_eq!((answer.matches("once").count(), error), (1, None));
}
