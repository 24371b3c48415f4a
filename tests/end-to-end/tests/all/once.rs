//! Double click, replay, two tabs, back button: one payment, one debit.

use serde_json::json;

use crate::harness::{Answer, Bill, Clerk, Demo, clerk::Money, company};

struct Desk {
    demo: Demo,
    clerk: Clerk,
    bill: Bill,
    before: Money,
}

impl Desk {
    async fn with_a_bill() -> Self {
        let demo = Demo::start().await;
        let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
        let bill = demo.mocks().bill("04100", json!({ "amount": 25_000 })).await;
        let before = clerk.money().await;
        Self { demo, clerk, bill, before }
    }

    async fn assert_paid_once(&self) {
        let left = self.before.balance - self.bill.total();
        assert_eq!(self.clerk.money().await, Money { balance: left, available: left });
        assert_eq!(self.clerk.payments().await.len(), 1);
        assert_eq!(self.demo.mocks().assert_cleared_once(&self.bill).await, 1);
        self.demo.assert_sound().await;
    }
}

#[track_caller]
fn receipt(answer: &Answer) -> String {
    assert_eq!(answer.page.state(), "accepted", "{}", answer.page.text());
    answer.page.field("receipt_number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_double_click_and_a_replay_pay_once() {
    let desk = Desk::with_a_bill().await;
    let review = desk.clerk.reviewed(&desk.bill).await;
    let (first, second) = tokio::join!(desk.clerk.pay(&review), desk.clerk.pay(&review));
    let number = receipt(&first);
    assert_eq!(receipt(&second), number, "the second click shows what the first came to");
    for _ in 0..2 {
        assert_eq!(receipt(&desk.clerk.pay(&review).await), number, "the form sent again");
    }
    desk.assert_paid_once().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_tabs_with_the_same_bill_pay_once() {
    let desk = Desk::with_a_bill().await;
    let (one, other) = (desk.clerk.reviewed(&desk.bill).await, desk.clerk.reviewed(&desk.bill).await);
    assert_ne!(one.path, other.path);
    let (first, second) = tokio::join!(desk.clerk.pay(&one), desk.clerk.pay(&other));
    let (paid, late, refused) = match first.page.state().as_str() {
        "accepted" => (first, second, &other),
        _ => (second, first, &one),
    };
    receipt(&paid);
    assert_eq!(late.page.field("error_code"), "P-306", "{}", late.page.text());
    assert!(late.page.text().contains("この手続きでは何も引き落とされていません"), "{}", late.page.text());
    // it leads to the payment that was made
    let link = late.page.links().into_iter().find(|link| link.starts_with("/payeasy/payments/")).unwrap();
    assert_eq!(desk.clerk.client.get(&link).await.page.field("receipt_number"), receipt(&paid));
    // and stays refused
    assert_eq!(desk.clerk.pay(refused).await.page.state(), "");
    desk.assert_paid_once().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn going_back_and_paying_again_pays_once() {
    let desk = Desk::with_a_bill().await;
    let bills = desk.clerk.inquire(&desk.bill).await;
    let review = desk.clerk.review(&bills, &desk.bill).await;
    let number = receipt(&desk.clerk.pay(&review).await);
    for step in [&review, &bills] {
        let back = desk.clerk.client.get(&step.path).await;
        assert_eq!(receipt(&back), number, "{} asked for again", step.path);
    }
    // what the browser kept in its memory is sent again from the page of bills on
    let mut form = bills.page.form();
    form.fill("bill", &desk.bill.bill_id);
    assert_eq!(receipt(&desk.clerk.client.submit(&bills, &form).await), number);
    assert_eq!(receipt(&desk.clerk.pay(&review).await), number);
    desk.assert_paid_once().await;

    // a new entry of the same numbers: the collector says that it is paid
    let answer = desk.clerk.inquire(&desk.bill).await;
    assert_eq!(answer.page.field("error_code"), "P-203", "{}", answer.page.text());
    desk.assert_paid_once().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_one_time_password_pays_once() {
    let desk = Desk::with_a_bill().await;
    let mocks = desk.demo.mocks();
    let bills = mocks.bills("99022", json!({ "count": 2, "amount": 3_000 })).await;
    let code = desk.demo.token(&desk.clerk.token_serial);
    let review = desk.clerk.reviewed(&bills[0]).await;
    receipt(&desk.clerk.pay_with_code(&review, &code).await);
    let review = desk.clerk.reviewed(&bills[1]).await;
    let refused = desk.clerk.pay_with_code(&review, &code).await;
    assert_eq!(refused.page.field("error_code"), "T-103", "{}", refused.page.text());
    // somebody else with the same token
    let colleague = Clerk::sign_in(&desk.demo, company::SHOJI, 2).await;
    assert_eq!(colleague.token_serial, desk.clerk.token_serial);
    let review = colleague.reviewed(&bills[1]).await;
    let refused = colleague.pay_with_code(&review, &code).await;
    assert_eq!(refused.page.field("error_code"), "T-103", "{}", refused.page.text());
    assert!(mocks.clearings(&bills[1]).await.is_empty());
    let left = desk.before.balance - bills[0].total();
    assert_eq!(desk.clerk.money().await, Money { balance: left, available: left });
    desk.demo.assert_sound().await;
}
