//! The collectors' own sites: from each one's first page to the choice of a bank, and whole payments from some.

use std::time::Duration;

use collectors::Directory;
use tokio::time::{Instant, sleep};

use super::Desk;
use super::window::PHONE_PX;

const TURN_WAIT: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Looked at closely: one of each arrangement; the last has no numbers.
const CLOSELY: [&str; 5] = ["00200", "04100", "99009", "99016", "99015"];

/// Its numbers reach the institutions some seconds after they were issued.
const APPEARS_LATER: &str = "99023";

/// What the payer types at the bank.
struct Numbers {
    collector: String,
    customer: String,
    confirmation: String,
    category: Option<String>,
}

impl Desk {
    pub fn site(&self, path: &str) -> String {
        format!("{}{path}", self.demo.json["mocks"]["url"].as_str().unwrap())
    }

    /// Opens a service of a site from its first page, and does what it offers with what the form starts with.
    /// Gives the path of the bill's page.
    pub async fn act_at_site(&mut self, number: &str, service: &str) -> String {
        self.window.goto(&self.site(&format!("/sites/{number}"))).await;
        self.window.follow(&format!("main .doors a[href='/sites/{number}/{service}']")).await;
        self.window.press().await;
        let path = self.window.path().await;
        let is_bill = path.starts_with(&format!("/sites/{number}/bills/"));
        assert!(is_bill, "{path}: {}", self.window.text().await);
        path
    }

    async fn numbers_on_page(&self) -> Numbers {
        let shown = self.window.texts("main .numbers dd.digits").await;
        assert!((3..=4).contains(&shown.len()), "{shown:?}");
        Numbers {
            collector: shown[0].clone(),
            customer: shown[1].clone(),
            confirmation: shown[2].clone(),
            category: shown.get(3).cloned(),
        }
    }

    /// A whole payment: issued at the site, typed at the bank, and the site's page shows that it is paid.
    async fn pay_from_site(&mut self, number: &str, service: &str, bills: usize, one_time_password: bool) {
        let path = self.act_at_site(number, service).await;
        let numbers = self.numbers_on_page().await;
        assert_eq!(numbers.collector, number);
        let total = self.window.find("[data-field=amount]").await.text().await.unwrap();
        self.window.follow("main a[href$='/banks']").await;
        self.window.follow("main a[data-bank='9999']").await;
        self.window.glance(&format!("50-site-{number}-bank")).await;
        self.window.follow("main a[data-field=bank]").await;
        assert_eq!(self.window.path().await, "/payeasy/new");
        self.window.fill("collector", number).await;
        self.window.press().await;
        // as they are printed, with the spaces between the groups
        self.type_numbers(&numbers.customer, &numbers.confirmation, numbers.category.as_deref()).await;
        assert!(self.window.path().await.ends_with("/bills"), "{}", self.window.text().await);
        let offered = self.window.texts("main [name=bill]").await.len();
        assert_eq!(offered, bills, "{}", self.window.text().await);
        self.window.choose("main [name=bill]").await;
        self.window.press().await;
        assert!(self.window.path().await.ends_with("/review"), "{}", self.window.text().await);
        let review = self.window.text().await;
        assert!(review.contains(total.trim_end_matches('円').trim()), "{total} is not in {review}");
        if one_time_password {
            let serial = self.user()["token_serial"].as_str().unwrap().to_owned();
            let code = self.demo.token(&serial);
            self.window.fill("one_time_password", &code).await;
        }
        self.confirm().await;
        assert_eq!(self.state().await, "accepted", "{}", self.window.text().await);
        self.window.goto(&self.site(&path)).await;
        assert_eq!(self.state().await, "paid", "{}", self.window.text().await);
        self.window.glance(&format!("50-site-{number}-paid")).await;
    }

    /// From the first page of a site over the first thing that it offers to the choice of a bank.
    async fn visit(&mut self, number: &str) -> String {
        let closely = CLOSELY.contains(&number);
        self.window.goto(&self.site(&format!("/sites/{number}"))).await;
        let name = format!("51-site-{number}");
        if closely {
            self.look(&format!("{name}-home")).await;
        } else {
            self.window.picture(&format!("{name}-home"), PHONE_PX).await;
        }
        self.window.follow("main .doors a").await;
        if closely {
            self.window.glance(&format!("{name}-form")).await;
        }
        self.window.press().await;
        let path = self.window.path().await;
        // the page that does not ask again by itself, as long as it is looked at
        self.window.goto(&self.site(&format!("{path}?watch=off"))).await;
        let online = number != "99015";
        assert_eq!(self.window.has("main .numbers").await, online && !path.is_empty(), "{number}");
        if closely {
            self.look(&format!("{name}-bill")).await;
        } else {
            self.window.glance(&format!("{name}-bill")).await;
        }
        if number != APPEARS_LATER {
            self.banks_of_bill(number).await;
        }
        path
    }

    /// The page that is open asks again by itself, and shows another state of its bill then.
    pub async fn turns_to(&self, state: &str) {
        let began = Instant::now();
        while !self.window.has(&format!("[data-field=state][data-state={state}]")).await {
            assert!(began.elapsed() < TURN_WAIT, "not {state}: {}", self.window.text().await);
            sleep(LOOK_AGAIN).await;
        }
    }

    async fn banks_of_bill(&mut self, number: &str) {
        assert_eq!(self.state().await, "payable", "{number}");
        self.window.follow("main a[href$='/banks']").await;
        assert!(self.window.has("main a[data-bank='9999']").await, "{}", self.window.text().await);
        if CLOSELY.contains(&number) {
            self.window.glance(&format!("52-site-{number}-banks")).await;
        }
    }
}

/// Proves R103, R104.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_collectors_site_leads_to_the_banks_and_bills_of_some_are_paid_by_their_numbers() {
    let mut desk = Desk::open(true).await;
    // the bank's own pages are looked at elsewhere
    desk.looks = false;
    desk.sign_in().await;
    desk.looks = true;
    desk.pay_from_site("00200", "return", 1, false).await;
    // two quarters of the year under one number
    desk.pay_from_site("04100", "kotei", 2, false).await;
    desk.pay_from_site("13800", "el", 1, false).await;
    // with the charge for being late until today
    desk.pay_from_site("00120", "amended", 1, false).await;
    // without a last day
    desk.pay_from_site("00400", "once", 1, false).await;
    // with a fee
    desk.pay_from_site("99020", "lease", 1, true).await;
    for row in Directory::embedded().all().iter().filter(|row| row.available && !row.test_row) {
        let number = row.number.as_str();
        if number != APPEARS_LATER {
            desk.visit(number).await;
        }
    }
    let appears = desk.visit(APPEARS_LATER).await;
    desk.window.goto(&desk.site(&appears)).await;
    assert_eq!(desk.state().await, "appearing");
    // another code for the second private payment, and the seconds until the bill appears
    desk.demo.try_set_clock("2026-11-24T10:05:00+09:00").await;
    desk.turns_to("payable").await;
    desk.banks_of_bill(APPEARS_LATER).await;
    // two bills under one number
    desk.pay_from_site("99026", "guard", 2, true).await;
    desk.demo.assert_sound().await;
    desk.window.close().await;
}
