//! The staff console in real browsers: one with JavaScript that looks closely at every page, one without.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::window::Window;
use crate::harness::{Bill, Clerk, Demo, company};

const REASON: &str = "収納機関 田中様に電話で確認";
const ALARM_WAIT: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A member of staff in front of a window.
struct Seat<'a> {
    demo: &'a Demo,
    window: Window,
    /// Looks closely at every page, which needs JavaScript.
    looks: bool,
    /// What was looked at: once is enough.
    seen: BTreeSet<String>,
}

impl<'a> Seat<'a> {
    async fn open(demo: &'a Demo, javascript: bool) -> Self {
        let window = Window::open(javascript).await;
        Self { demo, window, looks: javascript, seen: BTreeSet::new() }
    }

    async fn goto(&self, path: &str) {
        let url = self.demo.json["console"]["url"].as_str().unwrap();
        self.window.goto(&format!("{url}{path}")).await;
    }

    async fn look(&mut self, name: &str) {
        if self.looks && self.seen.insert(name.to_owned()) {
            self.window.look(&format!("console-{name}")).await;
        }
    }

    async fn says(&self, words: &str) {
        let text = self.window.text().await;
        assert!(text.contains(words), "{words} is not in {}: {text}", self.window.path().await);
    }

    async fn sign_in(&mut self, login_id: &str) {
        let staff = self.demo.json["console"]["staff"].as_array().unwrap();
        let member = staff.iter().find(|member| member["login_id"] == login_id).unwrap();
        self.goto("/").await;
        self.look("01-sign-in").await;
        self.window.fill("login_id", login_id).await;
        self.window.fill("password", member["password"].as_str().unwrap()).await;
        self.window.fill("one_time_password", "000000").await;
        self.window.press().await;
        assert!(self.window.has("#errors").await, "a wrong code lets nobody in");
        self.look("02-sign-in-error").await;
        self.window.fill("login_id", login_id).await;
        self.window.fill("password", member["password"].as_str().unwrap()).await;
        let code = self.demo.token(member["token_serial"].as_str().unwrap());
        self.window.fill("one_time_password", &code).await;
        self.window.press().await;
        assert_eq!(self.window.path().await, "/home", "{}", self.window.text().await);
    }

    async fn sign_out(&self) {
        self.window.follow("button[value=sign-out]").await;
        assert_eq!(self.window.path().await, "/sign-in");
    }

    /// Reads a slip up to the last look.
    async fn review(&mut self, bill: &Bill) {
        self.goto("/counter").await;
        self.window.fill("collector", &bill.collector).await;
        self.window.press().await;
        self.look("11-counter-numbers").await;
        self.type_numbers(bill, "000000").await;
        assert!(self.window.has("#errors").await, "{}", self.window.text().await);
        self.says("この受付では収納していません。").await;
        self.look("12-counter-numbers-error").await;
        self.type_numbers(bill, &bill.confirmation_number).await;
        assert!(self.window.path().await.ends_with("/bills"), "{}", self.window.text().await);
        self.look("13-counter-bills").await;
        self.window.choose("[name=bill]").await;
        self.window.press().await;
        assert!(self.window.path().await.ends_with("/review"), "{}", self.window.text().await);
        self.look("14-counter-review").await;
    }

    async fn type_numbers(&self, bill: &Bill, confirmation: &str) {
        self.window.fill("customer_number", &bill.customer_number).await;
        self.window.fill("confirmation_number", confirmation).await;
        if let Some(category) = &bill.payment_category {
            self.window.fill("payment_category", category).await;
        }
        self.window.press().await;
    }

    /// Takes the cash; the payment's own page.
    async fn collect(&mut self, bill: &Bill, state: &str) -> String {
        self.review(bill).await;
        self.window.press_value("collect").await;
        let path = self.window.path().await;
        let id = path.strip_prefix("/counter/receipts/");
        let id = id.unwrap_or_else(|| panic!("{path} is no receipt"));
        assert_eq!(self.state().await, state, "{}", self.window.text().await);
        format!("/payments/{id}")
    }

    async fn state(&self) -> String {
        let state = self.window.find("[data-field=state]").await;
        state.attr("data-state").await.unwrap().unwrap_or_default()
    }

    async fn field(&self, name: &str) -> String {
        self.window.find(&format!("[data-field={name}]")).await.text().await.unwrap()
    }

    /// Proposes something on a payment's page; the request's page.
    async fn propose(&self, payment: &str, button: &str, word: Option<&str>) -> String {
        self.goto(payment).await;
        if let Some(word) = word {
            self.window.choose(&format!("[name=word][value={word}]")).await;
        }
        self.window.fill("reason", REASON).await;
        self.window.press_value(button).await;
        let path = self.window.path().await;
        assert!(path.starts_with("/requests/"), "{path}: {}", self.window.text().await);
        path
    }

    /// Approves a request; what came of it.
    async fn approve(&self, request: &str) -> String {
        self.goto(request).await;
        self.window.press_value("approve").await;
        self.field("outcome").await
    }

    /// Every page that the navigation leads to.
    async fn visit_every_area(&mut self, round: &str) {
        self.goto("/home").await;
        let areas = self.window.links("nav.nav a").await;
        assert!(areas.len() >= 7, "{areas:?}");
        for path in areas {
            self.goto(&path).await;
            assert!(self.window.has("nav.nav a[aria-current]").await, "{path}: {}", self.window.text().await);
            assert!(self.window.has("main h1").await, "{path}");
            self.look(&format!("{round}-{}", path.trim_matches('/'))).await;
        }
    }
}

/// A payment of a customer whose answers get lost though the collector cleared it.
async fn unknown_payment(demo: &Demo) -> Bill {
    let mocks = demo.mocks();
    let bill = mocks.bill("04000", json!({ "amount": 36_000 })).await;
    let clerk = Clerk::sign_in(demo, company::SHOJI, 1).await;
    let review = clerk.reviewed(&bill).await;
    mocks.fault("04000", json!({ "mode": "drop", "on": "clearing" })).await;
    let result = clerk.pay(&review).await;
    assert_eq!(result.page.state(), "unknown", "{}", result.page.text());
    bill
}

/// Waits until something that the bank sends has arrived.
async fn arrives(what: &str, mut found: impl AsyncFnMut() -> Option<Value>) -> Value {
    let began = Instant::now();
    loop {
        if let Some(found) = found().await {
            return found;
        }
        assert!(began.elapsed() < ALARM_WAIT, "{what} does not arrive");
        sleep(LOOK_AGAIN).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_staff_collects_cancels_and_decides_and_every_page_is_fit_to_be_seen() {
    let demo = Demo::start().await;
    let mocks = demo.mocks();
    let unknown = unknown_payment(&demo).await;
    let mut maker = Seat::open(&demo, true).await;
    maker.sign_in("unyo-01").await;
    maker.visit_every_area("03").await;

    // what nobody knows is proposed, and not approved by its own maker
    maker.goto("/unknown").await;
    maker.window.follow("main a[href^='/payments/']").await;
    let payment = maker.window.path().await;
    maker.look("05-unknown-payment").await;
    maker.window.choose("[name=word][value=cleared]").await;
    maker.window.press_value("propose").await;
    maker.says("理由を入力してください。").await;
    maker.look("06-proposal-error").await;
    let decision = maker.propose(&payment, "propose", Some("cleared")).await;
    maker.says("起票した本人は承認できません。").await;
    assert!(!maker.window.has("button[value=approve]").await);
    maker.look("07-request-own").await;

    // cash is taken, and asked back
    maker.goto("/counter").await;
    maker.window.press().await;
    maker.says("収納機関番号を入力してください。").await;
    maker.look("10-counter-error").await;
    let first = mocks.bill("99022", json!({ "amount": 58_000, "fee": 110 })).await;
    let paid = maker.collect(&first, "accepted").await;
    assert_eq!(maker.field("cash").await, "58,110");
    let receipt = maker.field("receipt_number").await;
    maker.look("15-receipt").await;
    maker.window.on_paper(true).await;
    let paper = maker.window.text().await;
    assert!(paper.contains("払込金受領証") && paper.contains(&receipt), "{paper}");
    assert!(!paper.contains("ログアウト") && !paper.contains("払込人に渡してください"), "{paper}");
    maker.window.on_paper(false).await;
    maker.window.back().await;
    maker.window.reload().await;
    assert!(maker.window.path().await.starts_with("/counter/receipts/"), "the way back leads to the receipt");
    let cancellation = maker.propose(&paid, "cancel", None).await;
    maker.look("16-request-cancellation").await;
    maker.goto(&paid).await;
    maker.says("承認待ちの起票があります。").await;
    maker.look("17-payment-waiting").await;
    mocks.fault("99022", json!({ "mode": "drop", "on": "clearing", "times": 1 })).await;
    let second = mocks.bill("99022", json!({ "amount": 12_000, "fee": 0 })).await;
    maker.review(&second).await;
    maker.window.press_value("collect").await;
    maker.look("18-receipt-in-custody").await;

    // another collects without JavaScript, and a checker decides without it
    let mut other = Seat::open(&demo, false).await;
    other.sign_in("unyo-02").await;
    other.visit_every_area("").await;
    let third = mocks.bill("04100", json!({ "amount": 5_000 })).await;
    let stays = other.collect(&third, "accepted").await;
    let refused = other.propose(&stays, "cancel", None).await;
    other.sign_out().await;
    other.sign_in("unyo-11").await;
    other.visit_every_area("").await;
    other.goto(&decision).await;
    other.says("収納済みにします。").await;
    assert!(other.approve(&decision).await.ends_with("払込は「収納済み」になりました。"));
    assert!(other.approve(&cancellation).await.ends_with("現金を払込人に返してください。"));
    mocks.fault("04100", json!({ "mode": "refuse", "code": "B202", "on": "cancellation", "times": 1 })).await;
    assert!(other.approve(&refused).await.ends_with("現金は返さないでください。"));

    // what came of it is seen, and people were told
    maker.goto(&payment).await;
    assert_eq!(maker.state().await, "accepted");
    maker.look("19-payment-decided").await;
    maker.goto(&decision).await;
    maker.look("20-request-done").await;
    maker.goto(&paid).await;
    assert_eq!(maker.state().await, "cancelled");
    maker.look("21-payment-cancelled").await;
    maker.goto(&paid.replace("/payments/", "/counter/receipts/")).await;
    maker.says("払込取消しのお知らせ").await;
    maker.look("22-receipt-cancelled").await;
    maker.goto(&stays).await;
    maker.says("取消し不成立").await;
    maker.look("23-payment-cancellation-refused").await;
    maker.goto(&format!("/payments?number={receipt}")).await;
    assert_eq!(maker.window.path().await, paid, "found by its number");
    arrives("the mail", async || {
        mocks.mails().await.into_iter().find(|mail| {
            mail["subject"].as_str().unwrap().contains("取消しが受け付けられない")
                && mail["text"].as_str().unwrap().contains("/payments?number=")
        })
    })
    .await;
    arrives("the callback", async || {
        let called = mocks
            .webhooks()
            .await
            .into_iter()
            .map(|call| serde_json::from_str::<Value>(call["body"].as_str().unwrap()).unwrap());
        called
            .into_iter()
            .find(|alarm| alarm["kind"] == "cancellation_refused" && alarm["collector"] == "04100")
    })
    .await;
    maker.visit_every_area("30").await;
    maker.goto("/days").await;
    maker.window.follow("main table a[href^='/days/']").await;
    maker.look("31-day").await;
    maker.goto("/reconciliation").await;
    maker.window.follow("main .actions a").await;
    maker.look("32-breaks").await;
    for (path, name) in [("/help", "40-help"), ("/help/S-431", "41-help-code"), ("/nowhere", "42-not-found")]
    {
        maker.goto(path).await;
        maker.look(name).await;
    }
    maker.goto("/home").await;
    maker.sign_out().await;
    mocks.assert_cleared_once(&unknown).await;
    demo.assert_sound().await;
    other.window.close().await;
    maker.window.close().await;
}
