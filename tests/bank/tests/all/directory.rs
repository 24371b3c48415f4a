//! The directory: searching the collectors, the page of each, and what a wrong number leads to.

use database::testing::sqlite;
use http::StatusCode;

use crate::payeasy_entry::code;
use crate::support::World;

#[tokio::test]
async fn collectors_are_found_by_name_reading_number_and_charge() {
    let world = World::new(sqlite().await).await;
    let mut browser = world.signed_in().await;
    let all = browser.get("/payeasy/collectors").await;
    assert_eq!(all.status, StatusCode::OK);
    let directory = collectors::Directory::embedded();
    let shown = directory.all().iter().filter(|row| !row.test_row).count();
    assert_eq!(all.body.matches("href=\"/payeasy/collectors/").count(), shown, "{}", all.body);
    assert!(!all.body.contains("テスト収納機関"));
    // 国税, ｺｸｾﾞｲ, こくぜい, 00200 in full width
    for query in [
        "%E5%9B%BD%E7%A8%8E",
        "%EF%BD%BA%EF%BD%B8%EF%BD%BE%EF%BE%9E%EF%BD%B2",
        "%E3%81%93%E3%81%8F%E3%81%9C%E3%81%84",
        "%EF%BC%90%EF%BC%90%EF%BC%92%EF%BC%90%EF%BC%90",
    ] {
        let page = browser.get(&format!("/payeasy/collectors?q={query}")).await;
        assert!(page.body.contains("href=\"/payeasy/collectors/00200\""), "{query}");
        assert_eq!(page.body.matches("href=\"/payeasy/collectors/").count(), 1, "{query}");
    }
    let none = browser.get("/payeasy/collectors?q=%22%3E%3Cscript%3E").await;
    assert!(none.body.contains("当てはまる収納機関はありません"));
    assert!(!none.body.contains("\"><script>"));
    let long = browser.get(&format!("/payeasy/collectors?q={}", "a".repeat(5_000))).await;
    assert_eq!(long.status, StatusCode::OK);
    assert!(!long.body.contains(&"a".repeat(101)));
}

/// Proves R100, R106, R107, R108.
#[tokio::test]
async fn each_collector_has_a_page_that_says_what_a_payer_must_know() {
    let world = World::new(sqlite().await).await;
    let mut browser = world.signed_in().await;
    let directory = collectors::Directory::embedded();
    let today = world.clock.now().date();
    for row in directory.on(today).all() {
        let page = browser.get(&format!("/payeasy/collectors/{}", row.number)).await;
        assert_eq!(page.status, StatusCode::OK, "{}", row.number);
        let says = |words: &str| assert!(page.body.contains(words), "{}: {words}", row.number);
        says(&row.contact);
        says(&row.hours.text(today));
        says("当行は領収証書を発行しません。");
        says("払い込んだ後の取り消しや変更はできません。");
        for charge in &row.charges {
            says(&charge.name);
            says(&charge.after_due.words());
        }
        for validity in &row.validity {
            says(&validity.words());
        }
        let one_time_password =
            if row.one_time_password { "必要です。" } else { "必要ありません" };
        says(one_time_password);
        let can_begin = row.available && row.methods.online;
        assert_eq!(page.body.contains("この収納機関に払い込む"), can_begin, "{}", row.number);
        if can_begin {
            says(&row.numbers.customer.label);
            says(&row.numbers.confirmation.label);
        } else if !row.methods.online {
            says("番号を入力しての払込はできません。");
        }
        assert_eq!(page.body.contains("税務署への届出が必要です"), row.number.as_str() == "00200");
    }
    for unknown in ["00999", "x", "002000", "%22"] {
        let page = browser.get(&format!("/payeasy/collectors/{unknown}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{unknown}");
    }
}

#[tokio::test]
async fn the_page_begins_an_entry() {
    let world = World::new(sqlite().await).await;
    let mut browser = world.signed_in().await;
    let csrf = browser.get("/payeasy/collectors/99014").await.token();
    let begun = browser.post("/payeasy/new", &[("csrf", &csrf), ("collector", "99014")]).await;
    let numbers = browser.get(begun.location()).await;
    assert!(numbers.body.contains("12けた(0000-0000-0000 の形)"), "{}", numbers.body);
    // refused before anything is sent: this hub would wait for a collector that nobody plays
    let typed =
        [("csrf", csrf.as_str()), ("customer_number", "1400-5678-091"), ("confirmation_number", "630518")];
    let wrong = browser.post(begun.location(), &typed).await;
    assert_eq!(code(&wrong), "P-100");
    assert!(wrong.body.contains("お客様番号は 12 けたです。いま 11 けた入力されています。"));
}

#[tokio::test]
async fn an_unknown_number_suggests_those_that_may_have_been_meant() {
    let world = World::new(sqlite().await).await;
    let mut browser = world.signed_in().await;
    let csrf = browser.get("/payeasy/new").await.token();
    let page = browser.post("/payeasy/new", &[("csrf", &csrf), ("collector", "02000")]).await;
    assert_eq!(code(&page), "P-101");
    assert!(page.body.contains("番号の近い収納機関: 00200 国税庁、04000 宮城県"), "{}", page.body);
    assert!(page.body.contains("href=\"/payeasy/collectors/00200\""));
    let far = browser.post("/payeasy/new", &[("csrf", &csrf), ("collector", "77777")]).await;
    assert_eq!(code(&far), "P-101");
    assert!(!far.body.contains("番号の近い収納機関"));
}
