//! What the faults look like on a real connection.

use std::io::ErrorKind;

use edge::{Limits, Shutdown};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::hub::{Hub, TAX};

/// Sends the clearing over TCP and gives every byte that comes back until the connection ends.
async fn bytes_back(hub: &Hub, serial: u32) -> Vec<u8> {
    all_back(hub, serial).await.0
}

/// The same, with how the connection ended where that was no close.
async fn all_back(hub: &Hub, serial: u32) -> (Vec<u8>, Option<ErrorKind>) {
    let listener = edge::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (_trigger, shutdown) = Shutdown::pair();
    let server = tokio::spawn(edge::serve_http(listener, hub.protocol.clone(), Limits::default(), shutdown));
    let body = TAX.clearing(serial);
    let request = hub.signed("00200", body.as_bytes());
    let mut head =
        format!("POST {} HTTP/1.1\r\nhost: mocks\r\ncontent-length: {}\r\n", request.uri(), body.len());
    for (name, value) in request.headers() {
        head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    head.push_str("connection: close\r\n\r\n");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut back = Vec::new();
    let error = stream.read_to_end(&mut back).await.err().map(|error| error.kind());
    server.abort();
    (back, error)
}

#[tokio::test]
async fn a_dropped_answer_leaves_not_one_byte() {
    let hub = Hub::start().await;
    hub.fault("00200", r#"{"mode":"drop","times":1}"#).await;
    assert_eq!(String::from_utf8_lossy(&bytes_back(&hub, 1).await), "");
    assert_eq!(hub.clearings("00200").await.len(), 1);
    assert!(bytes_back(&hub, 1).await.starts_with(b"HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn half_an_answer_has_its_head_and_half_its_body() {
    let hub = Hub::start().await;
    hub.fault("00200", r#"{"mode":"half","times":1}"#).await;
    let back = String::from_utf8(bytes_back(&hub, 1).await).unwrap();
    assert!(back.starts_with("HTTP/1.1 200 OK") && back.contains("<Message "), "{back}");
    assert!(!back.contains("</Message>"), "{back}");
}

#[tokio::test]
async fn a_reset_is_one_before_the_work_and_after_it() {
    let hub = Hub::start().await;
    hub.fault("00200", r#"{"mode":"reset_before","times":1}"#).await;
    assert_eq!(all_back(&hub, 1).await, (Vec::new(), Some(ErrorKind::ConnectionReset)));
    assert!(hub.clearings("00200").await.is_empty());
    hub.fault("00200", r#"{"mode":"reset_after","times":1}"#).await;
    assert_eq!(all_back(&hub, 1).await, (Vec::new(), Some(ErrorKind::ConnectionReset)));
    assert_eq!(hub.clearings("00200").await.len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_sent_twice_is_on_the_wire_twice() {
    let hub = Hub::start().await;
    hub.fault("00200", r#"{"mode":"twice","times":1}"#).await;
    let back = bytes_back(&hub, 1).await;
    let (first, second) = back.split_at(back.len() / 2);
    assert_eq!(first, second);
    assert!(first.starts_with(b"HTTP/1.1 200 OK") && first.ends_with(b"</Message>\n"));
    assert_eq!(hub.clearings("00200").await[0]["deliveries"], 1);
}
