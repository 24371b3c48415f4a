//! Payments over the API: each at most once, whatever is repeated and whatever fails.

use database::read;
use database::testing::TestDatabase;
use domain::payment::State;
use serde_json::{Value, json};

use super::support::{Bench, Caller, holder, order};
use crate::support::{Hub, PENSION, SHOP, Slip, TAX, TYPED, World, limits, settings};

database::on_both!(
    a_payment_is_made_once_however_often_it_is_asked_for,
    a_hundred_repeats_at_once_make_one_payment,
    what_was_refused_stays_refused_under_its_key,
    what_is_not_final_is_accepted_and_followed,
    a_repeat_after_a_restart_finds_the_payment,
    a_bill_is_paid_once_whatever_the_key,
);

async fn count(test: &TestDatabase, table: &'static str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    read!(test.database, |c| sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(c).await).unwrap()
}

async fn a_payment_is_made_once_however_often_it_is_asked_for(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let caller = bench.integrator().await;
    let order = caller.order(TAX).await;
    let paid = caller.post("/v1/payments", Some("order-1"), &order).await;
    let id = paid.payment(201, State::Accepted);
    assert_eq!(paid.headers["location"], format!("/v1/payments/{id}"));
    assert_eq!((&paid.body["amount"], &paid.body["receipt_date"]), (&json!(215_000), &json!("2026-11-24")));
    assert_eq!(paid.body["account"], order["account"]);
    assert_eq!(paid.body["authorisation"], Value::Null);
    for _ in 0..3 {
        let again = caller.post("/v1/payments", Some("order-1"), &order).await;
        assert_eq!((again.status, &again.body), (201, &paid.body));
    }
    assert_eq!(caller.get(&format!("/v1/payments/{id}")).await.body, paid.body);
    // in another spelling it is the same wish
    let spelt = serde_json::to_string_pretty(&order).unwrap();
    let spelt = caller.send("POST", "/v1/payments", &[("idempotency-key", "order-1")], &spelt).await;
    assert_eq!(spelt.body, paid.body);
    let mut other = order.clone();
    other["amount"] = 215_001.into();
    caller.post("/v1/payments", Some("order-1"), &other).await.refused(422, "idempotency_key_reused");
    caller.post("/v1/payments", None, &order).await.refused(400, "idempotency_key_missing");
    // a key is kept for good, and so is a refusal under it
    let refused = caller.post("/v1/payments", Some("order-2"), &other).await;
    assert!(refused.status >= 400, "{}", refused.body);
    bench.world.clock.advance_seconds(400 * 24 * 3_600);
    bench.world.hub.gateway.forget_old_wishes().await.unwrap();
    let later = caller.post("/v1/payments", Some("order-1"), &order).await;
    assert_eq!((later.status, &later.body["id"]), (201, &paid.body["id"]));
    let again = caller.post("/v1/payments", Some("order-2"), &other).await;
    assert_eq!((again.status, again.body), (refused.status, refused.body));
    assert_eq!(bench.world.balance().await.balance.get(), 1_000_000 - 215_000);
    assert_eq!(count(&bench.world.test, "payment").await, 1);
    bench.world.assert_clean().await;
}

async fn a_hundred_repeats_at_once_make_one_payment(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let caller = bench.integrator().await;
    let order = caller.order(PENSION).await;
    bench.world.network.fault("00500", json!({ "delay_ms": 300, "on": "clearing", "times": 1 })).await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (caller, order) = (caller.clone(), order.clone());
        calls.spawn(async move { caller.post("/v1/payments", Some("storm"), &order).await });
    }
    let mut ids = std::collections::BTreeSet::new();
    while let Some(reply) = calls.join_next().await {
        let reply = reply.unwrap();
        // a busy machine may not have the answer in time for all
        assert!([201, 202].contains(&reply.status), "{}", reply.body);
        ids.insert(reply.id());
    }
    assert_eq!(ids.len(), 1);
    bench.world.reaches(*ids.first().unwrap(), State::Accepted).await;
    assert_eq!(count(&bench.world.test, "payment").await, 1);
    assert_eq!(bench.world.network.clearings().await.len(), 1);
    assert_eq!(bench.world.balance().await.available.get(), 1_000_000 - 486_312);
    bench.world.assert_clean().await;
}

async fn what_was_refused_stays_refused_under_its_key(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let caller = bench.integrator().await;
    bench.world.pay(PENSION).await.unwrap();
    bench.world.pay(TAX).await.unwrap();
    // 298,688 yen are left
    let rich = caller.order(Slip { amount: Some(300_000), ..TYPED }).await;
    let refused = caller.post("/v1/payments", Some("poor"), &rich).await;
    refused.refused(409, "insufficient_funds");
    let words = refused.body["detail"].as_str().unwrap();
    assert!(words.starts_with("298688 yen are available. Nothing was debited or held."), "{words}");
    bench.world.put(bench.world.account, 1_000_000).await;
    let again = caller.post("/v1/payments", Some("poor"), &rich).await;
    assert_eq!(again.body, refused.body, "the same answer, though it would work by now");
    assert_eq!(caller.post("/v1/payments", Some("rich"), &rich).await.status, 201);

    let order = caller.order(SHOP).await;
    let with = |field: &str, value: Value| {
        let mut body = order.clone();
        body[field] = value;
        body
    };
    for (key, body, status, code, pointers) in [
        ("1", with("amount", json!(12_801)), 409, "amount_changed", vec!["/amount"]),
        ("2", with("bill_id", json!("NONE")), 422, "bill_unknown", vec!["/bill_id"]),
        ("3", with("inquiry_id", json!(uuid::Uuid::nil())), 409, "inquiry_expired", vec![]),
    ] {
        for _ in 0..2 {
            let reply = caller.post("/v1/payments", Some(key), &body).await;
            reply.refused(status, code);
            assert_eq!(reply.pointers(), pointers);
        }
    }
    for (key, body, pointers) in [
        ("4", with("inquiry_id", json!("x")), vec!["/inquiry_id"]),
        ("5", with("account", json!({ "branch": "1", "type": "ordinary", "number": "1" })), vec!["/account"]),
        ("6", with("account", json!({ "branch": "100", "type": "gold" })), vec!["/account/type"]),
        ("7", with("note", json!("x")), vec!["/note"]),
        ("8", json!({}), vec!["/inquiry_id"]),
        ("9", with("amount", json!(0)), vec!["/amount"]),
    ] {
        let reply = caller.post("/v1/payments", Some(key), &body).await;
        reply.refused(422, "fields_invalid");
        assert_eq!(reply.pointers(), pointers);
        assert!(reply.body["detail"].as_str().unwrap().contains("Nothing was debited or held."));
    }
    let foreign = with("account", json!({ "branch": "201", "type": "current", "number": "0000001" }));
    caller.post("/v1/payments", Some("10"), &foreign).await.refused(403, "account_not_permitted");
    // none of these binds its key: what was malformed can be mended
    let paid = caller.post("/v1/payments", Some("10"), &order).await;
    paid.payment(201, State::Accepted);
    let deep = format!("{{\"a\": {}1{}}}", "[".repeat(20), "]".repeat(20));
    let headers = [("idempotency-key", "11")];
    caller.send("POST", "/v1/payments", &headers, &deep).await.refused(400, "body_malformed");
    caller.send("POST", "/v1/payments", &headers, "{").await.refused(400, "body_malformed");
    let huge = format!("\"{}\"", "x".repeat(17_000));
    caller.send("POST", "/v1/payments", &headers, &huge).await.refused(413, "body_too_large");
    let form = [("idempotency-key", "11"), ("content-type", "text/plain")];
    caller.send("POST", "/v1/payments", &form, "{}").await.refused(415, "content_type_wrong");
    bench.world.assert_clean().await;
}

async fn what_is_not_final_is_accepted_and_followed(test: TestDatabase) {
    let short = gateway::Settings { pay_wait_s: 1, ..settings() };
    let bench = Bench::of(World::with(test, short, &limits()).await);
    let caller = bench.integrator().await;
    let order = caller.order(SHOP).await;
    bench.world.network.fault("99022", json!({ "delay_ms": 2_500, "on": "clearing", "times": 1 })).await;
    let reply = caller.post("/v1/payments", Some("slow"), &order).await;
    let id = reply.payment(202, State::Sending);
    bench.world.reaches(id, State::Accepted).await;
    let again = caller.post("/v1/payments", Some("slow"), &order).await;
    assert_eq!(again.payment(201, State::Accepted), id);
    // a national collector refuses: that is an end too
    bench.world.network.fault("00200", json!({ "mode": "refuse", "on": "clearing", "times": 1 })).await;
    let order = caller.order(TAX).await;
    let refused = caller.post("/v1/payments", Some("refused"), &order).await;
    refused.payment(201, State::Rejected);
    assert!(refused.body["response_code"].is_string());
    bench.world.assert_clean().await;
}

async fn a_repeat_after_a_restart_finds_the_payment(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let caller = bench.integrator().await;
    let order = caller.order(TAX).await;
    let first = caller.post("/v1/payments", Some("k"), &order).await;
    let database = bench.world.test.reopened().await;
    let hub = Hub::open(database, &bench.world.clock, &bench.world.network, settings(), &limits()).await;
    // another process, or the same after a crash
    let other = Caller::anonymous(&hub.gateway, false);
    let holder = holder(bench.world.payer.contract, bench.world.account, true);
    let scopes = vec![gateway::api::key::Scope::Pay];
    let new = gateway::api::key::NewKey { name: "rotated".to_owned(), holder, scopes };
    let (_, token) = hub.gateway.issue_api_key(&new, &gateway::Operator::system()).await.unwrap();
    let again = other.with(&token).post("/v1/payments", Some("k"), &order).await;
    assert_eq!(again.payment(201, State::Accepted), first.id(), "though the key of the API is a new one");
    assert_eq!(again.body, first.body);
    bench.world.assert_clean().await;
}

async fn a_bill_is_paid_once_whatever_the_key(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let caller = bench.integrator().await;
    let (one, other) = (caller.order(SHOP).await, caller.order(SHOP).await);
    let paid = caller.post("/v1/payments", Some("one"), &one).await.payment(201, State::Accepted);
    let late = caller.post("/v1/payments", Some("other"), &other).await;
    late.refused(409, "bill_busy");
    assert_eq!(late.body["payment_id"], json!(paid), "its own payment it may know");
    assert_eq!(late.body["money"], "untouched_by_this");
    // somebody else is not told whose it is
    let account = domain::AccountId::new(2_001);
    bench.world.open_account(account, 1_000_000).await;
    let stranger = holder(domain::ContractId::generate(), account, true);
    let scopes = [gateway::api::key::Scope::Inquire, gateway::api::key::Scope::Pay];
    let (_, stranger) = bench.issue(stranger, &scopes).await;
    let asked = stranger.post("/v1/inquiries", None, &super::numbers(SHOP)).await;
    asked.refused(422, "already_paid");
    bench.world.network.fault("00500", json!({ "mode": "lose", "on": "clearing", "times": 100 })).await;
    let theirs = stranger.post("/v1/inquiries", None, &super::numbers(PENSION)).await;
    let mine = caller.order(PENSION).await;
    let open = caller.post("/v1/payments", Some("open"), &mine).await;
    assert_eq!(open.status, 202, "{}", open.body);
    let late = stranger.post("/v1/payments", Some("x"), &order(&theirs.body)).await;
    late.refused(409, "bill_busy");
    assert_eq!(late.body.get("payment_id"), None);
}
