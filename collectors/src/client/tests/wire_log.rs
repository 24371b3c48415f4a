//! What the wire log says, and what it never says.

use std::io;
use std::sync::{Arc, Mutex};

use super::*;

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_the_exchange_and_not_what_the_payer_typed() {
    let written = Written::default();
    let sink = written.clone();
    let subscriber = tracing_subscriber::fmt()
        // its digits could be a secret's by chance
        .without_time()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || sink.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    // with a single subscriber alive, a callsite first reached on a thread without one is off for good
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let mut server = mockito::Server::new_async().await;
    let body = encode(&samples::cleared());
    let mut mock = server.mock("POST", "/00200/mpn").with_header("content-type", CONTENT_TYPE);
    for (name, value) in signed(&body).pairs() {
        mock = mock.with_header(name.as_str(), value);
    }
    mock.with_body(&body).create_async().await;
    let client = client(&server.url());
    answered(send(&client, &samples::clearing()).await);
    silence(send(&client, &samples::resend_confirmation()).await);
    not_sent(send(&super::client("http://127.0.0.1:1"), &samples::tax_inquiry()).await);
    drop(guard);

    let log = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    for said in [
        "MPN9999/2026-11-24/00000003",
        "path=\"/00200/mpn\"",
        "request=\"Clearing\"",
        "answer=\"ClearingAnswer\"",
        "code=\"0000\"",
        "reason=\"signature\"",
        "reason=\"no_connection\"",
    ] {
        assert!(log.contains(said), "{said} is not in {log}");
    }
    // customer number, confirmation number, category, and the payer's and the clearing's base64 twin
    for secret in ["2013000123456789", "123456", "7000001234", "見本商事", "PD94bWw"] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}
