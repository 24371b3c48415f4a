//! The document against the router: every call is there, and every status that it promises is one that it gives.

use gateway::api::key::{Holder, Scope};
use serde_json::json;

use super::support::{Bench, Caller, numbers};
use crate::support::{PENSION, SHOP, TAX, World, limits, settings};

const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// A call with its parameters filled in.
fn filled(call: &str) -> (String, String) {
    let (method, path) = call.split_once(' ').unwrap();
    let path = path.replace("{id}", NOBODY).replace("{code}", "00200");
    (method.to_owned(), path)
}

/// What any call with a key answers for want of something.
async fn poke(caller: &Caller, calls: &[String], headers: &[(&str, &str)], body: &str) {
    for call in calls {
        let (method, path) = filled(call);
        caller.send(&method, &path, headers, body).await;
    }
}

#[tokio::test]
async fn every_promise_of_the_document_is_kept() {
    let short = gateway::Settings { pay_wait_s: 1, ..settings() };
    let bench = Bench::of(World::with(database::testing::sqlite().await, short, &limits()).await);
    let document = bench.anonymous.document.clone();
    let promised = document.promised();
    let all: Vec<String> = {
        let mut calls: Vec<_> = promised.iter().map(|(call, _)| call.clone()).collect();
        calls.dedup();
        calls
    };
    let posts: Vec<_> = all.iter().filter(|call| call.starts_with("POST")).cloned().collect();
    let key = [("idempotency-key", "walk")];

    // whoever comes without a key, and with one that opens nothing here
    poke(&bench.anonymous, &all, &[], "").await;
    let (_, collector) = bench.issue(Holder::Collector("00200".parse().unwrap()), &[Scope::Read]).await;
    let (_, mute) = bench.issue(Holder::Operator, &[Scope::Operate]).await;
    for (caller, body) in [(&collector, "{}"), (&mute, "")] {
        poke(caller, &all, &key, body).await;
    }
    for (caller, body) in
        [(&collector, json!(numbers(TAX))), (&collector, bench.integrator().await.order(TAX).await)]
    {
        poke(caller, &posts, &key, &body.to_string()).await;
    }
    // whoever sends nonsense
    let caller = bench.integrator().await;
    poke(&caller, &all, &key, "").await;
    for body in ["{", "{}", &format!("\"{}\"", "x".repeat(20_000))] {
        poke(&caller, &posts, &key, body).await;
    }
    poke(&caller, &posts, &[key[0], ("content-type", "text/plain")], "{}").await;
    caller.get("/v1/events?limit=0").await;

    // the calls themselves
    let api = &bench.anonymous;
    api.get("/v1/collectors/00999").await;
    api.send("PUT", "/v1/time", &[], "{}").await;
    let production = Caller::anonymous(&bench.world.hub.gateway, false).judged_by(&document);
    production.send("PUT", "/v1/time", &[], r#"{"now": "2026-11-24T10:00:00+09:00"}"#).await;
    let fault = async |collector: &str, fault| bench.world.network.fault(collector, fault).await;
    fault("00500", json!({ "mode": "refuse", "on": "inquiry", "code": "9001", "times": 1 })).await;
    caller.post("/v1/inquiries", None, &numbers(PENSION)).await.refused(502, "collector_failed");
    fault("00500", json!({ "mode": "lose", "on": "inquiry", "times": 1 })).await;
    caller.post("/v1/inquiries", None, &numbers(PENSION)).await.refused(504, "collector_silent");
    fault("00500", json!({ "mode": "refuse", "on": "inquiry", "code": "A001", "times": 1 })).await;
    caller.post("/v1/inquiries", None, &numbers(PENSION)).await.refused(409, "collector_closed");
    let order = caller.order(TAX).await;
    let paid = caller.post("/v1/payments", Some("a"), &order).await;
    assert_eq!(paid.status, 201);
    assert_eq!(caller.get(&format!("/v1/payments/{}", paid.id())).await.status, 200);
    fault("99022", json!({ "delay_ms": 2_000, "on": "clearing", "times": 1 })).await;
    let (order, late) = (caller.order(SHOP).await, caller.order(SHOP).await);
    assert_eq!(caller.post("/v1/payments", Some("b"), &order).await.status, 202);
    caller.post("/v1/payments", Some("c"), &late).await.refused(409, "bill_busy");
    let set = r#"{"now": "2026-11-24T10:00:00+09:00"}"#;
    assert_eq!(api.send("PUT", "/v1/time", &[], set).await.status, 200);

    // whoever calls too often, and a hub that has lost its data
    let (_, busy) = bench.issue(Holder::Operator, &[Scope::Read]).await;
    while busy.get("/v1/events?limit=1").await.status != 429 {}
    poke(&busy, &all, &key, "{}").await;
    bench.world.test.database.close().await;
    poke(&caller, &all, &key, "{}").await;

    let kept = document.seen();
    let broken: Vec<_> = promised.difference(&kept).collect();
    assert!(broken.is_empty(), "promised and never answered: {broken:?}");
}
