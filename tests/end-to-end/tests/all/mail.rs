//! Mails to customers through a real mail server, and as other people's code reads them.

use std::io::{BufRead as _, BufReader};
use std::net::{IpAddr, Ipv4Addr};
use std::process::{Command, Stdio};

use database::execute;
use domain::{Clock, ContractId, Timestamp, UserId};
use internet_banking::mail::{Post, RelaySettings};
use serde_json::Value;

use crate::harness::files;

/// Proves R19.
#[tokio::test]
async fn a_mail_server_takes_over_what_people_then_read() {
    let python = files::target().join("oracles/venv/bin/python");
    assert!(python.exists(), "{} is missing: ./test.sh installs it", python.display());
    let mut server = Command::new(python)
        .arg("-I")
        .arg(files::root().join("tests/oracles/smtp.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
    let port = lines.next().unwrap().parse().unwrap();

    let test = database::testing::sqlite().await;
    let now = Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap();
    // a lone dot and a long line are what a careless client stumbles over
    let body = format!("株式会社見本商事\r\n.\r\n払込金額: 1,284,500 円\r\n{}\r\n", "あ".repeat(400));
    execute!(
        test.database,
        "INSERT INTO mail (id, contract, app_user, address, subject, body, at_us) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        "payment-1.user-1",
        ContractId::generate().uuid(),
        UserId::generate().uuid(),
        "hanako@example.jp",
        "【見本銀行 法人ネット】税金・各種料金の払込が完了しました",
        body.clone(),
        now.micros(),
    )
    .unwrap();
    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let relay = RelaySettings { address, port, from: "見本銀行 <info@mihon-bank.example>".to_owned() };
    let post = Post::new(test.database.clone(), Clock::frozen(now), &relay).unwrap();
    assert_eq!(post.deliver_due().await.unwrap(), 1);

    let read: Value = serde_json::from_str(&lines.next().unwrap()).unwrap();
    assert_eq!(read["message_id"], "<payment-1.user-1@mihon-bank.example>");
    assert_eq!((&read["from"], &read["envelope_from"]), (&"info@mihon-bank.example".into(), &read["from"]));
    assert_eq!((&read["to"], &read["envelope_to"][0]), (&"hanako@example.jp".into(), &read["to"]));
    assert_eq!(read["subject"], "【見本銀行 法人ネット】税金・各種料金の払込が完了しました");
    assert_eq!(read["date"], "2026-11-24T01:00:00+00:00");
    assert_eq!(read["text"].as_str().unwrap().replace("\r\n", "\n"), body.replace("\r\n", "\n"));
    assert_eq!(read["defects"], serde_json::json!([]));
    drop(server.stdin.take());
    server.wait().unwrap();
}
