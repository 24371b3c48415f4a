//! What is not the collector's conformance is said in one sentence, soon, and without blame.

use std::sync::Arc;

use conformance::{Cases, Choice, Declaration, Instead, Outcome, run, terminal};
use conformance::{Language, Verdict};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Duration, Instant};

use crate::collector::{Collector, NATIONAL};

/// A declaration against `endpoint`, of which the key is there and nothing else need be true.
fn declared(
    folder: &std::path::Path,
    endpoint: &str,
    more: &str,
) -> Result<Declaration, conformance::Trouble> {
    let made = collectors::signature::SigningKey::generate_pkcs8_der().unwrap();
    std::fs::write(folder.join("hub.der"), &*made).unwrap();
    let text = format!(
        "collector = \"99022\"\nkind = \"private\"\nendpoint = \"{endpoint}\"\nbank = \"9999\"\n\
         channels = [\"internet_banking\"]\npatience_s = 1\n\
         hub_key = {{ id = \"hub-1\", file = \"hub.der\" }}\n\
         collector_keys = [{{ id = \"99022-1\", public = \"{}\" }}]\n{more}\n\
         [[numbers]]\noutcome = \"payable\"\ncustomer_number = \"9902200000000000{{0000-0009}}\"\n\
         confirmation_number = \"123456\"\n",
        "00".repeat(32)
    );
    Declaration::parse(&text, folder, &Instead::default())
}

async fn ran(declaration: &Declaration) -> Outcome {
    let begun = Instant::now();
    let outcome = run(declaration, &Cases::embedded(), &Choice::default(), &mut |_| {}).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20), "the kit hung");
    outcome
}

/// A server that does `then` with each connection whose request has begun to come.
async fn server<F, W>(then: F) -> String
where
    F: Fn(TcpStream) -> W + Send + Sync + 'static,
    W: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut some = [0; 1024];
            drop(stream.read(&mut some).await);
            tokio::spawn(then(stream));
        }
    });
    format!("http://{address}")
}

async fn answering(text: &'static str) -> String {
    server(move |mut stream| async move {
        drop(stream.write_all(text.as_bytes()).await);
    })
    .await
}

fn says(outcome: &Outcome, part: &str) {
    let sentence = terminal::sentence(outcome, Language::En);
    assert!(sentence.starts_with("Nothing is certified: ") && sentence.contains(part), "{sentence}");
    assert_eq!(outcome.failures().count(), 0, "nobody is blamed");
    assert!(terminal::sentence(outcome, Language::Ja).starts_with("適合を判定できません"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_cannot_be_talked_to_is_said_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let hangs = server(|stream| async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(stream);
    })
    .await;
    let endless = server(|mut stream| async move {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await);
        while stream.write_all(b"1000\r\n").await.is_ok() && stream.write_all(&[b' '; 0x1002]).await.is_ok() {
        }
    })
    .await;
    let drips = server(|mut stream| async move {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n").await);
        while stream.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    for (endpoint, part) in [
        (format!("http://{free}"), "nothing listens at"),
        (hangs, "did not come within 1 seconds"),
        (endless, "connection ended before the answer was whole"),
        (drips, "did not come within 1 seconds"),
        (answering("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await, "has no collector 99022"),
        (
            answering("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n").await,
            "does not believe the kit",
        ),
        (answering("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n").await, "HTTP status 503"),
        (answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await, "signature does not verify"),
        (answering("SSH-2.0-x\r\n").await, "connection ended"),
    ] {
        let declaration = declared(folder.path(), &endpoint, "").unwrap();
        says(&ran(&declaration).await, part);
    }
}

/// A long answer with an announced length is not read to its end.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_too_long_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let long = server(|mut stream| async move {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n").await);
        while stream.write_all(&[b' '; 4096]).await.is_ok() {}
    })
    .await;
    says(&ran(&declared(folder.path(), &long, "").unwrap()).await, "longer than 262144 bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_authority_is_not_the_collectors_fault() {
    let folder = tempfile::tempdir().unwrap();
    let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(folder.path().join("ca.pem"), other.cert.pem()).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(own.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            drop(acceptor.accept(stream).await);
        }
    });
    let endpoint = format!("https://localhost:{port}");
    let declaration = declared(folder.path(), &endpoint, "root_ca = \"ca.pem\"").unwrap();
    says(&ran(&declaration).await, "TLS does not verify");
}

#[test]
fn a_declaration_that_contradicts_itself_is_refused_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let number = |outcome: &str, customer: &str| {
        format!(
            "[[numbers]]\noutcome = \"{outcome}\"\ncustomer_number = \"{customer}\"\nconfirmation_number = \"1234\""
        )
    };
    let local = "http://127.0.0.1:1";
    for (endpoint, more, part) in [
        ("http://collector.example", String::new(), "an endpoint is https"),
        ("https://collector.example", String::new(), "root_ca does not say"),
        (local, "root_ca = \"ca.pem\"".to_owned(), "root_ca is for https"),
        (local, "other_bank = \"9999\"".to_owned(), "is the same as bank"),
        (local, "restart = []".to_owned(), "an empty command"),
        (local, "today = \"tomorrow\"".to_owned(), "is not a day"),
        (local, "colour = \"red\"".to_owned(), "line 9"),
        (local, number("refused", "1"), "only a national collector may refuse"),
        (local, number("expired", "99022000000000000003"), "is both expired and payable"),
        (local, number("expired", "1{9-0}"), "customer_number of expired"),
        (local, number("expired", "1{0-1000000}"), "customer_number of expired"),
    ] {
        let refused = declared(folder.path(), endpoint, &more).unwrap_err().0;
        assert!(refused.en.contains(part), "{part}: {}", refused.en);
        assert!(refused.ja.starts_with("宣言ファイルを使用できません。"), "{}", refused.ja);
        assert_eq!(refused.en.lines().count(), 1, "{}", refused.en);
    }
}

/// Too few numbers are the declaration's fault: what could be played says nothing against the collector.
#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_are_used_up_certify_nothing_and_blame_nobody() {
    let collector = Collector::start(NATIONAL).await;
    let mut declaration = collector.declaration.clone();
    let mut payable = 0;
    declaration.slips.retain(|slip| {
        payable += usize::from(slip.outcome == conformance::declaration::Outcome::Payable);
        slip.outcome != conformance::declaration::Outcome::Payable || payable <= 2
    });
    let ids = ["clearing-normal", "clearing-resend", "clearing-same-bytes"].map(str::to_owned);
    let choice = Choice { cases: ids.into(), ..Choice::default() };
    let outcome = run(&declaration, &Cases::embedded(), &choice, &mut |_| {}).await.unwrap();
    says(&outcome, "too few numbers with outcome = \"payable\"");
    says(&outcome, "2 passed, 0 failed, 0 not for it, 1 could not be played");
    assert_eq!(outcome.count(|verdict| matches!(verdict, Verdict::Passed)), 2);
    collector.stop().await;
}

/// A day that was declared long ago, or a clock that runs ahead, is not held against the collector.
#[tokio::test(flavor = "multi_thread")]
async fn a_business_day_that_is_over_at_the_collector_is_said() {
    let collector = Collector::start(NATIONAL).await;
    let mut declaration = collector.declaration.clone();
    declaration.clock = None;
    for (day, part) in [
        ("2026-11-23", "counts 2026-11-24 already, so its business day is later than 2026-11-23"),
        ("2020-02-28", "counts 2020-02-29 already"),
        ("2026-11-25", "2026-11-25 is in the future (A601)"),
    ] {
        declaration.today = Some(day.parse().unwrap());
        says(&ran(&declaration).await, part);
    }
    collector.stop().await;
}

/// A collector that takes the future for the past is wrong, and its declaration is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_counts_every_day_to_come_is_tested_all_the_same() {
    let collector = Collector::start_mistaken(NATIONAL, mocks::Mistake::CountsTomorrow).await;
    let choice = Choice { cases: ["connection-tomorrow".to_owned()].into(), ..Choice::default() };
    let outcome = run(&collector.declaration, &Cases::embedded(), &choice, &mut |_| {}).await.unwrap();
    assert_eq!((outcome.failures().count(), outcome.obstacle()), (1, None));
    collector.stop().await;
}

/// An answer of a key that was not declared: which one it names, and which there are.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_key_of_an_answer_is_named() {
    let collector = Collector::start(NATIONAL).await;
    let mut declaration = collector.declaration.clone();
    let known = declaration.keys.remove(0);
    for id in ["00200-8", "00200-9"] {
        let other = collectors::signature::VerifyingKey::new(id, known.bytes()).unwrap();
        declaration.keys.push(other);
    }
    let named =
        format!("names the key {:?}, and the declaration's collector_keys has 00200-8, 00200-9", known.id());
    says(&ran(&declaration).await, &named);
    collector.stop().await;
}

/// A command that stops something else is found out: what was played proves nothing about a restart.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_after_which_the_collector_still_holds_its_connections_is_none() {
    let collector = Collector::start(NATIONAL).await;
    let mut declaration = collector.declaration.clone();
    declaration.restart = Some(vec!["true".to_owned()]);
    let choice = Choice { cases: ["fault-restart".to_owned()].into(), ..Choice::default() };
    let outcome = run(&declaration, &Cases::embedded(), &choice, &mut |_| {}).await.unwrap();
    says(&outcome, "the collector never stopped");
    declaration.restart_keeps_connections = true;
    let outcome = run(&declaration, &Cases::embedded(), &choice, &mut |_| {}).await.unwrap();
    assert_eq!(outcome.count(|verdict| matches!(verdict, Verdict::Passed)), 1);
    collector.stop().await;
}

#[test]
fn every_case_is_listed_under_its_phase() {
    let (cases, shown) = (Cases::embedded(), terminal::list(&Cases::embedded(), Language::En));
    for (_, case) in &cases.cases {
        assert!(shown.contains(&format!("\n  {:<40} {}\n", case.id, case.title.en)), "{}", case.id);
    }
    assert!(shown.starts_with("connection (Connection): "), "{shown}");
}
