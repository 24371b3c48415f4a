//! A clerk who signs in and pays through the pages.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::client::{Answer, Client};
use super::demo::Demo;
use super::mocks::Bill;
use super::page::{Form, Page};

const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// A user of the bank, signed in.
pub struct Clerk {
    /// The browser.
    pub client: Client,
    /// The serial of the clerk's token.
    pub token_serial: String,
    confirmation_password: String,
}

/// An amount as pages show it.
#[track_caller]
pub fn yen(shown: &str) -> i64 {
    shown.replace(',', "").parse().unwrap_or_else(|_| panic!("{shown:?} is no amount"))
}

/// What an account has and can spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    pub balance: i64,
    pub available: i64,
}

impl Clerk {
    /// Signs in as a user of a contract, the first being 0.
    pub async fn sign_in(demo: &Demo, contract: &str, user: usize) -> Self {
        let user = &demo.contract(contract)["users"][user];
        let text = |name: &str| user[name].as_str().unwrap().to_owned();
        let client = demo.client();
        let page = client.get("/sign-in").await;
        let mut form = page.page.form();
        form.fill("login_id", &text("login_id"));
        form.fill("password", &text("password"));
        let home = client.submit(&page, &form).await;
        assert_eq!((home.status.as_u16(), home.path.as_str()), (200, "/home"), "{}", home.page.text());
        Self {
            client,
            token_serial: text("token_serial"),
            confirmation_password: text("confirmation_password"),
        }
    }

    /// The same session on connections of its own.
    pub fn elsewhere(&self) -> Self {
        Self {
            client: self.client.fork(),
            token_serial: self.token_serial.clone(),
            confirmation_password: self.confirmation_password.clone(),
        }
    }

    /// The first account as the home page shows it.
    pub async fn money(&self) -> Money {
        let home = self.client.get("/home").await;
        Money { balance: yen(&home.page.field("balance")), available: yen(&home.page.field("available")) }
    }

    /// From the first page to the numbers of a collector.
    pub async fn numbers(&self, collector: &str) -> Answer {
        let start = self.client.get("/payeasy/new").await;
        let mut form = start.page.form();
        form.fill("collector", collector);
        let numbers = self.client.submit(&start, &form).await;
        assert!(numbers.path.ends_with("/numbers"), "{}: {}", numbers.path, numbers.page.text());
        numbers
    }

    /// Asks for a bill: the page of bills, or the numbers again with what was wrong.
    pub async fn inquire(&self, bill: &Bill) -> Answer {
        let numbers = self.numbers(&bill.collector).await;
        self.type_numbers(&numbers, bill).await
    }

    /// Fills the page of numbers.
    pub async fn type_numbers(&self, numbers: &Answer, bill: &Bill) -> Answer {
        let mut form = numbers.page.form();
        form.fill("customer_number", &bill.customer_number);
        form.fill("confirmation_number", &bill.confirmation_number);
        if let Some(category) = &bill.payment_category {
            form.fill("payment_category", category);
        }
        if form.has("amount") {
            form.fill("amount", &bill.amount.to_string());
        }
        self.client.submit(numbers, &form).await
    }

    /// Chooses the bill and the first account.
    pub async fn review(&self, bills: &Answer, bill: &Bill) -> Answer {
        assert!(bills.path.ends_with("/bills"), "{}: {}", bills.path, bills.page.text());
        let mut form = bills.page.form();
        form.fill("bill", &bill.bill_id);
        self.client.submit(bills, &form).await
    }

    /// From the first page to the last look.
    pub async fn reviewed(&self, bill: &Bill) -> Answer {
        let bills = self.inquire(bill).await;
        let review = self.review(&bills, bill).await;
        assert!(review.path.ends_with("/review"), "{}: {}", review.path, review.page.text());
        review
    }

    /// Confirms with the confirmation password.
    pub async fn pay(&self, review: &Answer) -> Answer {
        self.try_pay(review).await.unwrap()
    }

    /// The same where the bank may die meanwhile.
    pub async fn try_pay(&self, review: &Answer) -> anyhow::Result<Answer> {
        self.client.try_submit(review, &self.confirmed(review)).await
    }

    /// The form of a last look with the confirmation password, and the tick where the same numbers were paid before.
    fn confirmed(&self, review: &Answer) -> Form {
        let mut form = review.page.form();
        form.fill("confirmation_password", &self.confirmation_password);
        if form.has("repeat") {
            form.put("repeat", "yes");
        }
        form
    }

    /// Confirms at a private collector.
    pub async fn pay_with_code(&self, review: &Answer, code: &str) -> Answer {
        self.try_pay_with_code(review, code).await.unwrap()
    }

    /// The same where the bank may die meanwhile.
    pub async fn try_pay_with_code(&self, review: &Answer, code: &str) -> anyhow::Result<Answer> {
        let mut form = self.confirmed(review);
        form.fill("one_time_password", code);
        self.client.try_submit(review, &form).await
    }

    /// Pays a bill and expects the collector to accept it.
    pub async fn pay_whole(&self, bill: &Bill) -> Answer {
        let review = self.reviewed(bill).await;
        let result = self.pay(&review).await;
        assert_eq!(result.page.state(), "accepted", "{}", result.page.text());
        result
    }

    /// The addresses of the payments in the history, newest first.
    pub async fn payments(&self) -> Vec<String> {
        let history = self.client.get("/payeasy/history").await;
        let mut links = history.page.links();
        // a payment's own page, not the form that pays its numbers again
        links.retain(|link| link.strip_prefix("/payeasy/payments/").is_some_and(|id| !id.contains('/')));
        links
    }

    /// Looks at a payment until it is accepted.
    pub async fn until_accepted(&self, path: &str, at_most: Duration) -> Page {
        let began = Instant::now();
        loop {
            let page = self.client.get(path).await.page;
            match page.state().as_str() {
                "accepted" => return page,
                "held" | "sending" | "unknown" => {}
                other => panic!("the payment ended {other:?}: {}", page.text()),
            }
            assert!(began.elapsed() < at_most, "not accepted in time: {}", page.text());
            sleep(LOOK_AGAIN).await;
        }
    }
}
