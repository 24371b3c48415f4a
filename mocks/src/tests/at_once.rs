//! A thousand deliveries at the same moment, over real connections.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use edge::{Limits, Shutdown, ShutdownTrigger};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::hub::{CITY, Hub, Slip, digest_of, resent};

const DELIVERIES: usize = 1_000;

async fn serve(hub: &Hub) -> (SocketAddr, ShutdownTrigger) {
    let listener = edge::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (trigger, shutdown) = Shutdown::pair();
    tokio::spawn(edge::serve_http(listener, hub.protocol.clone(), Limits::default(), shutdown));
    (address, trigger)
}

/// Sends a message on a connection of its own once everybody is connected; gives the body of the verified answer.
async fn deliver(hub: &Hub, address: SocketAddr, together: &Barrier, message: &str) -> Vec<u8> {
    let request = hub.signed(CITY.collector, message.as_bytes());
    let mut sent = format!("POST {} HTTP/1.1\r\nhost: mocks\r\nconnection: close\r\n", request.uri());
    for (name, value) in request.headers() {
        sent.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    sent.push_str(&format!("content-length: {}\r\n\r\n{message}", message.len()));
    let mut stream = TcpStream::connect(address).await.unwrap();
    together.wait().await;
    stream.write_all(sent.as_bytes()).await.unwrap();
    let mut back = Vec::new();
    stream.read_to_end(&mut back).await.unwrap();
    let end = back.windows(4).position(|part| part == b"\r\n\r\n").unwrap();
    let (head, body) = (std::str::from_utf8(&back[..end]).unwrap(), back[end + 4..].to_vec());
    let mut lines = head.split("\r\n");
    assert_eq!(lines.next(), Some("HTTP/1.1 200 OK"));
    let mut response = http::Response::builder();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        response = response.header(name, value);
    }
    let response = response.body(axum::body::Body::from(body)).unwrap();
    let answer = hub.read(CITY.collector, &digest_of(message.as_bytes()), response).await;
    assert!(answer.is_signed);
    answer.body
}

/// Delivers the messages in turn, all at once, and counts the answers.
async fn storm(hub: &Arc<Hub>, messages: &[String]) -> HashMap<Vec<u8>, usize> {
    let (address, _trigger) = serve(hub).await;
    let together = Arc::new(Barrier::new(DELIVERIES));
    let mut running = JoinSet::new();
    for message in messages.iter().cycle().take(DELIVERIES) {
        let (hub, together, message) = (Arc::clone(hub), Arc::clone(&together), message.to_owned());
        running.spawn(async move { deliver(&hub, address, &together, &message).await });
    }
    let mut answers = HashMap::new();
    for body in running.join_all().await {
        *answers.entry(body).or_insert(0) += 1;
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_deliveries_of_one_clearing_have_one_effect_and_one_answer() {
    let hub = Arc::new(Hub::start().await);
    let clearing = CITY.clearing(1);
    let answers = storm(&hub, &[clearing.clone(), resent(&clearing)]).await;
    assert_eq!(answers.into_values().collect::<Vec<_>>(), [DELIVERIES]);
    let recorded = hub.clearings("04100").await;
    assert_eq!((recorded.len(), &recorded[0]["deliveries"]), (1, &DELIVERIES.into()));
    let (_, json) = hub.json("GET", "/control/04100/counters", "").await;
    assert_eq!(json["cleared"], serde_json::json!({"count": 1, "amount": CITY.amount}));
    let (_, json) = hub.json("GET", "/control/04100/bills", "").await;
    let bill = json["bills"].as_array().unwrap().iter().find(|bill| bill["bill_id"] == CITY.bill).unwrap();
    assert_eq!((&bill["clearings"], &bill["matched"]), (&1.into(), &1.into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_bodies_under_one_key_one_is_applied_and_the_other_gets_b901_every_time() {
    let hub = Arc::new(Hub::start().await);
    let other = Slip { amount: 1, ..CITY };
    let bodies = [CITY.clearing(1), other.clearing(1)];
    let answers = storm(&hub, &bodies).await;
    // each B901 is written anew, at the same frozen time
    assert_eq!(answers.len(), 2);
    let count = |found: bool| -> usize {
        let has = |body: &[u8]| String::from_utf8_lossy(body).contains("<Code>B901</Code>") == found;
        answers.iter().filter(|(body, _)| has(body)).map(|(_, count)| *count).sum()
    };
    assert_eq!((count(true), count(false)), (DELIVERIES / 2, DELIVERIES / 2));
    let recorded = hub.clearings("04100").await;
    assert_eq!((recorded.len(), &recorded[0]["deliveries"]), (1, &(DELIVERIES / 2).into()));
    let (_, json) = hub.json("GET", "/control/04100/messages", "").await;
    let refused = json["messages"].as_array().unwrap().iter().filter(|one| one["code"] == "B901").count();
    assert!(refused > 0, "what is refused is in the journal");
}
