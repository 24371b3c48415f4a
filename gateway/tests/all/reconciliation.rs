//! 精査 against the mocks, whose books are spoiled on command.

use database::on_both;
use database::testing::TestDatabase;
use domain::payment::State;
use domain::{BreakId, Yen};
use gateway::operations::NotNow;
use gateway::reconciliation::{Advice, Break, BreakClass, Ending, Hindrance};
use gateway::service::{Carry, CloseOptions, ServiceError, ServiceState};
use gateway::{AlarmKind, AlarmQuery, BreakError, BreakQuery, FourEyes, Operator, Payment, Reconciliation};
use serde_json::json;

use crate::counter;
use crate::service::{number, staff, today};
use crate::support::{PENSION, SHOP, Slip, TAX, WITH_FEE, World};

on_both!(
    a_day_of_every_outcome_ties_out,
    every_mistake_in_the_collectors_books_is_a_break,
    a_break_ends_by_two_people_or_when_it_is_gone,
    a_close_by_hand_names_the_open_breaks,
    what_is_on_its_way_is_carried_forward_and_never_missing,
    more_lines_than_a_page_are_all_compared,
    cancellations_are_counted_and_compared,
);

/// Two people, and what was done.
pub fn eyes(note: &str) -> FourEyes {
    FourEyes { maker: staff(), checker: Operator::staff(8), reason: note.to_owned() }
}

async fn closed(world: &World, slip: Slip) {
    let options = CloseOptions::default();
    world.hub.gateway.close_service(&number(slip), today(), options, &staff()).await.unwrap();
}

pub async fn compared(world: &World, slip: Slip) -> Reconciliation {
    world.hub.gateway.reconcile(&number(slip), today(), &staff()).await.unwrap()
}

pub async fn accepted(world: &World, slip: Slip) -> Payment {
    let paid = world.pay(slip).await.unwrap();
    assert_eq!(paid.state, State::Accepted);
    paid
}

pub async fn open_breaks(world: &World) -> Vec<Break> {
    let query = BreakQuery { open_only: true, limit: 500, ..BreakQuery::default() };
    world.hub.gateway.breaks(&query).await.unwrap()
}

/// The path of a payment's clearing in the mocks' controls.
pub fn path_of(payment: &Payment) -> String {
    let key = payment.facts.message_key.split_once('/').unwrap().1;
    format!("/control/{}/clearings/{key}", payment.facts.collector)
}

pub fn serial_of(payment: &Payment) -> &str {
    payment.facts.message_key.rsplit('/').next().unwrap()
}

async fn a_day_of_every_outcome_ties_out(test: TestDatabase) {
    let world = World::new(test).await;
    accepted(&world, WITH_FEE).await;
    world.network.fault("99022", json!({"mode": "refuse", "times": 1})).await;
    let provisional = accepted(&world, SHOP).await;
    assert!(provisional.provisional.is_some());
    world.network.fault("00200", json!({"mode": "refuse", "times": 1})).await;
    assert_eq!(world.pay(TAX).await.unwrap().state, State::Rejected);
    for slip in [TAX, SHOP, PENSION] {
        closed(&world, slip).await;
    }
    let shop = compared(&world, SHOP).await.summary;
    assert!(shop.ties_out() && shop.after_close);
    assert_eq!((shop.matched, shop.open_breaks), (2, 0));
    let counters = shop.totals.collector.unwrap();
    assert_eq!(counters, shop.totals.hub);
    assert_eq!((counters.cleared.amount, counters.provisional.amount), (Yen::new(58_000), Yen::new(12_800)));
    assert_eq!(shop.totals.ledger, Yen::new(70_800));
    let tax = compared(&world, TAX).await.summary;
    assert_eq!((tax.matched, tax.totals.lines.refused.count), (1, 1), "a refusal on both sides matches");
    assert!(tax.ties_out());
    let pension = compared(&world, PENSION).await.summary;
    assert_eq!((pension.matched, pension.ties_out()), (0, true));
    let runs = world.hub.gateway.reconciliations(today()).await.unwrap();
    assert_eq!(runs.len(), 3);
    assert!(runs.iter().all(|run| run.by == staff() && run.summary.number == 1));
    assert_eq!(open_breaks(&world).await, []);
    world.assert_clean().await;
}

async fn every_mistake_in_the_collectors_books_is_a_break(test: TestDatabase) {
    let world = World::new(test).await;
    let numbers: Vec<String> = (0..4).map(|n| format!("100000000000000{n}")).collect();
    world.network.add_pensions(&numbers).await;
    let mut paid = Vec::new();
    for number in &numbers {
        let inquiry = world.inquire_pension(number).await;
        paid.push(world.hub.gateway.pay(world.order(&inquiry)).await.unwrap());
    }
    let network = &world.network;
    network.control("PATCH", &path_of(&paid[1]), json!({"amount": 1_001}).to_string()).await;
    network.control("PATCH", &path_of(&paid[2]), json!({"times": 2}).to_string()).await;
    network.control("DELETE", &path_of(&paid[3]), String::new()).await;
    let invented = json!({"amount": 777, "serial": 99_999_999}).to_string();
    network.control("POST", "/control/00500/clearings", invented).await;
    // a refusal here that the collector cleared all the same
    world.network.fault("00500", json!({"mode": "refuse", "times": 1})).await;
    let rejected = world.pay(PENSION).await.unwrap();
    assert_eq!(rejected.state, State::Rejected);
    network.control("DELETE", &path_of(&rejected), String::new()).await;
    let serial: u32 = serial_of(&rejected).parse().unwrap();
    let cleared = json!({"amount": 486_312, "serial": serial}).to_string();
    network.control("POST", "/control/00500/clearings", cleared).await;

    closed(&world, PENSION).await;
    let summary = compared(&world, PENSION).await.summary;
    assert!(!summary.ties_out());
    assert_eq!((summary.matched, summary.open_breaks), (1, 5));
    let mut found: Vec<_> = open_breaks(&world)
        .await
        .into_iter()
        .map(|b| (b.class, b.facts.advice, b.subject, b.difference.get()))
        .collect();
    found.sort_unstable_by_key(|(class, ..)| *class);
    let of = |payment: &Payment| serial_of(payment).to_owned();
    assert_eq!(
        found,
        [
            (BreakClass::MissingHere, Advice::UndoThere, "99999999".to_owned(), 777),
            (BreakClass::MissingThere, Advice::RecordThere, of(&paid[3]), -1_000),
            (BreakClass::AmountDiffers, Advice::CorrectAmount, of(&paid[1]), 1),
            (BreakClass::Duplicate, Advice::UndoDuplicate, of(&paid[2]), 1_000),
            (BreakClass::Conflicting, Advice::UndoThere, of(&rejected), 486_312),
        ]
    );
    let lines_less_hub = summary.totals.lines.net().get() - 4_000;
    assert_eq!(found.iter().map(|(.., yen)| yen).sum::<i64>(), lines_less_hub, "to the yen");
    let facts = |b: &Break| (b.facts.hub.clone().unwrap(), b.facts.collector.clone());
    let breaks = open_breaks(&world).await;
    let (hub, there) = facts(breaks.iter().find(|b| b.class == BreakClass::AmountDiffers).unwrap());
    assert_eq!((hub.payment, hub.amount, hub.ledger), (paid[1].facts.id, Yen::new(1_000), Yen::new(1_000)));
    assert_eq!((there[0].status.as_str(), there[0].amount), ("cleared", Yen::new(1_001)));
    let alarms = world.hub.gateway.alarms(&AlarmQuery { limit: 9, ..AlarmQuery::default() }).await.unwrap();
    assert_eq!((alarms.len(), alarms[0].kind), (1, AlarmKind::ReconciliationBreaks));
    assert_eq!(alarms[0].subject, "00500/2026-11-24");
}

async fn a_break_ends_by_two_people_or_when_it_is_gone(test: TestDatabase) {
    let world = World::new(test).await;
    let gateway = &world.hub.gateway;
    let (fee, shop) = (accepted(&world, WITH_FEE).await, accepted(&world, SHOP).await);
    let spoil = async |payment: &Payment, amount: i64| {
        world.network.control("PATCH", &path_of(payment), json!({"amount": amount}).to_string()).await
    };
    spoil(&fee, 58_001).await;
    spoil(&shop, 12_801).await;
    closed(&world, SHOP).await;
    assert_eq!(compared(&world, SHOP).await.summary.open_breaks, 2);
    let breaks = open_breaks(&world).await;
    let of = |payment: &Payment| breaks.iter().find(|b| b.subject == serial_of(payment)).unwrap().id;
    let (by_hand, gone) = (of(&fee), of(&shop));

    for note in ["", "  ", "\u{7}", &"長".repeat(201)] {
        let refused = gateway.resolve_break(by_hand, Ending::Noted, &eyes(note)).await;
        assert!(matches!(refused, Err(BreakError::FourEyes(NotNow::BadReason))), "{note:?}");
    }
    let alone = FourEyes { checker: staff(), ..eyes("収納機関に確認済み") };
    let refused = gateway.resolve_break(by_hand, Ending::Noted, &alone).await;
    assert!(matches!(refused, Err(BreakError::FourEyes(NotNow::SamePerson))), "{refused:?}");
    gateway.resolve_break(by_hand, Ending::Noted, &eyes(" 収納機関に確認済み ")).await.unwrap();
    let again = gateway.resolve_break(by_hand, Ending::Noted, &eyes("もう一度")).await;
    assert!(matches!(again, Err(BreakError::EndedBefore)), "{again:?}");
    let none = gateway.resolve_break(BreakId::generate(), Ending::Noted, &eyes("x")).await;
    assert!(matches!(none, Err(BreakError::NoSuchBreak)), "{none:?}");
    let resolution = gateway.break_of(by_hand).await.unwrap().unwrap().resolution.unwrap();
    assert_eq!((resolution.note.as_str(), resolution.vanished), ("収納機関に確認済み", false));
    assert_eq!((resolution.by, resolution.checked_by), (staff(), Some(Operator::staff(8))));

    spoil(&shop, 12_800).await;
    let second = compared(&world, SHOP).await.summary;
    assert_eq!((second.number, second.amount_differs, second.open_breaks), (2, 1, 0));
    let resolution = gateway.break_of(gone).await.unwrap().unwrap().resolution.unwrap();
    assert!(resolution.vanished, "{resolution:?}");
    // the same mistake anew is a new break, also where the same was gone before
    spoil(&shop, 12_801).await;
    let third = compared(&world, SHOP).await.summary;
    assert_eq!((third.amount_differs, third.open_breaks), (2, 1));
    let open = open_breaks(&world).await;
    assert_eq!(open.len(), 1);
    assert!(open[0].subject == serial_of(&shop) && open[0].id != gone);
    let runs = gateway.reconciliations(today()).await.unwrap();
    assert_eq!(runs.iter().map(|run| run.summary.number).collect::<Vec<_>>(), [3, 2, 1]);
    let query = BreakQuery { date: Some(today()), collector: Some(number(SHOP)), ..BreakQuery::default() };
    let of_class = async |class| {
        let query = BreakQuery { class: Some(class), limit: 9, ..query.clone() };
        gateway.breaks(&query).await.unwrap().len()
    };
    assert_eq!((of_class(BreakClass::AmountDiffers).await, of_class(BreakClass::Duplicate).await), (3, 0));
    let latest = gateway.latest_reconciliations(today()).await.unwrap();
    assert_eq!(latest.iter().map(|run| run.summary.number).collect::<Vec<_>>(), [3]);
    let all = gateway.breaks(&BreakQuery { limit: 2, ..query.clone() }).await.unwrap();
    let before = all.last().map(|b| (b.found_at, b.id));
    let rest = gateway.breaks(&BreakQuery { before, limit: 2, ..query }).await.unwrap();
    assert_eq!((all.len(), rest.len()), (2, 1), "a page and the next");
}

async fn a_close_by_hand_names_the_open_breaks(test: TestDatabase) {
    let world = World::new(test).await;
    let (gateway, shop) = (&world.hub.gateway, number(SHOP));
    for serial in [50_000_001, 50_000_002] {
        let invented = json!({"amount": 1, "serial": serial}).to_string();
        world.network.control("POST", "/control/99022/clearings", invented).await;
    }
    assert_eq!(compared(&world, SHOP).await.summary.open_breaks, 2);
    let close = async |open_breaks| {
        let options = CloseOptions { open_breaks, ..CloseOptions::default() };
        gateway.close_service(&shop, today(), options, &staff()).await
    };
    for named in [0, 1] {
        let refused = close(named).await;
        assert!(matches!(refused, Err(ServiceError::OpenBreaks { count: 2 })), "{refused:?}");
    }
    let day = gateway.service_day(&shop, today()).await.unwrap().unwrap();
    assert!(!day.closing && day.open_breaks() == 2, "nothing has changed: {day:?}");
    let closed = close(2).await.unwrap();
    assert_eq!((closed.state, closed.open_breaks()), (ServiceState::Closed, 2));
}

async fn what_is_on_its_way_is_carried_forward_and_never_missing(test: TestDatabase) {
    let world = World::new(test).await;
    let gateway = &world.hub.gateway;
    world.network.fault("99022", json!({"mode": "error500", "on": "clearing"})).await;
    let unknown = world.pay(SHOP).await.unwrap();
    world.reaches(unknown.facts.id, State::Unknown).await;
    let summary = compared(&world, SHOP).await.summary;
    assert_eq!((summary.carried_forward, summary.missing_there, summary.open_breaks), (1, 0, 1));
    assert!(!summary.after_close && summary.ties_out());
    let carried = open_breaks(&world).await.remove(0);
    let refused = gateway.resolve_break(carried.id, Ending::Noted, &eyes("x")).await;
    assert!(matches!(refused, Err(BreakError::Hindered(Hindrance::OutcomeUnknown))), "{refused:?}");
    let alarms = gateway.alarms(&AlarmQuery { limit: 9, ..AlarmQuery::default() }).await.unwrap();
    assert!(alarms.iter().all(|alarm| alarm.kind != AlarmKind::ReconciliationBreaks), "{alarms:?}");
    world.network.fault("99022", json!({})).await;
    world.reaches(unknown.facts.id, State::Accepted).await;
    let summary = compared(&world, SHOP).await.summary;
    assert_eq!((summary.carried_forward, summary.matched, summary.open_breaks), (0, 1, 0));
    assert_eq!(open_breaks(&world).await, []);
    world.assert_clean().await;
}

async fn more_lines_than_a_page_are_all_compared(test: TestDatabase) {
    let world = World::new(test).await;
    let paid = accepted(&world, SHOP).await;
    for serial in 0..600 {
        let invented = json!({"amount": 1, "serial": 50_000_000 + serial}).to_string();
        world.network.control("POST", "/control/99022/clearings", invented).await;
    }
    let summary = compared(&world, SHOP).await.summary;
    assert_eq!((summary.matched, summary.missing_here), (1, 600));
    assert_eq!(summary.totals.lines.net(), Yen::new(paid.facts.amount.get() + 600));
    assert_eq!(summary.open_breaks, 600);
    assert_eq!(open_breaks(&world).await.len(), 500, "a read is bounded");
}

async fn cancellations_are_counted_and_compared(test: TestDatabase) {
    let world = World::new(test).await;
    let gateway = &world.hub.gateway;
    let at_counter = async |slip: Slip| {
        let inquiry = counter::inquire(&world, slip).await;
        gateway.counter_payment(counter::order(&inquiry), &staff()).await.unwrap().facts.id
    };
    let (cancelled, unknown) = (at_counter(SHOP).await, at_counter(WITH_FEE).await);
    let after = gateway.cancel(cancelled, &staff()).await.unwrap();
    assert_eq!(after.state, State::Cancelled);
    world.network.fault("99022", json!({"mode": "drop", "on": "cancellation"})).await;
    gateway.cancel(unknown, &staff()).await.unwrap();

    // nobody knows whether the second one is cleared, so its day stays open
    let shop = number(SHOP);
    let blocked = gateway.close_service(&shop, today(), CloseOptions::default(), &staff()).await;
    let Err(ServiceError::Blocked { items, count: 1 }) = blocked else { panic!("{blocked:?}") };
    assert_eq!((items[0].payment, items[0].state), (unknown, State::Accepted));
    let carry = CloseOptions { carry_forward: Some(Carry::ANY), open_breaks: 0 };
    let closed = gateway.close_service(&shop, today(), carry, &staff()).await.unwrap();
    let counters = closed.close_counters.unwrap();
    assert_eq!((counters.hub.cleared.count, counters.hub.cancelled.count), (2, 1));
    assert_eq!((counters.collector.cleared.count, counters.collector.cancelled.count), (2, 2));
    let summary = compared(&world, SHOP).await.summary;
    assert_eq!((summary.matched, summary.carried_forward, summary.open_breaks), (1, 1, 1));
    assert_eq!(summary.totals.ledger, Yen::new(58_000), "what was cancelled went back");

    world.network.fault("99022", json!({})).await;
    let waiting = async {
        while gateway.payment_for_operator(unknown).await.unwrap().unwrap().state != State::Cancelled {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await.unwrap();
    let summary = compared(&world, SHOP).await.summary;
    assert_eq!((summary.matched, summary.open_breaks), (2, 0));
    assert!(summary.ties_out() && summary.totals.ledger == Yen::ZERO);
    assert_eq!(summary.totals.lines.cancelled.count, 2);
    world.assert_clean().await;
}
