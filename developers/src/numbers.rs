//! What to test with: the bills of the mocks, and the customer numbers whose outcome is known.

use askama::Template;
use axum::Router;
use axum::routing::get;
use edge::Frame;

use crate::{Config, site};

/// Where the page is.
const PATH: &str = "/test-numbers";

/// A bill that a mock has.
#[derive(Clone, Debug)]
pub struct TestBill {
    /// 収納機関番号.
    pub collector: String,
    /// Its name.
    pub name: String,
    /// 納付番号 or お客様番号.
    pub customer_number: String,
    /// 確認番号.
    pub confirmation_number: String,
    /// 納付区分; empty where the collector has none.
    pub payment_category: String,
    /// 納付内容.
    pub contents: String,
    /// What is owed, in yen.
    pub amount: i64,
    /// What becomes of it: `normal`, `already_paid`, `expired`, `not_yet`, `unavailable`.
    pub scenario: String,
}

impl TestBill {
    /// What an inquiry of it comes to.
    fn outcome(&self) -> &'static str {
        match self.scenario.as_str() {
            "already_paid" => "B201, already paid",
            "expired" => "B202, expired",
            "not_yet" => "B204, cannot be paid yet",
            "unavailable" => "A101, cannot be obtained",
            _ => "can be paid",
        }
    }

    /// The amount with its thousands.
    fn yen(&self) -> String {
        let digits = self.amount.to_string();
        let mut out = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                out.push(',');
            }
            out.push(digit);
        }
        out
    }
}

/// The bills of one collector.
struct OfCollector {
    number: String,
    name: String,
    bills: Vec<TestBill>,
}

#[derive(Template)]
#[template(path = "numbers.html")]
struct NumbersPage {
    frame: Frame,
    collectors: Vec<OfCollector>,
    mocks_url: Option<String>,
}

/// The page.
pub fn routes(config: Config) -> Router {
    let show = move || {
        let config = config.clone();
        async move {
            let collectors = by_collector(config.bills);
            site::page(&NumbersPage { frame: site::frame(PATH), collectors, mocks_url: config.mocks_url })
        }
    };
    Router::new().route(PATH, get(show))
}

fn by_collector(bills: Vec<TestBill>) -> Vec<OfCollector> {
    let mut collectors: Vec<OfCollector> = Vec::new();
    for bill in bills {
        match collectors.iter_mut().find(|one| one.number == bill.collector) {
            Some(one) => one.bills.push(bill),
            None => {
                let (number, name) = (bill.collector.clone(), bill.name.clone());
                collectors.push(OfCollector { number, name, bills: vec![bill] });
            }
        }
    }
    collectors
}
