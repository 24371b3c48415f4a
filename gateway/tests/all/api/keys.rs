//! Keys: what they open, whose they are, how often, and until when.

use database::read;
use database::testing::TestDatabase;
use domain::{AccountId, ContractId, PaymentId};
use gateway::api::key::{Holder, KeyError, NewKey, Scope, Token, TokenKind};
use gateway::{Operator, Stop, StopScope};
use ledger::{Commit, EntityId};
use serde_json::json;

use super::support::{Bench, Caller, Reply, holder, numbers};
use crate::support::{SHOP, TAX};

database::on_both!(
    an_operator_sees_every_key_and_ends_one,
    a_key_is_kept_as_a_hash_used_and_revoked,
    a_key_does_what_its_scopes_say_and_no_more,
    a_stopped_contracts_key_does_nothing,
    a_payment_over_the_api_is_not_held_after_a_stop_of_the_api,
);

/// Proves SEC-43.
async fn a_stopped_contracts_key_does_nothing(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let (company, operator) = (bench.company().await, bench.operator().await);
    let ledger = &bench.world.hub.ledger;
    for (scope, subject) in [
        (StopScope::Contract, bench.world.payer.contract.to_string()),
        (StopScope::Service, "api".to_owned()),
    ] {
        assert_eq!(company.get("/v1/events").await.status, 200);
        let (id, at) = (domain::StaffRequestId::generate().uuid(), bench.world.clock.now());
        let stop = Stop { id, scope, subject, reason: "x".to_owned(), actor: "staff:1".to_owned(), at };
        let guards = vec![(stop.guard(), EntityId(id))];
        ledger.commit(Commit { rows: vec![stop.row()], guards, ..Commit::default() }).await.unwrap();
        let told = company.get("/v1/events").await;
        told.refused(403, "not_permitted");
        company.post("/v1/inquiries", None, &numbers(SHOP)).await.refused(403, "not_permitted");
        assert_eq!(operator.get("/v1/operations/keys").await.status, 200, "the bank's own go on");
        let sql = "UPDATE emergency_stop SET lifted_us = 1, lifted_by = 'staff:2' WHERE id = $1";
        database::execute!(bench.world.test.database, sql, id).unwrap();
    }
    assert_eq!(company.get("/v1/events").await.status, 200);
}

/// The stop is committed when the key has been let in: what is held is refused by the stop of the door that the payer
/// came in by.
///
/// Proves SEC-43.
async fn a_payment_over_the_api_is_not_held_after_a_stop_of_the_api(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let caller = bench.integrator().await;
    let ledger = &bench.world.hub.ledger;
    let order = caller.order(SHOP).await;
    let at = bench.world.clock.now();
    for (subject, status) in [("api", 403), ("sign-in", 201)] {
        let id = domain::StaffRequestId::generate().uuid();
        let (scope, reason, actor) = (StopScope::Service, "x".to_owned(), "staff:1".to_owned());
        let stop = Stop { id, scope, subject: subject.to_owned(), reason, actor, at };
        let guards = vec![(stop.guard(), EntityId(id))];
        ledger.commit(Commit { guards, ..Commit::default() }).await.unwrap();
        let paid = caller.post("/v1/payments", Some(subject), &order).await;
        assert_eq!(paid.status, status, "{subject}: {}", paid.body);
        ledger.commit(Commit { release: vec![stop.guard()], ..Commit::default() }).await.unwrap();
    }
}

async fn an_operator_sees_every_key_and_ends_one(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let (operator, integrator) = (bench.operator().await, bench.integrator().await);
    let (id, _) = bench.issue(Holder::Collector("00200".parse().unwrap()), &[Scope::Read]).await;
    assert_eq!(integrator.get("/v1/events").await.status, 200);
    let keys = operator.get("/v1/operations/keys").await.body["keys"].as_array().unwrap().clone();
    let holders: Vec<_> = keys.iter().map(|key| key["holder"].as_str().unwrap()).collect();
    assert_eq!(holders, ["collector", "contract", "operator"], "the newest first");
    assert_eq!((&keys[0]["id"], &keys[0]["collector"]), (&json!(id), &json!("00200")));
    assert_eq!(keys[1]["scopes"], json!(["inquire", "pay", "read"]));
    assert_eq!((&keys[1]["may_debit"], &keys[1]["last_used_at"]), (&json!(true), &keys[1]["created_at"]));
    let revoke = |id: &serde_json::Value| {
        format!("/v1/operations/keys/{}/revocation", id.as_str().unwrap_or_default())
    };
    let ended = operator.send("POST", &revoke(&keys[1]["id"]), &[], "").await;
    assert_eq!(ended.status, 204);
    integrator.get("/v1/events").await.refused(401, "key_invalid");
    operator.send("POST", &revoke(&keys[1]["id"]), &[], "").await.refused(404, "key_unknown");
    operator.send("POST", &revoke(&json!("x")), &[], "").await.refused(404, "key_unknown");
    integrator.send("POST", &revoke(&keys[0]["id"]), &[], "").await.refused(401, "key_invalid");
}

async fn a_key_is_kept_as_a_hash_used_and_revoked(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let gateway = &bench.world.hub.gateway;
    let by = Operator::staff(7);
    let own = holder(bench.world.payer.contract, bench.world.account, true);
    let new = NewKey { name: "会計システム".to_owned(), holder: own, scopes: vec![Scope::Read] };
    let (id, token) = gateway.issue_api_key(&new, &by).await.unwrap();
    let listed = gateway.api_keys().await.unwrap();
    assert_eq!((listed.len(), listed[0].id, listed[0].last_used_at), (1, id, None));
    assert_eq!((&listed[0].holder, &listed[0].scopes), (&new.holder, &new.scopes));
    assert!(token.expose().starts_with(&listed[0].prefix) && listed[0].prefix.starts_with("mpn_test_"));
    assert_eq!(gateway.register_api_key(&token, &new, &by).await.unwrap(), id, "a token is one key");

    let caller = bench.anonymous.with(&token);
    caller.get(&format!("/v1/payments/{}", PaymentId::generate())).await.refused(404, "payment_unknown");
    let used = gateway.api_keys().await.unwrap()[0].last_used_at;
    assert_eq!(used, Some(bench.world.clock.now()));

    gateway.revoke_api_key(id, &by).await.unwrap();
    caller.get("/v1/events").await.refused(401, "key_invalid");
    assert!(gateway.api_keys().await.unwrap()[0].revoked_at.is_some());
    assert!(matches!(gateway.revoke_api_key(id, &by).await, Err(KeyError::Unknown)));
    // who did it is on record, and the token is nowhere
    let database = &bench.world.test.database;
    let actions: Vec<(String, String)> = read!(database, |c| {
        sqlx::query_as("SELECT action, actor FROM audit WHERE action LIKE 'api-key.%' ORDER BY number")
            .fetch_all(c)
            .await
    })
    .unwrap();
    let expected = [("api-key.made", "staff:7"), ("api-key.revoked", "staff:7")];
    assert_eq!(actions, expected.map(|(action, actor)| (action.to_owned(), actor.to_owned())));
    if let Some(file) = bench.world.test.url.strip_prefix("sqlite:") {
        let secret = &token.expose().as_bytes()[20..];
        for file in [file.to_owned(), format!("{file}-wal")] {
            let bytes = std::fs::read(file).unwrap_or_default();
            assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        }
    }
}

async fn a_key_does_what_its_scopes_say_and_no_more(test: TestDatabase) {
    let bench = Bench::new(test).await;
    let own = || holder(bench.world.payer.contract, bench.world.account, true);
    let (_, reader) = bench.issue(own(), &[Scope::Read]).await;
    let (_, payer) = bench.issue(own(), &[Scope::Pay]).await;
    let (_, collector) = bench.issue(Holder::Collector("00200".parse().unwrap()), &[Scope::Read]).await;
    let operator = bench.operator().await;
    let integrator = bench.integrator().await;
    let order = integrator.order(TAX).await;
    for caller in [&reader, &payer, &collector, &operator] {
        caller.post("/v1/inquiries", None, &numbers(TAX)).await.refused(403, "not_permitted");
    }
    for caller in [&reader, &collector, &operator] {
        caller.post("/v1/payments", Some("k"), &order).await.refused(403, "not_permitted");
    }
    payer.get("/v1/events").await.refused(403, "not_permitted");
    // another key's inquiry is not this one's to pay
    payer.post("/v1/payments", Some("k"), &order).await.refused(409, "inquiry_expired");

    let paid = integrator.post("/v1/payments", Some("k-2"), &order).await;
    let path = format!("/v1/payments/{}", paid.id());
    for caller in [&reader, &collector, &operator, &integrator] {
        assert_eq!(caller.get(&path).await.status, 200);
        assert!(!caller.get("/v1/events").await.body["events"].as_array().unwrap().is_empty());
    }
    assert_eq!(integrator.get(&path).await.body["account"]["number"], "1234567");
    assert!(collector.get(&path).await.body["account"].is_null(), "an account is nothing to a collector");
    payer.get(&path).await.refused(403, "not_permitted");
    let proof = format!("{path}/proof");
    for caller in [&reader, &operator, &integrator] {
        assert_eq!(caller.get(&proof).await.body["proof"]["state"], "accepted");
    }
    for caller in [&payer, &collector] {
        caller.get(&proof).await.refused(403, "not_permitted");
    }
    let handed_out: Vec<(String, String)> = read!(bench.world.test.database, |c| {
        sqlx::query_as("SELECT subject, actor FROM audit WHERE action = 'payment.proof'").fetch_all(c).await
    })
    .unwrap();
    assert_eq!(handed_out.len(), 3, "{handed_out:?}");
    assert!(handed_out.iter().all(|(of, to)| *of == paid.id().to_string() && to.starts_with("api:")));
    // other accounts, other contracts and other collectors have never heard of it
    let other_account = holder(bench.world.payer.contract, AccountId::new(1_002), true);
    let other_contract = holder(ContractId::generate(), bench.world.account, true);
    let other_collector = Holder::Collector("00500".parse().unwrap());
    for other in [other_account, other_contract, other_collector] {
        let refusal = match other {
            Holder::Collector(_) => (403, "not_permitted"),
            Holder::Contract { .. } | Holder::Operator => (404, "payment_unknown"),
        };
        let (_, other) = bench.issue(other, &[Scope::Read]).await;
        other.get(&path).await.refused(404, "payment_unknown");
        other.get(&proof).await.refused(refusal.0, refusal.1);
        let events = other.get("/v1/events").await;
        assert_eq!(events.body["events"], json!([]), "but goes past it");
        assert!(events.body["next"].as_i64().unwrap() > 0);
    }
}

#[tokio::test]
async fn what_is_no_key_opens_nothing() {
    let bench = Bench::new(database::testing::sqlite().await).await;
    let path = "/v1/events";
    let nobody = bench.anonymous.get(path).await;
    nobody.refused(401, "key_missing");
    assert_eq!(nobody.headers["www-authenticate"], "Bearer realm=\"mpn\"");
    for header in ["Bearer", "Basic YTpi", "bearer"] {
        let sent = bench.anonymous.send("GET", path, &[("authorization", header)], "").await;
        sent.refused(401, "key_missing");
    }
    for token in [
        Token::generate(TokenKind::Operator).expose(),
        "mpn_oper_",
        "x",
        &"mpn_oper_".repeat(1_000),
        "mpn_oper_' OR 1=1 --",
    ] {
        bench.anonymous.with_text(token).get(path).await.refused(401, "key_invalid");
    }
    // a body is not even read
    let huge = "x".repeat(1_000_000);
    bench.anonymous.send("POST", "/v1/payments", &[], &huge).await.refused(401, "key_missing");
    assert_eq!(bench.anonymous.get("/v1/time").await.status, 200, "what is public needs none");
}

#[tokio::test]
async fn a_key_that_fits_nobody_is_not_made() {
    let bench = Bench::new(database::testing::sqlite().await).await;
    let own = holder(ContractId::generate(), AccountId::new(1), false);
    let mut nameless = own.clone();
    let Holder::Contract { accounts, .. } = &mut nameless else { panic!("a contract") };
    accounts[0].name.branch = "1".to_owned();
    let mut bare = own.clone();
    let Holder::Contract { accounts, .. } = &mut bare else { panic!("a contract") };
    accounts.clear();
    for (name, holder, scopes) in [
        ("", own.clone(), vec![Scope::Read]),
        ("n", own.clone(), vec![]),
        ("n", own.clone(), vec![Scope::Operate]),
        ("n", nameless, vec![Scope::Read]),
        ("n", bare, vec![Scope::Read]),
        ("n", Holder::Operator, vec![Scope::Pay]),
        ("n", Holder::Collector("00200".parse().unwrap()), vec![Scope::Operate]),
    ] {
        let new = NewKey { name: name.to_owned(), holder, scopes };
        let made = bench.world.hub.gateway.issue_api_key(&new, &Operator::system()).await;
        assert!(matches!(made, Err(KeyError::Unfit)), "{new:?}");
    }
    assert!(bench.world.hub.gateway.api_keys().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_key_that_calls_too_often_is_told_when_to_come_back() {
    let bench = Bench::new(database::testing::sqlite().await).await;
    let throttled = Caller::throttled(&bench.world.hub.gateway);
    let (_, one) = bench.token(Holder::Operator, &[Scope::Read]).await;
    let (_, another) = bench.token(Holder::Operator, &[Scope::Read]).await;
    let busy = throttled.with(&one);
    let first = busy.get("/v1/events").await;
    let told = |reply: &Reply, name: &str| reply.headers[name].to_str().unwrap().to_owned();
    let left = |reply: &Reply| {
        let told = told(reply, "ratelimit");
        let left = told.strip_prefix("\"key\";r=").unwrap().split(';').next().unwrap();
        left.parse::<u32>().unwrap()
    };
    assert!(told(&first, "ratelimit-policy").starts_with("\"key\";q="), "{:?}", first.headers);
    let before = left(&first);
    let refused = loop {
        let reply = busy.get("/v1/events").await;
        assert!(left(&reply) < before.max(1), "{:?}", reply.headers);
        if reply.status != 200 {
            break reply;
        }
    };
    refused.refused(429, "too_many_requests");
    assert_eq!(left(&refused), 0);
    assert_eq!(refused.headers["retry-after"], "1");
    let other = throttled.with(&another).get("/v1/events").await;
    assert_eq!(other.status, 200, "it is the key's rate, not everybody's");
}

#[tokio::test]
async fn who_guesses_keys_is_slowed_down_and_nobody_else() {
    let bench = Bench::new(database::testing::sqlite().await).await;
    let known = bench.operator().await;
    assert_eq!(known.get("/v1/events").await.status, 200);
    let mut refused = 0;
    let told = loop {
        let token = Token::generate(TokenKind::Operator);
        let reply = bench.anonymous.with(&token).get("/v1/events").await;
        if reply.status != 401 {
            break reply;
        }
        refused += 1;
        assert!(refused < 1_000, "nobody is slowed down");
    };
    told.refused(429, "too_many_requests");
    assert!(told.body["detail"].as_str().unwrap().contains("keys that nobody has"), "{}", told.body);
    assert_eq!(told.headers["retry-after"], "1");
    assert!(refused >= 99, "{refused}");
    // from the same address
    assert_eq!(known.get("/v1/events").await.status, 200, "a key that was right before");
    let new = bench.operator().await;
    assert_eq!(new.get("/v1/events").await.status, 200, "a key that was never here");
    assert_eq!(bench.anonymous.get("/v1/time").await.status, 200);
}

#[tokio::test]
async fn a_lost_database_is_told_as_such() {
    let bench = Bench::new(database::testing::sqlite().await).await;
    let caller = bench.integrator().await;
    bench.world.test.database.close().await;
    let reply = caller.post("/v1/inquiries", None, &numbers(SHOP)).await;
    reply.refused(503, "unavailable");
    assert_eq!(reply.headers["retry-after"], "1");
}
