//! What the faults look like on a real connection.

use edge::{Limits, Shutdown};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::hub::{Hub, TAX};

/// Sends the clearing over TCP and gives every byte that comes back until the connection ends.
async fn bytes_back(hub: &Hub, serial: u32) -> Vec<u8> {
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
    // a reset is as good an end as a close here
    let _ = stream.read_to_end(&mut back).await;
    server.abort();
    back
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
