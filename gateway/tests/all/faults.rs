//! A collector or the way to it fails: money stands until an answer says what became of it, and moves once.

use std::time::Duration;

use collectors::client::Limits;
use collectors::protocol;
use collectors::signature::SigningKey;
use database::testing::TestDatabase;
use database::{execute, on_both};
use domain::payment::State;
use domain::{PaymentId, Timestamp, Yen};
use gateway::payment::history::Body;
use gateway::{AlarmKind, AlarmQuery, InquiryError, Operator, PayError, Settings};
use ledger::{Commit, EntityId, OutboxChange, OutboxEntry};
use serde_json::json;

use crate::support::{Hub, PENSION, SHOP, Slip, TAX, TYPED, WITH_FEE, World, hub_key, limits, settings};

on_both!(
    an_answer_that_is_lost_is_asked_for_again,
    a_clearing_that_is_lost_is_brought_by_the_resend,
    a_clearing_of_unknown_outcome_is_asked_for_again_under_the_next_key,
    no_answer_but_a_signed_one_counts,
    a_refusal_that_is_lost_is_repeated,
    an_unreachable_collector_gets_the_payment_when_it_is_back,
    a_hold_is_released_when_the_collector_stays_away,
    nothing_leaves_when_the_time_is_over,
    nothing_is_resent_after_half_past_midnight,
    a_sender_that_is_too_slow_is_fenced_out,
    an_answer_is_kept_while_the_database_fails,
    work_that_waits_does_not_hide_the_work_behind_it,
    a_failed_inquiry_keeps_nothing,
    a_crowd_at_a_slow_collector_uses_up_nothing_while_it_waits,
    a_collector_gathers_no_more_open_work_than_the_bound,
    people_are_told_of_a_collector_that_nothing_reaches,
);

async fn an_answer_that_is_lost_is_asked_for_again(test: TestDatabase) {
    let world = World::new(test).await;
    world.network.fault("00200", json!({"mode": "drop", "on": "clearing", "times": 1})).await;
    let id = world.pay(TAX).await.unwrap().facts.id;
    let payment = world.reaches(id, State::Accepted).await;
    let events = ["held", "claimed", "outcome_unknown", "claimed", "accepted"];
    assert_eq!(world.events(id).await, events);
    let (deliveries, first_by, _) = world.network.record(&payment).await.unwrap();
    assert_eq!((deliveries, first_by.as_str()), (2, "Clearing"));
    assert_eq!(world.balance().await.balance, Yen::new(785_000));
    // of each delivery its signature is kept, answered or not
    let history = world.hub.ledger.events(id.into()).await.unwrap();
    let bodies: Vec<Body> = history.iter().map(|e| serde_json::from_str(&e.body).unwrap()).collect();
    let kept = |seq: usize| (bodies[seq].request.is_some(), bodies[seq].signature.is_some());
    assert_eq!(
        [kept(0), kept(1), kept(2), kept(3), kept(4)],
        [(false, false), (false, false), (true, false), (false, false), (true, true)]
    );
    let request = |seq: usize| bodies[seq].request.as_ref().unwrap();
    assert_eq!((request(2).path.as_str(), request(4).path.as_str()), ("/00200/mpn", "/00200/mpn"));
    assert_ne!(request(2).signature, request(4).signature, "of a clearing, of a resend confirmation");
    world.assert_clean().await;
}

async fn a_clearing_that_is_lost_is_brought_by_the_resend(test: TestDatabase) {
    let world = World::new(test).await;
    world.network.fault("99022", json!({"mode": "lose", "on": "clearing", "times": 2})).await;
    let id = world.pay(SHOP).await.unwrap().facts.id;
    let payment = world.reaches(id, State::Accepted).await;
    let (deliveries, first_by, _) = world.network.record(&payment).await.unwrap();
    assert_eq!((deliveries, first_by.as_str()), (1, "ResendConfirmation"));
    world.assert_clean().await;
}

/// The hub's key changes while nobody knows whether the clearings that the key before signed were recorded.
async fn a_clearing_of_unknown_outcome_is_asked_for_again_under_the_next_key(test: TestDatabase) {
    let world = World::new(test).await;
    world.network.fault(PENSION.collector, json!({"mode": "drop", "on": "clearing"})).await;
    world.network.fault(SHOP.collector, json!({"mode": "lose", "on": "clearing"})).await;
    let recorded = world.pay(PENSION).await.unwrap().facts.id;
    let lost = world.pay(SHOP).await.unwrap().facts.id;
    let next = SigningKey::from_seed("hub-2", &[2; 32]).unwrap();
    let keys = [hub_key().verifying_key(), next.verifying_key()];
    world.network.tell(&keys);
    world.hub.gateway.signing_keys().sign_with(next);
    // from here on what the key before signs is not believed any more
    world.network.tell(&keys[1..]);
    for id in [recorded, lost] {
        let sent = world.events(id).await.len();
        world.reaches_events(id, sent + 1).await;
        assert_ne!(world.payment(id).await.state, State::Accepted);
    }
    for slip in [PENSION, SHOP] {
        world.network.fault(slip.collector, json!({})).await;
    }
    for (id, first_by) in [(recorded, "Clearing"), (lost, "ResendConfirmation")] {
        let payment = world.reaches(id, State::Accepted).await;
        let (_, recorded_by, code) = world.network.record(&payment).await.unwrap();
        assert_eq!((recorded_by.as_str(), code.as_str()), (first_by, "0000"));
        let history = world.hub.ledger.events(id.into()).await.unwrap();
        let bodies: Vec<Body> = history.iter().map(|e| serde_json::from_str(&e.body).unwrap()).collect();
        let signed: Vec<String> =
            bodies.iter().filter_map(|body| Some(body.request.as_ref()?.signature.clone())).collect();
        assert!(signed.first().unwrap().contains("hub-1"), "{signed:?}");
        assert!(signed.last().unwrap().contains("hub-2"), "{signed:?}");
    }
    assert_eq!(world.balance().await.held, Yen::ZERO);
    world.assert_clean().await;
}

async fn no_answer_but_a_signed_one_counts(test: TestDatabase) {
    let world = World::new(test).await;
    for mode in ["garbage", "charset", "doctype", "half", "empty", "unsigned", "wrong_key", "error500"] {
        world.network.fault("99090", json!({"mode": mode, "on": "clearing", "times": 1})).await;
        let id = world.pay(TYPED).await.unwrap().facts.id;
        world.reaches(id, State::Accepted).await;
        let events = ["held", "claimed", "outcome_unknown", "claimed", "accepted"];
        assert_eq!(world.events(id).await, events, "{mode}");
    }
    world.assert_clean().await;
}

async fn a_refusal_that_is_lost_is_repeated(test: TestDatabase) {
    let impatient = Limits { answer_wait: Duration::from_millis(500), ..limits() };
    let world = World::with(test, settings(), &impatient).await;
    // the collector refuses and records it; its answer comes too late for the first delivery
    let fault = json!({"mode": "refuse", "code": "B202", "times": 1, "delay_ms": 800});
    world.network.fault("00200", fault).await;
    let id = world.pay(TAX).await.unwrap().facts.id;
    let payment = world.reaches(id, State::Rejected).await;
    let (deliveries, first_by, code) = world.network.record(&payment).await.unwrap();
    assert_eq!((deliveries, first_by.as_str(), code.as_str()), (2, "Clearing", "B202"));
    assert_eq!(world.balance().await.available, Yen::new(1_000_000));
    world.assert_clean().await;
}

async fn an_unreachable_collector_gets_the_payment_when_it_is_back(test: TestDatabase) {
    let mut world = World::new(test).await;
    let order = world.order(&world.inquire(TAX).await);
    world.network.go_down().await;
    let id = order.payment;
    let waiting = world.hub.gateway.pay(order).await.unwrap();
    // held, or at this moment being tried again
    assert!(matches!(waiting.state, State::Held | State::Sending), "{}", waiting.state);
    world.reaches(id, State::Held).await;
    assert_eq!(world.balance().await.held, Yen::new(215_000));
    // one second less than it may wait
    world.clock.advance_seconds(119);
    tokio::time::sleep(Duration::from_millis(100)).await;
    world.network.come_up().await;
    let payment = world.reaches(id, State::Accepted).await;
    let (deliveries, first_by, _) = world.network.record(&payment).await.unwrap();
    assert_eq!((deliveries, first_by.as_str()), (1, "Clearing"), "no byte had left");
    world.assert_clean().await;
}

async fn a_hold_is_released_when_the_collector_stays_away(test: TestDatabase) {
    let mut world = World::new(test).await;
    let inquiry = world.inquire(TAX).await;
    world.network.go_down().await;
    let order = world.order(&inquiry);
    let id = order.payment;
    world.hub.gateway.pay(order).await.unwrap();
    world.clock.advance_seconds(120);
    world.reaches(id, State::Voided).await;
    let balance = world.balance().await;
    assert_eq!((balance.available.get(), balance.held.get()), (1_000_000, 0));
    assert_eq!(world.events(id).await.last().unwrap(), "voided");
    world.assert_clean().await;
    // the bill is free, and the voided payment never reaches the collector
    world.network.come_up().await;
    let paid = world.hub.gateway.pay(world.order(&inquiry)).await.unwrap();
    assert_eq!(paid.state, State::Accepted);
    assert_eq!(world.network.clearings().await.len(), 1);
    world.assert_clean().await;
}

async fn nothing_leaves_when_the_time_is_over(test: TestDatabase) {
    // as when midnight passes between the hold and the first byte
    let world = World::with(test, Settings { held_wait_s: 0, ..settings() }, &limits()).await;
    let id = world.pay(TAX).await.unwrap().facts.id;
    world.reaches(id, State::Voided).await;
    assert_eq!(world.events(id).await, ["held", "claimed", "not_applied", "voided"]);
    assert!(world.network.clearings().await.is_empty());
    assert_eq!(world.balance().await.available, Yen::new(1_000_000));
    world.assert_clean().await;
}

async fn nothing_is_resent_after_half_past_midnight(test: TestDatabase) {
    let world = World::new(test).await;
    world.network.fault("99022", json!({"mode": "drop", "on": "clearing"})).await;
    let id = world.pay(SHOP).await.unwrap().facts.id;
    let end = Timestamp::parse_rfc3339("2026-11-25T00:30:01+09:00").unwrap();
    world.clock.advance_seconds(end.seconds_since(world.clock.now()));
    // what was claimed before the deadline may still be under way
    tokio::time::sleep(Duration::from_millis(300)).await;
    world.network.fault("99022", json!({})).await;
    let events = world.events(id).await.len();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let payment = world.payment(id).await;
    assert_eq!((payment.state, world.events(id).await.len()), (State::Unknown, events));
    assert_eq!(world.balance().await.held, Yen::new(12_800), "the money stands until somebody knows");
    world.assert_clean().await;
    // an operator's clock is not needed: before the deadline it would have gone
    world.clock.advance_seconds(-1);
    world.reaches(id, State::Accepted).await;
    world.assert_clean().await;
}

async fn a_sender_that_is_too_slow_is_fenced_out(test: TestDatabase) {
    // a lease that is shorter than the wait for the answer, as after a pause of the whole process
    let world = World::with(test, Settings { lease_s: 1, ..settings() }, &limits()).await;
    world.network.fault("00200", json!({"delay_ms": 1_600, "on": "clearing", "times": 1})).await;
    let id = world.pay(TAX).await.unwrap().facts.id;
    let payment = world.reaches(id, State::Accepted).await;
    let events = ["held", "claimed", "outcome_unknown", "claimed", "accepted"];
    assert_eq!(world.events(id).await, events, "the late answer adds nothing");
    assert_eq!(world.network.record(&payment).await.unwrap().0, 2);
    assert_eq!(world.balance().await.balance, Yen::new(785_000));
    world.assert_clean().await;
}

async fn an_answer_is_kept_while_the_database_fails(test: TestDatabase) {
    let world = World::new(test).await;
    world.network.fault("00200", json!({"delay_ms": 1_500, "on": "clearing", "times": 1})).await;
    let order = world.order(&world.inquire(TAX).await);
    let (id, gateway) = (order.payment, world.hub.gateway.clone());
    tokio::spawn(async move { gateway.pay(order).await });
    world.reaches(id, State::Sending).await;
    while world.network.clearings().await.is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    execute!(world.test.database, "ALTER TABLE event RENAME TO event_away").unwrap();
    tokio::time::sleep(Duration::from_millis(2_000)).await;
    execute!(world.test.database, "ALTER TABLE event_away RENAME TO event").unwrap();
    let payment = world.reaches(id, State::Accepted).await;
    assert_eq!(world.events(id).await, ["held", "claimed", "accepted"]);
    assert_eq!(world.network.record(&payment).await.unwrap().0, 1, "it was not asked for again");
    world.assert_clean().await;
}

async fn work_that_waits_does_not_hide_the_work_behind_it(test: TestDatabase) {
    let world = World::with(test, Settings { resend_interval_s: 1, ..settings() }, &limits()).await;
    // old work that comes first and never ends, more than one look goes through
    let entity = || EntityId(PaymentId::generate().uuid());
    let put = |n: i32| OutboxChange::Put {
        entry: OutboxEntry {
            key: format!("AAA/{n:05}"),
            destination: PENSION.collector.to_owned(),
            entity: entity(),
            payload: Vec::new(),
        },
        lease_s: None,
    };
    let old = Commit { outbox: (0..600).map(put).collect(), ..Commit::default() };
    world.hub.ledger.commit(old).await.unwrap();
    world.network.fault("00500", json!({"mode": "lose", "on": "clearing", "times": 1})).await;
    let id = world.pay(PENSION).await.unwrap().facts.id;
    world.reaches(id, State::Accepted).await;
}

async fn a_failed_inquiry_keeps_nothing(test: TestDatabase) {
    let world = World::new(test).await;
    world.network.fault("00200", json!({"mode": "unsigned", "on": "inquiry", "times": 1})).await;
    assert!(matches!(world.ask(world.payer, TAX).await, Err(InquiryError::NoAnswer(_))));
    let typed = Slip { amount: Some(1), ..TAX };
    assert!(matches!(world.ask(world.payer, typed).await, Err(InquiryError::AmountNotTyped)));
    let untyped = Slip { amount: None, ..TYPED };
    assert!(matches!(world.ask(world.payer, untyped).await, Err(InquiryError::AmountNeeded)));
    let nothing = Slip { amount: Some(0), ..TYPED };
    assert!(matches!(world.ask(world.payer, nothing).await, Err(InquiryError::AmountNeeded)));
    let kept: i64 = database::on!(world.test.database, |c| {
        sqlx::query_scalar("SELECT count(*) FROM inquiry").fetch_one(c).await.unwrap()
    });
    assert_eq!(kept, 0);
    // an inquiry is of its contract alone
    let inquiry = world.inquire(TAX).await;
    let stranger = domain::ContractId::generate();
    assert_eq!(world.hub.gateway.inquiry(stranger, inquiry.id).await.unwrap(), None);
    assert_eq!(world.hub.gateway.inquiry(world.payer.contract, inquiry.id).await.unwrap(), Some(inquiry));
}

/// The pause between two deliveries holds for all processes together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_processes_do_not_repeat_more_often_than_one() {
    let settings = Settings { resend_interval_s: 2, ..settings() };
    let world = World::with(database::testing::postgres().await, settings.clone(), &limits()).await;
    let open = async || {
        let database = world.test.database.clone();
        Hub::open(database, &world.clock, &world.network, settings.clone(), &limits()).await
    };
    let others = [open().await, open().await];
    world.network.fault("99022", json!({"mode": "drop", "on": "clearing"})).await;
    let id = world.pay(SHOP).await.unwrap().facts.id;
    let once = ["held", "claimed", "outcome_unknown"];
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(world.events(id).await, once, "nobody repeats before the pause is over");
    world.reaches_events(id, 5).await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(world.events(id).await.len(), 5, "and one of them does it then");
    world.network.fault("99022", json!({})).await;
    let payment = world.reaches(id, State::Accepted).await;
    assert_eq!(world.network.record(&payment).await.unwrap().0, 3);
    world.assert_clean().await;
    drop(others);
}

async fn a_crowd_at_a_slow_collector_uses_up_nothing_while_it_waits(test: TestDatabase) {
    let limits = Limits { concurrent_max: 1, queue_wait: Duration::from_millis(100), ..limits() };
    let world = World::with(test, settings(), &limits).await;
    let serial = async || {
        let message = protocol::decode(&world.network.last_request(TAX.collector).await).unwrap();
        message.header.key().serial.get()
    };
    world.network.fault(TAX.collector, json!({"delay_ms": 1_500, "on": "inquiry", "times": 1})).await;
    let slow = world.ask(world.payer, TAX);
    let crowd = async {
        // until the first one has the place
        tokio::time::sleep(Duration::from_millis(500)).await;
        for _ in 0..3 {
            let busy = world.ask(world.payer, TAX).await;
            assert!(matches!(busy, Err(InquiryError::CollectorBusy)), "{busy:?}");
        }
    };
    let (answered, ()) = tokio::join!(slow, crowd);
    answered.unwrap();
    let of_the_slow = serial().await;
    world.inquire(TAX).await;
    assert_eq!(serial().await, of_the_slow + 1, "no message was made for those who found no place");
}

async fn a_collector_gathers_no_more_open_work_than_the_bound(test: TestDatabase) {
    let world = World::with(test, Settings { open_payments_max: 1, ..settings() }, &limits()).await;
    let next = world.inquire(SHOP).await;
    world.network.fault("99022", json!({"mode": "lose", "on": "clearing", "times": 1})).await;
    let open = world.pay(WITH_FEE).await.unwrap().facts.id;
    let refused = world.hub.gateway.pay(world.order(&next)).await;
    assert!(matches!(refused, Err(PayError::CollectorBusy)), "{refused:?}");
    // the others do not notice
    world.pay(TAX).await.unwrap();
    // and with the work done there is a place again
    world.reaches(open, State::Accepted).await;
    world.hub.gateway.pay(world.order(&next)).await.unwrap();
    world.assert_clean().await;
}

async fn people_are_told_of_a_collector_that_nothing_reaches(test: TestDatabase) {
    let settings = Settings { circuit_alarm_s: 1, ..settings() };
    let limits =
        Limits { circuit_failures_max: 1, circuit_probe_after: Duration::from_millis(100), ..limits() };
    let mut world = World::with(test, settings, &limits).await;
    let order = world.order(&world.inquire(TAX).await);
    world.network.go_down().await;
    let id = world.hub.gateway.pay(order).await.unwrap().facts.id;
    let open = async || {
        let query = AlarmQuery { open_only: true, limit: 10, ..AlarmQuery::default() };
        let found = world.hub.gateway.alarms(&query).await.unwrap();
        found.into_iter().map(|alarm| (alarm.kind, alarm.subject)).collect::<Vec<_>>()
    };
    assert_eq!(open().await, [], "not at once");
    // another process, which the collector answers, ends the alarm: it comes back
    for comes_back in [true, false] {
        let told = async {
            while open().await.is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(15), told).await.unwrap();
        assert_eq!(open().await, [(AlarmKind::CircuitOpen, "00200".to_owned())]);
        if comes_back {
            assert!(world.hub.gateway.end_alarm(AlarmKind::CircuitOpen, "00200").await.unwrap());
        }
    }
    // who took notice is not told again
    let latest = world.hub.gateway.alarms(&AlarmQuery { limit: 10, ..AlarmQuery::default() }).await.unwrap();
    assert_eq!(latest.len(), 2);
    let known = latest.iter().find(|alarm| alarm.ended_at.is_none()).unwrap().id;
    assert!(world.hub.gateway.acknowledge_alarm(known, &Operator::staff(7)).await.unwrap());
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(open().await, []);
    world.network.come_up().await;
    world.reaches(id, State::Accepted).await;
    world.assert_clean().await;
}
