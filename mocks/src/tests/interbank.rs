//! The interbank network's page: what a person at the demo plays with it.

use http::{StatusCode, header};
use serde_json::Value;

use super::hub::Hub;
use super::pages::{Page, get, send};

async fn press(hub: &Hub, path: &str, fields: &str) -> Page {
    send(hub, "/interbank", path, fields, "same-origin").await
}

fn location(page: &Page) -> &str {
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    page.headers[header::LOCATION].to_str().unwrap()
}

/// A transfer of the bank, as the network has it in its books.
async fn book(hub: &Hub, id: &str, status: &str) {
    let sql = "INSERT INTO transfers VALUES ($1, $2, 5000, '2026-11-24', '7654321', $3, NULL, 1)";
    let pool = hub.mocks.interbank().pool();
    sqlx::query(sql).bind(id).bind(b"x".as_slice()).bind(status).execute(pool).await.unwrap();
}

async fn list(hub: &Hub, what: &str) -> Vec<Value> {
    let (_, found) = hub.json("GET", &format!("/control/interbank/{what}"), "").await;
    found.as_array().unwrap().clone()
}

#[tokio::test]
async fn silence_and_lies_are_set_listed_and_ended_and_a_wrong_number_is_told() {
    let hub = Hub::start().await;
    assert!(get(&hub, "/interbank").await.text.contains("障害なし"));
    let set = press(&hub, "/interbank/fault", "mode=refuse&kind=transfer&count=3&delay_ms=250").await;
    assert_eq!(location(&set), "/interbank?done=fault");
    press(&hub, "/interbank/fault", "mode=drop&kind=&count=1&delay_ms=0").await;
    let page = get(&hub, "/interbank").await.text;
    for words in [
        "振込: うそをつく(受け付けたのに、断ったと答える)、250 ミリ秒遅れて、あと 3 回",
        "どの電文でも: 黙る",
    ] {
        assert!(page.contains(words), "{words}");
    }
    for (fields, words) in [
        ("mode=refuse&count=1001&delay_ms=0", "回数は"),
        ("mode=refuse&count=1&delay_ms=60001", "遅延は"),
        ("mode=x&count=1&delay_ms=0", "障害を選んでください"),
    ] {
        let wrong = press(&hub, "/interbank/fault", fields).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains(words) && wrong.text.contains("<title>エラー: "), "{words}");
    }
    press(&hub, "/interbank/faults/end", "action=end").await;
    assert!(get(&hub, "/interbank").await.text.contains("障害なし"));
}

#[tokio::test]
async fn another_bank_pays_and_asks_back_by_a_button() {
    let hub = Hub::start().await;
    let paid = "amount=50%2C000&payer=%EF%BD%B1&from_bank=0001&branch=100&kind=1&number=1234567";
    assert_eq!(location(&press(&hub, "/interbank/incoming", paid).await), "/interbank?done=incoming");
    let waiting = list(&hub, "waiting").await;
    assert_eq!(waiting.len(), 1);
    let page = get(&hub, "/interbank").await.text;
    assert!(page.contains("振込の入金") && page.contains("銀行の受取り待ち") && page.contains("50,000"));
    assert!(!page.contains("組戻しを依頼する"), "before the bank has it there is nothing to ask back");
    let pool = hub.mocks.interbank().pool();
    sqlx::query("UPDATE waiting SET acknowledged = 'ACSC'").execute(pool).await.unwrap();
    assert!(get(&hub, "/interbank").await.text.contains("組戻しを依頼する"));
    let of = format!("original={}&from_bank=0001&amount=50000", waiting[0]["id"].as_str().unwrap());
    assert_eq!(location(&press(&hub, "/interbank/recall", &of).await), "/interbank?done=recall");
    assert_eq!(list(&hub, "recalls").await[0]["amount"], 50_000);
    assert!(get(&hub, "/interbank").await.text.contains("回答待ち"));
    for wrong in ["amount=0", "amount=5&payer=", "amount=5&from_bank=1", "amount=5&number=12345678"] {
        let page = press(&hub, "/interbank/incoming", wrong).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    assert_eq!(list(&hub, "waiting").await.len(), 2, "the transfer and its recall");
}

#[tokio::test]
async fn a_transfer_is_returned_once_and_the_books_lose_one() {
    let hub = Hub::start().await;
    book(&hub, "t1", "ACSC").await;
    book(&hub, "t2", "RJCT").await;
    let page = get(&hub, "/interbank").await.text;
    assert_eq!(page.matches("返却する(AC01)").count(), 1, "what was refused does not come back");
    for _ in 0..2 {
        press(&hub, "/interbank/transfer", "id=t1&action=return").await;
    }
    press(&hub, "/interbank/transfer", "id=t2&action=return").await;
    assert_eq!(list(&hub, "waiting").await.len(), 1, "once");
    assert!(get(&hub, "/interbank").await.text.contains("<span data-field=\"status\">返却</span>"));
    press(&hub, "/interbank/transfer", "id=t1&action=spoil").await;
    assert_eq!(list(&hub, "transfers").await.len(), 1);
    let other = send(&hub, "/interbank", "/interbank/transfer", "id=t2&action=spoil", "cross-site").await;
    assert_eq!(other.status, StatusCode::FORBIDDEN);
    assert_eq!(list(&hub, "transfers").await.len(), 1, "no other site commands it");
}
