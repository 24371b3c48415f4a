//! Windows close after the days of the collectors are closed and compared, and the collectors are told.

use std::time::Duration;

use collectors::Outcome;
use collectors::protocol::{self, Body, Header, Message, SettlementAdvice};
use database::on_both;
use database::testing::TestDatabase;
use domain::payment::{Cancellation, State};
use domain::{AccountId, Date, ResendKey, ResponseCode, Serial, Yen};
use gateway::reconciliation::Ending;
use gateway::service::{Carry, CloseOptions};
use gateway::settlement::{
    AdviceState, NetPaymentQuery, Obstacle, Settlement, SettlementState, WindowError, WindowQuery,
    WindowState,
};
use gateway::{AlarmKind, AlarmQuery, Settings, chart};
use serde_json::{Value, json};

use crate::counter;
use crate::service::{move_to, number, staff, today};
use crate::support::{Hub, PENSION, SHOP, TAX, WITH_FEE, World, limits, settings};

on_both!(
    the_schedule_settles_what_was_paid_and_tells_the_collectors,
    a_carried_payment_settles_in_a_later_window,
    a_cancellation_without_an_outcome_keeps_its_payment_out,
    a_late_payment_waits_until_its_day_is_compared_again,
    a_break_keeps_the_window_open_until_it_is_resolved,
    an_advice_is_repeated_until_it_is_answered,
    a_contradicted_advice_is_for_people,
);

const TUESDAY: &str = "2026-11-24";

fn keeping() -> Settings {
    Settings { keeps_days: true, ..settings() }
}

async fn balance(world: &World, account: AccountId) -> i64 {
    world.hub.ledger.internal_balance(account).await.unwrap().get()
}

/// The settlement of a window, as soon as it is as wanted.
async fn settled(world: &World, number: &str, wanted: impl Fn(&Settlement) -> bool) -> Settlement {
    let waiting = async {
        loop {
            let query = NetPaymentQuery { limit: 100, ..NetPaymentQuery::default() };
            let found = world.hub.gateway.net_payments(&query).await.unwrap();
            match found.into_iter().find(|s| s.number() == number && wanted(s)) {
                Some(settlement) => return settlement,
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap_or_else(|_| panic!("{number}"))
}

/// Closes and compares the shop's Tuesday, and closes its window on Wednesday, all by hand.
async fn closed_by_hand(world: &World) -> Settlement {
    let (shop, staff) = (number(SHOP), staff());
    let gateway = &world.hub.gateway;
    gateway.close_service(&shop, today(), CloseOptions::default(), &staff).await.unwrap();
    gateway.reconcile(&shop, today(), &staff).await.unwrap();
    move_to(world, "2026-11-25T00:00:00");
    let outcomes = gateway.close_window(today(), Some(&shop), &staff).await.unwrap();
    outcomes.into_iter().next().unwrap().outcome.unwrap()
}

async fn the_schedule_settles_what_was_paid_and_tells_the_collectors(test: TestDatabase) {
    let world = World::with(test, keeping(), &limits()).await;
    let mut paid = Vec::new();
    for slip in [TAX, PENSION, WITH_FEE, SHOP] {
        paid.push(world.pay(slip).await.unwrap());
    }
    move_to(&world, "2026-11-25T00:00:00");
    for payment in &paid {
        let settled = world.reaches(payment.facts.id, State::Settled).await;
        assert_eq!(settled.reference, payment.reference, "the receipt stays as it was");
        assert_eq!(settled.code, Some(ResponseCode::Normal));
    }
    let answered = |s: &Settlement| s.advice == AdviceState::Answered;
    let shop = settled(&world, "20261124-99022", answered).await;
    assert_eq!((shop.sums.count, shop.sums.amount, shop.sums.fee), (2, Yen::new(70_800), Yen::new(110)));
    assert_eq!((shop.state, shop.payable()), (SettlementState::Due, Yen::new(70_910)));
    // what is due the next business day is paid as soon as that has begun
    let tax = settled(&world, "20261124-00200", |s| answered(s) && s.state == SettlementState::Paid).await;
    assert_eq!(tax.sums.amount, Yen::new(215_000));
    settled(&world, "20261124-00500", |s| answered(s) && s.state == SettlementState::Paid).await;
    assert_eq!(balance(&world, chart::BANK_OF_JAPAN).await, 215_000 + 486_312);
    world.assert_clean().await;

    let mut told: Vec<Value> = world.network.settlements().await;
    told.sort_by_key(|one| one["settlement"].as_str().unwrap().to_owned());
    let told: Vec<_> = told
        .iter()
        .map(|one| {
            ["settlement", "window_date", "pay_date", "count", "amount"].map(|key| one[key].to_string())
        })
        .map(|one| one.join(" ").replace('"', ""))
        .collect();
    assert_eq!(
        told,
        [
            "20261124-00200 2026-11-24 2026-11-25 1 215000",
            "20261124-00500 2026-11-24 2026-11-25 1 486312",
            "20261124-99022 2026-11-24 2026-11-27 2 70800",
        ]
    );
    move_to(&world, "2026-11-27T00:00:00");
    settled(&world, "20261124-99022", |s| s.state == SettlementState::Paid).await;
    assert_eq!(balance(&world, chart::INTERBANK).await, 70_910);
    assert_eq!(balance(&world, chart::clearing(&number(SHOP))).await, 0);
    world.assert_clean().await;
}

async fn a_carried_payment_settles_in_a_later_window(test: TestDatabase) {
    let world = World::with(test, keeping(), &limits()).await;
    let accepted = world.pay(WITH_FEE).await.unwrap();
    world.network.fault("99022", json!({"mode": "drop", "on": "clearing"})).await;
    let unknown = world.pay(SHOP).await.unwrap();
    world.reaches(unknown.facts.id, State::Unknown).await;
    let carry = CloseOptions { carry_forward: Some(Carry::ANY), open_breaks: 0 };
    world.hub.gateway.close_service(&number(SHOP), today(), carry, &staff()).await.unwrap();
    move_to(&world, "2026-11-25T00:00:00");
    world.reaches(accepted.facts.id, State::Settled).await;
    let first = settled(&world, "20261124-99022", |_| true).await;
    assert_eq!(first.sums.amount, Yen::new(58_000), "what is unknown stays out");
    // answered on Wednesday, before half past midnight
    world.network.fault("99022", json!({})).await;
    world.reaches(unknown.facts.id, State::Accepted).await;
    world.assert_clean().await;
    move_to(&world, "2026-11-26T00:00:00");
    let late = world.reaches(unknown.facts.id, State::Settled).await;
    assert_eq!(late.facts.receipt_date.to_string(), TUESDAY);
    let second = settled(&world, "20261125-99022", |_| true).await;
    assert_eq!((second.sums.count, second.sums.amount), (1, Yen::new(12_800)));
    assert_eq!(second.pay_date, "2026-11-30".parse::<Date>().ok(), "three business days after its window");
    world.assert_clean().await;
}

async fn a_cancellation_without_an_outcome_keeps_its_payment_out(test: TestDatabase) {
    let world = World::new(test).await;
    let (shop, staff) = (number(SHOP), staff());
    let gateway = &world.hub.gateway;
    let id = counter::pay(&world, SHOP).await.facts.id;
    counter::pay(&world, WITH_FEE).await;
    world.network.fault("99022", json!({"mode": "lose", "on": "cancellation"})).await;
    assert!(counter::cancel(&world, id).await.unwrap().cancellation.is_some_and(Cancellation::is_open));
    let carry = CloseOptions { carry_forward: Some(Carry::ANY), open_breaks: 0 };
    gateway.close_service(&shop, today(), carry, &staff).await.unwrap();
    gateway.reconcile(&shop, today(), &staff).await.unwrap();
    move_to(&world, "2026-11-25T00:00:00");
    let close = async |date: Date| {
        let outcomes = gateway.close_window(date, Some(&shop), &staff).await.unwrap();
        outcomes.into_iter().next().unwrap().outcome
    };
    let first = close(today()).await.unwrap();
    assert_eq!((first.sums.count, first.sums.amount), (1, Yen::new(58_000)));
    world.assert_clean().await;
    // the collector has no cancellation on record, and the day is over: the payment is owed again
    world.network.fault("99022", json!({})).await;
    counter::reaches(&world, id, Cancellation::Refused).await;
    move_to(&world, "2026-11-26T00:00:00");
    gateway.reconcile(&shop, today(), &staff).await.unwrap();
    let second = close("2026-11-25".parse().unwrap()).await.unwrap();
    assert_eq!((second.sums.count, second.sums.amount), (1, Yen::new(12_800)));
    assert_eq!(gateway.payment_for_operator(id).await.unwrap().unwrap().state, State::Settled);
    world.assert_clean().await;
}

async fn a_late_payment_waits_until_its_day_is_compared_again(test: TestDatabase) {
    let world = World::new(test).await;
    let (shop, staff) = (number(SHOP), staff());
    let gateway = &world.hub.gateway;
    world.network.fault("99022", json!({"mode": "drop", "on": "clearing"})).await;
    let unknown = world.pay(SHOP).await.unwrap();
    world.reaches(unknown.facts.id, State::Unknown).await;
    let carry = CloseOptions { carry_forward: Some(Carry::ANY), open_breaks: 0 };
    gateway.close_service(&shop, today(), carry, &staff).await.unwrap();
    gateway.reconcile(&shop, today(), &staff).await.unwrap();
    move_to(&world, "2026-11-25T00:00:00");
    let close = async |date: Date| {
        let outcomes = gateway.close_window(date, Some(&shop), &staff).await.unwrap();
        outcomes.into_iter().next().unwrap().outcome
    };
    assert_eq!(close(today()).await.unwrap().state, SettlementState::Empty);
    world.network.fault("99022", json!({})).await;
    world.reaches(unknown.facts.id, State::Accepted).await;
    move_to(&world, "2026-11-26T00:00:00");
    let wednesday = "2026-11-25".parse().unwrap();
    let Err(WindowError::NotReady(obstacles)) = close(wednesday).await else { panic!("not compared again") };
    assert_eq!(obstacles, [Obstacle::NotReconciled(today())]);
    gateway.reconcile(&shop, today(), &staff).await.unwrap();
    assert_eq!(close(wednesday).await.unwrap().sums.amount, Yen::new(12_800));
    world.assert_clean().await;
}

async fn a_break_keeps_the_window_open_until_it_is_resolved(test: TestDatabase) {
    let world = World::new(test).await;
    let (shop, staff) = (number(SHOP), staff());
    let paid = world.pay(SHOP).await.unwrap();
    let gateway = &world.hub.gateway;
    gateway.close_service(&shop, today(), CloseOptions::default(), &staff).await.unwrap();
    // the collector has a clearing that the hub knows nothing of
    let invented = json!({"processing_date": TUESDAY, "amount": 500}).to_string();
    world.network.control("POST", "/control/99022/clearings", invented).await;
    gateway.reconcile(&shop, today(), &staff).await.unwrap();
    move_to(&world, "2026-11-25T00:00:00");
    let outcome = async || {
        let outcomes = gateway.close_window(today(), Some(&shop), &staff).await.unwrap();
        outcomes.into_iter().next().unwrap().outcome
    };
    let Err(WindowError::NotReady(obstacles)) = outcome().await else { panic!("a break is open") };
    assert_eq!(obstacles[0].to_string(), "2026-11-24 has 1 open breaks");
    let query = WindowQuery { from: today(), until: today(), collector: Some(shop.clone()) };
    let shown = gateway.settlement_windows(&query).await.unwrap();
    assert_eq!((shown[0].state, &shown[0].obstacles), (WindowState::Open, &obstacles));

    let query = gateway::reconciliation::BreakQuery {
        open_only: true,
        collector: Some(shop.clone()),
        date: Some(today()),
        class: None,
        before: None,
        limit: 10,
    };
    let breaks = gateway.breaks(&query).await.unwrap();
    gateway
        .resolve_break(breaks[0].id, Ending::Noted, &crate::reconciliation::eyes("収納機関の誤記帳と確認"))
        .await
        .unwrap();
    assert_eq!(outcome().await.unwrap().sums.amount, paid.facts.amount);
}

async fn an_advice_is_repeated_until_it_is_answered(test: TestDatabase) {
    let world = World::new(test).await;
    world.pay(SHOP).await.unwrap();
    let closed = closed_by_hand(&world).await;
    assert_eq!(closed.advice, AdviceState::Open);
    world.network.fault("99022", json!({"mode": "drop"})).await;
    let other = world.test.reopened().await;
    let _keeping = Hub::open(other, &world.clock, &world.network, keeping(), &limits()).await;
    let told_twice = async {
        while world.network.settlements().await.iter().all(|one| one["deliveries"].as_i64().unwrap() < 2) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), told_twice).await.unwrap();
    world.network.fault("99022", json!({})).await;
    settled(&world, "20261124-99022", |s| s.advice == AdviceState::Answered).await;
    assert_eq!(world.network.settlements().await.len(), 1, "the same content every time");
    world.assert_clean().await;
}

async fn a_contradicted_advice_is_for_people(test: TestDatabase) {
    let world = World::new(test).await;
    world.pay(SHOP).await.unwrap();
    // the collector has heard of another net payment under the number
    let serial = Serial::new(77_777).unwrap();
    let key = ResendKey { centre: "MPN9999".parse().unwrap(), date: today(), serial };
    let advice = SettlementAdvice {
        bank: "9999".parse().unwrap(),
        settlement: "20261124-99022".parse().unwrap(),
        window_date: today(),
        pay_date: "2026-11-27".parse().unwrap(),
        count: 1,
        amount: Yen::new(12_801),
    };
    let header = Header::request(&key, "C99022".parse().unwrap(), world.clock.now());
    let message = protocol::encode(&Message { header, body: Body::SettlementAdvice(advice) });
    let told = world.network.client(&limits()).exchange(&number(SHOP), message.into()).await;
    assert!(matches!(told, Outcome::Answered(_)), "{told:?}");
    closed_by_hand(&world).await;
    let other = world.test.reopened().await;
    let _keeping = Hub::open(other, &world.clock, &world.network, keeping(), &limits()).await;
    settled(&world, "20261124-99022", |s| s.advice == AdviceState::Conflict).await;
    let query = AlarmQuery { limit: 10, ..AlarmQuery::default() };
    let alarms = world.hub.gateway.alarms(&query).await.unwrap();
    let raised = alarms.iter().find(|alarm| alarm.kind == AlarmKind::AdviceContradicted).unwrap();
    assert_eq!(raised.subject, "20261124-99022");
    assert!(raised.detail.contains("1 payments of 12,800 yen, due on 2026-11-27"), "{}", raised.detail);
    // what is due is paid all the same: the figures are the hub's own, and people look into it
    move_to(&world, "2026-11-27T00:00:00");
    settled(&world, "20261124-99022", |s| s.state == SettlementState::Paid).await;
    world.assert_clean().await;
}
