//! The audit finds what cannot have come about by payments alone.

use std::time::Duration;

use collectors::client::Limits;
use database::on_both;
use database::testing::{TestDatabase, drop_triggers};
use database::{Database, execute, read};
use domain::payment::State;
use gateway::proof::KeptSeals;
use gateway::reconciliation::Ending;
use gateway::{BreakQuery, CloseOptions, Operator, Settings};
use ledger::Finding;
use serde_json::json;

use crate::reconciliation::eyes;
use crate::service::{number, staff, today};
use crate::support::{PENSION, SHOP, TAX, WITH_FEE, World, limits, settings};

on_both!(
    tampering_is_found,
    a_release_of_what_may_have_left_is_found,
    a_closed_day_that_was_tampered_with_is_found,
    a_rewritten_or_unsealed_log_is_found_by_the_seals_kept_outside,
    what_two_people_have_resolved_is_no_finding_until_it_changes,
    open_work_is_named_and_no_finding,
);

async fn what_two_people_have_resolved_is_no_finding_until_it_changes(test: TestDatabase) {
    let world = World::new(test).await;
    let (gateway, network) = (&world.hub.gateway, &world.network);
    world.pay(SHOP).await.unwrap();
    let books = "/control/99022/clearings";
    for (amount, serial) in [(1_500, 99_999_999), (700, 99_999_998)] {
        let invented = json!({"amount": amount, "serial": serial}).to_string();
        network.control("POST", books, invented).await;
    }
    gateway.reconcile(&number(SHOP), today(), &staff()).await.unwrap();
    let parted = async || {
        let before = gateway.audit().await.unwrap().1;
        let (findings, resolved) = gateway.part_resolved(world.differences(&before).await).await.unwrap();
        let checks = |found: &Finding| (found.check, found.subject.clone());
        let resolved: Vec<_> =
            resolved.iter().map(|one| (one.finding.check, one.resolution.note.clone())).collect();
        (findings.iter().map(checks).collect::<Vec<_>>(), resolved)
    };
    let invented = [98, 99].map(|n| ("hub-missing", format!("MPN9999/2026-11-24/999999{n}")));
    let (findings, resolved) = parted().await;
    assert_eq!((findings, resolved), (invented.to_vec(), vec![]), "the breaks are open");
    let query = BreakQuery { open_only: true, limit: 9, ..BreakQuery::default() };
    for found in gateway.breaks(&query).await.unwrap() {
        let note = format!("{}を確認", found.subject);
        gateway.resolve_break(found.id, Ending::Noted, &eyes(&note)).await.unwrap();
    }
    let (findings, resolved) = parted().await;
    assert_eq!(findings, [], "each was decided by two people");
    assert_eq!(resolved, [98, 99].map(|n| ("hub-missing", format!("999999{n}を確認"))));
    // what they decided was another amount
    let path = format!("{books}/2026-11-24/99999999");
    network.control("PATCH", &path, json!({"amount": 1_501}).to_string()).await;
    let (findings, resolved) = parted().await;
    assert_eq!((findings, resolved.len()), (invented[1..].to_vec(), 1));
}

async fn open_work_is_named_and_no_finding(test: TestDatabase) {
    let still = Settings { poll_interval_ms: 3_600_000, ..settings() };
    let world = World::with(test, still, &limits()).await;
    let gateway = &world.hub.gateway;
    assert_eq!(gateway.all_open().await.unwrap(), []);
    world.network.fault("00200", json!({"mode": "drop", "on": "clearing", "times": 1})).await;
    let unknown = world.pay(TAX).await.unwrap().facts;
    world.pay(SHOP).await.unwrap();
    world.network.control("POST", "/control/99022/clearings", json!({"amount": 1_500}).to_string()).await;
    gateway.reconcile(&number(SHOP), today(), &staff()).await.unwrap();
    let open = gateway.all_open().await.unwrap();
    let told: Vec<_> = open.iter().map(|one| (one.what, one.subject.as_str())).collect();
    let a_break = open.iter().find(|one| one.what == "open-break").unwrap();
    assert!(a_break.subject.starts_with("99022/2026-11-24/"), "{a_break:?}");
    assert_eq!(a_break.detail, "missing_here, 1,500 yen at the collector less yen here");
    assert_eq!(
        told,
        [
            ("unknown-payment", unknown.receipt_number.as_str()),
            ("open-break", a_break.subject.as_str()),
            ("open-window", "20261124-00200"),
            ("open-window", "20261124-99022"),
        ]
    );
    assert!(open[0].detail.starts_with("215,000 yen to 00200, without a known outcome since 2026-11-24T10:"));
    let window = &open[3].detail;
    assert!(window.starts_with("1 payments, 12,800 yen: 2026-11-24 is not closed"), "{window}");
}

async fn run(database: &Database, sql: &str) {
    execute!(database, sqlx::AssertSqlSafe(sql.to_owned())).unwrap();
}

async fn tampering_is_found(test: TestDatabase) {
    // the payment that waits for its answer waits until the end
    let patient = Limits { answer_wait: Duration::from_secs(120), ..limits() };
    let world = World::with(test, settings(), &patient).await;
    world.network.fault("00200", json!({"mode": "refuse", "times": 1})).await;
    assert_eq!(world.pay(TAX).await.unwrap().state, State::Rejected);
    assert_eq!(world.pay(WITH_FEE).await.unwrap().state, State::Accepted);
    assert_eq!(world.pay(SHOP).await.unwrap().state, State::Accepted);
    world.network.fault("00500", json!({"delay_ms": 120_000, "on": "clearing"})).await;
    let order = world.order(&world.inquire(PENSION).await);
    let (id, gateway) = (order.payment, world.hub.gateway.clone());
    tokio::spawn(async move { gateway.pay(order).await });
    world.reaches(id, State::Sending).await;
    assert!(world.hub.gateway.seal().await.unwrap().is_some());
    world.assert_clean().await;

    let is = |state: &str| format!("(SELECT entity FROM event WHERE kind = '{state}')");
    let state = |from: &str, to: &str| {
        let body = format!("replace(body, '\"state\":\"{from}\"', '\"state\":\"{to}\"')");
        format!("UPDATE event SET body = {body} WHERE kind = '{from}'")
    };
    let accepted = format!("DELETE FROM payment WHERE id IN {}", is("accepted"));
    let (forged, reopened) = (state("accepted", "rejected"), state("accepted", "unknown"));
    let turned = state("rejected", "accepted");
    let answer = |of: &str| format!("(SELECT m.message FROM event AS m WHERE m.kind = '{of}' LIMIT 1)");
    let swapped = format!("UPDATE event SET message = {} WHERE kind = 'rejected'", answer("accepted"));
    let another = format!("UPDATE event SET message = {} WHERE kind = 'claimed'", answer("accepted"));
    let taken = format!("UPDATE event SET message = {} WHERE kind = 'accepted'", answer("claimed"));
    #[rustfmt::skip]
    let tampers: &[(&str, &str, &str)] = &[
        ("payment", "UPDATE payment SET amount = amount + 1", "payment-hold clearing-account"),
        ("payment", "UPDATE payment SET fee = fee + 1 WHERE fee > 0", "payment-hold clearing-account"),
        ("payment", "UPDATE payment SET fee = 5 WHERE fee = 0", "payment-hold"),
        ("payment", &accepted, "event-payment clearing-account hub-missing"),
        ("payment", "DELETE FROM payment", "event-payment outbox-payment"),
        ("payment", "UPDATE payment SET customer_number = '1' || customer_number", "payment-facts payment-message"),
        ("payment", "UPDATE payment SET bill = replace(bill, 'due', 'x')", "payment-facts"),
        ("payment", "UPDATE payment SET bill = replace(bill, '税', '金')", "payment-facts"),
        ("payment", "UPDATE payment SET account = 7", "payment-facts"),
        ("payment", "UPDATE payment SET held_us = held_us + 1", "payment-facts"),
        ("payment", "UPDATE payment SET memo = 'x'", "payment-facts"),
        ("guard", "DELETE FROM guard WHERE key NOT LIKE 'owed|%'", "payment-guard"),
        ("guard", "DELETE FROM guard WHERE key LIKE 'owed|%'", "payment-owed"),
        ("outbox", "DELETE FROM outbox", "payment-outbox"),
        ("event", "DELETE FROM event", "payment-events"),
        ("event", "UPDATE event SET body = 'x' WHERE kind = 'accepted'", "payment-events"),
        ("event", &forged, "payment-ending payment-guard"),
        ("event", &reopened, "payment-ending payment-outbox"),
        ("event", &turned, "payment-ending collector-missing"),
        ("event", &turned, "payment-state"),
        ("event", "UPDATE event SET kind = 'voided' WHERE kind = 'rejected'", "payment-events"),
        ("event", "DELETE FROM event WHERE kind = 'claimed'", "payment-events event-sequence"),
        ("event", "UPDATE event SET message = NULL WHERE kind = 'claimed'", "payment-message"),
        ("event", "UPDATE event SET body = replace(body, '0000', '9001')", "payment-message audit-content"),
        ("event", "UPDATE event SET message = NULL WHERE kind = 'rejected'", "payment-message"),
        ("event", &swapped, "payment-message"),
        ("event", &another, "payment-message"),
        ("event", &taken, "payment-message"),
        ("event", "UPDATE event SET body = replace(body, 'hub-1', 'hub-2')", "audit-content payment-signature"),
        ("event", "UPDATE event SET body = replace(body, '99022-1', '00200-1')", "audit-content payment-signature"),
        ("event", "UPDATE event SET body = replace(body, '},\"signature\":\"', '},\"x\":\"')", "payment-signature"),
        ("event", "UPDATE event SET body = replace(body, 'mpn=:', 'mpn=:AAAA')", "payment-signature"),
        ("event", "UPDATE event SET body = replace(body, '\"path\":\"/', '\"path\":\"/x')", "payment-signature"),
        ("audit_heads", "UPDATE audit_heads SET seal = hash", "heads-seal"),
        ("audit_heads", "UPDATE audit_heads SET key_id = '00200-1'", "heads-seal"),
        ("audit_heads", "UPDATE audit_heads SET at_us = at_us + 1", "heads-seal heads-chain"),
        ("audit_head", "UPDATE audit_head SET number = number - 1", "heads-seal heads-chain heads-record"),
        ("transfer", "DELETE FROM transfer WHERE kind = 2", "payment-ending clearing-account"),
        ("transfer", "DELETE FROM transfer WHERE kind = 1", "payment-hold"),
        ("transfer", "UPDATE transfer SET amount = amount - 1 WHERE kind = 2", "clearing-account"),
    ];
    tampers_are_found(&world, tampers).await;
}

async fn a_release_of_what_may_have_left_is_found(test: TestDatabase) {
    let mut world = World::new(test).await;
    let order = world.order(&world.inquire(PENSION).await);
    let id = order.payment;
    world.network.go_down().await;
    world.hub.gateway.pay(order).await.unwrap();
    world.clock.advance_seconds(121);
    world.reaches(id, State::Voided).await;
    let (gateway, keys) = (&world.hub.gateway, world.hub.gateway.public_keys());
    let found = async || {
        let (found, _) = gateway.audit_with(Some(&keys)).await.unwrap();
        found.iter().map(|finding| finding.check).collect::<Vec<_>>()
    };
    assert_eq!(found().await, [] as [&str; 0]);
    drop_triggers(&world.test.database).await;
    run(
        &world.test.database,
        "UPDATE event SET body = replace(body, '\"sent\":false', '\"sent\":true') WHERE kind = 'not_applied'",
    )
    .await;
    assert!(found().await.contains(&"payment-release"));
}

async fn tampers_are_found(world: &World, tampers: &[(&str, &str, &str)]) {
    drop_triggers(&world.test.database).await;
    for (table, tamper, expected) in tampers {
        run(&world.test.database, &format!("CREATE TABLE kept AS SELECT * FROM {table}")).await;
        run(&world.test.database, tamper).await;
        let found = world.findings().await;
        for check in expected.split(' ') {
            assert!(found.contains(&check), "{tamper}: {check} is not in {found:?}");
        }
        run(&world.test.database, &format!("DELETE FROM {table}")).await;
        run(&world.test.database, &format!("INSERT INTO {table} SELECT * FROM kept")).await;
        run(&world.test.database, "DROP TABLE kept").await;
    }
    world.assert_clean().await;
}

async fn a_closed_day_that_was_tampered_with_is_found(test: TestDatabase) {
    let world = World::new(test).await;
    assert_eq!(world.pay(WITH_FEE).await.unwrap().state, State::Accepted);
    assert_eq!(world.pay(SHOP).await.unwrap().state, State::Accepted);
    let (shop, date) = (SHOP.collector.parse().unwrap(), "2026-11-24".parse().unwrap());
    let staff = Operator::staff(7);
    world.hub.gateway.close_service(&shop, date, CloseOptions::default(), &staff).await.unwrap();
    world.hub.gateway.reconcile(&shop, date, &staff).await.unwrap();
    world.assert_clean().await;
    let closed = "entity = (SELECT id FROM service_day)";
    let body = |from: &str, to: &str| {
        format!("UPDATE event SET body = replace(body, '{from}', '{to}') WHERE {closed}")
    };
    let (counted, unfinished) = (body("70800", "70801"), body("\"unfinished\":false", "\"unfinished\":true"));
    let unreadable = format!("UPDATE event SET body = 'x' WHERE {closed}");
    let another = "UPDATE payment SET receipt_date = '2026-11-25' WHERE amount = 12800";
    let provisional =
        "UPDATE event SET body = replace(body, '\"code\":\"0000\"', '\"provisional\":\"A101\"')";
    tampers_are_found(
        &world,
        &[
            ("payment", another, "service-day-counters"),
            ("event", provisional, "service-day-counters"),
            ("event", &counted, "service-day-counters"),
            ("event", &unfinished, "service-day-unfinished"),
            ("event", &unreadable, "service-day-events"),
        ],
    )
    .await;
}

async fn a_rewritten_or_unsealed_log_is_found_by_the_seals_kept_outside(test: TestDatabase) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seals");
    let kept_there = Settings { seals_file: Some(file.clone()), ..settings() };
    let world = World::with(test, kept_there, &limits()).await;
    let (gateway, database) = (&world.hub.gateway, &world.test.database);
    let keys = gateway.public_keys();
    for slip in [TAX, SHOP] {
        assert_eq!(world.pay(slip).await.unwrap().state, State::Accepted);
        assert!(gateway.seal().await.unwrap().is_some());
    }
    let lines = || std::fs::read_to_string(&file).unwrap();
    let heads: i64 =
        read!(database, |c| sqlx::query_scalar("SELECT count(*) FROM audit_heads").fetch_one(c).await)
            .unwrap();
    assert_eq!(lines().lines().count(), usize::try_from(heads).unwrap(), "{}", lines());
    let found = async || {
        let kept = KeptSeals::read(&file).unwrap();
        let found = gateway.audit_kept_seals(kept, &keys).await.unwrap();
        found.into_iter().map(|found| (found.check, found.detail)).collect::<Vec<_>>()
    };
    assert_eq!(found().await, []);
    // the file is gone
    let own = async |kept: Option<KeptSeals>| {
        let found = gateway.audit_own_seals(kept, &keys).await.unwrap();
        found.into_iter().map(|found| (found.check, found.detail)).collect::<Vec<_>>()
    };
    let good = lines();
    assert_eq!(own(Some(KeptSeals::read(&file).unwrap())).await, []);
    let gone = own(None).await;
    assert!(gone.len() == 1 && gone[0].1.contains("is missing"), "{gone:?}");
    // a line that the hub has not signed accuses nobody
    std::fs::write(&file, good.replacen(' ', "9 ", 1)).unwrap();
    let forged = found().await;
    assert!(forged.len() == 1 && forged[0].1.contains("not sealed by the hub's key"), "{forged:?}");
    std::fs::write(&file, &good).unwrap();

    // the newest head is taken away, and the hub's next signature covers what is put in its place
    drop_triggers(database).await;
    run(database, "DELETE FROM audit_head WHERE heads = (SELECT max(number) FROM audit_heads)").await;
    run(database, "DELETE FROM audit_heads WHERE number = (SELECT max(h.number) FROM audit_heads AS h)")
        .await;
    let cut = found().await;
    assert!(cut.len() == 1 && cut[0].0 == "seal-kept" && cut[0].1.contains("set back"), "{cut:?}");
    assert_eq!(gateway.audit_unsealed().await.unwrap(), [], "as if it had just been logged");
    world.clock.advance_seconds(601);
    let unsealed = gateway.audit_unsealed().await.unwrap();
    assert_eq!((unsealed[0].check, unsealed.len()), ("audit-unsealed", 1));
    assert!(gateway.seal().await.unwrap().is_some());
    assert_eq!(gateway.audit_unsealed().await.unwrap(), []);
    assert_eq!(world.findings().await, [] as [&str; 0], "from inside nothing is to be seen");
    let rewritten = found().await;
    assert!(rewritten.len() == 1 && rewritten[0].1.contains("rewritten"), "{rewritten:?}");
    // the file's end is gone
    let (before, _) = good.trim_end().rsplit_once('\n').unwrap();
    std::fs::write(&file, format!("{before}\n")).unwrap();
    assert_eq!(own(Some(KeptSeals::read(&file).unwrap())).await, [], "the newest may still be on its way");
    world.clock.advance_seconds(601);
    let behind = own(Some(KeptSeals::read(&file).unwrap())).await;
    assert!(behind.len() == 1 && behind[0].1.contains("has no line of"), "{behind:?}");
}
