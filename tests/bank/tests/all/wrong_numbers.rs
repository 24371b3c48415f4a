//! SEC-40: who types wrong numbers again and again is stopped, and says so in words that tell how to go on.

use database::testing::TestDatabase;
use http::StatusCode;
use internet_banking::contracts::{Rights, Role};
use serde_json::json;

use crate::network::Network;
use crate::payeasy_entry::{Entry, code};
use crate::support::{Browser, PASSWORD, Page, World, add_user};

database::on_both!(
    ten_wrong_numbers_in_a_row_stop_the_user_for_the_day_and_ask_nobody_any_more,
    a_user_who_is_stopped_can_authorise_nothing_that_was_open_before,
    an_outage_of_the_collector_is_no_wrong_number,
    a_collector_that_stopped_a_number_is_told_apart_from_the_bank,
);

/// A collector with bills, a customer number and its 確認番号.
pub const PENSION: (&str, &str, &str) = ("00500", "0123456789012345", "482913");
pub const WRONG: &str = "111111";

/// Types these numbers of a slip in an entry.
pub async fn ask(browser: &mut Browser, entry: &Entry, customer: &str, confirmation: &str) -> Page {
    let csrf = browser.get(&entry.page("numbers")).await.token();
    let form =
        [("csrf", csrf.as_str()), ("customer_number", customer), ("confirmation_number", confirmation)];
    browser.post(&entry.page("numbers"), &form).await
}

/// Types so many wrong ones, and shows the last answer.
pub async fn guess(browser: &mut Browser, times: usize) -> Page {
    let (collector, customer, _) = PENSION;
    let entry = Entry::begin(browser, collector).await;
    let mut last = None;
    for _ in 0..times {
        last = Some(ask(browser, &entry, customer, WRONG).await);
    }
    last.unwrap()
}

async fn messages(network: &Network) -> usize {
    let (collector, ..) = PENSION;
    let found = network.control("GET", &format!("/control/{collector}/messages"), String::new()).await;
    found["messages"].as_array().unwrap().len()
}

/// The ninth leaves a try, the tenth stops the user and nobody else, until midnight in Japan.
///
/// Proves SEC-40.
async fn ten_wrong_numbers_in_a_row_stop_the_user_for_the_day_and_ask_nobody_any_more(test: TestDatabase) {
    let (world, network) = World::connected(test).await;
    let mut browser = world.signed_in().await;
    let (collector, customer, confirmation) = PENSION;
    let entry = Entry::begin(&mut browser, collector).await;
    for wrong in 1..=9 {
        let page = ask(&mut browser, &entry, customer, WRONG).await;
        assert_eq!(code(&page), "P-201");
        let told = page.body.contains(&format!("あと{}回続けて誤ると", 10 - wrong));
        assert_eq!(told, wrong >= 7, "{wrong} wrong ones");
    }
    let page = ask(&mut browser, &entry, customer, WRONG).await;
    assert_eq!(code(&page), "P-211");
    for words in ["2026年11月25日(水) 0:00 から、またご利用になれます。", "まだ何も引き落とされていません。"]
    {
        assert!(page.body.contains(words), "{words} in {}", page.body);
    }
    let asked = messages(&network).await;
    let page = ask(&mut browser, &entry, customer, confirmation).await;
    assert_eq!(code(&page), "P-211", "the right one comes too late");
    assert_eq!(messages(&network).await, asked, "nobody was asked");
    let start = browser.get("/payeasy/new").await;
    assert_eq!(start.fields("error_code"), ["P-211"], "told before anything is typed");

    add_user(&world.bank, world.contract, "taro01", Role::General, Rights::all(&world.accounts)).await;
    let mut colleague = world.browser();
    colleague.sign_in("taro01", PASSWORD).await;
    let other = Entry::begin(&mut colleague, collector).await;
    let found = ask(&mut colleague, &other, customer, confirmation).await;
    assert_eq!(found.location(), other.page("bills"), "a colleague goes on");

    world.clock.advance_seconds(14 * 3600 - 1);
    let mut browser = world.signed_in().await;
    assert_eq!(browser.get("/payeasy/new").await.fields("error_code"), ["P-211"], "23:59:59");
    world.clock.advance_seconds(1);
    assert!(browser.get("/payeasy/new").await.fields("error_code").is_empty(), "0:00:00");
}

/// A page that was open before the stop authorises nothing either.
///
/// Proves SEC-40.
async fn a_user_who_is_stopped_can_authorise_nothing_that_was_open_before(test: TestDatabase) {
    let (world, _network) = World::connected(test).await;
    let mut browser = world.signed_in().await;
    let (collector, customer, confirmation) = PENSION;
    let open = Entry::begin(&mut browser, collector).await;
    assert_eq!(ask(&mut browser, &open, customer, confirmation).await.location(), open.page("bills"));
    open.choose(&mut browser, "NEN-0001", 1_001).await;
    let review = open.review(&mut browser).await;
    guess(&mut browser, 10).await;
    let page = open.press(&mut browser, &review, &[("confirmation_password", PASSWORD)]).await;
    assert_eq!(code(&page), "P-211");
    assert_eq!(crate::payeasy_entry::held(&world).await, 0);
}

/// Only what was typed counts.
///
/// Proves SEC-40.
async fn an_outage_of_the_collector_is_no_wrong_number(test: TestDatabase) {
    let (world, network) = World::connected(test).await;
    let mut browser = world.signed_in().await;
    let (collector, customer, confirmation) = PENSION;
    guess(&mut browser, 9).await;
    network.fault(collector, json!({"mode": "closed", "times": 3})).await;
    let entry = Entry::begin(&mut browser, collector).await;
    for _ in 0..3 {
        assert_eq!(code(&ask(&mut browser, &entry, customer, WRONG).await), "P-104");
    }
    let found = ask(&mut browser, &entry, customer, confirmation).await;
    assert_eq!(found.location(), entry.page("bills"), "{}", found.body);
    let page = guess(&mut browser, 9).await;
    assert_eq!(code(&page), "P-201", "the right one ended the row");
}

/// The collector's stop is the collector's, and no step towards the bank's.
///
/// Proves SEC-40.
async fn a_collector_that_stopped_a_number_is_told_apart_from_the_bank(test: TestDatabase) {
    let (world, network) = World::connected(test).await;
    let mut browser = world.signed_in().await;
    let stopped = json!({
        "customer_number": "0555000000000001", "confirmation_number": "777777", "amount": 900,
        "scenario": "stopped",
    });
    network.control("POST", "/control/00500/bills", stopped.to_string()).await;
    let entry = Entry::begin(&mut browser, "00500").await;
    for _ in 0..12 {
        let page = ask(&mut browser, &entry, "0555000000000001", "777777").await;
        assert_eq!((page.status, code(&page)), (StatusCode::UNPROCESSABLE_ENTITY, "P-210".to_owned()));
        assert!(page.body.contains("収納機関がこの番号の照会を停止しています"), "{}", page.body);
        assert!(page.body.contains("再開の手続きは収納機関にお問い合わせください。"));
    }
}
