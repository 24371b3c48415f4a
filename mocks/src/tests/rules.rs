use std::time::Duration;

use axum::body::to_bytes;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::hub::{CITY, Hub, Slip, TAX, TYPED, message, resent, service};

const RULES: &str = "/control/99090/faults";

/// The outcome of each message of a collector in the order of their arrival.
async fn outcomes(hub: &Hub, collector: &str) -> Vec<String> {
    let (_, json) = hub.json("GET", &format!("/control/{collector}/messages"), "").await;
    let shown = |message: &Value| message["outcome"].as_str().unwrap().to_owned();
    let mut found: Vec<String> = json["messages"].as_array().unwrap().iter().map(shown).collect();
    found.reverse();
    found
}

async fn add(hub: &Hub, collector: &str, rule: Value) -> Value {
    let (status, json) = hub.json("POST", &format!("/control/{collector}/faults"), &rule.to_string()).await;
    assert_eq!(status, StatusCode::CREATED, "{json}");
    json
}

/// Sends a clearing that may well get no answer.
async fn deliver(hub: &Hub, collector: &str, message: &str) {
    let response = hub.raw(hub.signed(collector, message.as_bytes())).await;
    let _ = to_bytes(response.into_body(), 1 << 26).await;
}

#[tokio::test]
async fn the_first_rule_that_does_not_let_a_request_pass_counts() {
    let hub = Hub::start().await;
    add(&hub, "99090", json!({"mode": "unsigned", "on": "first_clearing", "skip": 1, "times": 1})).await;
    add(&hub, "99090", json!({"mode": "drop", "on": "clearing", "times": 2})).await;
    let json = add(&hub, "99090", json!({"mode": "garbage", "customer_number": "123"})).await;
    assert_eq!(json["faults"].as_array().unwrap().len(), 3);
    for serial in 1..=4 {
        deliver(&hub, "99090", &TYPED.clearing(serial)).await;
    }
    deliver(&hub, "99090", &Slip { customer: "123", ..TYPED }.clearing(5)).await;
    let resend = Slip { customer: "123", ..TYPED }.clearing(6);
    deliver(&hub, "99090", &resent(&resend)).await;
    assert_eq!(outcomes(&hub, "99090").await, ["drop", "unsigned", "drop", "answered", "garbage", "garbage"]);
    let (_, json) = hub.json("GET", RULES, "").await;
    let left = json["faults"].as_array().unwrap();
    assert_eq!(left.len(), 1, "those that were used up are gone");
    assert_eq!((&left[0]["seen"], &left[0]["hits"]), (&2.into(), &2.into()));
}

#[tokio::test]
async fn rules_are_replaced_removed_and_cleared() {
    let hub = Hub::start().await;
    let wanted = json!({"faults": [{"mode": "drop"}, {"mode": "none"}, {"delay_ms": 5}]}).to_string();
    let (_, json) = hub.json("PUT", RULES, &wanted).await;
    assert_eq!(json["faults"].as_array().unwrap().len(), 2, "what does nothing is no rule");
    let id = &json["faults"][0]["id"];
    let (status, json) = hub.json("DELETE", &format!("{RULES}/{id}"), "").await;
    assert_eq!((status, &json["faults"][0]["delay_ms"]), (StatusCode::OK, &5.into()));
    let (status, _) = hub.json("DELETE", &format!("{RULES}/{id}"), "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (_, json) = hub.json("DELETE", RULES, "").await;
    assert_eq!(json, json!({"faults": []}));
    assert_eq!(hub.send("99090", &TYPED.clearing(1)).await.code(), "0000");
}

#[tokio::test]
async fn a_rule_that_cannot_be_is_refused_with_its_field() {
    let hub = Hub::start().await;
    for (rule, field) in [
        (json!({"mode": "none"}), "mode"),
        (json!({"mode": "drop", "per_mille": 0}), "per_mille"),
        (json!({"mode": "drop", "per_mille": 1001}), "per_mille"),
        (json!({"mode": "drip", "drip_ms": 0}), "drip_ms"),
        (json!({"mode": "drop", "delay_ms": 1, "delay": {"kind": "fixed", "ms": 1}}), "delay_ms"),
        (json!({"delay": {"kind": "uniform", "from_ms": 2, "to_ms": 1}}), "delay_ms"),
        (json!({"delay": {"kind": "normal", "ms": 2}}), ""),
        (json!({"mode": "drop", "customer_number": "x"}), ""),
        (json!({"mode": "drop", "on": "everything"}), ""),
    ] {
        let (status, json) = hub.json("POST", RULES, &rule.to_string()).await;
        assert_eq!((status, &json["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &field.into()), "{rule}");
    }
    let many: Vec<Value> = (0..100).map(|_| json!({"mode": "drop"})).collect();
    let (status, _) = hub.json("PUT", RULES, &json!({"faults": many}).to_string()).await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = hub.json("POST", RULES, r#"{"mode":"drop"}"#).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// Twelve inquiries and clearings at two collectors under chance, and what became of each.
async fn run(hub: &Hub, first: u32) -> Vec<String> {
    for serial in first..first + 12 {
        deliver(hub, "99090", &TYPED.inquiry_of("9999", "<Amount>5</Amount>", serial)).await;
        deliver(hub, "99090", &TYPED.clearing(serial + 100)).await;
        deliver(hub, "04100", &CITY.inquiry(serial)).await;
    }
    let mut found = outcomes(hub, "99090").await;
    found.extend(outcomes(hub, "04100").await);
    found
}

#[tokio::test]
async fn chaos_of_the_same_seed_has_the_same_schedule_in_another_process() {
    let settings = json!({"seed": 20_261_124, "per_mille": {"drop": 200, "garbage": 200, "error500": 100}});
    let mut schedules = Vec::new();
    for seed in [20_261_124, 20_261_124, 7] {
        let hub = Hub::start().await;
        let mut settings = settings.clone();
        settings["seed"] = seed.into();
        let (status, _) = hub.json("PUT", "/control/chaos", &settings.to_string()).await;
        assert_eq!(status, StatusCode::OK);
        schedules.push(run(&hub, 1).await);
    }
    assert_eq!(schedules[0], schedules[1]);
    assert_ne!(schedules[0], schedules[2]);
    assert!(schedules[0].iter().any(|outcome| outcome != "answered"));
    assert!(schedules[0].iter().any(|outcome| outcome == "answered"));
}

#[tokio::test]
async fn chaos_outlives_a_restart_where_it_was_and_can_be_switched_off() {
    let whole = Hub::start().await;
    let settings = json!({"seed": 5, "per_mille": {"drop": 500}, "on": "clearing"}).to_string();
    whole.json("PUT", "/control/chaos", &settings).await;
    run(&whole, 1).await;
    let expected = run(&whole, 13).await;
    let parted = Hub::start().await;
    parted.json("PUT", "/control/chaos", &settings).await;
    run(&parted, 1).await;
    let parted = parted.restart().await;
    assert_eq!(run(&parted, 13).await, expected);
    let (_, json) = parted.json("GET", "/control/chaos", "").await;
    assert_eq!(json, json!({"seed": 5, "per_mille": {"drop": 500}, "on": "clearing"}));
    let (status, json) = parted.json("DELETE", "/control/chaos", "").await;
    assert_eq!((status, &json["per_mille"]), (StatusCode::OK, &json!({})));
    for serial in 200..220 {
        assert_eq!(parted.send("99090", &TYPED.clearing(serial)).await.code(), "0000");
    }
    let (status, json) =
        parted.json("PUT", "/control/chaos", r#"{"per_mille":{"drop":900,"lose":101}}"#).await;
    assert_eq!((status, &json["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &"per_mille".into()));
}

#[tokio::test]
async fn a_rule_comes_before_chaos() {
    let hub = Hub::start().await;
    hub.json("PUT", "/control/chaos", r#"{"seed":1,"per_mille":{"drop":1000}}"#).await;
    add(&hub, "99090", json!({"mode": "garbage", "times": 1})).await;
    deliver(&hub, "99090", &TYPED.clearing(1)).await;
    deliver(&hub, "99090", &TYPED.clearing(2)).await;
    assert_eq!(outcomes(&hub, "99090").await, ["garbage", "drop"]);
}

#[tokio::test]
async fn the_work_is_done_before_a_500_and_a_truncated_answer_has_half_of_it() {
    let hub = Hub::start().await;
    hub.fault("99090", r#"{"mode":"error500_after","times":1}"#).await;
    assert_eq!(hub.send("99090", &TYPED.clearing(1)).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(hub.clearings("99090").await.len(), 1);
    hub.fault("99090", r#"{"mode":"truncate","times":1}"#).await;
    let cut = hub.send("99090", &TYPED.clearing(2)).await;
    let whole = hub.send("99090", &TYPED.clearing(2)).await;
    assert!(!cut.is_signed && whole.is_signed);
    assert_eq!(cut.body, whole.body[..whole.body.len() / 2]);
}

#[tokio::test]
async fn a_denial_contradicts_the_record_and_changes_nothing() {
    let hub = Hub::start().await;
    let first = hub.send("00200", &TAX.at_counter(1)).await;
    let cancelled = hub.send("00200", &TAX.cancellation(2, 1)).await;
    hub.fault("00200", r#"{"mode":"deny"}"#).await;
    assert_eq!(hub.send("00200", &resent(&TAX.at_counter(1))).await.code(), "A101");
    assert_eq!(hub.send("00200", &resent(&TAX.cancellation(2, 1))).await.code(), "A101");
    assert_eq!(hub.send("00200", &TAX.inquiry(3)).await.code(), "A101");
    // what is not on record is decided as ever, and a refusal on record stays one
    assert_eq!(hub.send("00200", &TAX.clearing(4)).await.code(), "0000");
    assert_eq!(hub.send("00200", &TAX.clearing(5)).await.code(), "B201");
    assert_eq!(hub.send("00200", &resent(&TAX.clearing(5))).await.code(), "B201");
    hub.fault("00200", r#"{"mode":"deny","code":"B201","times":1}"#).await;
    assert_eq!(hub.send("00200", &resent(&TAX.clearing(4))).await.code(), "B201");
    assert_eq!(hub.send("00200", &resent(&TAX.at_counter(1))).await.body, first.body);
    assert_eq!(hub.send("00200", &resent(&TAX.cancellation(2, 1))).await.body, cancelled.body);
    assert_eq!(hub.clearings("00200").await.len(), 3);
}

#[tokio::test]
async fn a_closed_collector_answers_a001_and_still_gives_what_it_has() {
    let hub = Hub::start().await;
    let first = hub.send("04100", &CITY.clearing(1)).await;
    hub.fault("04100", r#"{"mode":"closed"}"#).await;
    let advice = super::hub::advice("04100", 2, "S-1", 5);
    let asked = super::hub::asked("04100", 3, "Counter", "local", "2026-11-24", "");
    for message in [CITY.inquiry(4), CITY.clearing(5), CITY.cancellation(6, 1), advice, asked] {
        assert_eq!(hub.send("04100", &message).await.code(), "A001", "{message}");
    }
    assert_eq!(hub.send("04100", &service("04100", 7, "Open", "local")).await.code(), "A001");
    assert_eq!(hub.send("04100", &resent(&CITY.clearing(1))).await.body, first.body);
    hub.json("DELETE", "/control/04100/faults", "").await;
    let (_, json) = hub.json("GET", "/control/04100/service", "").await;
    assert_eq!(json["days"], json!([]));
    assert_eq!(hub.clearings("04100").await.len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_held_is_overtaken_by_the_next_one() {
    let hub = std::sync::Arc::new(Hub::start().await);
    hub.fault("99090", r#"{"mode":"hold","times":1}"#).await;
    let held = hub.clone();
    let first = tokio::spawn(async move {
        let answer = held.send("99090", &TYPED.clearing(1)).await;
        (answer.code(), Instant::now())
    });
    while hub.clearings("99090").await.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!first.is_finished());
    // another collector's answers are no help
    hub.send("04100", &CITY.inquiry(1)).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!first.is_finished());
    assert_eq!(hub.send("99090", &TYPED.clearing(2)).await.code(), "0000");
    let second_came = Instant::now();
    let (code, first_came) = first.await.unwrap();
    assert_eq!(code, "0000");
    assert!(first_came > second_came);
}

#[tokio::test]
async fn a_dripping_answer_is_whole_in_the_end() {
    let hub = Hub::start().await;
    hub.fault("99090", r#"{"mode":"drip","drip_ms":1,"times":1}"#).await;
    let began = Instant::now();
    let slow = hub.send("99090", &TYPED.clearing(1)).await;
    let took = began.elapsed();
    assert!(slow.is_signed);
    assert!(took >= Duration::from_millis(u64::try_from(slow.body.len()).unwrap()), "{took:?}");
    assert_eq!(hub.send("99090", &TYPED.clearing(1)).await.body, slow.body);
}

#[tokio::test]
async fn the_journal_says_what_happened_to_each_answer_and_how_long_it_waited() {
    let hub = Hub::start().await;
    add(&hub, "99090", json!({"mode": "drop", "on": "first_clearing", "times": 1})).await;
    let delay = json!({"delay": {"kind": "uniform", "from_ms": 3, "to_ms": 9}, "on": "open"});
    add(&hub, "99090", delay).await;
    deliver(&hub, "99090", &TYPED.clearing(1)).await;
    hub.send("99090", &service("99090", 2, "Open", "private")).await;
    hub.send("99090", &message("99090", 3, "<PreClose/>")).await;
    let (_, json) = hub.json("GET", "/control/99090/messages", "").await;
    let shown: Vec<(&str, &str)> = json["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["kind"].as_str().unwrap(), one["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(shown, [("PreClose", "answered"), ("Open", "answered"), ("Clearing", "drop")]);
    let waited = json["messages"][1]["delay_ms"].as_i64().unwrap();
    assert!((3..=9).contains(&waited), "{waited}");
    assert_eq!(json["messages"][0]["delay_ms"], 0);
}
