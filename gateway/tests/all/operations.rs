//! What an operator does with payments whose outcome nobody knows.

use std::time::Duration;

use collectors::protocol::Body as Message;
use database::testing::TestDatabase;
use database::{execute, on_both, read};
use domain::payment::{Event, State};
use domain::{PaymentId, ResponseCode, Timestamp, Yen};
use gateway::operations::{NotNow, PaymentQuery, Resends};
use gateway::{AlarmKind, AlarmQuery, FourEyes, OperationError, Operator, PayError, Settings, Word};
use serde_json::json;

use crate::support::{PENSION, SHOP, Slip, TAX, WITH_FEE, World, decoded, limits, settings};

on_both!(
    what_is_not_resent_any_more_is_resent_by_an_operator,
    a_repeat_by_hand_waits_for_the_interval,
    all_unknown_payments_are_resent_at_once,
    two_people_decide_that_it_was_cleared,
    two_people_decide_that_it_was_not_cleared,
    one_person_decides_nothing,
    an_acceptance_after_the_word_is_an_incident,
    a_rejection_after_the_word_is_an_incident,
    the_last_day_for_clearing_ends_at_midnight,
    what_says_nothing_is_told_once,
    payments_are_found_and_their_history_is_read,
);

fn operator() -> Operator {
    Operator::staff("01J")
}

fn eyes() -> FourEyes {
    let (maker, checker) = (Operator::staff("1"), Operator::staff("2"));
    FourEyes { maker, checker, reason: "収納機関に電話で確認".to_owned() }
}

/// Pauses so long that nothing is repeated by itself.
fn patient() -> Settings {
    Settings { resend_interval_s: 600, ..settings() }
}

/// Nothing is taken up but by an operator.
fn watched() -> Settings {
    Settings { poll_interval_ms: 3_600_000, ..patient() }
}

async fn not_now(world: &World, id: PaymentId, word: Word) -> NotNow {
    let open = world.hub.gateway.unknown_payment(id).await.unwrap();
    let deliveries = open.map_or(0, |open| open.deliveries);
    match world.hub.gateway.decide(id, word, deliveries, &eyes()).await {
        Err(OperationError::NotNow(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

/// The time that has to pass after the last delivery is the database server's: it is moved, not waited for.
async fn pass_since_claim(world: &World, seconds: i64) {
    let sql = "UPDATE outbox SET claimed_us = claimed_us - $1";
    execute!(world.test.database, sql, seconds * 1_000_000).unwrap();
}

async fn end_pauses(world: &World) {
    execute!(world.test.database, "UPDATE outbox SET lease_until_us = 0").unwrap();
}

async fn open_alarms(world: &World) -> Vec<(AlarmKind, String)> {
    let query = AlarmQuery { open_only: true, limit: 50, ..AlarmQuery::default() };
    let found = world.hub.gateway.alarms(&query).await.unwrap();
    found.into_iter().map(|a| (a.kind, a.subject)).collect()
}

async fn audited(world: &World, action: &str) -> Vec<(String, String)> {
    read!(world.test.database, |c| {
        sqlx::query_as("SELECT actor, detail FROM audit WHERE action = $1 ORDER BY number")
            .bind(action)
            .fetch_all(c)
            .await
            .unwrap()
    })
}

async fn what_is_not_resent_any_more_is_resent_by_an_operator(test: TestDatabase) {
    let world = World::new(test).await;
    world.network.fault("99022", json!({"mode": "lose", "on": "clearing"})).await;
    let id = world.pay(SHOP).await.unwrap().facts.id;
    let end = Timestamp::parse_rfc3339("2026-11-25T00:30:01+09:00").unwrap();
    world.clock.advance_seconds(end.seconds_since(world.clock.now()));
    let told = async {
        while open_alarms(&world).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(15), told).await.unwrap();
    assert_eq!(open_alarms(&world).await, [(AlarmKind::ResendingOver, id.to_string())]);
    let unknown = world.hub.gateway.unknown_payments(None, 10).await.unwrap();
    assert_eq!((unknown.len(), unknown[0].payment.facts.id), (1, id));
    assert_eq!((unknown[0].automatic_until, unknown[0].resend_wait_s), (end, 0));
    assert!(unknown[0].deliveries >= 1 && unknown[0].reason.is_some() && !unknown[0].is_delivering);
    assert!((385..=395).contains(&unknown[0].not_cleared_wait_s), "{}", unknown[0].not_cleared_wait_s);
    world.network.fault("99022", json!({})).await;
    let payment = world.hub.gateway.resend(id, &operator()).await.unwrap();
    assert_eq!(payment.state, State::Accepted);
    world.hub.gateway.end_alarms().await.unwrap();
    assert_eq!(open_alarms(&world).await, [], "the outcome is known now");
    let (deliveries, first_by, _) = world.network.record(&payment).await.unwrap();
    assert_eq!((deliveries, first_by.as_str()), (1, "ResendConfirmation"));
    let sent = world.network.last_request("99022").await;
    let Message::ResendConfirmation(repeat) = decoded(&sent).body else { panic!("no resend confirmation") };
    let stored: Vec<u8> = read!(world.test.database, |c| {
        let sql = "SELECT message FROM event WHERE entity = $1 AND seq = 2";
        sqlx::query_scalar(sql).bind(id.uuid()).fetch_one(c).await.unwrap()
    });
    assert_eq!(repeat.original, stored, "the bytes of the hold");
    let log = audited(&world, "payeasy.resend").await;
    assert_eq!(log.iter().map(|(actor, _)| actor.as_str()).collect::<Vec<_>>(), ["staff:01J"]);
    let again = world.hub.gateway.resend(id, &operator()).await;
    assert!(matches!(again, Err(OperationError::NotNow(NotNow::NotUnknown(State::Accepted)))), "{again:?}");
    let nobody = world.hub.gateway.resend(PaymentId::generate(), &operator()).await;
    assert!(matches!(nobody, Err(OperationError::NotFound)), "{nobody:?}");
    world.assert_clean().await;
}

async fn a_repeat_by_hand_waits_for_the_interval(test: TestDatabase) {
    let world = World::with(test, Settings { resend_interval_s: 2, ..settings() }, &limits()).await;
    world.network.fault("99022", json!({"mode": "drop", "on": "clearing", "times": 1})).await;
    let id = world.pay(SHOP).await.unwrap().facts.id;
    // a pause as long as after forty deliveries
    execute!(
        world.test.database,
        "UPDATE outbox SET delivery = 40, lease_until_us = lease_until_us + 6000000"
    )
    .unwrap();
    let refused = world.hub.gateway.resend(id, &operator()).await;
    let Err(OperationError::NotNow(NotNow::TooSoon { wait_s })) = refused else { panic!("{refused:?}") };
    assert!((1..=2).contains(&wait_s), "{wait_s}");
    assert_eq!(world.events(id).await.len(), 3, "nothing was claimed");
    let all = world.hub.gateway.resend_all(None, &operator()).await.unwrap();
    assert_eq!(all, Resends { begun: 0, too_soon: 1 });
    tokio::time::sleep(Duration::from_secs(wait_s.unsigned_abs())).await;
    let payment = world.hub.gateway.resend(id, &operator()).await.unwrap();
    assert_eq!(payment.state, State::Accepted, "an interval is enough, though the pause runs on");
    world.assert_clean().await;
}

async fn all_unknown_payments_are_resent_at_once(test: TestDatabase) {
    let world = World::with(test, watched(), &limits()).await;
    let numbers: Vec<String> = (0..40).map(|n| format!("{:016}", 8_000 + n)).collect();
    world.network.add_pensions(&numbers).await;
    for collector in ["00500", "99022"] {
        world.network.fault(collector, json!({"mode": "drop", "on": "clearing"})).await;
    }
    let mut ids = vec![world.pay(SHOP).await.unwrap().facts.id];
    for number in &numbers {
        let order = world.order(&world.inquire_pension(number).await);
        ids.push(world.hub.gateway.pay(order).await.unwrap().facts.id);
    }
    let gateway = &world.hub.gateway;
    assert_eq!(gateway.resend_all(None, &operator()).await.unwrap(), Resends { begun: 0, too_soon: 41 });
    end_pauses(&world).await;
    let waits = execute!(
        world.test.database,
        "UPDATE outbox SET lease_until_us = 9000000000000000 WHERE destination = '99022'"
    );
    assert_eq!(waits.unwrap(), 1);
    world.network.fault("00500", json!({})).await;
    let pensions = "00500".parse().unwrap();
    let begun = gateway.resend_all(Some(&pensions), &operator()).await.unwrap();
    assert_eq!(begun, Resends { begun: 40, too_soon: 0 });
    for id in &ids[1..] {
        let payment = world.reaches(*id, State::Accepted).await;
        assert_eq!(world.network.record(&payment).await.unwrap().0, 2);
    }
    assert_eq!(world.payment(ids[0]).await.state, State::Unknown, "of another collector");
    assert_eq!(gateway.resend_all(None, &operator()).await.unwrap(), Resends { begun: 0, too_soon: 1 });
    assert_eq!(audited(&world, "payeasy.resend").await.len(), 40);
    world.assert_clean().await;
}

async fn two_people_decide_that_it_was_cleared(test: TestDatabase) {
    let world = World::with(test, patient(), &limits()).await;
    world.network.fault("99022", json!({"mode": "drop", "on": "clearing"})).await;
    let id = world.pay(WITH_FEE).await.unwrap().facts.id;
    let payment = world.hub.gateway.decide(id, Word::Cleared, 1, &eyes()).await.unwrap();
    assert_eq!((payment.state, payment.word, payment.code), (State::Accepted, Some(Word::Cleared), None));
    assert_eq!(world.balance().await.balance, Yen::new(1_000_000 - 58_110));
    assert_eq!(world.balance().await.held, Yen::ZERO);
    let history = world.hub.gateway.payment_events(id).await.unwrap();
    let last = history.last().unwrap();
    assert_eq!((last.kind, last.body.word), (Event::Accepted, Some(Word::Cleared)));
    assert_eq!(last.body.by.as_deref(), Some("staff:1"));
    assert_eq!(last.body.checked_by.as_deref(), Some("staff:2"));
    assert_eq!(last.body.reason.as_deref(), Some("収納機関に電話で確認"));
    let log = audited(&world, "payeasy.decide").await;
    assert_eq!(log, [("staff:1".to_owned(), "cleared, checked by staff:2: 収納機関に電話で確認".to_owned())]);
    assert_eq!(not_now(&world, id, Word::NotCleared).await, NotNow::NotUnknown(State::Accepted));
    world.assert_clean().await;
}

async fn two_people_decide_that_it_was_not_cleared(test: TestDatabase) {
    let world = World::with(test, patient(), &limits()).await;
    world.network.fault("99022", json!({"mode": "lose", "on": "clearing", "times": 1})).await;
    let id = world.pay(WITH_FEE).await.unwrap().facts.id;
    let NotNow::TooSoon { wait_s } = not_now(&world, id, Word::NotCleared).await else { panic!("allowed") };
    assert!((390..=395).contains(&wait_s), "{wait_s}");
    // business time says nothing about what is under way
    world.clock.advance_seconds(3_600);
    assert!(matches!(not_now(&world, id, Word::NotCleared).await, NotNow::TooSoon { .. }));
    pass_since_claim(&world, 395).await;
    let payment = world.hub.gateway.decide(id, Word::NotCleared, 1, &eyes()).await.unwrap();
    assert_eq!((payment.state, payment.word), (State::Rejected, Some(Word::NotCleared)));
    assert_eq!(world.balance().await.available, Yen::new(1_000_000));
    world.assert_clean().await;
    // the bill is free again
    assert_eq!(world.pay(WITH_FEE).await.unwrap().state, State::Accepted);
    world.assert_clean().await;
}

async fn one_person_decides_nothing(test: TestDatabase) {
    let world = World::with(test, patient(), &limits()).await;
    world.network.fault("99022", json!({"mode": "drop", "on": "clearing"})).await;
    let id = world.pay(SHOP).await.unwrap().facts.id;
    let alone = FourEyes { checker: eyes().maker, ..eyes() };
    let silent = FourEyes { reason: " ".to_owned(), ..eyes() };
    for (eyes, expected) in [(alone, "same_person"), (silent, "bad_reason")] {
        let refused = world.hub.gateway.decide(id, Word::Cleared, 1, &eyes).await.unwrap_err();
        assert_eq!(refused.code(), expected);
    }
    let nobody = world.hub.gateway.decide(PaymentId::generate(), Word::Cleared, 1, &eyes()).await;
    assert_eq!(nobody.unwrap_err().code(), "not_found");
    assert_eq!(world.events(id).await, ["held", "claimed", "outcome_unknown"]);
    world.assert_clean().await;
}

/// An unknown payment with a repeat under way whose lease is over, as after a pause of the whole process.
async fn under_way(world: &World, collector: &str, slip: Slip) -> PaymentId {
    world.network.fault(collector, json!({"mode": "lose", "on": "clearing", "times": 1})).await;
    let id = world.pay(slip).await.unwrap().facts.id;
    let slow = json!({"delay_ms": 3_000, "on": "clearing", "times": 1});
    world.network.fault(collector, slow).await;
    end_pauses(world).await;
    let gateway = world.hub.gateway.clone();
    tokio::spawn(async move { gateway.resend(id, &operator()).await });
    world.reaches_events(id, 4).await;
    let delivering = not_now(world, id, Word::NotCleared).await;
    assert!(matches!(delivering, NotNow::Delivering { wait_s: 1..=60 }), "{delivering:?}");
    id
}

async fn an_acceptance_after_the_word_is_an_incident(test: TestDatabase) {
    let world = World::with(test, watched(), &limits()).await;
    let id = under_way(&world, "99022", SHOP).await;
    end_pauses(&world).await;
    pass_since_claim(&world, 396).await;
    // the collector was asked before the repeat
    let before = world.hub.gateway.decide(id, Word::NotCleared, 1, &eyes()).await.unwrap_err();
    assert_eq!(before.code(), "asked_again");
    let payment = world.hub.gateway.decide(id, Word::NotCleared, 2, &eyes()).await.unwrap();
    assert_eq!(payment.state, State::Rejected);
    world.reaches_events(id, 6).await;
    let events = ["held", "claimed", "outcome_unknown", "claimed", "rejected", "late_acceptance"];
    assert_eq!(world.events(id).await, events);
    assert_eq!(open_alarms(&world).await, [(AlarmKind::LateAcceptance, id.to_string())]);
    let payment = world.payment(id).await;
    assert_eq!((payment.state, payment.word), (State::Rejected, Some(Word::NotCleared)));
    let balance = world.balance().await;
    assert_eq!((balance.balance, balance.held), (Yen::new(1_000_000), Yen::ZERO), "nothing is posted");
    assert_eq!(audited(&world, "payeasy.incident").await.len(), 1);
    // the books hold, and the collector's record is what people have to settle
    assert_eq!(world.findings().await, ["hub-missing"]);
}

async fn a_rejection_after_the_word_is_an_incident(test: TestDatabase) {
    let world = World::with(test, watched(), &limits()).await;
    let id = under_way(&world, "00200", TAX).await;
    // what is under way comes back refused: the collector decides when it answers
    let payment = world.hub.gateway.decide(id, Word::Cleared, 1, &eyes()).await.unwrap();
    assert_eq!(payment.state, State::Accepted, "also while a delivery is under way");
    tokio::time::sleep(Duration::from_millis(3_300)).await;
    assert_eq!(world.events(id).await.len(), 5, "an acceptance adds nothing to it");
    assert_eq!(open_alarms(&world).await, []);
    world.assert_clean().await;

    world.network.fault("00500", json!({"mode": "lose", "on": "clearing", "times": 1})).await;
    let id = world.pay(PENSION).await.unwrap().facts.id;
    let refusing = json!({"mode": "refuse", "delay_ms": 1_500, "times": 1});
    world.network.fault("00500", refusing).await;
    end_pauses(&world).await;
    let gateway = world.hub.gateway.clone();
    tokio::spawn(async move { gateway.resend(id, &operator()).await });
    world.reaches_events(id, 4).await;
    world.hub.gateway.decide(id, Word::Cleared, 1, &eyes()).await.unwrap();
    world.reaches_events(id, 6).await;
    assert_eq!(world.events(id).await.last().unwrap(), "late_rejection");
    assert_eq!(open_alarms(&world).await, [(AlarmKind::LateRejection, id.to_string())]);
    let payment = world.payment(id).await;
    assert_eq!((payment.state, payment.word, payment.code), (State::Accepted, Some(Word::Cleared), None));
    assert_eq!(world.balance().await.balance, Yen::new(1_000_000 - 215_000 - 486_312));
    assert_eq!(world.findings().await, ["collector-missing"]);
}

async fn the_last_day_for_clearing_ends_at_midnight(test: TestDatabase) {
    let world = World::new(test).await;
    let before = Timestamp::parse_rfc3339("2026-11-24T23:59:58+09:00").unwrap();
    world.clock.advance_seconds(before.seconds_since(world.clock.now()));
    let numbers = ["7100000000000001", "7100000000000002", "7100000000000003"].map(str::to_owned);
    world.network.add_last_day_pensions(&numbers).await;
    let mut orders = Vec::new();
    for number in &numbers {
        let inquiry = world.inquire_pension(number).await;
        assert_eq!(inquiry.bills[0].clear_by, Some(before.date()));
        orders.push(world.order(&inquiry));
    }
    let (second, third) = (orders.remove(1), orders.remove(1));
    world.clock.advance_seconds(1);
    let paid = world.hub.gateway.pay(orders.remove(0)).await.unwrap();
    assert_eq!((paid.state, paid.facts.held_at), (State::Accepted, before.plus_seconds(1)), "at 23:59:59");
    // held before midnight, and not a byte left before it
    let mut world = world;
    world.network.go_down().await;
    let held = world.hub.gateway.pay(second).await.unwrap().facts.id;
    world.clock.advance_seconds(1);
    world.network.come_up().await;
    world.reaches(held, State::Voided).await;
    let late = world.hub.gateway.pay(third).await;
    assert!(matches!(late, Err(PayError::ClearByPassed)), "{late:?}");
    assert_eq!(world.network.clearings().await.len(), 1, "no first clearing leaves after it");
    assert_eq!(world.balance().await.available, Yen::new(1_000_000 - 1_000));
    world.assert_clean().await;
}

async fn what_says_nothing_is_told_once(test: TestDatabase) {
    let world = World::new(test).await;
    world.network.fault("99022", json!({"mode": "unsigned", "on": "clearing", "times": 3})).await;
    let id = world.pay(SHOP).await.unwrap().facts.id;
    world.reaches(id, State::Accepted).await;
    assert_eq!(open_alarms(&world).await, [(AlarmKind::AnswerUnreadable, id.to_string())]);
    // a private collector that refuses clears provisionally; one that breaks the rule is an alarm
    world.network.fault("00200", json!({"mode": "refuse", "code": "9001", "times": 1})).await;
    let id = world.pay(TAX).await.unwrap().facts.id;
    assert!(open_alarms(&world).await.contains(&(AlarmKind::AnswerMeaningless, id.to_string())));
}

async fn payments_are_found_and_their_history_is_read(test: TestDatabase) {
    let world = World::new(test).await;
    let gateway = &world.hub.gateway;
    world.network.fault("99022", json!({"mode": "refuse", "code": "A003", "times": 1})).await;
    let provisional = world.pay(SHOP).await.unwrap();
    assert_eq!(provisional.provisional, Some(ResponseCode::CustomerNumberWrong));
    world.clock.advance_seconds(60);
    let plain = world.pay(PENSION).await.unwrap();
    for text in [&plain.facts.receipt_number, &plain.facts.message_key, &plain.facts.id.to_string()] {
        let found = gateway.search_payments(&format!(" {text} ")).await.unwrap();
        assert_eq!(found, std::slice::from_ref(&plain), "{text}");
    }
    for text in ["", "20261124", "x".repeat(65).as_str(), "' OR 1 = 1 --"] {
        assert_eq!(gateway.search_payments(text).await.unwrap(), []);
    }
    assert_eq!(gateway.payment_for_operator(plain.facts.id).await.unwrap(), Some(plain.clone()));
    assert_eq!(gateway.payment_for_operator(PaymentId::generate()).await.unwrap(), None);
    assert_eq!(gateway.payment_events(PaymentId::generate()).await.unwrap(), []);
    let events = gateway.payment_events(provisional.facts.id).await.unwrap();
    let kinds: Vec<_> = events.iter().map(|e| (e.seq, e.kind)).collect();
    assert_eq!(kinds, [(1, Event::Held), (2, Event::Claimed), (3, Event::Accepted)]);
    assert_eq!(events[2].body.provisional.as_deref(), Some("A003"));
    let today = world.clock.now().date();
    let found = gateway.provisional_payments(today, today, 10).await.unwrap();
    assert_eq!(found, std::slice::from_ref(&provisional));
    let query = PaymentQuery {
        from: today,
        to: today,
        collector: None,
        state: Some(State::Accepted),
        provisional_only: false,
        counter_only: false,
        before: None,
        limit: 1,
    };
    let page = gateway.payments_for_operator(&query).await.unwrap();
    assert_eq!(page, std::slice::from_ref(&plain), "newest first");
    let before = Some((plain.facts.held_at, plain.facts.id));
    let next = gateway.payments_for_operator(&PaymentQuery { before, ..query.clone() }).await.unwrap();
    assert_eq!(next, std::slice::from_ref(&provisional));
    for none in [
        PaymentQuery { state: Some(State::Unknown), ..query.clone() },
        PaymentQuery { collector: Some("00200".parse().unwrap()), ..query.clone() },
        PaymentQuery { counter_only: true, ..query.clone() },
        PaymentQuery { from: today.succ_opt().unwrap(), to: today.succ_opt().unwrap(), ..query.clone() },
    ] {
        assert_eq!(gateway.payments_for_operator(&none).await.unwrap(), [], "{none:?}");
    }
}
