//! Transfers in the browser: a reservation that two others approve, and one that comes back and is sent again.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Desk;
use crate::harness::company;

const LOOK_WAIT: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(300);

impl Desk {
    /// Signs in as one of the company's users in place of whoever was.
    pub(super) async fn enter_as(&mut self, user: usize) {
        if self.window.has("button[value=sign-out]").await {
            self.window.follow("button[value=sign-out]").await;
        }
        self.clerk = (company::SHOJI, user);
        self.enter().await;
    }

    /// A transfer to a payee that was filed on paper, up to the last look.
    async fn to_filed(&self, number: &str, amount: &str, day: Option<&str>) {
        self.window.goto(&self.bank("/transfers/new")).await;
        self.window.fill("payee", number).await;
        self.window.press_value("number").await;
        self.window.fill("amount", amount).await;
        if let Some(day) = day {
            self.window.choose(&format!("#day option[value='{day}']")).await;
        }
        self.window.press_value("review").await;
        assert!(self.window.path().await.ends_with("/review"), "{}", self.window.text().await);
    }

    /// Approves what waits, as one of the users.
    async fn approve_as(&mut self, user: usize, picture: &str) -> String {
        self.enter_as(user).await;
        assert_eq!(self.window.texts("[data-field=approvals]").await, ["1"]);
        self.window.follow("main a[href='/approvals']").await;
        self.window.follow("main a[href^='/approvals/']").await;
        self.look(picture).await;
        self.confirmed("approve").await;
        self.window.path().await
    }

    pub(super) async fn confirmed(&self, button: &str) {
        let password = self.user()["confirmation_password"].as_str().unwrap().to_owned();
        self.window.fill("confirmation_password", &password).await;
        self.window.press_value(button).await;
    }

    pub(super) async fn word(&self) -> String {
        self.window.texts("[data-field=state]").await.concat()
    }

    /// Looks again until the page's state is this.
    async fn becomes(&self, word: &str) {
        let began = Instant::now();
        while self.word().await != word {
            assert!(began.elapsed() < LOOK_WAIT, "no {word}: {}", self.window.text().await);
            sleep(LOOK_AGAIN).await;
            self.window.reload().await;
        }
    }
}

/// The company's policy is set, a clerk asks, a colleague approves first and the master last; the reservation is
/// carried out when its day's clock comes to the opening.
///
/// Proves R83, R88, R119.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reservation_that_two_others_approve_is_carried_out_on_its_day() {
    let mut desk = Desk::open(true).await;
    desk.enter_as(0).await;
    desk.window.goto(&desk.bank("/admin/approvals")).await;
    desk.window.choose("#transfer-flow-ordered").await;
    desk.window.press_value("review").await;
    let code = desk.demo.token(desk.user()["token_serial"].as_str().unwrap());
    desk.window.fill("one_time_password", &code).await;
    desk.window.press_value("set").await;

    desk.enter_as(1).await;
    desk.to_filed("0002", "30000", Some("2026-11-25")).await;
    assert!(!desk.window.has("main [value=place]").await, "nobody does it alone");
    desk.look("100-transfer-to-approve").await;
    desk.confirmed("ask").await;
    assert_eq!(desk.word().await, "承認待ち", "{}", desk.window.text().await);

    let request = desk.approve_as(2, "101-transfer-first-approval").await;
    assert_eq!(desk.word().await, "承認待ち", "one of two");
    assert_eq!(desk.approve_as(0, "102-transfer-last-approval").await, request);
    assert_eq!(desk.word().await, "承認済み・予約中", "{}", desk.window.text().await);
    desk.window.follow("main a[href^='/transfers/orders/']").await;
    assert_eq!(desk.word().await, "予約中");
    let order = desk.bank(&desk.window.path().await);

    desk.demo.set_clock("2026-11-25T08:29:00+09:00").await;
    desk.enter_as(1).await;
    desk.window.goto(&order).await;
    assert_eq!(desk.word().await, "予約中");
    desk.demo.set_clock("2026-11-25T08:30:00+09:00").await;
    desk.becomes("送信済み").await;
    desk.look("103-transfer-carried-out").await;
    desk.demo.assert_sound().await;
    desk.window.close().await;
}

/// The other bank returns it for want of the account, by a button of the mock network. It is among what is to be done,
/// and sent again by its page. Going back after an error or after the transfer doubles nothing.
///
/// Proves R83, R84.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_back_is_told_at_home_and_sent_again_and_going_back_doubles_nothing() {
    let mut desk = Desk::open(true).await;
    desk.enter_as(1).await;
    desk.window.goto(&desk.bank("/transfers/new")).await;
    desk.window.fill("payee", "0002").await;
    desk.window.press_value("number").await;
    // an error, back, and the right amount
    desk.window.fill("amount", "1.5").await;
    desk.window.press_value("review").await;
    desk.assert_summary("「.」は使えません").await;
    desk.window.back().await;
    desk.window.fill("amount", "29999").await;
    desk.window.press_value("review").await;
    assert!(desk.window.path().await.ends_with("/review"), "{}", desk.window.text().await);
    desk.confirmed("place").await;
    desk.becomes("送信済み").await;
    let order = desk.window.path().await;
    // back to what was confirmed: it leads to the order that it became
    desk.window.back().await;
    assert_eq!(desk.window.path().await, order, "{}", desk.window.text().await);
    desk.window.goto(&desk.bank("/transfers/orders")).await;
    assert_eq!(desk.window.texts("main tbody tr").await.len(), 1);

    let network = format!("{}/interbank", desk.demo.json["mocks"]["url"].as_str().unwrap());
    desk.window.goto(&network).await;
    desk.window.press_value("return").await;
    assert!(desk.window.text().await.contains("返却を送りました"), "{}", desk.window.text().await);
    desk.window.goto(&desk.bank(&order)).await;
    desk.becomes("返却").await;
    assert!(desk.window.text().await.contains("AC01"), "{}", desk.window.text().await);
    desk.look("105-transfer-returned").await;
    desk.window.goto(&desk.bank("/home")).await;
    assert_eq!(desk.window.texts("[data-field=undone]").await, ["返却"]);
    desk.look("106-home-returned").await;
    desk.window.follow(&format!("main a[href='{order}']")).await;
    desk.window.press_value("again").await;
    let amount = desk.window.find("main [name=amount]").await.prop("value").await.unwrap();
    assert_eq!(amount.as_deref(), Some("29999"));
    desk.window.press_value("review").await;
    desk.confirmed("place").await;
    desk.becomes("送信済み").await;
    desk.window.goto(&desk.bank("/home")).await;
    assert!(!desk.window.has("[data-field=undone]").await, "it was sent again");
    assert!(desk.window.text().await.contains("48,180,954"), "the fees come later: one amount left");
    desk.demo.assert_sound().await;
    desk.window.close().await;
}
