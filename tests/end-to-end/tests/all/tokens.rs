//! Tokens of the running demo: their page, the command, registration, the next key, and expiry by a clock set forward.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::harness::{Clerk, Demo, client::Client, company};

/// How long the bank may take to look after what the clock has made due.
const LOOK_WAIT: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// What the page that stands in for the devices shows of one: now and next.
async fn shown(demo: &Demo, serial: &str) -> (String, String) {
    let page = Client::new(demo.json["mocks"]["url"].as_str().unwrap()).get("/tokens").await;
    let at = page.page.text().find(serial).unwrap_or_else(|| panic!("no {serial}: {}", page.page.text()));
    let text = page.page.text()[at + serial.len()..].to_owned();
    let mut codes = text.split_whitespace().filter(|word| word.len() == 6 && word.parse::<u32>().is_ok());
    (codes.next().unwrap().to_owned(), codes.next().unwrap().to_owned())
}

/// A user registers the device that was sent out, with its two codes as the page shows them, and pays with it; a new
/// key comes in meanwhile.
///
/// Proves R62, R68.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_is_registered_by_what_it_shows_and_pays_under_the_next_key() {
    let demo = Demo::start().await;
    let mut clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
    // the first half of a minute, so that both ways of looking see the same one
    demo.set_clock("2026-11-24T10:10:05+09:00").await;
    let (now, next) = shown(&demo, "9000000006").await;
    assert_eq!(demo.token("9000000006"), now, "the command and the page show the same");
    demo.set_clock("2026-11-24T10:11:05+09:00").await;
    assert_eq!(shown(&demo, "9000000006").await.0, next);
    let page = clerk.client.get("/security/token").await;
    assert!(page.page.text().contains("9000000002"), "{}", page.page.text());
    let mut form = page.page.form();
    for (name, value) in [
        ("serial", "9000000006"),
        ("first_code", now.as_str()),
        ("second_code", next.as_str()),
        ("confirmation_password", "kakunin-no-kotoba"),
    ] {
        form.fill(name, value);
    }
    let done = clerk.client.submit(&page, &form).await;
    assert!(done.page.text().contains("利用開始を登録しました"), "{}", done.page.text());
    clerk.token_serial = "9000000006".to_owned();

    let resealed = demo.command(&["reseal"]);
    let said = String::from_utf8(resealed.stdout).unwrap();
    assert!(resealed.status.success() && said.contains("under key 2 now"), "{said}");
    let rest = demo.command(&["reseal", "--rest"]);
    assert!(String::from_utf8(rest.stdout).unwrap().starts_with("0 secrets"), "all of them were");
    let mocks = demo.mocks();
    let bill = mocks.bill("99022", json!({ "amount": 3_000 })).await;
    demo.set_clock("2026-11-24T10:13:05+09:00").await;
    let review = clerk.reviewed(&bill).await;
    let paid = clerk.pay_with_code(&review, &demo.token("9000000006")).await;
    assert_eq!(paid.page.state(), "accepted", "{}", paid.page.text());
    // a token that is a program on a telephone
    assert_eq!(demo.token("9000000005"), shown(&demo, "9000000005").await.0);
    demo.assert_sound().await;
}

/// The demo is killed as soon as the clock has made it due, and started again: one mail each, and one device.
///
/// Proves R70, R71.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_expires_in_a_month_is_told_of_once_when_the_clock_is_set_forward() {
    let mut demo = Demo::start().await;
    demo.set_clock("2026-12-07T10:00:00+09:00").await;
    demo.restart().await;
    let told = async |demo: &Demo| {
        let mails = demo.mocks().mails().await;
        let about = |mail: &&serde_json::Value| mail["subject"].as_str().unwrap().contains("有効期限");
        mails.iter().filter(about).map(|mail| mail["recipients"].to_string()).collect::<Vec<_>>()
    };
    let began = Instant::now();
    while told(&demo).await.is_empty() {
        assert!(began.elapsed() < LOOK_WAIT, "nobody was told: {}", demo.log());
        sleep(LOOK_AGAIN).await;
    }
    demo.restart().await;
    // two more looks
    sleep(Duration::from_secs(11)).await;
    let mails = told(&demo).await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert!(mails[0].contains("hinagata-master@"), "{mails:?}");
    let master = Clerk::sign_in(&demo, company::SHOTEN, 0).await;
    let list = master.client.get("/admin/tokens").await;
    let serials = list.page.fields("serial");
    assert_eq!(serials, ["9000000004", "9000000901"], "{}", list.page.text());
    demo.assert_sound().await;
}
