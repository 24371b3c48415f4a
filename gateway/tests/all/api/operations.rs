//! A day of an operator's program: open, look, ask again, close, compare, put right.

use database::testing::TestDatabase;
use domain::payment::State;
use gateway::api::key::{Holder, Scope};
use gateway::reconciliation::Ending;
use gateway::{AlarmKind, NewAlarm, Settings};
use serde_json::{Value, json};

use super::support::{Bench, Caller, Reply};
use crate::reconciliation::eyes;
use crate::service::move_to;
use crate::support::{SHOP, TAX, World, limits, settings};

database::on_both!(an_operators_day, an_operators_calls_are_for_operators);

const TODAY: &str = "2026-11-24";

/// Nothing is repeated but by hand.
pub fn by_hand() -> Settings {
    Settings { pay_wait_s: 1, poll_interval_ms: 3_600_000, ..settings() }
}

async fn of(operator: &Caller, collector: &str, what: &str) -> Reply {
    operator
        .post(&format!("/v1/operations/collectors/{collector}/{what}"), None, &json!({ "date": TODAY }))
        .await
}

/// 開局 and 予備閉局 have no body.
async fn told(operator: &Caller, collector: &str, what: &str) -> Reply {
    operator.send("POST", &format!("/v1/operations/collectors/{collector}/{what}"), &[], "").await
}

#[track_caller]
fn is(reply: &Reply, status: u16, field: &str, value: &Value) {
    assert_eq!((reply.status, &reply.body[field]), (status, value), "{}", reply.body);
}

async fn an_operators_day(test: TestDatabase) {
    let bench = Bench::of(World::with(test, by_hand(), &limits()).await);
    let operator = bench.operator().await;
    whole_day(&bench, &operator).await;
    // who did it is the key
    let actors: Vec<String> = database::read!(bench.world.test.database, |c| {
        sqlx::query_scalar("SELECT DISTINCT actor FROM audit WHERE action LIKE 'service.%'")
            .fetch_all(c)
            .await
    })
    .unwrap();
    assert!(!actors.is_empty() && actors.iter().all(|actor| actor.starts_with("api:")), "{actors:?}");
}

/// Everything that an operator's program does, and most of what can stand in its way.
pub async fn whole_day(bench: &Bench, operator: &Caller) {
    let fault = async |collector: &str, fault: Value| bench.world.network.fault(collector, fault).await;
    // 開局
    fault("04000", json!({ "mode": "lose", "on": "open", "times": 1 })).await;
    told(operator, "04000", "open").await.refused(504, "collector_unreached");
    fault("04000", json!({ "mode": "closed", "on": "open", "times": 1 })).await;
    told(operator, "04000", "open").await.refused(502, "collector_refused");
    for collector in ["04000", "99022", "04100"] {
        for _ in 0..2 {
            is(&told(operator, collector, "open").await, 200, "state", &json!("open"));
        }
    }
    told(operator, "00999", "open").await.refused(404, "collector_unknown");
    let directory = collectors::Directory::embedded();
    let unconnected = directory.all().iter().find(|c| !c.available).unwrap().number.to_string();
    for what in ["open", "pre-close"] {
        told(operator, &unconnected, what).await.refused(422, "collector_not_connected");
    }
    let days = operator.get(&format!("/v1/operations/days?date={TODAY}")).await;
    assert_eq!(days.body["days"].as_array().unwrap().len(), 3, "{}", days.body);
    assert_eq!(operator.get("/v1/operations/days").await.body, days.body, "today is meant");

    // a payment without an outcome
    fault("99022", json!({ "mode": "drop", "on": "clearing", "times": 1 })).await;
    let paid = bench.world.pay(SHOP).await.unwrap();
    let id = paid.facts.id;
    bench.world.reaches(id, State::Unknown).await;
    let unknown = operator.get("/v1/operations/unknown-payments").await;
    assert_eq!(unknown.body["payments"][0]["payment"]["id"], json!(id), "{}", unknown.body);
    let statuses = operator.get("/v1/operations/collectors").await;
    let shop = statuses.body["collectors"].as_array().unwrap().iter().find(|c| c["collector"] == "99022");
    assert_eq!(shop.unwrap()["unknown"], 1);
    let blocked = of(operator, "99022", "close").await;
    blocked.refused(409, "open_items");
    assert_eq!(blocked.body["payment_id"], json!(id));
    let path = format!("/v1/operations/collectors/99022/open-items?date={TODAY}");
    let open = operator.get(&path).await;
    assert_eq!((&open.body["count"], &open.body["items"][0]["payment_id"]), (&json!(1), &json!(id)));
    // it is asked for by hand
    let resend = format!("/v1/operations/payments/{id}/resend");
    let resent = operator.send("POST", &resend, &[], "").await;
    resent.payment(200, State::Accepted);
    let again = operator.send("POST", &resend, &[], "").await;
    again.refused(409, "not_now");
    assert!(again.body["detail"].as_str().unwrap().starts_with("not_unknown: the payment is accepted"));
    let history = operator.get(&format!("/v1/operations/payments/{id}")).await;
    let events = history.body["events"].as_array().unwrap();
    let words: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(words, ["held", "claimed", "outcome_unknown", "claimed", "accepted"]);
    let all = operator.post("/v1/operations/resend", None, &json!({ "collector": "99022" })).await;
    assert_eq!((all.status, all.body), (202, json!({ "begun": 0, "too_soon": 0 })));

    // 予備閉局
    fault("04100", json!({ "mode": "lose", "on": "pre_close", "times": 1 })).await;
    told(operator, "04100", "pre-close").await.refused(504, "collector_unreached");
    fault("04100", json!({ "mode": "closed", "on": "pre_close", "times": 1 })).await;
    told(operator, "04100", "pre-close").await.refused(502, "collector_refused");
    is(&told(operator, "04100", "pre-close").await, 200, "state", &json!("pre_closed"));
    told(operator, "04100", "open").await.refused(409, "service_state_wrong");

    // 収納カウンタ
    let counters = of(operator, "99022", "counters").await;
    assert_eq!((counters.status, &counters.body["hub"]), (200, &counters.body["collector"]));
    assert_eq!(counters.body["hub"]["cleared"], json!({ "count": 1, "amount": 12_800 }));
    fault("99022", json!({ "mode": "lose", "on": "counter", "times": 1 })).await;
    of(operator, "99022", "counters").await.refused(504, "collector_unreached");
    fault("99022", json!({ "mode": "closed", "on": "counter", "times": 1 })).await;
    of(operator, "99022", "counters").await.refused(502, "collector_refused");
    of(operator, "00999", "counters").await.refused(404, "collector_unknown");

    // 閉局
    fault("99022", json!({ "mode": "lose", "on": "close", "times": 1 })).await;
    of(operator, "99022", "close").await.refused(504, "collector_unreached");
    fault("99022", json!({ "mode": "closed", "on": "close", "times": 1 })).await;
    of(operator, "99022", "close").await.refused(502, "collector_refused");
    for _ in 0..2 {
        let closed = of(operator, "99022", "close").await;
        is(&closed, 200, "state", &json!("closed"));
        assert_eq!(closed.body["close_counters"]["hub"]["cleared"]["amount"], 12_800);
    }
    let early = json!({ "date": "2026-11-01" });
    let unknown = operator.post("/v1/operations/collectors/99022/close", None, &early).await;
    unknown.refused(404, "service_day_unknown");
    told(operator, "99022", "pre-close").await.refused(409, "service_state_wrong");

    // 精査
    let clean = of(operator, "99022", "reconciliations").await;
    assert_eq!(
        (clean.status, &clean.body["ties_out"], &clean.body["matched"]),
        (201, &json!(true), &json!(1))
    );
    assert_eq!(clean.body["breaks"], json!([]));
    bench
        .world
        .network
        .control("POST", "/control/99022/clearings", json!({ "amount": 500 }).to_string())
        .await;
    let spoilt = of(operator, "99022", "reconciliations").await;
    assert_eq!((&spoilt.body["number"], &spoilt.body["ties_out"]), (&json!(2), &json!(false)));
    let listed = operator.get(&format!("/v1/operations/reconciliations?date={TODAY}")).await;
    assert_eq!(listed.body["reconciliations"], json!([spoilt.body, clean.body]), "the latest first");
    fault("99022", json!({ "mode": "lose", "on": "lines", "times": 1 })).await;
    of(operator, "99022", "reconciliations").await.refused(504, "collector_unreached");
    fault("99022", json!({ "mode": "closed", "on": "lines", "times": 1 })).await;
    of(operator, "99022", "reconciliations").await.refused(502, "collector_refused");
    of(operator, "00999", "reconciliations").await.refused(404, "collector_unknown");
    let breaks = operator.get("/v1/operations/breaks?open_only=true&collector=99022").await;
    let found = &breaks.body["breaks"][0];
    assert!(found["class"] == "missing_here" || found["class"] == "amount_differs", "{}", breaks.body);
    // a key is one actor, and a break is resolved by two people
    let open: domain::BreakId = found["id"].as_str().unwrap().parse().unwrap();
    let resolution = format!("/v1/operations/breaks/{open}/resolution");
    operator
        .post(&resolution, None, &json!({ "note": "収納機関が取り消した" }))
        .await
        .refused(404, "not_found");
    bench.world.hub.gateway.resolve_break(open, Ending::Noted, &eyes("収納機関が取り消した")).await.unwrap();
    let resolved = operator.get("/v1/operations/breaks?collector=99022").await;
    let resolved = &resolved.body["breaks"][0]["resolution"];
    assert_eq!((&resolved["by"], &resolved["checked_by"]), (&json!("staff:7"), &json!("staff:8")));

    // 資金決済, on the next morning
    move_to(&bench.world, "2026-11-25T00:00:00");
    let path = format!("/v1/operations/settlement-windows?from={TODAY}&collector=99022");
    let windows = operator.get(&path).await;
    is(&windows, 200, "windows", &windows.body["windows"]);
    assert_eq!(windows.body["windows"][0]["sums"], json!({ "count": 1, "amount": 12_800, "fee": 0 }));
    assert_eq!(windows.body["windows"][0]["state"], "open");
    // the break was resolved after the close, so the day is compared as it is
    let close = json!({ "date": TODAY, "collector": "99022" });
    let closed = operator.post("/v1/operations/settlement-windows/close", None, &close).await;
    let net = &closed.body["outcomes"][0]["net_payment"];
    assert_eq!((&net["state"], &net["payable"]), (&json!("due"), &json!(12_800)), "{}", closed.body);
    let sunday = json!({ "date": "2026-11-22", "collector": "99022" });
    let refused = operator.post("/v1/operations/settlement-windows/close", None, &sunday).await;
    assert_eq!(refused.body["outcomes"][0]["refused"], "not_a_window", "{}", refused.body);
    let to_come = json!({ "date": "2026-11-26", "collector": "99022" });
    let refused = operator.post("/v1/operations/settlement-windows/close", None, &to_come).await;
    refused.refused(422, "fields_invalid");
    assert_eq!(refused.pointers(), ["/date"], "{}", refused.body);
    let listed = operator.get("/v1/operations/net-payments?paid=false&collector=99022").await;
    assert_eq!(listed.body["net_payments"], json!([net]));
    let payments = format!("/v1/operations/net-payments/{}/payments", net["id"].as_str().unwrap());
    let settled = operator.get(&payments).await;
    assert_eq!((&settled.body["payments"][0]["id"], &settled.body["more"]), (&json!(id), &json!(false)));
    assert_eq!(settled.body["payments"][0]["state"], "settled");
    let nothing = "/v1/operations/net-payments/00000000-0000-0000-0000-000000000000/payments";
    operator.get(nothing).await.refused(404, "net_payment_unknown");
    let pay = "/v1/operations/net-payments/pay-due";
    assert_eq!(operator.send("POST", pay, &[], "").await.body["net_payments"], json!([]), "not yet");
    let due: domain::Date = net["pay_date"].as_str().unwrap().parse().unwrap();
    move_to(&bench.world, &format!("{due}T10:00:00"));
    let paid = operator.send("POST", pay, &[], "").await;
    assert_eq!(paid.body["net_payments"][0]["state"], "paid", "{}", paid.body);

    // keys
    let (spare, _) = bench.token(Holder::Operator, &[Scope::Read]).await;
    assert_eq!(operator.get("/v1/operations/keys").await.status, 200);
    let revocation = format!("/v1/operations/keys/{spare}/revocation");
    assert_eq!(operator.send("POST", &revocation, &[], "").await.status, 204);
    operator.send("POST", &revocation, &[], "").await.refused(404, "key_unknown");

    // alarms
    let alarm = NewAlarm {
        kind: AlarmKind::LateAcceptance,
        subject: id.to_string(),
        collector: Some("99022".parse().unwrap()),
        detail: "ask the collector".to_owned(),
    };
    bench.world.hub.gateway.raise(&alarm).await.unwrap();
    let alarms = operator.get("/v1/operations/alarms?open_only=true&collector=99022").await;
    let raised = alarms.body["alarms"].as_array().unwrap();
    let raised = raised.iter().find(|alarm| alarm["subject"] == id.to_string()).unwrap();
    let path = format!("/v1/operations/alarms/{}/acknowledgement", raised["id"].as_str().unwrap());
    for was_open in [true, false] {
        let taken = operator.send("POST", &path, &[], "").await;
        assert_eq!((taken.status, taken.body), (200, json!({ "was_open": was_open })));
    }
    operator.send("POST", "/v1/operations/alarms/x/acknowledgement", &[], "").await.refused(404, "not_found");
}

async fn an_operators_calls_are_for_operators(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let operator = bench.operator().await;
    for caller in [bench.integrator().await, bench.company().await] {
        for path in ["collectors", "days", "unknown-payments", "alarms", "breaks"] {
            let path = format!("/v1/operations/{path}");
            caller.get(&path).await.refused(403, "not_permitted");
            assert_eq!(operator.get(&path).await.status, 200);
        }
        told(&caller, "00200", "open").await.refused(403, "not_permitted");
    }
    for path in ["alarms", "breaks", "net-payments", "unknown-payments"] {
        for (limit, status) in [(0, 400), (1, 200), (500, 200), (501, 400)] {
            let reply = operator.get(&format!("/v1/operations/{path}?limit={limit}")).await;
            assert_eq!(reply.status, status, "{path} {limit}: {}", reply.body);
        }
    }
    // an operator pays nothing
    let order = bench.integrator().await.order(TAX).await;
    operator.post("/v1/payments", Some("k"), &order).await.refused(403, "not_permitted");
}
