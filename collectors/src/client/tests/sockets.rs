//! What a well-behaved test server cannot do: hang, hang up, lie about lengths, present a foreign
//! certificate.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;

/// Reads one whole request; false when the client closed instead.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> bool {
    let mut read = Vec::new();
    let mut chunk = [0; 4096];
    while !read.ends_with(b"</Message>") {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return false,
            Ok(count) => read.extend_from_slice(&chunk[..count]),
        }
    }
    true
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// A server that treats each connection with `treat`.
async fn serve<F>(treat: impl Fn(TcpStream) -> F + Send + 'static) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let (listener, url) = listen().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(treat(stream));
        }
    });
    url
}

async fn hang(mut stream: TcpStream) {
    read_request(&mut stream).await;
    std::future::pending::<()>().await;
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let body = encode(&samples::cleared());
    while read_request(&mut stream).await {
        let _ = stream.write_all(&raw_answer(&body, body.len())).await;
        let _ = stream.flush().await;
    }
}

#[tokio::test]
async fn no_answer_in_time_is_silence() {
    let client = client_with(&serve(hang).await, &Trust::PlainHttp, &impatient());
    assert_eq!(silence(send(&client, &samples::clearing()).await), Silence::Timeout);
}

#[tokio::test]
async fn half_a_body_in_time_is_silence() {
    let hung = serve(|mut stream| async move {
        let body = encode(&samples::cleared());
        read_request(&mut stream).await;
        let answer = raw_answer(&body, body.len());
        let _ = stream.write_all(&answer[..answer.len() - 20]).await;
        std::future::pending::<()>().await;
    });
    let client = client_with(&hung.await, &Trust::PlainHttp, &impatient());
    assert_eq!(silence(send(&client, &samples::clearing()).await), Silence::Timeout);
}

#[tokio::test]
async fn half_a_body_and_a_closed_connection_are_silence() {
    let url = serve(|mut stream| async move {
        let body = encode(&samples::cleared());
        read_request(&mut stream).await;
        let answer = raw_answer(&body, body.len());
        let _ = stream.write_all(&answer[..answer.len() - 20]).await;
    });
    assert_eq!(silence(send(&client(&url.await), &samples::clearing()).await), Silence::ConnectionLost);
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_is_silence() {
    let url = serve(|mut stream| async move {
        read_request(&mut stream).await;
    });
    assert_eq!(silence(send(&client(&url.await), &samples::clearing()).await), Silence::ConnectionLost);
}

#[tokio::test]
async fn what_is_no_http_is_silence() {
    let url = serve(|mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await;
    });
    assert_eq!(silence(send(&client(&url.await), &samples::clearing()).await), Silence::ConnectionLost);
}

#[tokio::test]
async fn fifty_megabytes_are_cut_off_early() {
    let written = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&written);
    let url = serve(move |mut stream| {
        let counter = Arc::clone(&counter);
        async move {
            read_request(&mut stream).await;
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {CONTENT_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n"
            );
            let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x1_0000], b"\r\n"].concat();
            if stream.write_all(head.as_bytes()).await.is_err() {
                return;
            }
            while counter.load(Ordering::SeqCst) < 50_000_000 && stream.write_all(&chunk).await.is_ok() {
                counter.fetch_add(0x1_0000, Ordering::SeqCst);
            }
        }
    });
    assert_eq!(silence(send(&client(&url.await), &samples::clearing()).await), Silence::TooLarge);
    // what the sockets' buffers took beyond the bound
    assert!(written.load(Ordering::SeqCst) < 20_000_000, "{written:?}");
}

#[tokio::test]
async fn a_refused_connection_sent_nothing() {
    let (listener, url) = listen().await;
    drop(listener);
    assert_eq!(not_sent(send(&client(&url), &samples::clearing()).await), NotSent::NoConnection);
}

/// An idle connection that the collector closes while the next request is on it: sent once, and never again.
#[tokio::test]
async fn a_request_on_a_dying_connection_is_silence_and_not_repeated() {
    let requests = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&requests);
    let url = serve(move |mut stream| {
        let counter = Arc::clone(&counter);
        async move {
            let body = encode(&samples::cleared());
            read_request(&mut stream).await;
            counter.fetch_add(1, Ordering::SeqCst);
            let _ = stream.write_all(&raw_answer(&body, body.len())).await;
            if read_request(&mut stream).await {
                counter.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    let client = client(&url.await);
    answered(send(&client, &samples::clearing()).await);
    assert_eq!(silence(send(&client, &samples::clearing()).await), Silence::ConnectionLost);
    assert_eq!(requests.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn connections_are_reused() {
    let connections = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&connections);
    let url = serve(move |stream| {
        counter.fetch_add(1, Ordering::SeqCst);
        answer(stream)
    });
    let client = client(&url.await);
    for _ in 0..5 {
        answered(send(&client, &samples::clearing()).await);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn when_all_places_are_taken_nothing_is_sent() {
    let url = serve(hang).await;
    let limits = Limits {
        concurrent_max: 1,
        answer_wait: Duration::from_millis(400),
        queue_wait: Duration::from_millis(50),
        ..limits()
    };
    let client = client_with(&url, &Trust::PlainHttp, &limits);
    let (clearing, inquiry) = (samples::clearing(), samples::tax_inquiry());
    let (first, second) = tokio::join!(send(&client, &clearing), send(&client, &inquiry));
    assert_eq!(silence(first), Silence::Timeout);
    assert_eq!(not_sent(second), NotSent::Busy);
}

#[tokio::test]
async fn no_more_than_the_bound_wait_for_a_place() {
    let url = serve(hang).await;
    let limits = Limits {
        concurrent_max: 1,
        waiting_max: 1,
        answer_wait: Duration::from_millis(400),
        queue_wait: Duration::from_secs(5),
        ..limits()
    };
    let client = client_with(&url, &Trust::PlainHttp, &limits);
    let (clearing, inquiry) = (samples::clearing(), samples::tax_inquiry());
    let third = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(client.waiting(&tax()), 1);
        let began = tokio::time::Instant::now();
        let outcome = send(&client, &inquiry).await;
        assert!(began.elapsed() < Duration::from_millis(200), "it is sent back at once");
        outcome
    };
    let (first, second, third) = tokio::join!(send(&client, &clearing), send(&client, &inquiry), third);
    assert_eq!(silence(first), Silence::Timeout);
    assert_eq!(silence(second), Silence::Timeout);
    assert_eq!(not_sent(third), NotSent::Busy);
    assert_eq!(client.waiting(&tax()), 0);
}

#[tokio::test]
async fn a_silent_collector_is_left_alone() {
    let url = serve(|mut stream| async move {
        read_request(&mut stream).await;
    })
    .await;
    let limits =
        Limits { circuit_failures_max: 2, circuit_probe_after: Duration::from_secs(600), ..limits() };
    let client = client_with(&url, &Trust::PlainHttp, &limits);
    for _ in 0..2 {
        assert_eq!(client.circuit(&tax()), Some(CircuitState::Closed));
        assert_eq!(silence(send(&client, &samples::clearing()).await), Silence::ConnectionLost);
    }
    assert_eq!(client.circuit(&tax()), Some(CircuitState::Open));
    assert_eq!(not_sent(send(&client, &samples::clearing()).await), NotSent::CircuitOpen);
}

/// A TLS server for `localhost`, and the PEM of its certificate.
async fn serve_tls() -> (String, String) {
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let private = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], private)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let url = serve(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                answer(stream).await;
            }
        }
    });
    (url.await.replace("http://127.0.0.1", "https://localhost"), certified.cert.pem())
}

#[tokio::test]
async fn an_endpoint_under_the_authority_is_asked_over_tls() {
    let (url, authority) = serve_tls().await;
    let client = client_with(&url, &Trust::RootCa(authority), &limits());
    answered(send(&client, &samples::clearing()).await);
}

#[tokio::test]
async fn an_endpoint_with_a_foreign_certificate_gets_nothing() {
    let (url, _) = serve_tls().await;
    let authority = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap().cert.pem();
    let client = client_with(&url, &Trust::RootCa(authority), &limits());
    assert_eq!(not_sent(send(&client, &samples::clearing()).await), NotSent::NoConnection);
}

#[tokio::test]
async fn a_handshake_that_hangs_sent_nothing() {
    let url = serve(|stream| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    });
    let url = url.await.replace("http://127.0.0.1", "https://localhost");
    let authority = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap().cert.pem();
    let limits = Limits { connect_wait: Duration::from_millis(100), ..limits() };
    let client = client_with(&url, &Trust::RootCa(authority), &limits);
    assert_eq!(not_sent(send(&client, &samples::clearing()).await), NotSent::NoConnection);
}
