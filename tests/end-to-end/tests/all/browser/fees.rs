//! A month of fees: a token that the bank's people send out, and its debit when the clock comes to the tenth.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Desk;
use crate::harness::client::{Answer, Client};
use crate::harness::company;

const LOOK_WAIT: Duration = Duration::from_secs(40);
const LOOK_AGAIN: Duration = Duration::from_millis(500);

impl Desk {
    async fn staff(&self, login_id: &str) -> Client {
        let staff = self.demo.json["console"]["staff"].as_array().unwrap();
        let member = staff.iter().find(|member| member["login_id"] == login_id).unwrap();
        let client = Client::new(self.demo.json["console"]["url"].as_str().unwrap());
        let page = client.get("/sign-in").await;
        let mut form = page.page.form();
        form.fill("login_id", login_id);
        form.fill("password", member["password"].as_str().unwrap());
        form.fill("one_time_password", &self.demo.token(member["token_serial"].as_str().unwrap()));
        let home = client.submit(&page, &form).await;
        assert_eq!(home.path, "/home", "{}", home.page.text());
        client
    }

    /// One more token for the company, by two of the staff.
    async fn send_a_token_out(&self) {
        let maker = self.staff("unyo-01").await;
        let list = maker.get("/contracts").await;
        let links = list.page.links();
        let mut tokens: Option<Answer> = None;
        for link in links.iter().filter(|link| link.starts_with("/contracts/")) {
            let page = maker.get(link).await;
            let named = page.page.text().contains(company::SHOJI);
            if let Some(path) = page.page.links().into_iter().find(|path| named && path.ends_with("/tokens"))
            {
                tokens = Some(maker.get(&path).await);
                break;
            }
        }
        let tokens = tokens.unwrap_or_else(|| panic!("the company is not in {links:?}"));
        let mut form = tokens.page.forms().into_iter().find(|form| form.has("act")).unwrap();
        form.fill("act", "add");
        form.fill("document", "2026-本-0012");
        form.put("reason", "書面を受領し、代表者様に確認しました");
        let proposed = maker.submit(&tokens, &form).await;
        assert!(proposed.path.starts_with("/requests/"), "{}", proposed.page.text());
        let checker = self.staff("unyo-11").await;
        let page = checker.get(&proposed.path).await;
        let approve = page.page.forms().into_iter().find(|form| form.action.ends_with("/approve")).unwrap();
        let done = checker.submit(&page, &approve).await;
        assert_eq!(done.status, 200, "{}", done.page.text());
    }

    /// Signs in, whoever was.
    pub(super) async fn enter(&self) {
        let user = self.user();
        self.window.goto(&self.bank("/sign-in")).await;
        self.window.fill("login_id", user["login_id"].as_str().unwrap()).await;
        self.window.fill("password", user["password"].as_str().unwrap()).await;
        self.window.press().await;
        assert_eq!(self.window.path().await, "/home", "{}", self.window.text().await);
    }
}

/// Proves R84.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_of_fees_is_debited_when_the_clock_comes_to_the_tenth() {
    let mut desk = Desk::open(true).await;
    desk.send_a_token_out().await;
    desk.enter().await;
    desk.window.follow("nav a[href='/accounts']").await;
    desk.window.follow("main a[href='/fees']").await;
    assert_eq!(desk.window.texts("[data-field=charge]").await, ["2,160"]);
    assert_eq!(desk.state().await, "running");
    desk.look("80-fees-running").await;
    desk.demo.set_clock("2026-12-10T08:59:00+09:00").await;
    desk.enter().await;
    desk.window.goto(&desk.bank("/fees")).await;
    assert_eq!(desk.state().await, "waiting");
    desk.demo.set_clock("2026-12-10T09:00:00+09:00").await;
    let began = Instant::now();
    while desk.state().await != "debited" {
        assert!(began.elapsed() < LOOK_WAIT, "{}", desk.window.text().await);
        sleep(LOOK_AGAIN).await;
        desk.window.reload().await;
    }
    desk.look("81-fees-debited").await;
    desk.window.goto(&desk.bank("/home")).await;
    let text = desk.window.text().await;
    assert!(text.contains("48,208,793"), "{text}");
    desk.demo.assert_sound().await;
    desk.window.close().await;
}
