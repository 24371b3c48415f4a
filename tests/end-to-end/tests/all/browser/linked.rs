//! 情報リンク方式 in a browser: from the collectors' sites into the bank, and back.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Desk;

/// Past ten: a code of the token is used once.
const MINUTES: [u32; 12] = [2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24];

/// What was not answered is made sure of soon.
const HASTE: [&str; 2] = ["--resend-interval", "1"];

const ACCEPTED_WAIT: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// A hand-off on its way.
pub struct Handed {
    /// The page of the bill at the site.
    pub bill: String,
    /// What the site says that it costs.
    pub total: String,
    /// What the bank calls the hand-off.
    pub id: String,
}

/// So many minutes after ten.
pub fn at(minute: u32) -> String {
    format!("2026-11-24T{:02}:{:02}:00+09:00", 10 + minute / 60, minute % 60)
}

impl Desk {
    /// Bills issued at a site and handed over, up to the page of the bank that shows them.
    pub async fn hand_over(&mut self, number: &str, service: &str) -> Handed {
        let bill = self.act_at_site(number, service).await;
        self.hand_over_bill(number, bill).await
    }

    /// The same of a bill that was issued before.
    pub async fn hand_over_bill(&mut self, number: &str, bill: String) -> Handed {
        // the page that does not ask again by itself
        self.window.goto(&self.site(&format!("{bill}?watch=off"))).await;
        let total = self.window.find("[data-field=amount]").await.text().await.unwrap();
        let total = total.trim_end_matches('円').trim().to_owned();
        self.window.follow("main a[href$='/banks']").await;
        self.window.follow("main a[data-bank='9999']").await;
        if self.looks {
            self.window.glance(&format!("53-link-{number}-site")).await;
        }
        self.go_to_bank(number).await;
        let id = self.window.path().await.rsplit('/').next().unwrap().to_owned();
        Handed { bill, total, id }
    }

    /// Presses the one button of the site's page.
    async fn go_to_bank(&mut self, number: &str) {
        self.window.follow("main button[data-field=hand-off]").await;
        let path = self.window.path().await;
        let text = self.window.text().await;
        assert!(path.starts_with("/payeasy/link/") && text.contains(number), "{number} {path}: {text}");
        if self.looks {
            self.window.glance(&format!("54-link-{number}-bank")).await;
        }
    }

    /// From the bank's page of a hand-off to its review, where the amount stands.
    pub async fn begin(&mut self, amount: &str) {
        self.window.press_value("begin").await;
        assert!(self.window.path().await.ends_with("/bills"), "{}", self.window.text().await);
        self.window.press().await;
        assert!(self.window.path().await.ends_with("/review"), "{}", self.window.text().await);
        let review = self.window.text().await;
        assert!(review.contains(&format!("{amount} 円を払い込む")), "{amount} is not in {review}");
    }

    /// Confirms the review that is open, with the token's code where it is asked for.
    pub async fn confirm_linked(&mut self, minute: u32) {
        if self.window.has("main [name=one_time_password]").await {
            self.demo.set_clock(&at(minute)).await;
            let serial = self.user()["token_serial"].as_str().unwrap().to_owned();
            let code = self.demo.token(&serial);
            self.window.fill("one_time_password", &code).await;
        }
        self.confirm().await;
    }

    /// Follows the bank's link back, and finds the bill paid at the site.
    pub async fn return_to_site(&mut self, number: &str, handed: &Handed) {
        let back = self.site(&handed.bill);
        self.window.follow(&format!("main a[href='{back}']")).await;
        assert_eq!(self.window.path().await, handed.bill);
        self.turns_to("paid").await;
        assert!(self.window.text().await.contains("ご入金を確認しました"), "{}", self.window.text().await);
        if self.looks {
            self.window.glance(&format!("55-link-{number}-paid")).await;
        }
    }

    /// A whole payment: issued at the site, handed over, paid at the bank, and back.
    async fn pay_linked(&mut self, number: &str, service: &str, minute: u32) {
        let handed = self.hand_over(number, service).await;
        self.begin(&handed.total).await;
        self.confirm_linked(minute).await;
        assert_eq!(self.state().await, "accepted", "{}", self.window.text().await);
        self.return_to_site(number, &handed).await;
    }

    /// The first hand-off of a browser in which nobody is signed in: what is paid is shown before the sign-in.
    async fn pay_linked_signing_in(&mut self, number: &str, service: &str, minute: u32) {
        let handed = self.hand_over(number, service).await;
        let text = self.window.text().await;
        assert!(text.contains(&handed.total) && text.contains("まだ何も引き落とされていません"), "{text}");
        self.sign_in_on_the_way().await;
        self.begin(&handed.total).await;
        self.confirm_linked(minute).await;
        assert_eq!(self.state().await, "accepted", "{}", self.window.text().await);
        self.return_to_site(number, &handed).await;
    }

    /// From the page of a hand-off through the sign-in, and back to it.
    pub async fn sign_in_on_the_way(&mut self) {
        let page = self.window.path().await;
        self.window.follow("main a[href^='/sign-in?link=']").await;
        self.sign_in_at_form().await;
        assert_eq!(self.window.path().await, page, "{}", self.window.text().await);
    }

    async fn sign_in_at_form(&mut self) {
        let user = self.user();
        self.window.fill("login_id", user["login_id"].as_str().unwrap()).await;
        self.window.fill("password", user["password"].as_str().unwrap()).await;
        self.window.press().await;
    }

    /// Clicks so many minutes after ten, when the session has ended meanwhile: the sign-in says so, and leads back to
    /// the page of the hand-off.
    async fn click_too_late(&mut self, minute: u32, selector: &str, page: &str) {
        self.demo.set_clock(&at(minute)).await;
        self.window.follow(selector).await;
        assert_eq!(self.window.path().await, "/sign-in");
        let text = self.window.text().await;
        for words in ["安全のためログアウトしました", "最後の操作は受け付けていません", "への払込"]
        {
            assert!(text.contains(words), "{words} is not in {text}");
        }
        self.window.glance("56-link-session-ended").await;
        self.sign_in_at_form().await;
        assert_eq!(self.window.path().await, page, "{}", self.window.text().await);
    }

    async fn says_that_it_is_too_old(&mut self, name: &str) {
        let code = self.window.find("[data-field=error_code]").await.text().await.unwrap();
        let text = self.window.text().await;
        assert!(code == "P-702" && text.contains("まだ何も引き落とされていません"), "{text}");
        self.window.glance(name).await;
    }

    /// The amount is chosen at the bank, from the site's least on; the answer to the clearing is lost.
    async fn pay_what_is_chosen_with_a_lost_answer(&mut self, minute: u32) {
        let handed = self.hand_over("99015", "repay").await;
        self.demo.mocks().fault_once("99015", "drop", "first_clearing").await;
        let page = self.bank(&self.window.path().await);
        self.window.fill("amount", "40,000").await;
        self.begin("40,000").await;
        // back at the hand-off the chosen amount is shown, and changed
        self.window.goto(&page).await;
        assert_eq!(self.window.texts("main p.amount [data-field=amount]").await, ["40,000"]);
        if self.looks {
            self.window.glance("54-link-99015-chosen").await;
        }
        self.window.fill("amount", "45,000").await;
        self.begin("45,000").await;
        self.confirm_linked(minute).await;
        let state = self.state().await;
        assert!(["unknown", "sending", "accepted"].contains(&state.as_str()), "{state}");
        let began = Instant::now();
        while self.state().await != "accepted" {
            assert!(began.elapsed() < ACCEPTED_WAIT, "{}", self.window.text().await);
            sleep(LOOK_AGAIN).await;
            self.window.reload().await;
        }
        self.return_to_site("99015", &handed).await;
        let paid = self.window.find("[data-field=paid_amount]").await.text().await.unwrap();
        assert_eq!(paid, "45,000");
        let (_, clearings) = self.clearings("99015").await;
        assert_eq!(clearings.len(), 1, "{clearings:?}");
        assert_eq!(
            (&clearings[0]["entry_kind"], &clearings[0]["amount"]),
            (&"linked".into(), &45_000.into())
        );
        assert!(clearings[0]["deliveries"].as_i64().unwrap() >= 2, "it was made sure of: {clearings:?}");
    }

    /// What a collector has recorded.
    pub async fn clearings(&self, number: &str) -> (u16, Vec<serde_json::Value>) {
        let url = self.site(&format!("/control/{number}/clearings"));
        let client = crate::harness::client::Client::new("");
        let (status, body) = client.send_json(http::Method::GET, &url, String::new()).await;
        let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
        (status, answer["clearings"].as_array().unwrap().clone())
    }

    /// Two bills in two tabs: each pays its own, in whatever order they are gone on with. The page of the first stays
    /// open at the site and turns to paid without anybody returning to it.
    async fn pay_in_two_tabs(&mut self, minute: u32) {
        self.act_at_site("04100", "kotei").await;
        // of instalments under one number the second
        let watched = self.window.links("main ul.bills a").await.swap_remove(1);
        self.window.goto(&self.site(&watched)).await;
        let site = self.window.new_tab().await;
        let first = self.hand_over_bill("04100", watched).await;
        let first_tab = self.window.new_tab().await;
        let second = self.hand_over("00300", "fee").await;
        assert_ne!(first.total, second.total);
        let second_tab = self.window.to_tab(first_tab).await;
        self.begin(&first.total).await;
        let first_tab = self.window.to_tab(second_tab).await;
        self.begin(&second.total).await;
        self.confirm_linked(minute).await;
        assert_eq!(self.state().await, "accepted", "{}", self.window.text().await);
        self.return_to_site("00300", &second).await;
        self.window.to_tab(first_tab).await;
        self.confirm_linked(minute).await;
        assert_eq!(self.state().await, "accepted", "{}", self.window.text().await);
        let text = self.window.text().await;
        assert!(text.contains(&first.total), "{text}");
        self.window.to_tab(site).await;
        assert_eq!(self.window.path().await, first.bill);
        self.turns_to("paid").await;
    }

    /// All instalments of an act are handed over; the second is chosen at the bank.
    async fn pay_the_second_of_several(&mut self, minute: u32) {
        let bill = self.act_at_site("48001", "instalments").await;
        self.window.goto(&self.site(&format!("{bill}?watch=off"))).await;
        let pages = self.window.links("main ul.bills a").await;
        let sums = self.window.texts("main ul.bills .sum").await;
        self.window.follow("main a[href$='/banks?several=true']").await;
        self.window.follow("main a[data-bank='9999']").await;
        self.go_to_bank("48001").await;
        self.window.choose("main [name=bill][value='1']").await;
        self.begin(sums[1].trim_end_matches('円')).await;
        self.confirm_linked(minute).await;
        assert_eq!(self.state().await, "accepted", "{}", self.window.text().await);
        for (place, page) in pages.iter().enumerate() {
            self.window.goto(&self.site(&format!("{page}?watch=off"))).await;
            assert_eq!(self.state().await, if place == 1 { "paid" } else { "payable" }, "{place}");
        }
    }
}

/// Proves R103, R105.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bills_are_handed_over_by_the_collectors_sites_paid_and_seen_paid_there() {
    let mut desk = Desk::open(true).await;
    desk.demo.restart_with(&HASTE).await;
    let mut minutes = MINUTES.into_iter();
    let mut minute = || minutes.next().unwrap();
    // national, by a payer who signs in on the way
    desk.pay_linked_signing_in("00400", "once", minute()).await;
    // with a fee
    desk.pay_linked("99022", "bid", minute()).await;
    // an agency's
    desk.pay_linked("99011", "gas", minute()).await;
    desk.pay_what_is_chosen_with_a_lost_answer(minute()).await;
    // a local one and a national one
    desk.pay_in_two_tabs(minute()).await;
    desk.pay_the_second_of_several(minute()).await;
    desk.demo.assert_sound().await;
    desk.window.close().await;
}

/// Proves R105.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bill_is_handed_over_and_paid_without_javascript() {
    let mut desk = Desk::open(false).await;
    desk.demo.restart_with(&HASTE).await;
    desk.pay_linked_signing_in("04100", "kotei", 2).await;
    desk.pay_what_is_chosen_with_a_lost_answer(4).await;
    desk.demo.assert_sound().await;
    desk.window.close().await;
}

/// Proves R105, SEC-25.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_on_the_way_leads_back_to_the_hand_off_which_is_paid_once() {
    let mut desk = Desk::open(true).await;
    let handed = desk.hand_over("99022", "bid").await;
    desk.sign_in_on_the_way().await;
    let page = desk.window.path().await;
    desk.click_too_late(16, "main button[value=begin]", &page).await;
    desk.begin(&handed.total).await;
    // and once more where only the passwords are missing
    let pay = "main button[value=pay]";
    desk.click_too_late(33, pay, &page).await;
    assert!(desk.clearings("99022").await.1.is_empty(), "the last click was not taken");
    desk.begin(&handed.total).await;
    desk.confirm_linked(34).await;
    assert_eq!(desk.state().await, "accepted", "{}", desk.window.text().await);
    desk.return_to_site("99022", &handed).await;
    let (_, clearings) = desk.clearings("99022").await;
    assert_eq!((clearings.len(), &clearings[0]["entry_kind"]), (1, &"linked".into()), "{clearings:?}");
    desk.demo.assert_sound().await;
    desk.window.close().await;
}

/// Proves R105, SEC-25.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hand_off_that_is_too_old_when_the_session_has_ended_is_paid_by_its_numbers_or_from_its_site() {
    let mut desk = Desk::open(true).await;
    let handed = desk.hand_over("99022", "bid").await;
    desk.sign_in_on_the_way().await;
    let page = desk.window.path().await;
    desk.click_too_late(31, "main button[value=begin]", &page).await;
    desk.says_that_it_is_too_old("57-link-too-old").await;
    desk.window.press_value("typed").await;
    assert!(desk.window.path().await.ends_with("/numbers"), "{}", desk.window.text().await);
    for name in ["customer_number", "confirmation_number"] {
        let filled = desk.window.find(&format!("main [name={name}]")).await.prop("value").await.unwrap();
        assert!(filled.is_some_and(|digits| !digits.is_empty()), "{name} is not filled in");
    }
    desk.window.press().await;
    desk.window.press().await;
    let review = desk.window.text().await;
    assert!(review.contains(&format!("{} 円を払い込む", handed.total)), "{review}");
    desk.confirm_linked(33).await;
    assert_eq!(desk.state().await, "accepted", "{}", desk.window.text().await);
    desk.window.goto(&desk.site(&handed.bill)).await;
    desk.turns_to("paid").await;
    let (_, clearings) = desk.clearings("99022").await;
    assert_eq!((clearings.len(), &clearings[0]["entry_kind"]), (1, &"typed".into()), "{clearings:?}");
    // a collector that is paid from its site alone
    let handed = desk.hand_over("99015", "repay").await;
    let page = desk.window.path().await;
    desk.window.fill("amount", "30,000").await;
    desk.click_too_late(64, "main button[value=begin]", &page).await;
    desk.says_that_it_is_too_old("57-link-only-too-old").await;
    assert!(!desk.window.has("main button[value=typed]").await, "it takes no typed numbers");
    desk.window.follow("main a.button[rel=noreferrer]").await;
    assert_eq!((desk.window.path().await, desk.state().await), (handed.bill.clone(), "payable".to_owned()));
    let handed = desk.hand_over_bill("99015", handed.bill).await;
    desk.window.fill("amount", &handed.total).await;
    desk.begin(&handed.total).await;
    desk.confirm_linked(66).await;
    assert_eq!(desk.state().await, "accepted", "{}", desk.window.text().await);
    desk.return_to_site("99015", &handed).await;
    desk.demo.assert_sound().await;
    desk.window.close().await;
}
