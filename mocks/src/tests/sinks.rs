//! Mail over SMTP, and webhooks.

use axum::body::{Body, to_bytes};
use edge::{Shutdown, ShutdownTrigger};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tower::ServiceExt as _;

use super::hub::Hub;
use crate::serve_mailbox;

async fn serve(hub: &Hub) -> (SocketAddr, ShutdownTrigger) {
    let listener = edge::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (trigger, shutdown) = Shutdown::pair();
    tokio::spawn(serve_mailbox(listener, hub.mocks.clone(), shutdown));
    (address, trigger)
}

const MAIL: &str = "From: =?utf-8?B?6KaL5pys6YqA6KGM?= <alarm@bank.invalid>\r\nTo: clerk@bank.invalid\r\n\
                    Subject: =?utf-8?Q?=E6=89=95=E8=BE=BC?= <b>\r\nMIME-Version: 1.0\r\n\
                    Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
                    払込結果\r\n..\r\n";

/// Says everything at once, as a pipelining client may, and gives the codes of the replies.
async fn say(address: SocketAddr, mail: &str) -> Vec<String> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let sent = format!(
        "EHLO bank\r\nMAIL FROM:<alarm@bank.invalid> SIZE=99\r\nRCPT TO:<clerk@bank.invalid>\r\n\
         RCPT TO:<chief@bank.invalid>\r\nDATA\r\n{mail}.\r\nQUIT\r\n"
    );
    stream.write_all(sent.as_bytes()).await.unwrap();
    let mut back = String::new();
    stream.read_to_string(&mut back).await.unwrap();
    // the last line of each reply
    back.lines().filter(|line| line.as_bytes()[3] == b' ').map(|line| line[..3].to_owned()).collect()
}

async fn mails(hub: &Hub) -> Value {
    hub.json("GET", "/control/mailbox", "").await.1["mails"].clone()
}

async fn page(hub: &Hub, path: &str) -> (StatusCode, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = hub.site.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 1 << 22).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn a_mail_is_kept_decoded_and_shown() {
    let hub = Hub::start().await;
    let (address, _trigger) = serve(&hub).await;
    assert_eq!(say(address, MAIL).await, ["220", "250", "250", "250", "250", "354", "250", "221"]);
    let kept = mails(&hub).await;
    assert_eq!(kept.as_array().unwrap().len(), 1);
    let id = &kept[0]["id"];
    assert_eq!(
        kept[0],
        json!({
            "id": id, "at": "2026-11-24T10:00:00+09:00", "sender": "alarm@bank.invalid",
            "recipients": ["clerk@bank.invalid", "chief@bank.invalid"], "subject": "払込 <b>",
            "from": "見本銀行 <alarm@bank.invalid>", "to": "clerk@bank.invalid", "date": null,
            "text": "払込結果\r\n.\r\n"
        })
    );
    let (_, list) = page(&hub, "/mailbox").await;
    assert!(list.contains(&format!("<a href=\"/mailbox/{id}\">払込 &#60;b&#62;</a>")), "{list}");
    let (_, one) = page(&hub, &format!("/mailbox/{id}")).await;
    for words in
        ["払込結果", "見本銀行 &#60;alarm@bank.invalid&#62;", "clerk@bank.invalid, chief@bank.invalid"]
    {
        assert!(one.contains(words), "{words}: {one}");
    }
    let (status, source) = page(&hub, &format!("/control/mailbox/{id}.eml")).await;
    assert_eq!((status, source), (StatusCode::OK, MAIL.replace("\r\n..", "\r\n.")));
    for path in ["/mailbox/999", "/mailbox/x", "/control/mailbox/999.eml"] {
        assert_eq!(page(&hub, path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let hub = hub.restart().await;
    assert_eq!(mails(&hub).await, kept);
    let (_, json) = hub.json("DELETE", "/control/mailbox", "").await;
    assert_eq!(json, json!({"fail": 0, "mails": []}));
}

#[tokio::test]
async fn mails_fail_as_often_as_told() {
    let hub = Hub::start().await;
    let (address, _trigger) = serve(&hub).await;
    let (_, json) = hub.json("PUT", "/control/mailbox", r#"{"fail":2}"#).await;
    assert_eq!(json["fail"], 2);
    for code in ["451", "451", "250"] {
        assert_eq!(say(address, MAIL).await[6], code);
    }
    assert_eq!(mails(&hub).await.as_array().unwrap().len(), 1);
    let (status, json) = hub.json("PUT", "/control/mailbox", r#"{"fail":1000001}"#).await;
    assert_eq!((status, &json["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &"fail".into()));
}

#[tokio::test]
async fn a_mail_that_comes_again_is_kept_once() {
    let hub = Hub::start().await;
    let (address, _trigger) = serve(&hub).await;
    let mail = format!("Message-ID: <payment-1@bank.invalid>\r\n{MAIL}");
    for _ in 0..2 {
        assert_eq!(say(address, &mail).await, ["220", "250", "250", "250", "250", "354", "250", "221"]);
    }
    assert_eq!(mails(&hub).await.as_array().unwrap().len(), 1);
    say(address, &mail.replace("payment-1", "payment-2")).await;
    assert_eq!(mails(&hub).await.as_array().unwrap().len(), 2);
    // without a Message-ID nothing tells a repeat
    say(address, MAIL).await;
    say(address, MAIL).await;
    assert_eq!(mails(&hub).await.as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn the_oldest_mails_make_room() {
    let hub = Hub::start().await;
    let (address, _trigger) = serve(&hub).await;
    say(address, MAIL).await;
    let first = mails(&hub).await[0]["id"].as_i64().unwrap();
    let mut write = hub.mocks.store().write().await.unwrap();
    let text = "INSERT INTO mails (id, received_at, sender, recipients, message_id, content)
                VALUES ($1, 0, '', 'a', '', x'')";
    sqlx::query(text).bind(first + 499).execute(&mut *write).await.unwrap();
    write.commit().await.unwrap();
    say(address, MAIL).await;
    let kept = mails(&hub).await;
    let ids: Vec<i64> = kept.as_array().unwrap().iter().map(|mail| mail["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, [first + 500, first + 499]);
}

#[tokio::test]
async fn a_client_that_is_cut_off_leaves_no_mail_and_a_stop_ends_the_others() {
    let hub = Hub::start().await;
    let (address, trigger) = serve(&hub).await;
    let mut gone = TcpStream::connect(address).await.unwrap();
    gone.write_all(b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhalf a mail").await.unwrap();
    drop(gone);
    let mut waiting = BufReader::new(TcpStream::connect(address).await.unwrap());
    let mut greeting = String::new();
    waiting.read_line(&mut greeting).await.unwrap();
    assert!(greeting.starts_with("220 "));
    trigger.ask();
    let mut rest = Vec::new();
    let _ = waiting.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
    assert_eq!(mails(&hub).await, json!([]));
}

async fn call(hub: &Hub, name: &str, body: &[u8]) -> StatusCode {
    let request = Request::post(format!("/webhooks/{name}"))
        .header("content-type", "application/json")
        .header("x-signature", "abc")
        .body(Body::from(body.to_vec()))
        .unwrap();
    hub.site.clone().oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn a_webhook_is_kept_and_fails_as_often_as_told() {
    let hub = Hub::start().await;
    assert_eq!(call(&hub, "alarms", br#"{"kind":"unknown <old>"}"#).await, StatusCode::OK);
    let (_, json) = hub.json("POST", "/control/webhooks", r#"{"name":"alarms","fail":2}"#).await;
    assert_eq!(json, json!({"name": "alarms", "fail": 2, "status": 503}));
    assert_eq!(call(&hub, "other", b"").await, StatusCode::OK, "another receiver is as ever");
    assert_eq!(call(&hub, "alarms", b"\xff").await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(call(&hub, "alarms", b"2").await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(call(&hub, "alarms", b"3").await, StatusCode::OK);
    let (_, json) = hub.json("GET", "/control/webhooks", "").await;
    let calls = json["calls"].as_array().unwrap();
    let shown: Vec<(&str, i64, &str)> = calls
        .iter()
        .map(|call| {
            (call["name"].as_str().unwrap(), call["status"].as_i64().unwrap(), call["body"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("alarms", 200, "3"),
            ("alarms", 503, "2"),
            ("alarms", 503, "\u{fffd}"),
            ("other", 200, ""),
            ("alarms", 200, r#"{"kind":"unknown <old>"}"#)
        ]
    );
    assert_eq!(calls[0]["headers"]["x-signature"], "abc");
    let (_, list) = page(&hub, "/mailbox").await;
    assert!(list.contains("unknown &#60;old&#62;") && list.contains("503"));
    let (_, json) = hub.json("DELETE", "/control/webhooks", "").await;
    assert_eq!(json, json!({"calls": []}));
}

#[tokio::test]
async fn what_no_webhook_is_called_or_can_be_told_is_refused() {
    let hub = Hub::start().await;
    assert_eq!(call(&hub, "Alarms", b"").await, StatusCode::NOT_FOUND);
    assert_eq!(call(&hub, "alarms", &[b'x'; 64 * 1024]).await, StatusCode::OK);
    assert_eq!(call(&hub, "alarms", &[b'x'; 64 * 1024 + 1]).await, StatusCode::PAYLOAD_TOO_LARGE);
    for (body, field) in [
        (r#"{"name":"@mailbox","fail":1}"#, "name"),
        (r#"{"name":"","fail":1}"#, "name"),
        (r#"{"name":"a","fail":1000001}"#, "fail"),
        (r#"{"name":"a","fail":1,"status":200}"#, "status"),
        (r#"{"name":"a","fail":1,"status":600}"#, "status"),
        (r#"{"name":"a"}"#, ""),
    ] {
        let (status, json) = hub.json("POST", "/control/webhooks", body).await;
        assert_eq!((status, &json["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &field.into()), "{body}");
    }
}
