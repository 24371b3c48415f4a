//! The whole job in a real browser, with and without JavaScript.

mod accounts;
mod bulk;
mod certificates;
mod console;
mod el;
mod english;
mod fees;
mod keyboard;
mod linked;
mod paste;
mod purpose;
mod sites;
mod templates;
mod transfers;
mod walk;
mod window;

use serde_json::{Value, json};

use crate::harness::api::Caller;
use crate::harness::{Bill, Demo, company};
use window::Window;

const WRONG: &str = "000000";

/// A clerk in front of a window.
struct Desk {
    demo: Demo,
    window: Window,
    /// Looks closely at every page, which needs JavaScript.
    looks: bool,
    /// Whose window it is: the company, and the user's place there.
    clerk: (&'static str, usize),
}

impl Desk {
    async fn open(javascript: bool) -> Self {
        let demo = Demo::start().await;
        let clerk = (company::SHOJI, 1);
        Self { demo, window: Window::open(javascript).await, looks: javascript, clerk }
    }

    fn bank(&self, path: &str) -> String {
        format!("{}{path}", self.demo.json["bank"]["url"].as_str().unwrap())
    }

    fn user(&self) -> Value {
        self.demo.contract(self.clerk.0)["users"][self.clerk.1].clone()
    }

    async fn look(&mut self, name: &str) {
        if self.looks {
            self.window.look(name).await;
        }
    }

    async fn sign_in(&mut self) {
        let user = self.user();
        self.window.goto(&self.bank("/")).await;
        self.look("01-sign-in").await;
        self.window.fill("login_id", "nobody").await;
        self.window.fill("password", "wrong").await;
        self.window.press().await;
        self.assert_summary("ログインIDまたはログインパスワードが違います").await;
        self.look("02-sign-in-error").await;
        self.window.fill("login_id", user["login_id"].as_str().unwrap()).await;
        self.window.fill("password", user["password"].as_str().unwrap()).await;
        self.window.press().await;
        assert_eq!(self.window.path().await, "/home");
        assert!(self.window.text().await.contains("48,210,953"));
    }

    /// The error summary is there, in sight and, with JavaScript, focused.
    async fn assert_summary(&mut self, words: &str) {
        let summary = self.window.find("#errors").await.text().await.unwrap();
        assert!(summary.contains(words), "{summary}");
        if self.looks {
            let focused = self.window.script("return document.activeElement.id").await;
            assert_eq!(focused, "errors", "{}", self.window.path().await);
            let top = "return document.getElementById('errors').getBoundingClientRect().top";
            let top = self.window.script(top).await;
            assert!(top.as_f64().is_some_and(|top| (0.0..900.0).contains(&top)), "{top}");
        }
    }

    async fn choose_collector(&mut self, number: &str) {
        self.window.goto(&self.bank("/payeasy/new")).await;
        self.window.fill("collector", number).await;
        self.window.press().await;
        assert!(self.window.path().await.ends_with("/numbers"), "{}", self.window.text().await);
    }

    async fn type_numbers(&mut self, customer: &str, confirmation: &str, category: Option<&str>) {
        self.window.fill("customer_number", customer).await;
        self.window.fill("confirmation_number", confirmation).await;
        if let Some(category) = category {
            self.window.fill("payment_category", category).await;
        }
        self.window.press().await;
    }

    /// From the first page to the last look at a bill.
    async fn review(&mut self, bill: &Bill) {
        self.choose_collector(&bill.collector).await;
        let category = bill.payment_category.as_deref();
        self.type_numbers(&bill.customer_number, &bill.confirmation_number, category).await;
        self.choose_bill(&bill.bill_id).await;
    }

    async fn choose_bill(&mut self, bill: &str) {
        assert!(self.window.path().await.ends_with("/bills"), "{}", self.window.text().await);
        self.window.choose(&format!("[name=bill][value='{bill}']")).await;
        self.window.press().await;
        assert!(self.window.path().await.ends_with("/review"), "{}", self.window.text().await);
    }

    async fn confirm(&mut self) {
        let password = self.user()["confirmation_password"].as_str().unwrap().to_owned();
        self.window.fill("confirmation_password", &password).await;
        self.window.press().await;
    }

    async fn state(&self) -> String {
        let state = self.window.find("[data-field=state]").await;
        state.attr("data-state").await.unwrap().unwrap_or_default()
    }

    /// The whole job: a tax slip, typed as it is printed.
    async fn pay_a_tax_slip(&mut self) {
        self.look("03-home").await;
        self.window.follow("a[href='/payeasy/new']").await;
        self.look("04-start").await;
        self.window.press().await;
        self.assert_summary("収納機関番号を入力してください").await;
        self.look("05-start-error").await;
        self.window.fill("collector", "00200").await;
        self.window.press().await;
        self.look("06-numbers").await;

        let (customer, category) = ("2013-0001-2345-6789", "70000-01234");
        self.type_numbers(customer, WRONG, Some(category)).await;
        self.assert_summary("納付番号(お客様番号)または確認番号に誤りがあります").await;
        self.assert_summary("まだ何も引き落とされていません").await;
        self.look("07-numbers-error").await;
        // as people type them: hyphens, full-width digits, spaces
        self.type_numbers("２０１３－０００１ 2345-6789", "２４６８10", Some("7000-001234")).await;
        assert!(self.window.text().await.contains("法人税 確定申告"), "{}", self.window.text().await);
        self.look("08-bills").await;
        self.choose_bill("NTA-0001").await;
        assert!(self.window.text().await.contains("1,284,500 円を払い込む"));
        self.look("09-review").await;
        self.window.fill("confirmation_password", "wrong").await;
        self.window.press().await;
        self.assert_summary("確認用パスワードが違います").await;
        self.look("10-review-error").await;
        self.confirm().await;
        assert_eq!(self.state().await, "accepted", "{}", self.window.text().await);
        assert!(self.window.text().await.contains("払込完了"));
        let receipt = self.window.find("[data-field=receipt_number]").await.text().await.unwrap();
        self.look("11-result").await;

        self.window.follow("main a[href='/payeasy/history']").await;
        self.look("12-history").await;
        self.window.follow("main a[href^='/payeasy/payments/']").await;
        assert!(self.window.text().await.contains(&receipt));
        self.look("13-detail").await;
        self.window.follow("main a[href$='/print']").await;
        let text = self.window.text().await;
        assert!(text.contains("領収書ではありません") && text.contains(&receipt), "{text}");
        self.look("14-print").await;
        self.window.on_paper(true).await;
        let text = self.window.text().await;
        assert!(text.contains("領収書ではありません") && !text.contains("ログアウト"), "{text}");
        self.window.on_paper(false).await;
        self.window.goto(&self.bank("/home")).await;
        let text = self.window.text().await;
        assert!(text.contains("46,926,453"), "{text}");
    }

    /// A private collector, with full-width digits and the token's code.
    async fn pay_an_auction(&mut self) {
        self.choose_collector("99022").await;
        self.look("15-numbers-private").await;
        self.type_numbers("９０２２0000-00000002-4680", "778899", None).await;
        self.look("16-bills-private").await;
        self.choose_bill("PAY-0003").await;
        let serial = self.user()["token_serial"].as_str().unwrap().to_owned();
        let code = self.demo.token(&serial);
        self.window.fill("one_time_password", &code).await;
        self.look("17-review-private").await;
        self.confirm().await;
        assert_eq!(self.state().await, "accepted", "{}", self.window.text().await);
        let fee = self.window.find("[data-field=fee]").await.text().await.unwrap();
        assert_eq!(fee, "110");
        self.look("18-result-private").await;
    }

    async fn sign_out(&mut self) {
        self.window.follow("button[value=sign-out]").await;
        assert_eq!(self.window.path().await, "/sign-in");
        assert!(self.window.text().await.contains("ログアウトしました"));
        self.look("30-signed-out").await;
        self.window.back().await;
        self.window.goto(&self.bank("/home")).await;
        assert_eq!(self.window.path().await, "/sign-in", "the session is over");
    }

    async fn assert_sound(&self) {
        for bill in ["NTA-0001", "PAY-0003", "ELT-0001"] {
            let bills = self.demo.json["bills"].as_array().unwrap();
            let bill = Bill::read(bills.iter().find(|found| found["bill_id"] == bill).unwrap());
            self.demo.mocks().assert_cleared_once(&bill).await;
        }
        self.demo.assert_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clerk_pays_with_javascript_and_every_page_is_fit_to_be_seen() {
    let mut desk = Desk::open(true).await;
    desk.sign_in().await;
    desk.pay_a_tax_slip().await;
    desk.pay_an_auction().await;
    desk.pay_a_local_tax_by_its_photo().await;
    desk.pay_a_tax_by_choices().await;
    pages_of_trouble(&mut desk).await;
    pages_of_requests(&mut desk).await;
    pages_of_collectors(&mut desk).await;
    desk.window.goto(&desk.bank("/home")).await;
    desk.sign_out().await;
    desk.assert_sound().await;
    desk.window.close().await;
}

/// Proves R98, R104.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clerk_pays_without_javascript() {
    let mut desk = Desk::open(false).await;
    desk.sign_in().await;
    desk.pay_a_tax_slip().await;
    desk.pay_an_auction().await;
    desk.pay_a_local_tax_by_its_photo().await;
    desk.pay_a_tax_by_choices().await;
    desk.sign_out().await;
    desk.assert_sound().await;
    desk.window.close().await;
}

/// What is seen on bad days.
async fn pages_of_trouble(desk: &mut Desk) {
    let mocks = desk.demo.mocks();
    for (path, name) in [
        ("/payeasy/collectors", "19-collectors"),
        ("/payeasy/collectors/00200", "19-collector-tax"),
        ("/payeasy/collectors/99015", "19-collector-link-only"),
        ("/help/P-201", "20-help"),
        ("/help/P-601", "21-help-unknown"),
        ("/no/such/page", "22-not-found"),
    ] {
        desk.window.goto(&desk.bank(path)).await;
        desk.look(name).await;
    }
    // in another tab the same bill was paid
    let bill = mocks.bill("04100", json!({ "amount": 5_000, "late_charge": 300 })).await;
    desk.review(&bill).await;
    let first = desk.bank(&desk.window.path().await);
    desk.review(&bill).await;
    desk.confirm().await;
    desk.window.goto(&first).await;
    // the page had not seen that payment yet, and asks before it goes on
    desk.confirm().await;
    desk.assert_summary("同じ番号への払込が、すでにあります").await;
    desk.window.choose("#repeat").await;
    desk.confirm().await;
    assert!(desk.window.has("main a[href^='/payeasy/payments/']").await, "{}", desk.window.text().await);
    desk.look("23-stopped").await;
    // not enough on the account
    let dear = mocks.bill("04100", json!({ "amount": 99_999_999_999_i64 })).await;
    desk.choose_collector("04100").await;
    desk.type_numbers(&dear.customer_number, &dear.confirmation_number, dear.payment_category.as_deref())
        .await;
    desk.window.choose("[name=bill]").await;
    desk.window.press().await;
    desk.assert_summary("支払可能額が足りません").await;
    desk.look("24-bills-funds").await;
    // nobody knows the outcome
    let open = mocks.bill("04000", json!({ "amount": 36_000 })).await;
    desk.review(&open).await;
    mocks.fault("04000", json!({ "mode": "lose" })).await;
    desk.confirm().await;
    assert_eq!(desk.state().await, "unknown");
    desk.look("25-result-unknown").await;
    desk.window.goto(&desk.bank("/home")).await;
    assert!(desk.window.text().await.contains("払込結果を確認中"));
    desk.look("26-home-unknown").await;
    desk.window.goto(&desk.bank("/payeasy/history")).await;
    desk.look("27-history-unknown").await;
    // refused for good
    mocks.fault("00200", json!({ "mode": "refuse", "times": 1 })).await;
    let refused = mocks.bill("00200", json!({})).await;
    desk.review(&refused).await;
    desk.confirm().await;
    assert_eq!(desk.state().await, "rejected");
    desk.look("28-result-rejected").await;
    // the amount is typed
    desk.choose_collector("99090").await;
    desk.look("29-numbers-amount").await;
}

/// What the company's own systems asked for, and the pages of those who write them.
async fn pages_of_requests(desk: &mut Desk) {
    let caller = Caller::of(&desk.demo, "company");
    let account = &desk.demo.contract(company::SHOJI)["accounts"][0];
    let account = json!({
        "branch": account["branch"], "type": account["type"], "number": account["number"],
    });
    let bill = desk.demo.mocks().bill("04100", json!({ "amount": 8_000 })).await;
    let order = caller.order(&bill, account).await;
    let (_, payment) = caller.post("/v1/payments", "window", &order).await;
    let path = format!("/payeasy/requests/{}", payment["id"].as_str().unwrap());
    for (page, name) in [("/home", "30-home-request"), ("/payeasy/requests", "31-requests")] {
        desk.window.goto(&desk.bank(page)).await;
        assert!(desk.window.has(&format!("main a[href='{path}']")).await, "{}", desk.window.text().await);
        desk.look(name).await;
    }
    desk.window.goto(&desk.bank(&path)).await;
    desk.look("32-request").await;
    desk.window.press_value("open").await;
    assert!(desk.window.path().await.ends_with("/review"), "{}", desk.window.text().await);
    desk.look("33-request-review").await;
    desk.window.goto(&desk.bank(&path)).await;
    desk.window.press_value("decline").await;
    assert!(desk.window.text().await.contains("終了しています"));
    desk.look("34-request-over").await;
    let api = desk.demo.json["api"]["url"].as_str().unwrap().to_owned();
    for (page, name) in [("/", "35-api"), ("/help", "36-api-codes"), ("/help/bill_busy", "37-api-code")] {
        desk.window.goto(&format!("{api}{page}")).await;
        desk.look(name).await;
    }
}

/// The mock collectors' own pages.
async fn pages_of_collectors(desk: &mut Desk) {
    let url = desk.demo.json["mocks"]["url"].as_str().unwrap().to_owned();
    desk.window.goto(&url).await;
    desk.look("40-mocks").await;
    for number in ["00200", "04000", "99090"] {
        desk.window.goto(&format!("{url}/{number}")).await;
        desk.look(&format!("41-mock-{number}")).await;
    }
    desk.window.fill("customer_number", "x").await;
    desk.window.press().await;
    assert!(desk.window.has("#errors").await, "{}", desk.window.text().await);
    desk.look("42-mock-error").await;
    desk.window.goto(&format!("{url}/12345")).await;
    desk.look("43-mock-not-found").await;
}
