//! What the payer or the bill has wrong: each its own words, each saying that nothing was debited.

use serde_json::json;

use crate::harness::{Answer, Bill, Clerk, Demo, clerk::Money, company};

const UNTOUCHED: &str = "まだ何も引き落とされていません";

fn sample(demo: &Demo, collector: &str, scenario: &str) -> Bill {
    let bills = demo.json["bills"].as_array().unwrap();
    let found = bills.iter().find(|bill| bill["collector"] == collector && bill["scenario"] == scenario);
    Bill::read(found.unwrap())
}

#[track_caller]
fn assert_refused(answer: &Answer, code: &str, words: &str) {
    let summary = answer.page.summary();
    assert_eq!(answer.page.fields("error_code"), [code], "{}", answer.page.text());
    assert!(summary.contains(words), "{summary}");
    // where another payment of the bill may have taken the money, the page speaks of this procedure only
    let untouched = if code == "P-203" {
        "この手続きでは何も引き落とされていません"
    } else {
        UNTOUCHED
    };
    assert!(summary.contains(untouched), "{summary}");
    assert!(answer.status.is_client_error(), "{}", answer.status);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_refusal_has_its_own_words_and_debits_nothing() {
    let demo = Demo::start().await;
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
    let mocks = demo.mocks();
    let before = clerk.money().await;

    // one message that does not say which of the two is wrong
    let right = mocks.bill("00200", json!({})).await;
    let wrong_number = Bill { customer_number: "2013000999999999".to_owned(), ..right.clone() };
    let other = if right.confirmation_number == "111111" { "222222" } else { "111111" };
    let wrong_secret = Bill { confirmation_number: other.to_owned(), ..right.clone() };
    let (first, second) = (clerk.inquire(&wrong_number).await, clerk.inquire(&wrong_secret).await);
    assert_refused(&first, "P-201", "納付番号(お客様番号)または確認番号に誤りがあります。");
    assert_eq!(first.page.summary(), second.page.summary());
    assert_eq!(first.status, second.status);

    // a 納付目的コード with an impossible period, told by its part before anybody is asked
    let impossible = Bill { payment_category: Some("0304508-1301".to_owned()), ..right.clone() };
    assert_refused(&clerk.inquire(&impossible).await, "P-100", "13 月(8〜9けた目)はありません");

    for (collector, scenario, code, words) in [
        ("00200", "already_paid", "P-203", "すでにお支払い済みです"),
        ("00500", "expired", "P-204", "期限を過ぎている"),
        ("00200", "not_yet", "P-205", "まだお支払いの期間になっていません"),
    ] {
        let answer = clerk.inquire(&sample(&demo, collector, scenario)).await;
        assert_refused(&answer, code, words);
    }
    let unavailable = mocks.bill("04100", json!({ "scenario": "unavailable" })).await;
    assert_refused(&clerk.inquire(&unavailable).await, "P-206", "お支払い情報が確認できません");
    for (code_of_collector, code, words) in
        [("A002", "P-105", "当行ではお取り扱いできません"), ("A001", "P-104", "取扱時間外")]
    {
        let fault = json!({ "mode": "refuse", "on": "inquiry", "code": code_of_collector, "times": 1 });
        mocks.fault("00200", fault).await;
        assert_refused(&clerk.inquire(&right).await, code, words);
    }
    assert_eq!(clerk.money().await, before);
    assert!(clerk.payments().await.is_empty());
    demo.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_without_the_money_is_told_what_it_has() {
    let demo = Demo::start().await;
    let clerk = Clerk::sign_in(&demo, company::SHOTEN, 0).await;
    let poor = Money { balance: 50_000, available: 50_000 };
    assert_eq!(clerk.money().await, poor);
    let mocks = demo.mocks();

    let dear = mocks.bill("04100", json!({ "amount": 50_001 })).await;
    let bills = clerk.inquire(&dear).await;
    let refused = clerk.review(&bills, &dear).await;
    assert_refused(&refused, "P-304", "支払可能額は 50,000 円です");

    // both can be afforded, but not together
    let pair = mocks.bills("04100", json!({ "count": 2, "amount": 30_000 })).await;
    let (first, second) = (clerk.reviewed(&pair[0]).await, clerk.reviewed(&pair[1]).await);
    assert_eq!(clerk.pay(&first).await.page.state(), "accepted");
    assert_refused(&clerk.pay(&second).await, "P-304", "支払可能額は 20,000 円です");

    // to the last yen
    let last = mocks.bill("04100", json!({ "amount": 20_000 })).await;
    clerk.pay_whole(&last).await;
    assert_eq!(clerk.money().await, Money { balance: 0, available: 0 });
    assert!(mocks.clearings(&pair[1]).await.is_empty());
    demo.assert_sound().await;
}

/// National tax is closed at weekends; the bank is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_collector_says_its_hours_and_the_bank_stays_open() {
    let demo = Demo::start().await;
    let bill = demo.mocks().bill("00200", json!({})).await;
    let city = demo.mocks().bill("04100", json!({})).await;
    demo.set_clock("2026-11-28T10:00:00+09:00").await;
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
    let before = clerk.money().await;
    assert_refused(&clerk.inquire(&bill).await, "P-104", "取扱時間");
    assert_eq!(clerk.money().await, before);
    clerk.pay_whole(&city).await;

    // closed between the review and the button
    demo.set_clock("2026-11-30T23:58:00+09:00").await;
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
    let before = clerk.money().await;
    let review = clerk.reviewed(&bill).await;
    demo.set_clock("2026-12-01T00:00:01+09:00").await;
    assert_refused(&clerk.pay(&review).await, "P-104", "取扱時間");
    assert_eq!(clerk.money().await, before);
    demo.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_passwords_pay_nothing_and_the_form_can_be_put_right() {
    let demo = Demo::start().await;
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
    let before = clerk.money().await;
    let bill = demo.mocks().bill("99022", json!({ "amount": 4_000, "fee": 110 })).await;
    let review = clerk.reviewed(&bill).await;
    let mut form = review.page.form();
    form.fill("confirmation_password", "wrong");
    form.fill("one_time_password", "000000");
    let refused = clerk.client.submit(&review, &form).await;
    assert_refused(&refused, "P-401", "確認用パスワードが違います");
    let code = demo.token(&clerk.token_serial);
    let wrong = if code == "123456" { "654321" } else { "123456" };
    assert_refused(&clerk.pay_with_code(&refused, wrong).await, "T-101", "ワンタイムパスワードが違います");
    assert_refused(&clerk.pay(&refused).await, "T-100", "ワンタイムパスワードを入力してください");
    assert_eq!(clerk.money().await, before);
    let paid = clerk.pay_with_code(&refused, &demo.token(&clerk.token_serial)).await;
    assert_eq!(paid.page.state(), "accepted", "{}", paid.page.text());
    assert_eq!((paid.page.field("amount").as_str(), paid.page.field("fee").as_str()), ("4,000", "110"));
    let left = before.balance - 4_110;
    assert_eq!(clerk.money().await, Money { balance: left, available: left });
    demo.assert_sound().await;
}
