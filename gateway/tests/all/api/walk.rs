//! The document against the router: every call is there, and every status that it promises is one that it gives.

use gateway::api::key::{Holder, Scope};
use serde_json::json;

use super::operations::{by_hand, whole_day};
use super::support::{Bench, Caller, numbers};
use crate::support::{PENSION, TAX, World, limits};

const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// What only a race with another operator or the schedule brings about.
const RACES: [(&str, u16); 2] = [
    ("POST /v1/operations/collectors/{code}/counters", 409),
    ("POST /v1/operations/collectors/{code}/reconciliations", 409),
];

/// A call with its parameters filled in.
fn filled(call: &str, collector: &str) -> (String, String) {
    let (method, path) = call.split_once(' ').unwrap();
    let path =
        path.replace("{id}", NOBODY).replace("{code}", collector).replace("{nonce}", crate::link::NONCE);
    (method.to_owned(), path)
}

/// What any call answers for want of something.
async fn poke(caller: &Caller, calls: &[String], headers: &[(&str, &str)], body: &str) {
    for call in calls {
        let (method, path) = filled(call, "00999");
        caller.send(&method, &path, headers, body).await;
    }
}

#[tokio::test]
async fn every_promise_of_the_document_is_kept() {
    let bench = Bench::of(World::with(database::testing::sqlite().await, by_hand(), &limits()).await);
    let document = bench.anonymous.document.clone();
    let promised = document.promised();
    let mut all: Vec<String> = promised.iter().map(|(call, _)| call.clone()).collect();
    all.dedup();
    let posts: Vec<_> = all.iter().filter(|call| call.starts_with("POST")).cloned().collect();
    let gets: Vec<_> = all.iter().filter(|call| call.starts_with("GET")).cloned().collect();
    let key = [("idempotency-key", "walk")];
    let (caller, operator) = (bench.integrator().await, bench.operator().await);

    // whoever comes without a key, and with one that opens nothing here
    poke(&bench.anonymous, &all, &[], "").await;
    let (_, collector) = bench.issue(Holder::Collector("00200".parse().unwrap()), &[Scope::Read]).await;
    let (_, mute) = bench.issue(Holder::Operator, &[Scope::Operate]).await;
    let with = |query: &str| gets.iter().map(|call| format!("{call}?{query}")).collect::<Vec<_>>();
    let (dated, from) = (with("date=2026-11-24"), with("from=2026-11-24"));
    poke(&collector, &dated, &[], "").await;
    poke(&collector, &from, &[], "").await;
    poke(&mute, &gets, &[], "").await;
    let bodies = [
        json!({ "date": "2026-11-24" }),
        json!({ "collector": "99022" }),
        numbers(TAX),
        caller.order(TAX).await,
    ];
    for body in bodies.iter().map(ToString::to_string) {
        poke(&collector, &posts, &key, &body).await;
        poke(&operator, &posts, &key, &body).await;
    }
    poke(&operator, &dated, &[], "").await;
    // whoever sends nonsense
    for caller in [&caller, &operator] {
        let nonsense: Vec<_> = gets.iter().map(|call| format!("{call}?nonsense=1")).collect();
        poke(caller, &nonsense, &key, "").await;
        for body in ["{", r#"{"nonsense": 1}"#, &format!("\"{}\"", "x".repeat(20_000))] {
            poke(caller, &posts, &key, body).await;
        }
        poke(caller, &posts, &[key[0], ("content-type", "text/plain")], "{}").await;
    }

    // the calls themselves
    whole_day(&bench, &operator).await;
    let api = &bench.anonymous;
    for call in all.iter().filter(|call| !call.contains("/v1/operations")) {
        let (method, path) = filled(call, "00200");
        api.send(&method, &path, &[], "").await;
    }
    api.send("PUT", "/v1/time", &[], "{}").await;
    let production = Caller::anonymous(&bench.world.hub.gateway, false).judged_by(&document);
    production.send("PUT", "/v1/time", &[], r#"{"now": "2026-11-24T10:00:00+09:00"}"#).await;
    let fault = async |collector: &str, fault| bench.world.network.fault(collector, fault).await;
    fault("00500", json!({ "mode": "refuse", "on": "inquiry", "code": "9001", "times": 1 })).await;
    caller.post("/v1/inquiries", None, &numbers(PENSION)).await.refused(502, "collector_failed");
    fault("00500", json!({ "mode": "lose", "on": "inquiry", "times": 1 })).await;
    caller.post("/v1/inquiries", None, &numbers(PENSION)).await.refused(504, "collector_silent");
    fault("00500", json!({ "mode": "closed", "on": "inquiry", "times": 1 })).await;
    caller.post("/v1/inquiries", None, &numbers(PENSION)).await.refused(409, "collector_closed");
    let (order, late) = (caller.order(TAX).await, caller.order(TAX).await);
    let paid = caller.post("/v1/payments", Some("a"), &order).await;
    assert_eq!(paid.status, 201);
    for part in ["", "/proof"] {
        assert_eq!(caller.get(&format!("/v1/payments/{}{part}", paid.id())).await.status, 200);
    }
    caller.post("/v1/payments", Some("b"), &late).await.refused(409, "bill_busy");
    fault("00500", json!({ "delay_ms": 2_000, "on": "clearing", "times": 1 })).await;
    let order = caller.order(PENSION).await;
    assert_eq!(caller.post("/v1/payments", Some("c"), &order).await.status, 202);
    let set = r#"{"now": "2026-11-24T10:00:00+09:00"}"#;
    assert_eq!(api.send("PUT", "/v1/time", &[], set).await.status, 200);

    // whoever calls too often, and a hub that has lost its data
    let throttled = Caller::throttled(&bench.world.hub.gateway).judged_by(&document);
    for call in all.iter().filter(|call| promised.contains(&((*call).clone(), 429))) {
        let (_, token) = bench.token(Holder::Operator, &[Scope::Read]).await;
        let busy = throttled.with(&token);
        let (method, path) = filled(call, "00999");
        // a machine that is too slow to call twice in a second tries again
        while busy.send(&method, &path, &key, "{}").await.status != 429 {}
    }
    bench.world.test.database.close().await;
    poke(&caller, &all, &key, "{}").await;
    api.get("/v1/collectors/00200").await;

    let mut kept = document.seen();
    kept.extend(RACES.map(|(call, status)| (call.to_owned(), status)));
    let broken: Vec<_> = promised.difference(&kept).collect();
    assert!(broken.is_empty(), "promised and never answered: {broken:?}");
}
