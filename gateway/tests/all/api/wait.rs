//! Payments of a contract that is no sandbox: they wait for a person, who authorises or declines.

use database::execute;
use database::testing::TestDatabase;
use domain::payment::State;
use domain::{PaymentId, UserId};
use gateway::request::REQUESTS_WAITING_MAX;
use gateway::{Decline, Guard, GuardKind, Operator, PayError, Payer, PaymentOrder, PaymentRequest};
use serde_json::{Value, json};

use super::support::{BANK_URL, Bench, Caller};
use crate::support::{PENSION, SHOP, TAX};

database::on_both!(
    a_real_contracts_payment_waits_for_a_person,
    a_request_is_declined_or_authorised_and_never_both,
    a_request_ends_by_itself,
    only_so_many_wait,
);

/// A request as the person sees it.
async fn request(bench: &Bench, id: PaymentId) -> PaymentRequest {
    bench.world.hub.gateway.payment_request(bench.world.payer.contract, id).await.unwrap().unwrap()
}

/// The person asks anew and pays what was asked for.
async fn authorise(bench: &Bench, id: PaymentId) -> Result<gateway::Payment, PayError> {
    bench.world.hub.gateway.pay(reviewed(bench, id).await).await
}

/// The person asks anew and has the order on the screen.
async fn reviewed(bench: &Bench, id: PaymentId) -> PaymentOrder {
    let request = request(bench, id).await;
    let clerk = Payer { contract: bench.world.payer.contract, user: UserId::generate() };
    let gateway = &bench.world.hub.gateway;
    let inquiry = gateway.inquire_for_request(clerk, &request).await.unwrap().unwrap();
    PaymentOrder {
        payment: request.id,
        payer: clerk,
        inquiry: inquiry.id,
        bill: request.bill.id.clone(),
        amount: request.bill.amount,
        account: request.account,
        guards: vec![Guard::request(request.id)],
        barred_by: Vec::new(),
    }
}

async fn waiting(bench: &Bench) -> usize {
    let accounts = [bench.world.account];
    let listed = bench.world.hub.gateway.payment_requests(bench.world.payer.contract, &accounts, 500).await;
    listed.unwrap().len()
}

async fn ask(caller: &Caller, key: &str, slip: crate::support::Slip) -> (PaymentId, Value) {
    let order = caller.order(slip).await;
    let reply = caller.post("/v1/payments", Some(key), &order).await;
    (reply.payment(202, State::Inquired), order)
}

async fn a_real_contracts_payment_waits_for_a_person(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let caller = bench.company().await;
    let (id, order) = ask(&caller, "k", TAX).await;
    let again = caller.post("/v1/payments", Some("k"), &order).await;
    assert_eq!(again.payment(202, State::Inquired), id);
    let url = format!("{BANK_URL}/payeasy/requests/{id}");
    let authorisation = json!({ "url": url, "expires_at": "2026-11-25T06:00:00+09:00" });
    assert_eq!(again.body["authorisation"], authorisation);
    assert_eq!((&again.body["receipt_number"], &again.body["held_at"]), (&json!(null), &json!(null)));
    assert_eq!(caller.get(&format!("/v1/payments/{id}")).await.body, again.body);
    assert_eq!(bench.world.balance().await.held.get(), 0, "nothing is held");
    assert_eq!(waiting(&bench).await, 1);
    // long after the inquiry
    bench.world.clock.advance_seconds(3 * 3_600);
    let (one, other) = (reviewed(&bench, id).await, reviewed(&bench, id).await);
    let paid = bench.world.hub.gateway.pay(one).await.unwrap();
    assert_eq!((paid.facts.id, paid.state), (id, State::Accepted));
    let late = bench.world.hub.gateway.pay(other).await;
    assert!(matches!(late, Err(PayError::DifferentOrder)), "a colleague had it on the screen too: {late:?}");
    let shown = caller.post("/v1/payments", Some("k"), &order).await;
    assert_eq!(shown.payment(201, State::Accepted), id);
    assert!(shown.body["authorisation"].is_null() && shown.body["receipt_number"].is_string());
    assert_eq!(waiting(&bench).await, 0);
    // the same checks as of a payment at once
    let order = caller.order(SHOP).await;
    let mut wrong = order.clone();
    wrong["amount"] = 1.into();
    caller.post("/v1/payments", Some("wrong"), &wrong).await.refused(409, "amount_changed");
    caller.post("/v1/payments", Some("wrong"), &wrong).await.refused(409, "amount_changed");
    bench.world.assert_clean().await;
}

async fn a_request_is_declined_or_authorised_and_never_both(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let gateway = &bench.world.hub.gateway;
    let caller = bench.company().await;
    let by = Operator::staff("hanako");
    let (declined, order) = ask(&caller, "a", TAX).await;
    let asked = request(&bench, declined).await;
    assert_eq!(gateway.decline_request(&asked, &by).await.unwrap(), Decline::Done);
    assert_eq!(gateway.decline_request(&asked, &by).await.unwrap(), Decline::TooLate);
    let refused = authorise(&bench, declined).await;
    assert!(matches!(refused, Err(PayError::GuardTaken(GuardKind::Request))), "{refused:?}");
    let over = caller.post("/v1/payments", Some("a"), &order).await;
    assert_eq!(over.payment(201, State::Expired), declined);
    assert!(over.body["authorisation"].is_null());
    assert_eq!(waiting(&bench).await, 0);
    // the bill is free for another
    let (paid, _) = ask(&caller, "b", TAX).await;
    let asked = request(&bench, paid).await;
    authorise(&bench, paid).await.unwrap();
    assert_eq!(gateway.decline_request(&asked, &by).await.unwrap(), Decline::TooLate);
    caller.get(&format!("/v1/payments/{paid}")).await.payment(200, State::Accepted);
    bench.world.assert_clean().await;
}

async fn a_request_ends_by_itself(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let caller = bench.company().await;
    let (id, _) = ask(&caller, "a", PENSION).await;
    let path = format!("/v1/payments/{id}");
    let pass = |seconds| bench.world.clock.advance_seconds(seconds);
    pass(20 * 3_600);
    assert_eq!(waiting(&bench).await, 0);
    assert!(!request(&bench, id).await.may_be_authorised_at(bench.world.clock.now()));
    caller.get(&path).await.payment(200, State::Inquired);
    pass(301);
    let over = caller.get(&path).await;
    over.payment(200, State::Expired);
    assert_eq!(over.body["changed_at"], "2026-11-25T06:00:00+09:00");
    pass(101 * 24 * 3_600);
    bench.world.hub.gateway.forget_old_wishes().await.unwrap();
    assert_eq!(bench.world.balance().await.held.get(), 0);
}

async fn only_so_many_wait(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let caller = bench.company().await;
    let (first, _) = ask(&caller, "a", TAX).await;
    let database = &bench.world.test.database;
    for _ in 1..REQUESTS_WAITING_MAX {
        execute!(
            database,
            "INSERT INTO payment_request SELECT $1, contract, api_key, key_name, account, inquiry, collector,
                customer_number, category, bill, created_us, expires_us FROM payment_request WHERE id = $2",
            PaymentId::generate().uuid(),
            first.uuid()
        )
        .unwrap();
    }
    let order = caller.order(SHOP).await;
    let refused = caller.post("/v1/payments", Some("b"), &order).await;
    refused.refused(409, "too_many_waiting");
    let by = Operator::staff("hanako");
    let asked = request(&bench, first).await;
    bench.world.hub.gateway.decline_request(&asked, &by).await.unwrap();
    caller.post("/v1/payments", Some("b"), &order).await.payment(202, State::Inquired);
}
