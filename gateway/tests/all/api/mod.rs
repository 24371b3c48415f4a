//! The REST API as a client sees it. Every answer is held against the document.

mod document;
mod events;
mod keys;
mod operations;
mod pay;
pub mod support;
mod wait;
mod walk;

use database::testing::TestDatabase;
use serde_json::json;

use self::support::{Bench, Caller, numbers};
use crate::service::{number, staff, today};
use crate::support::{PENSION, PURPOSE, Slip, TAX, TYPED};

database::on_both!(
    bills_are_inquired,
    an_inquiry_under_a_key_is_asked_once,
    confirmation_numbers_are_not_guessed,
    right_numbers_never_lock_a_key,
);

#[tokio::test]
async fn business_time_is_told_and_set() {
    let bench = Bench::new(database::testing::sqlite().await).await;
    let api = &bench.anonymous;
    let reply = api.get("/v1/time").await;
    assert_eq!((reply.status, &reply.body), (200, &json!({ "now": "2026-11-24T10:00:00+09:00" })));

    for body in
        ["{}", "[]", "{", r#"{"now": 5}"#, r#"{"now": "2026-11-25"}"#, r#"{"now": "2026-11-25T10:00:00"}"#]
    {
        api.send("PUT", "/v1/time", &[], body).await.refused(400, "time_invalid");
    }
    api.send("PUT", "/v1/time", &[], r#"{"now": "2026-11-25T10:00:00Z", "zone": ""}"#)
        .await
        .refused(400, "time_invalid");
    assert_eq!(bench.world.clock.now().date().to_string(), "2026-11-24");

    // that it goes back is said
    let reply = api.send("PUT", "/v1/time", &[], r#"{"now": "2026-11-24T09:00:00+09:00"}"#).await;
    assert_eq!((reply.status, &reply.body["went_back_s"]), (200, &json!(3_600)));
    // any offset is understood; Japan's is answered
    let reply = api.send("PUT", "/v1/time", &[], r#"{"now": "2026-11-25T00:29:59Z"}"#).await;
    assert_eq!((reply.status, &reply.body["went_back_s"]), (200, &json!(null)));
    let stored = database::clock::load(&bench.world.test.database).await.unwrap().unwrap();
    assert_eq!(stored.latest.rfc3339(), "2026-11-25T09:29:59+09:00", "other processes follow");

    let production = Caller::anonymous(&bench.world.hub.gateway, false);
    let body = r#"{"now": "2030-01-01T00:00:00Z"}"#;
    production.send("PUT", "/v1/time", &[], body).await.refused(405, "method_not_allowed");
}

#[tokio::test]
async fn the_directory_is_shown() {
    let bench = Bench::new(database::testing::sqlite().await).await;
    let reply = bench.anonymous.get("/v1/collectors").await;
    assert_eq!(reply.status, 200);
    let collectors = reply.body["collectors"].as_array().unwrap();
    assert_eq!(collectors.len(), collectors::Directory::embedded().all().len());
    let one = bench.anonymous.get("/v1/collectors/00500").await;
    assert_eq!(one.status, 200);
    assert_eq!(
        one.body,
        json!({
            "code": "00500",
            "name": "社会保険庁",
            "name_today": "厚生労働省年金局",
            "kind": "national",
            "methods": ["online", "link"],
            "charges": ["国民年金保険料", "厚生年金保険料", "船員保険料等"],
            "payer_types_amount": false,
            "one_time_password": false,
            "available": true,
            "unavailable": null,
            "numbers": {
                "customer_number": { "label": "納付番号", "digits_min": 16, "digits_max": 16 },
                "confirmation_number": { "label": "確認番号", "digits_min": 6, "digits_max": 6 },
                "payment_category": null,
                "purpose_code_digits": [],
            },
        })
    );
    assert!(collectors.contains(&one.body));
    let unconnected = collectors.iter().find(|one| one["unavailable"] == "not_connected").unwrap();
    assert_eq!(unconnected["available"], false);
    // a day that was closed or pre-closed by hand, within the collector's hours
    let hub = &bench.world.hub.gateway;
    let options = gateway::CloseOptions::default();
    hub.close_service(&number(PENSION), today(), options, &staff()).await.unwrap();
    hub.pre_close_service(&number(TAX), today(), &staff()).await.unwrap();
    for (collector, why) in [("00500", "day_closed"), ("00200", "pre_closed")] {
        let shown = bench.anonymous.get(&format!("/v1/collectors/{collector}")).await.body;
        assert_eq!((&shown["available"], &shown["unavailable"]), (&json!(false), &json!(why)));
        let listed = bench.anonymous.get("/v1/collectors").await;
        assert!(listed.body["collectors"].as_array().unwrap().contains(&shown));
    }
    for path in ["/v1/collectors/00999", "/v1/collectors/5", "/v1/collectors/%ff"] {
        bench.anonymous.get(path).await.refused(404, "collector_unknown");
    }
}

#[tokio::test]
async fn public_keys_are_told() {
    let bench = Bench::new(database::testing::sqlite().await).await;
    let reply = bench.anonymous.get("/v1/keys").await;
    let keys = reply.body["keys"].as_array().unwrap();
    let own = collectors::signature::SigningKey::from_seed("hub-1", &[1; 32]).unwrap();
    use base64::Engine as _;
    let x = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(own.verifying_key().bytes());
    let wanted = json!({
        "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "hub-1", "x": x, "owner": "MPN9999",
    });
    assert_eq!(keys[0], wanted);
    assert!(keys.iter().any(|key| key["owner"] == "C00200"));
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_document_and_the_document_names_the_calls() {
    let bench = Bench::new(database::testing::sqlite().await).await;
    let api = &bench.anonymous;
    for path in ["/v1", "/v1/time/zone", "/v1/%ff"] {
        api.get(path).await.refused(404, "not_found");
    }
    api.send("DELETE", "/v1/collectors", &[], "").await.refused(405, "method_not_allowed");
    let document = api.get("/v1/openapi.json").await;
    assert_eq!((document.status, &document.body["openapi"]), (200, &json!("3.1.0")));
    assert!(document.headers.contains_key("content-security-policy"));
}

async fn bills_are_inquired(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let caller = bench.integrator().await;
    let reply = caller.post("/v1/inquiries", None, &numbers(TAX)).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    let bills = reply.body["bills"].as_array().unwrap();
    assert_eq!((bills.len(), &bills[0]["amount"], &bills[0]["fee"]), (1, &json!(215_000), &json!(0)));
    assert_eq!(reply.body["valid_until"], "2026-11-24T10:15:00+09:00");
    // as people type them
    let mut typed = numbers(TAX);
    typed["customer_number"] = "2013-0009-8765-4321".into();
    assert_eq!(caller.post("/v1/inquiries", None, &typed).await.status, 201);

    let wrong = |field: &str, value: serde_json::Value| {
        let mut body = numbers(TAX);
        body[field] = value;
        body
    };
    for (field, value) in [
        ("collector", json!("00999")),
        ("customer_number", json!("12")),
        ("customer_number", json!(12)),
        ("confirmation_number", json!("abc")),
        ("payment_category", json!(null)),
        ("amount", json!(5)),
        ("colour", json!("red")),
    ] {
        let reply = caller.post("/v1/inquiries", None, &wrong(field, value)).await;
        reply.refused(422, "fields_invalid");
        assert_eq!(reply.pointers(), [format!("/{field}")], "{}", reply.body);
    }
    let several = json!({ "collector": "00500", "customer_number": "1", "confirmation_number": "x",
        "payment_category": "1", "amount": 0 });
    let reply = caller.post("/v1/inquiries", None, &several).await;
    let all = ["/customer_number", "/confirmation_number", "/payment_category", "/amount"];
    assert_eq!(reply.pointers(), all, "all at once: {}", reply.body);
    let mut typed = numbers(TYPED);
    typed["amount"] = 0.into();
    assert_eq!(caller.post("/v1/inquiries", None, &typed).await.pointers(), ["/amount"]);
    // whose the amount is, the digits of the category say
    let reply = caller.post("/v1/inquiries", None, &numbers(PURPOSE)).await;
    assert_eq!((reply.status, &reply.body["bills"][0]["amount"]), (201, &json!(3_000)), "{}", reply.body);
    for (slip, pointer) in [
        (Slip { amount: None, ..PURPOSE }, "/amount"),
        (Slip { amount: Some(5), ..TAX }, "/amount"),
        (Slip { category: Some("030450804"), ..PURPOSE }, "/payment_category"),
    ] {
        let reply = caller.post("/v1/inquiries", None, &numbers(slip)).await;
        assert_eq!(reply.pointers(), [pointer], "{}", reply.body);
    }
    let impossible = numbers(Slip { category: Some("03045081301"), ..PURPOSE });
    caller.post("/v1/inquiries", None, &impossible).await.refused(422, "category_wrong");

    caller
        .post("/v1/inquiries", None, &wrong("confirmation_number", json!("000000")))
        .await
        .refused(422, "numbers_wrong");
    let directory = collectors::Directory::embedded();
    let link_only = directory.all().iter().find(|c| !c.methods.online).unwrap();
    let reply = caller.post("/v1/inquiries", None, &wrong("collector", json!(link_only.number))).await;
    reply.refused(422, "collector_link_only");
    let unconnected = directory.all().iter().find(|c| c.methods.online && !c.available).unwrap();
    let reply = caller.post("/v1/inquiries", None, &wrong("collector", json!(unconnected.number))).await;
    reply.refused(422, "collector_not_connected");

    bench
        .world
        .network
        .fault("00500", json!({ "mode": "refuse", "on": "inquiry", "code": "9001", "times": 1 }))
        .await;
    caller.post("/v1/inquiries", None, &numbers(PENSION)).await.refused(502, "collector_failed");
}

async fn an_inquiry_under_a_key_is_asked_once(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let caller = bench.integrator().await;
    let first = caller.post("/v1/inquiries", Some("a"), &numbers(PENSION)).await;
    let again = caller.post("/v1/inquiries", Some("a"), &numbers(PENSION)).await;
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    caller.post("/v1/inquiries", Some("a"), &numbers(TAX)).await.refused(422, "idempotency_key_reused");
    // what the collector refused stays refused, even when it would answer now
    let mut wrong = numbers(PENSION);
    wrong["confirmation_number"] = "000000".into();
    for _ in 0..2 {
        caller.post("/v1/inquiries", Some("b"), &wrong).await.refused(422, "numbers_wrong");
    }
    // what nobody answered may be asked again
    bench.world.network.fault("00500", json!({ "mode": "lose", "on": "inquiry", "times": 1 })).await;
    let silent = caller.post("/v1/inquiries", Some("c"), &numbers(PENSION)).await;
    silent.refused(504, "collector_silent");
    assert_eq!(caller.post("/v1/inquiries", Some("c"), &numbers(PENSION)).await.status, 201);
    // while one is on its way, the others are told to wait
    bench.world.network.fault("00500", json!({ "delay_ms": 1_500, "on": "inquiry", "times": 1 })).await;
    let body = numbers(PENSION);
    let slow = caller.post("/v1/inquiries", Some("d"), &body);
    let quick = async {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        caller.post("/v1/inquiries", Some("d"), &body).await
    };
    let (slow, quick) = tokio::join!(slow, quick);
    assert_eq!(slow.status, 201);
    quick.refused(409, "idempotency_in_flight");
    assert_eq!(quick.headers["retry-after"], "1");
    for key in ["", " ", "ü", &"k".repeat(129)] {
        let sent = caller.send("POST", "/v1/inquiries", &[("idempotency-key", key)], &body.to_string()).await;
        sent.refused(400, "idempotency_key_invalid");
    }
}

async fn confirmation_numbers_are_not_guessed(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let (guesser, other) = (bench.integrator().await, bench.integrator().await);
    let guess = |number: usize| {
        let mut body = numbers(PENSION);
        body["confirmation_number"] = format!("{number:06}").into();
        body
    };
    // what is right does not count, however often
    for _ in 0..12 {
        assert_eq!(guesser.post("/v1/inquiries", None, &numbers(PENSION)).await.status, 201);
    }
    // with and without an Idempotency-Key, and side by side: ten in all
    let tries = (0..20).map(|number| {
        let (guesser, body) = (guesser.clone(), guess(number));
        async move {
            let key = format!("guess-{number}");
            guesser.post("/v1/inquiries", (number % 2 == 0).then_some(key.as_str()), &body).await
        }
    });
    let mut tasks: tokio::task::JoinSet<_> = tries.collect();
    let mut codes = Vec::new();
    while let Some(reply) = tasks.join_next().await {
        codes.push(reply.unwrap().body["code"].as_str().unwrap().to_owned());
    }
    let count = |code: &str| codes.iter().filter(|found| *found == code).count();
    let waits = count("numbers_locked") + count("too_many_requests");
    assert_eq!((count("numbers_wrong"), waits), (10, 10), "{codes:?}");
    let locked = guesser.post("/v1/inquiries", None, &numbers(PENSION)).await;
    locked.refused(429, "numbers_locked");
    let wait_s: i64 = locked.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((13 * 3_600..14 * 3_600 + 2).contains(&wait_s), "until midnight: {wait_s}");
    // other numbers, other keys and other days are not concerned
    assert_eq!(guesser.post("/v1/inquiries", None, &numbers(TAX)).await.status, 201);
    assert_eq!(other.post("/v1/inquiries", None, &numbers(PENSION)).await.status, 201);
    bench.world.clock.advance_seconds(wait_s + 10 * 3_600);
    assert_eq!(guesser.post("/v1/inquiries", None, &numbers(PENSION)).await.status, 201);
    bench.world.hub.gateway.forget_wrong_numbers().await.unwrap();
    let left: Vec<String> = database::read!(bench.world.test.database, |c| {
        sqlx::query_scalar("SELECT DISTINCT date FROM wrong_numbers").fetch_all(c).await
    })
    .unwrap();
    assert_eq!(left, ["2026-11-25"]);
}

async fn right_numbers_never_lock_a_key(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let caller = bench.integrator().await;
    let slow = |ms: u64, times: u32| json!({ "delay_ms": ms, "on": "inquiry", "times": times });
    // side by side: those for which there is no room yet are told to come back in a moment
    bench.world.network.fault("00500", slow(1_000, 10)).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..14 {
        let caller = caller.clone();
        tasks.spawn(async move { caller.post("/v1/inquiries", None, &numbers(PENSION)).await });
    }
    let mut waiting = 0;
    while let Some(reply) = tasks.join_next().await {
        let reply = reply.unwrap();
        if reply.status != 201 {
            reply.refused(429, "too_many_requests");
            assert_eq!(reply.headers["retry-after"], "5");
            assert!(
                reply.body["detail"].as_str().unwrap().contains("without an answer yet"),
                "{}",
                reply.body
            );
            waiting += 1;
        }
    }
    assert_eq!(waiting, 4);
    // clients that hang up
    let body = numbers(PENSION);
    bench.world.network.fault("00500", slow(500, 10)).await;
    for number in 0..10 {
        let key = format!("gone-{number}");
        let sent = caller.post("/v1/inquiries", (number % 2 == 0).then_some(key.as_str()), &body);
        let gone = tokio::time::timeout(std::time::Duration::from_millis(100), sent).await;
        assert!(gone.is_err(), "it was answered before the client went away");
    }
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(caller.post("/v1/inquiries", None, &body).await.status, 201);
    assert_eq!(
        caller.post("/v1/inquiries", Some("gone-0"), &body).await.status,
        201,
        "it was asked all the same"
    );
    // tries that a process took with it
    let judging = |judging: i64| {
        let database = &bench.world.test.database;
        async move {
            let sql = "UPDATE wrong_numbers SET judging = $1";
            database::execute!(database, sql, judging).unwrap();
        }
    };
    judging(10).await;
    caller.post("/v1/inquiries", None, &body).await.refused(429, "too_many_requests");
    bench.world.clock.advance_seconds(121);
    assert_eq!(caller.post("/v1/inquiries", None, &body).await.status, 201);
}
