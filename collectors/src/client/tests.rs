//! Every way an exchange can end, over real sockets.

mod http;
mod sockets;
mod wire_log;

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use domain::clock::machine_now;

use super::*;
use crate::protocol::{Body, CONTENT_TYPE, Message, encode, samples};
use crate::signature::{ResponseParts, SignedHeaders, SigningKey, sign_response};

fn key(id: &str, seed: u8) -> SigningKey {
    SigningKey::from_seed(id, &[seed; 32]).unwrap()
}

fn tax() -> CollectorNumber {
    "00200".parse().unwrap()
}

/// Long enough for a busy machine.
fn limits() -> Limits {
    Limits { connect_wait: Duration::from_secs(10), queue_wait: Duration::from_secs(10), ..Limits::default() }
}

/// For tests that wait one out.
fn impatient() -> Limits {
    Limits { answer_wait: Duration::from_millis(300), ..limits() }
}

fn client_with(endpoint: &str, trust: &Trust, limits: &Limits) -> Client {
    let peer = Peer { endpoint: endpoint.parse().unwrap(), keys: vec![key("00200-1", 2).verifying_key()] };
    Client::new(key("hub-1", 1), HashMap::from([(tax(), peer)]), trust, limits).unwrap()
}

fn client(endpoint: &str) -> Client {
    client_with(endpoint, &Trust::PlainHttp, &limits())
}

async fn send(client: &Client, message: &Message) -> Outcome {
    client.exchange(&tax(), Bytes::from(encode(message))).await
}

fn silence(outcome: Outcome) -> Silence {
    match outcome {
        Outcome::Silent(silence) => silence,
        other => panic!("{other:?}"),
    }
}

fn not_sent(outcome: Outcome) -> NotSent {
    match outcome {
        Outcome::NotSent(reason) => reason,
        other => panic!("{other:?}"),
    }
}

fn answered(outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Answered(answer) => answer,
        other => panic!("{other:?}"),
    }
}

/// The collector's signature of `body` as the answer to the clearing of the samples.
fn signed(body: &[u8]) -> SignedHeaders {
    let request = encode(&samples::clearing());
    let parts = ResponseParts { status: 200, body, request_body: &request };
    sign_response(&key("00200-1", 2), &parts, machine_now())
}

/// A whole answer as a collector writes it, its content announced as `length`.
fn raw_answer(body: &[u8], length: usize) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {CONTENT_TYPE}\r\nContent-Length: {length}\r\n{}\r\n\r\n",
        signed(body).to_string().replace('\n', "\r\n"),
    );
    [head.as_bytes(), body].concat()
}

#[test]
fn an_endpoint_that_cannot_be_used_is_refused_at_once() {
    let new = |endpoint: &str, trust: Trust, keys: Vec<_>| {
        let peer = Peer { endpoint: endpoint.parse().unwrap(), keys };
        Client::new(key("hub-1", 1), HashMap::from([(tax(), peer)]), &trust, &limits()).err()
    };
    let keys = || vec![key("00200-1", 2).verifying_key()];
    let endpoint = Some(ClientError::Endpoint("00200".to_owned()));
    assert_eq!(new("/relative", Trust::PlainHttp, keys()), endpoint);
    assert_eq!(new("ftp://host", Trust::PlainHttp, keys()), endpoint);
    assert_eq!(new("http://host/?a=b", Trust::PlainHttp, keys()), endpoint);
    assert_eq!(new("http://host", Trust::PlainHttp, vec![]), Some(ClientError::NoKey("00200".to_owned())));
    assert_eq!(new("https://host", Trust::RootCa("nothing".to_owned()), keys()), Some(ClientError::RootCa));
    let authority = rcgen::generate_simple_self_signed(vec!["host".to_owned()]).unwrap().cert.pem();
    assert_eq!(new("https://host", Trust::RootCa(authority.clone()), keys()), None);
    assert_eq!(new("http://host", Trust::RootCa(authority), keys()), endpoint);
}

#[tokio::test]
async fn what_is_no_request_is_never_sent() {
    let client = client("http://127.0.0.1:9");
    let number = tax();
    let garbage = client.exchange(&number, Bytes::from_static(b"garbage")).await;
    assert_eq!(not_sent(garbage), NotSent::NoRequest);
    assert_eq!(not_sent(send(&client, &samples::cleared()).await), NotSent::NoRequest);
    let elsewhere = client.exchange(&"00500".parse().unwrap(), encode(&samples::clearing()).into()).await;
    assert_eq!(not_sent(elsewhere), NotSent::NoEndpoint);
}
