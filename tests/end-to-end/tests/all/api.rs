//! The hub's API as an integrator uses it: whole payments, repeats, crashes, and payments that a clerk authorises.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::api::Caller;
use crate::harness::{Bill, Clerk, Demo, Options, clerk::yen, company};

/// The sandbox contract.
const SANDBOX: &str = "株式会社接続試験";

/// The first account of a contract, as the API names it.
fn account(demo: &Demo, contract: &str) -> Value {
    let account = &demo.contract(contract)["accounts"][0];
    json!({ "branch": account["branch"], "type": account["type"], "number": account["number"] })
}

struct Scene {
    demo: Demo,
    caller: Caller,
    bill: Bill,
    order: Value,
}

impl Scene {
    /// A bill that was inquired and has only to be paid.
    async fn set(crash: Option<&'static str>, collector: &str) -> Self {
        let demo = Demo::start_with(Options { crash, ..Options::default() }).await;
        let caller = Caller::of(&demo, "integrator");
        let bill = demo.mocks().bill(collector, json!({ "amount": 34_567 })).await;
        let order = caller.order(&bill, account(&demo, SANDBOX)).await;
        Self { demo, caller, bill, order }
    }

    /// After the process died, the same call leads to one payment that is accepted once.
    async fn recovers(mut self) {
        self.demo.restart().await;
        let (status, payment) = self.caller.post("/v1/payments", "order-1", &self.order).await;
        assert!([201, 202].contains(&status), "{payment}");
        let id = payment["id"].as_str().unwrap().to_owned();
        let paid = self.caller.followed(&id).await;
        assert_eq!(paid["state"], "accepted", "{paid}");
        let (_, again) = self.caller.post("/v1/payments", "order-1", &self.order).await;
        assert_eq!(again, paid);
        self.demo.mocks().assert_cleared_once(&self.bill).await;
        let clerk = Clerk::sign_in(&self.demo, SANDBOX, 0).await;
        assert_eq!(clerk.payments().await.len(), 1);
        assert_eq!(clerk.money().await.balance, 30_000_000 - self.bill.total());
        self.demo.assert_sound().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bill_is_inquired_paid_and_followed() {
    let Scene { demo, caller, bill, order } = Scene::set(None, "04100").await;
    let (status, payment) = caller.post("/v1/payments", "order-1", &order).await;
    assert_eq!((status, &payment["state"]), (201, &json!("accepted")), "{payment}");
    let (again, same) = caller.post("/v1/payments", "order-1", &order).await;
    assert_eq!((again, &same), (201, &payment));
    let id = payment["id"].as_str().unwrap();
    assert_eq!(caller.get(&format!("/v1/payments/{id}")).await, (200, payment.clone()));
    let events = caller.events().await;
    let words: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(words, ["held", "claimed", "accepted"]);
    assert_eq!(Caller::of(&demo, "operator").events().await, events);
    assert!(Caller::of(&demo, "company").events().await.is_empty(), "another contract's");
    assert!(Caller::of(&demo, "collector").events().await.is_empty(), "another collector's");

    // the numbers, the key and the account of somebody else
    let other = Caller::of(&demo, "company");
    assert_eq!(other.get(&format!("/v1/payments/{id}")).await.0, 404);
    let forged = Caller::with(&demo, &format!("mpn_test_{}", "A".repeat(43)));
    let (status, problem) = forged.post("/v1/payments", "order-1", &order).await;
    assert_eq!((status, &problem["code"]), (401, &json!("key_invalid")));
    let mut foreign = order.clone();
    foreign["account"] = account(&demo, company::SHOJI);
    let (status, problem) = caller.post("/v1/payments", "order-2", &foreign).await;
    assert_eq!((status, &problem["code"]), (403, &json!("account_not_permitted")));
    let (status, problem) = caller.post("/v1/payments", "order-1", &foreign).await;
    assert_eq!(status, 403, "{problem}");
    assert_eq!(demo.mocks().assert_cleared_once(&bill).await, 1);
    demo.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_repeats_at_once_pay_once() {
    let Scene { demo, caller, bill, order } = Scene::set(None, "00500").await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (caller, order) = (caller.clone(), order.clone());
        calls.spawn(async move { caller.post("/v1/payments", "storm", &order).await });
    }
    let mut ids = BTreeSet::new();
    while let Some(answer) = calls.join_next().await {
        let (status, payment) = answer.unwrap();
        assert!([201, 202].contains(&status), "{payment}");
        ids.insert(payment["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids.len(), 1);
    assert_eq!(caller.followed(ids.first().unwrap()).await["state"], "accepted");
    assert_eq!(demo.mocks().assert_cleared_once(&bill).await, 1);
    demo.assert_sound().await;
}

/// From before the payment has an id to after its answer is recorded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_after_a_crash_finds_the_payment_or_makes_it() {
    for crash in [
        "before_persist_wish",
        "after_persist_wish",
        "before_persist_hold",
        "after_persist_hold",
        "after_receive_clearing",
        "after_persist_answer",
    ] {
        // the inquiry has a wish of its own, so the first one passes
        let armed = match crash {
            "before_persist_wish" => "before_persist_wish=1*off->return",
            "after_persist_wish" => "after_persist_wish=1*off->return",
            other => other,
        };
        let mut scene = Scene::set(Some(armed), "04100").await;
        let answer = scene.caller.try_post("/v1/payments", "order-1", &scene.order).await;
        assert!(answer.is_err(), "{crash}: {answer:?}");
        scene.demo.ended().await;
        scene.recovers().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_from_outside_while_the_collector_is_about_to_answer() {
    let mut scene = Scene::set(None, "04000").await;
    let mocks = scene.demo.mocks();
    mocks.fault("04000", json!({ "delay_ms": 8_000, "on": "clearing", "times": 1 })).await;
    let (caller, order, bill) = (scene.caller.clone(), scene.order.clone(), scene.bill.clone());
    let call = async { caller.try_post("/v1/payments", "order-1", &order).await };
    let kill = async {
        mocks.recorded(&bill).await;
        scene.demo.kill();
    };
    let (answer, ()) = tokio::join!(call, kill);
    assert!(answer.is_err());
    scene.recovers().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_contracts_payment_waits_for_its_clerk() {
    let mut demo = Demo::start().await;
    let caller = Caller::of(&demo, "company");
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
    let before = clerk.money().await;
    let bill = demo.mocks().bill("04100", json!({ "amount": 25_000 })).await;
    let order = caller.order(&bill, account(&demo, company::SHOJI)).await;
    let (status, payment) = caller.post("/v1/payments", "invoice-7", &order).await;
    assert_eq!((status, &payment["state"]), (202, &json!("inquired")), "{payment}");
    assert_eq!(clerk.money().await, before, "nothing is held");
    let id = payment["id"].as_str().unwrap();
    let url = payment["authorisation"]["url"].as_str().unwrap();
    let path = url.strip_prefix(demo.json["bank"]["url"].as_str().unwrap()).unwrap();

    // a crash and five hours later it is still there
    demo.restart().await;
    demo.set_clock("2026-11-24T15:00:00+09:00").await;
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
    let home = clerk.client.get("/home").await;
    assert!(home.page.links().iter().any(|link| link == path), "{}", home.page.text());
    let request = clerk.client.get(path).await;
    assert_eq!(request.page.field("amount"), "25,000");
    let mut form = request.page.form();
    form.put("action", "open");
    let review = clerk.client.submit(&request, &form).await;
    assert!(review.path.ends_with("/review"), "{}: {}", review.path, review.page.text());
    assert_eq!(yen(&review.page.field("total")), bill.total());
    let paid = clerk.pay(&review).await;
    assert_eq!(paid.page.state(), "accepted", "{}", paid.page.text());

    let (status, shown) = caller.post("/v1/payments", "invoice-7", &order).await;
    assert_eq!((status, &shown["state"], &shown["id"]), (201, &json!("accepted"), &payment["id"]));
    assert_eq!(caller.followed(id).await["receipt_number"], paid.page.field("receipt_number"));
    assert_eq!(clerk.money().await.balance, before.balance - bill.total());
    assert_eq!(clerk.client.get(path).await.page.state(), "accepted", "it leads to the payment now");
    demo.mocks().assert_cleared_once(&bill).await;
    demo.assert_sound().await;
}
