//! Alarms on their way out: mail to a relay, signed callbacks, tries that fail, claims of two processes.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use console::delivery::{
    Delivery, DeliverySettings, MailSettings, SIGNATURE_HEADER, SettingsError, WebhookSettings,
};
use database::testing::{TestDatabase, sqlite};
use database::{execute, read};
use edge::{Limits, Shutdown, ShutdownTrigger};
use gateway::{AlarmChannel, AlarmKind, AlarmQuery, NewAlarm};
use http::StatusCode;
use internet_banking::mail::{RelayError, RelaySettings};
use ledger::Commit;
use ring::hmac;
use tokio::net::TcpListener;

use super::support::{MAKER, Office};
use super::unknown::unknown;
use crate::relay::Relay;

const KEY: &str = "0123456789abcdef";

database::on_both!(
    an_alarm_is_mailed_and_called_out_once_each_and_the_page_says_so,
    a_mail_tells_staff_in_their_words_and_leads_to_the_page,
    a_failed_try_is_repeated_after_a_pause_and_the_page_says_so,
    what_was_given_up_keeps_nothing_waiting,
    two_processes_make_one_try,
);

/// The relay's settings for alarms.
fn settings(relay: &Relay) -> MailSettings {
    MailSettings {
        relay: RelaySettings {
            from: "見本銀行 <alarm@mihon-bank.example>".to_owned(), ..relay.settings()
        },
        to: vec!["ops@example.jp".to_owned(), "second@example.jp".to_owned()],
        console: "http://localhost:8082".parse().unwrap(),
    }
}

type Calls = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// A receiver of callbacks.
struct Receiver {
    url: String,
    calls: Calls,
    _trigger: ShutdownTrigger,
}

impl Receiver {
    async fn start(status: StatusCode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks/alarms", listener.local_addr().unwrap());
        let calls = Calls::default();
        let kept = Arc::clone(&calls);
        let take = move |headers: HeaderMap, body: Bytes| {
            let kept = Arc::clone(&kept);
            async move {
                kept.lock().unwrap().push((headers, body));
                status
            }
        };
        let router = Router::new().route("/webhooks/alarms", post(take));
        let (trigger, shutdown) = Shutdown::pair();
        tokio::spawn(edge::serve_http(listener, router, Limits::default(), shutdown));
        Self { url, calls, _trigger: trigger }
    }

    fn settings(&self) -> WebhookSettings {
        WebhookSettings { url: self.url.parse().unwrap(), key: KEY.to_owned().into(), root_pem: None }
    }
}

fn delivery(office: &Office, settings: DeliverySettings) -> Delivery {
    Delivery::new(office.console.database.clone(), office.console.gateway.clone(), settings).unwrap()
}

async fn raise(office: &Office, subject: &str) {
    let alarm = NewAlarm {
        kind: AlarmKind::CircuitOpen,
        subject: subject.to_owned(),
        collector: Some("00200".parse().unwrap()),
        detail: "5 分間 応答なし".to_owned(),
    };
    assert!(office.console.gateway.raise(&alarm).await.unwrap());
}

/// As if the pause of every failed try were over.
async fn let_pauses_pass(office: &Office) {
    execute!(office.console.database, "UPDATE alarm_delivery SET next_us = 0").unwrap();
}

async fn an_alarm_is_mailed_and_called_out_once_each_and_the_page_says_so(test: TestDatabase) {
    let (relay, receiver) = (Relay::start().await, Receiver::start(StatusCode::NO_CONTENT).await);
    let settings = DeliverySettings { mail: Some(settings(&relay)), webhook: Some(receiver.settings()) };
    let office = Office::with_targets(test, settings.clone()).await;
    raise(&office, "00200").await;
    let mut browser = office.signed_in(MAKER).await;
    assert_eq!(browser.get("/alarms").await.body.matches(">送信待ち<").count(), 2);
    let out = &office.console.delivery;
    for channel in AlarmChannel::ALL {
        assert_eq!(out.deliver_due(*channel).await.unwrap(), 1);
        assert_eq!(out.deliver_due(*channel).await.unwrap(), 0, "once");
    }
    let mails = relay.mails();
    assert_eq!(mails.len(), 1);
    let alarm =
        office.console.gateway.alarms(&AlarmQuery { limit: 1, ..AlarmQuery::default() }).await.unwrap();
    for line in [
        "Subject: =?utf-8?b?".to_owned(),
        "To: ops@example.jp, second@example.jp".to_owned(),
        "Date: Tue, 24 Nov 2026 01:00:00 +0000".to_owned(),
        format!("Message-ID: <alarm-{}@mihon-bank.example>", alarm[0].id),
    ] {
        assert!(mails[0].contains(&line), "{line} in {}", mails[0]);
    }
    let mail = decoded(&mails[0]);
    assert!(mail.contains("収納機関に接続できない") && mail.contains("国税庁(00200)"), "{mail}");
    assert!(mail.contains("警報: http://localhost:8082/alarms\r\n"), "{mail}");
    let calls = receiver.calls.lock().unwrap().clone();
    let [(headers, body)] = calls.as_slice() else { panic!("{} calls", calls.len()) };
    let told: serde_json::Value = serde_json::from_slice(body).unwrap();
    assert_eq!((&told["kind"], &told["subject"]), (&"circuit_open".into(), &"00200".into()));
    assert_eq!((&told["collector"], &told["id"]), (&"00200".into(), &alarm[0].id.to_string().into()));
    assert_signed(headers[SIGNATURE_HEADER].to_str().unwrap(), body);
    assert_eq!(browser.get("/alarms").await.body.matches(">送信済み<").count(), 2);
}

async fn a_mail_tells_staff_in_their_words_and_leads_to_the_page(test: TestDatabase) {
    let relay = Relay::start().await;
    let settings = DeliverySettings { mail: Some(settings(&relay)), webhook: None };
    let office = Office::with_targets(test, settings).await;
    let id = unknown(&office).await;
    let facts = office.console.gateway.payment_for_operator(id).await.unwrap().unwrap().facts;
    let raise = async |kind, subject: String, detail: String| {
        let alarm = NewAlarm { kind, subject, collector: Some(facts.collector.clone()), detail };
        assert!(office.console.gateway.raise(&alarm).await.unwrap());
        assert_eq!(office.console.delivery.deliver_due(AlarmChannel::Mail).await.unwrap(), 1);
        let mail = decoded(relay.mails().last().unwrap());
        assert!(!mail.contains(&id.to_string()) || mail.contains(&format!("/payments/{id}\r\n")), "{mail}");
        mail
    };
    let said = format!("{} of payment {id} is not resent any more: ask the collector", facts.message_key);
    let mail = raise(AlarmKind::ResendingOver, id.to_string(), said).await;
    for line in [
        format!("対象: 受付番号 {}\r\n", facts.receipt_number),
        format!("内容: {} の自動再送が終わりました。\r\n", facts.message_key),
        format!("画面: http://localhost:8082/payments/{id}\r\n"),
    ] {
        assert!(mail.contains(&line), "{line} in {mail}");
    }
    let (day, said) = ("00200/2026-11-24", "comparison 2: 3 matched, 1 missing_here");
    let mail = raise(AlarmKind::ReconciliationBreaks, day.to_owned(), said.to_owned()).await;
    for line in [
        "対象: 2026年11月24日(火)の処理日\r\n",
        "内容: 第2回の照合: 一致 3件、当方に記録なし 1件\r\n",
        "画面: http://localhost:8082/days/00200/2026-11-24\r\n",
    ] {
        assert!(mail.contains(line), "{line} in {mail}");
    }
    let mail =
        raise(AlarmKind::WorkStuck, facts.message_key.clone(), "a row has no payment".to_owned()).await;
    assert!(mail.contains("内容: (システム担当向け) a row has no payment\r\n"), "{mail}");
}

/// The content of a mail whose body is in base64 or quoted-printable.
fn decoded(mail: &str) -> String {
    use base64::Engine as _;
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    assert!(head.to_lowercase().contains("content-transfer-encoding: base64"), "{head}");
    let body: String = body.trim_end_matches(".\r\n").split_whitespace().collect();
    String::from_utf8(base64::prelude::BASE64_STANDARD.decode(body).unwrap()).unwrap()
}

/// As a receiver checks it.
#[track_caller]
fn assert_signed(header: &str, body: &[u8]) {
    let (at, digits) = header.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let signed = [at.as_bytes(), b".", body].concat();
    let key = hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes());
    let expected: String = hmac::sign(&key, &signed).as_ref().iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(digits, expected);
}

async fn a_failed_try_is_repeated_after_a_pause_and_the_page_says_so(test: TestDatabase) {
    let receiver = Receiver::start(StatusCode::INTERNAL_SERVER_ERROR).await;
    let settings = DeliverySettings { mail: None, webhook: Some(receiver.settings()) };
    let office = Office::with_targets(test, settings).await;
    raise(&office, "00200").await;
    let out = &office.console.delivery;
    for tries in 1..=3 {
        assert_eq!(out.deliver_due(AlarmChannel::Webhook).await.unwrap(), 0);
        assert_eq!(out.deliver_due(AlarmChannel::Webhook).await.unwrap(), 0, "not before the pause is over");
        assert_eq!(receiver.calls.lock().unwrap().len(), tries);
        let_pauses_pass(&office).await;
    }
    let mut browser = office.signed_in(MAKER).await;
    let page = browser.get("/alarms").await.body;
    assert!(page.contains("再試行中") && page.contains("3回失敗") && page.contains("送信先なし"), "{page}");
    let why: String = read!(office.console.database, |c| {
        sqlx::query_scalar("SELECT error FROM alarm_delivery").fetch_one(c).await.unwrap()
    });
    assert_eq!(why, "the receiver answered 500 Internal Server Error");
    execute!(office.console.database, "UPDATE alarm_delivery SET tries = 200").unwrap();
    assert_eq!(out.deliver_due(AlarmChannel::Webhook).await.unwrap(), 0);
    assert_eq!(receiver.calls.lock().unwrap().len(), 3, "given up");
    assert!(browser.get("/alarms").await.body.contains("送信できません"));
}

async fn what_was_given_up_keeps_nothing_waiting(test: TestDatabase) {
    let receiver = Receiver::start(StatusCode::OK).await;
    let settings = DeliverySettings { mail: None, webhook: Some(receiver.settings()) };
    let office = Office::with_targets(test, settings).await;
    let row = |number: u32| {
        let subject = format!("subject {number}");
        let (kind, collector, detail) = (AlarmKind::CircuitOpen, None, String::new());
        NewAlarm { kind, subject, collector, detail }.row(office.console.clock.now())
    };
    let many = Commit { rows_if_free: (0..600).map(row).collect(), ..Commit::default() };
    office.console.gateway.ledger().commit(many).await.unwrap();
    let given_up = "INSERT INTO alarm_delivery (alarm, channel, tries, next_us, error)
                    SELECT id, 'webhook', 200, 0, 'no answer' FROM alarm";
    execute!(office.console.database, given_up).unwrap();
    raise(&office, "new").await;
    assert_eq!(office.console.delivery.deliver_due(AlarmChannel::Webhook).await.unwrap(), 1);
    assert_eq!(office.console.delivery.deliver_due(AlarmChannel::Webhook).await.unwrap(), 0);
}

async fn two_processes_make_one_try(test: TestDatabase) {
    let receiver = Receiver::start(StatusCode::OK).await;
    let settings = DeliverySettings { mail: None, webhook: Some(receiver.settings()) };
    let office = Office::with_targets(test, settings.clone()).await;
    for number in 0..8 {
        raise(&office, &format!("subject {number}")).await;
    }
    let other = delivery(&office, settings);
    let channel = AlarmChannel::Webhook;
    let (one, two) = tokio::join!(office.console.delivery.deliver_due(channel), other.deliver_due(channel));
    assert_eq!(one.unwrap() + two.unwrap(), 8);
    assert_eq!(receiver.calls.lock().unwrap().len(), 8);
}

#[tokio::test]
async fn only_targets_that_are_safe_to_reach_are_accepted() {
    let office = Office::new(sqlite().await).await;
    let refused = |mail: Option<MailSettings>, webhook: Option<WebhookSettings>| {
        let (database, hub) = (office.console.database.clone(), office.console.gateway.clone());
        Delivery::new(database, hub, DeliverySettings { mail, webhook }).err()
    };
    let mail = |relay: &str, to: &[&str]| MailSettings {
        relay: RelaySettings { address: relay.parse().unwrap(), port: 25, from: "a@example.jp".to_owned() },
        to: to.iter().map(|text| (*text).to_owned()).collect(),
        console: "https://console.example/".parse().unwrap(),
    };
    let hook = |url: &str, key: &str, root_pem: Option<&str>| WebhookSettings {
        url: url.parse().unwrap(),
        key: key.to_owned().into(),
        root_pem: root_pem.map(str::to_owned),
    };
    let elsewhere = "192.0.2.9".parse().unwrap();
    assert_eq!(
        refused(Some(mail("192.0.2.9", &["b@example.jp"])), None),
        Some(SettingsError::Relay(RelayError::Elsewhere(elsewhere)))
    );
    assert_eq!(refused(Some(mail("127.0.0.1", &[])), None), Some(SettingsError::NoRecipient));
    assert_eq!(
        refused(Some(mail("127.0.0.1", &["nobody"])), None),
        Some(SettingsError::Relay(RelayError::Address("nobody".to_owned())))
    );
    for console in ["/alarms", "ftp://console.example", "https://console.example/path", "https://h/?q"] {
        let mail = MailSettings { console: console.parse().unwrap(), ..mail("127.0.0.1", &["b@example.jp"]) };
        assert_eq!(refused(Some(mail), None), Some(SettingsError::Console), "{console}");
    }
    assert_eq!(refused(Some(mail("127.0.0.1", &["b@example.jp"])), None), None);
    for url in ["http://example.jp/", "http://127.0.0.1.example.jp/", "ftp://localhost/", "/path"] {
        assert_eq!(refused(None, Some(hook(url, KEY, None))), Some(SettingsError::Url), "{url}");
    }
    assert_eq!(refused(None, Some(hook("https://example.jp/", KEY, None))), Some(SettingsError::Roots));
    assert_eq!(
        refused(None, Some(hook("https://example.jp/", KEY, Some("no pem")))),
        Some(SettingsError::Roots)
    );
    assert_eq!(refused(None, Some(hook("http://localhost:1/", "short", None))), Some(SettingsError::Key));
    assert_eq!(refused(None, Some(hook("http://localhost:1/", KEY, None))), None);
}

#[tokio::test]
async fn a_receiver_over_tls_is_called_only_under_an_authority_that_the_configuration_names() {
    let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let tls = edge::tls::server_config(&own.cert.pem(), &own.signing_key.serialize_pem()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let (_trigger, shutdown) = Shutdown::pair();
    let router = Router::new().route("/", post(|| async {}));
    tokio::spawn(edge::serve_tls(listener, tls, router, Limits::default(), shutdown));
    let office = Office::new(sqlite().await).await;
    raise(&office, "00200").await;
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    for (root, delivered) in [(other.cert.pem(), 0), (own.cert.pem(), 1)] {
        let hook =
            WebhookSettings { url: url.parse().unwrap(), key: KEY.to_owned().into(), root_pem: Some(root) };
        let out = delivery(&office, DeliverySettings { mail: None, webhook: Some(hook) });
        assert_eq!(out.deliver_due(AlarmChannel::Webhook).await.unwrap(), delivered);
        let_pauses_pass(&office).await;
    }
}
