//! The process is killed on the way of a bill from a collector's site to its clearing. Whatever step it was, the payer
//! tries it again; the bill ends paid exactly once, and bank and site both say so.

use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinSet;

use crate::harness::clerk::Money;
use crate::harness::client::Client;
use crate::harness::page::Form;
use crate::harness::{Answer, Clerk, Demo, Options, company};

const SIGABRT: i32 = 6;
/// A lease and the look after it: on PostgreSQL another process could still be alive.
const ACCEPTED_WAIT: Duration = Duration::from_secs(80);
/// Demos at the same time; they wait more than they work.
const SCENES_MAX: usize = 3;

/// Around the commit of the hand-off, and between it and the answer to the clearing.
const PLACES: [&str; 6] = [
    "before_persist_hand_off",
    "after_persist_hand_off",
    "after_persist_inquiry",
    "before_persist_hold",
    "after_persist_hold",
    "after_receive_clearing",
];

/// What is handed over: a local tax that the collector is asked about, and a loan that only the hand-off knows.
const BILLS: [(&str, &str); 2] = [("04100", "kotei"), ("99015", "repay")];

/// A payer who was sent to the bank with a bill.
struct Scene {
    demo: Demo,
    clerk: Clerk,
    before: Money,
    /// The page of the bill at the site.
    bill: String,
    /// The form that the site has the browser send.
    form: Form,
    crashes: usize,
}

impl Scene {
    async fn set(options: Options, (number, service): (&str, &str)) -> Self {
        let demo = Demo::start_with(options).await;
        let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
        let before = clerk.money().await;
        let site = Client::new(demo.json["mocks"]["url"].as_str().unwrap());
        let offer = site.get(&format!("/sites/{number}/{service}")).await;
        let bill = site.submit(&offer, &offer.page.form()).await.path;
        let bill = bill.split('?').next().unwrap().to_owned();
        let mut form = site.get(&format!("{bill}/banks/9999")).await.page.form();
        "/payeasy/link/entry".clone_into(&mut form.action);
        Self { demo, clerk, before, bill, form, crashes: 0 }
    }

    /// Whether the step was answered; where the process ended instead it is started again.
    async fn answered(&mut self, answer: anyhow::Result<Answer>) -> Option<Answer> {
        if let Ok(answer) = answer {
            return Some(answer);
        }
        assert_eq!(self.demo.ended().await.signal(), Some(SIGABRT), "{}", self.demo.log());
        self.crashes += 1;
        self.demo.restart().await;
        None
    }

    /// The browser sends the site's form, and sends it again where no answer came: the address of the hand-off's page.
    async fn hand_over(&mut self) -> String {
        let start = self.clerk.client.get("/home").await;
        loop {
            let answer = self.clerk.client.try_submit(&start, &self.form).await;
            if let Some(page) = self.answered(answer).await {
                assert!(page.path.starts_with("/payeasy/link/"), "{}: {}", page.path, page.page.text());
                assert_eq!(page.status, 200, "{}", page.page.text());
                return page.path;
            }
        }
    }

    /// Presses the button of the hand-off's page until there is an answer.
    async fn begin(&mut self, page: &str) -> Answer {
        loop {
            let shown = self.clerk.client.get(page).await;
            let mut form = shown.page.form();
            if form.has("amount") {
                form.fill("amount", "30,000");
            }
            let answer = self.clerk.client.try_submit(&shown, &form).await;
            if let Some(bills) = self.answered(answer).await {
                return bills;
            }
        }
    }

    async fn confirm(&self, review: &Answer) -> anyhow::Result<Answer> {
        if review.page.form().has("one_time_password") {
            let code = self.demo.token(&self.clerk.token_serial);
            self.clerk.try_pay_with_code(review, &code).await
        } else {
            self.clerk.try_pay(review).await
        }
    }

    /// From the hand-off's page to the one payment, which is accepted: its address.
    async fn pay(&mut self, page: &str) -> String {
        loop {
            let bills = self.begin(page).await;
            let review = self.clerk.client.submit(&bills, &bills.page.form()).await;
            assert!(review.path.ends_with("/review"), "{}: {}", review.path, review.page.text());
            let answer = self.confirm(&review).await;
            drop(self.answered(answer).await);
            // after a crash the payer looks first
            if let [paid] = self.clerk.payments().await.as_slice() {
                return paid.clone();
            }
        }
    }

    /// Paid once, on the bank's side and on the collector's, and not to be begun with again.
    async fn ends_paid_once(&mut self, number: &str, page: &str, paid: &str) {
        let shown = self.clerk.until_accepted(paid, ACCEPTED_WAIT).await;
        assert_eq!(self.clerk.payments().await, [paid.to_owned()]);
        let total = crate::harness::clerk::yen(&shown.field("total"));
        let left = self.before.balance - total;
        assert_eq!(self.clerk.money().await, Money { balance: left, available: left });
        let site = Client::new(self.demo.json["mocks"]["url"].as_str().unwrap());
        assert_eq!(site.get(&format!("{}?watch=off", self.bill)).await.page.state(), "paid");
        let listed = site.get(&format!("/control/{number}/clearings")).await.body;
        let listed: Value = serde_json::from_str(&listed).unwrap();
        let [clearing] = listed["clearings"].as_array().unwrap().as_slice() else { panic!("{listed}") };
        assert_eq!((&clearing["entry_kind"], &clearing["code"]), (&"linked".into(), &"0000".into()));
        assert_eq!(clearing["amount"].as_i64(), Some(total), "{clearing}");
        let again = self.begin(page).await;
        assert!(again.status.is_client_error(), "{}: {}", again.path, again.page.text());
        assert_eq!(self.clerk.payments().await.len(), 1);
        self.demo.assert_sound().await;
    }
}

async fn survives(place: &'static str, bill: (&'static str, &'static str), on_postgres: bool) {
    let server = if on_postgres { Some(database::testing::postgres().await) } else { None };
    let database_url = server.as_ref().map(|server| server.url.clone());
    let mut scene =
        Scene::set(Options { crash: Some(place), database_url, ..Options::default() }, bill).await;
    let page = scene.hand_over().await;
    let paid = scene.pay(&page).await;
    assert_eq!(scene.crashes, 1, "nobody comes by {place}");
    scene.ends_paid_once(bill.0, &page, &paid).await;
}

/// Every place with the one bill or the other, and around the hand-off's commit with both.
async fn all(on_postgres: bool) {
    let mut waiting = PLACES.iter().enumerate().flat_map(|(at, place)| {
        let bills = if at < 2 { vec![BILLS[0], BILLS[1]] } else { vec![BILLS[at % 2]] };
        bills.into_iter().map(|bill| (*place, bill))
    });
    let mut scenes = JoinSet::new();
    loop {
        while scenes.len() < SCENES_MAX
            && let Some((place, bill)) = waiting.next()
        {
            scenes.spawn(survives(place, bill, on_postgres));
        }
        match scenes.join_next().await {
            Some(ended) => ended.unwrap(),
            None => return,
        }
    }
}

/// Proves R105.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_the_site_and_the_clearing() {
    all(false).await;
}

/// Proves R105.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_the_site_and_the_clearing_on_postgres() {
    all(true).await;
}
