//! 情報リンク方式 from the site of every collector that offers it, all the way: the bill, the choice of a bank, the bank,
//! paid, and back. The directory says which: a new row is walked as soon as it is there.

use collectors::{Collector, Directory};

use super::Desk;
use super::linked::at;
use crate::harness::clerk::yen;
use crate::harness::company;

impl Desk {
    /// Does the first thing that a site offers, as its form starts. Gives the path of the bill's page, which is open.
    async fn act_first(&mut self, number: &str) -> String {
        self.window.goto(&self.site(&format!("/sites/{number}"))).await;
        self.window.follow("main .doors a").await;
        self.window.press().await;
        let path = self.window.path().await;
        assert!(path.starts_with(&format!("/sites/{number}/bills/")), "{path}: {}", self.window.text().await);
        path
    }

    /// From a bill's page at the site to paid and back; answers what it cost.
    async fn walk(&mut self, row: &Collector, bill: String, minute: u32) -> i64 {
        let number = row.number.as_str();
        let handed = self.hand_over_bill(number, bill).await;
        if self.window.has("main a[href^='/sign-in?link=']").await {
            self.sign_in_on_the_way().await;
        }
        if self.window.has("main [name=amount]").await {
            self.window.fill("amount", &handed.total).await;
        }
        self.begin(&handed.total).await;
        let asked = self.window.has("main [name=one_time_password]").await;
        assert_eq!(asked, row.one_time_password, "{number}");
        self.confirm_linked(minute).await;
        assert_eq!(self.state().await, "accepted", "{number}: {}", self.window.text().await);
        self.return_to_site(number, &handed).await;
        let total = yen(&handed.total);
        let (_, clearings) = self.clearings(number).await;
        let [clearing] = clearings.as_slice() else { panic!("{number}: {clearings:?}") };
        let paid = clearing["amount"].as_i64().unwrap() + clearing["fee"].as_i64().unwrap();
        assert_eq!(paid, total, "{clearing}");
        assert_eq!(
            (&clearing["entry_kind"], &clearing["code"], &clearing["provisional"]),
            (&"linked".into(), &"0000".into(), &serde_json::Value::Null),
            "{number}"
        );
        total
    }
}

/// Proves R103, R105.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_site_that_offers_the_method_leads_to_the_bank_to_paid_and_back() {
    let mut desk = Desk::open(true).await;
    desk.looks = false;
    let opening = desk.demo.contract(company::SHOJI)["accounts"][0]["balance"].as_i64().unwrap();
    let directory = Directory::embedded();
    let rows: Vec<_> = directory.all().iter().filter(|row| row.methods.link && row.available).collect();
    assert!(rows.iter().any(|row| row.one_time_password) && rows.iter().any(|row| !row.one_time_password));
    let (mut minutes, mut later, mut paid) = (1.., Vec::new(), 0);
    for row in rows {
        let bill = desk.act_first(row.number.as_str()).await;
        if desk.state().await == "appearing" {
            // the institutions come to know its numbers some seconds later
            later.push((row, bill));
        } else {
            paid += desk.walk(row, bill, minutes.next().unwrap()).await;
        }
    }
    desk.demo.set_clock(&at(minutes.next().unwrap())).await;
    for (row, bill) in later {
        paid += desk.walk(row, bill, minutes.next().unwrap()).await;
    }
    desk.window.goto(&desk.bank("/home")).await;
    let left = desk.window.texts("[data-field=balance]").await;
    assert_eq!(yen(&left[0]), opening - paid);
    desk.demo.assert_sound().await;
    desk.window.close().await;
}
