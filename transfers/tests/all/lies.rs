//! A network that is killed in the middle, contradicts itself, and sends what nobody asked for: no transfer is lost or
//! doubled, and what does not fit is told to people.

use std::time::Duration;

use database::on_both;
use database::testing::TestDatabase;
use serde_json::json;
use transfers::network::{Body, Message, NETWORK, PaymentReturn, Status, StatusReport, encode};
use transfers::{Reason, RecallState, State};

use crate::interbank::Interbank;
use crate::network::{conclude, found, send, start, to};
use crate::support::{Bank, OTHER, OWN, by, day};

on_both!(
    a_network_that_is_killed_in_a_storm_loses_and_doubles_nothing,
    an_answer_that_is_not_signed_does_not_count,
    a_settlement_after_a_refusal_is_told_and_keeps_the_day_open,
    a_refusal_after_a_settlement_moves_nothing,
    a_return_comes_back_once_and_never_for_more_than_was_sent,
    a_return_that_arrives_before_the_answer_waits_for_it,
    messages_in_any_order_come_to_the_same,
    what_is_for_a_day_far_ahead_is_not_credited,
);

/// Something of the network's own waits for the bank.
async fn put_up(bank: &Bank, network: &Interbank, id: &str, body: Body) {
    let message = Message {
        id: id.to_owned(),
        from: NETWORK.parse().unwrap(),
        to: "9999".parse().unwrap(),
        at: bank.clock.now(),
        body,
    };
    network.garbled(std::str::from_utf8(&encode(&message)).unwrap()).await;
}

fn report(original: &str, status: Status, code: Option<&str>) -> Body {
    let (original, code) = (original.to_owned(), code.map(str::to_owned));
    Body::Status(StatusReport { original, status, code, day: None })
}

fn number(order: domain::OrderId) -> String {
    order.uuid().simple().to_string()
}

async fn kinds(bank: &Bank) -> Vec<String> {
    bank.alarms().await.into_iter().map(|(kind, _)| kind).collect()
}

/// Thirty orders at once, while the network goes and comes back and loses answers.
async fn a_network_that_is_killed_in_a_storm_loses_and_doubles_nothing(test: TestDatabase) {
    let (bank, mut network) = start(test).await;
    network.fault(json!({ "mode": "none", "kind": "transfer", "delay_ms": 40, "count": 15 })).await;
    network.fault(json!({ "mode": "lose", "kind": "transfer", "count": 5 })).await;
    let mut running = tokio::task::JoinSet::new();
    for amount in 1..=30 {
        let (engine, new) = (bank.engine.clone(), bank.abroad(amount * 100));
        running.spawn(async move { engine.place(new).await.unwrap().facts.id });
    }
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(30)).await;
        network.go_down().await;
        bank.engine.send_open_work().await.unwrap();
        network.come_up().await;
    }
    let ids = running.join_all().await;
    for id in &ids {
        assert_eq!(conclude(&bank, *id).await.state, State::Sent);
    }
    let taken = network.taken().await;
    assert_eq!((taken.len(), taken.iter().map(|(_, amount)| amount).sum::<i64>()), (30, 46_500));
    assert_eq!(bank.money(OWN).await, (953_500, 953_500));
    bank.go_to("2026-11-24T16:00:00");
    let settled = bank.engine.settle_day(day("2026-11-24")).await.unwrap();
    assert_eq!((settled.settled, settled.agrees()), (30, true));
    bank.assert_clean().await;
}

async fn an_answer_that_is_not_signed_does_not_count(test: TestDatabase) {
    let (bank, network) = start(test).await;
    for kind in ["transfer", "collect", "lines"] {
        network.fault(json!({ "mode": "unsigned", "kind": kind })).await;
    }
    let order = send(&bank, bank.abroad(1_000)).await;
    assert_eq!(network.record(order.facts.id).await, Some(("ACSP".to_owned(), 2)));
    network.incoming(5_000, "100", "7654321").await;
    assert_eq!((bank.engine.collect().await.unwrap(), bank.engine.collect().await.unwrap()), (0, 1));
    bank.go_to("2026-11-24T16:00:00");
    let today = day("2026-11-24");
    assert!(bank.engine.settle_day(today).await.is_err());
    assert!(bank.engine.settle_day(today).await.unwrap().agrees());
    bank.assert_clean().await;
}

/// The network refuses what it has: the hold is released, and its books tell.
async fn a_settlement_after_a_refusal_is_told_and_keeps_the_day_open(test: TestDatabase) {
    let (bank, network) = start(test).await;
    network.fault(json!({ "mode": "refuse", "kind": "transfer" })).await;
    let order = send(&bank, bank.abroad(1_000)).await.facts.id;
    assert_eq!(found(&bank, order).await.state, State::Rejected);
    assert_eq!(bank.money(OWN).await, (1_000_000, 1_000_000));
    put_up(&bank, &network, "late", report(&number(order), Status::Settled, None)).await;
    assert_eq!(bank.engine.collect().await.unwrap(), 1);
    assert_eq!(kinds(&bank).await, ["interbank_message"]);
    assert_eq!(found(&bank, order).await.state, State::Rejected);
    assert!(bank.charges().await.is_empty());
    bank.go_to("2026-11-24T16:00:00");
    let today = bank.engine.settle_day(day("2026-11-24")).await.unwrap();
    assert_eq!((today.unknown, today.incoming), (vec![number(order)], None));
    bank.engine.settle_days().await.unwrap();
    assert_eq!(kinds(&bank).await, ["interbank_day", "interbank_message"]);
    bank.assert_clean().await;
}

async fn a_refusal_after_a_settlement_moves_nothing(test: TestDatabase) {
    let (bank, network) = start(test).await;
    bank.deposit(OWN, 100_000_000).await;
    let order = send(&bank, bank.abroad(100_000_000)).await.facts.id;
    assert_eq!(found(&bank, order).await.state, State::Settled);
    for (place, twice) in ["one", "two"].into_iter().enumerate() {
        put_up(&bank, &network, twice, report(&number(order), Status::Rejected, Some("AC01"))).await;
        assert_eq!(bank.engine.collect().await.unwrap(), 1, "{place}");
    }
    assert_eq!(found(&bank, order).await.state, State::Settled);
    assert_eq!(bank.money(OWN).await, (1_000_000, 1_000_000));
    assert_eq!(kinds(&bank).await, ["interbank_message", "interbank_message"]);
    bank.go_to("2026-11-24T16:00:00");
    assert!(bank.engine.settle_day(day("2026-11-24")).await.unwrap().agrees());
    bank.assert_clean().await;
}

/// One yen more and one less, the right one, and that again under another number.
async fn a_return_comes_back_once_and_never_for_more_than_was_sent(test: TestDatabase) {
    let (bank, network) = start(test).await;
    let order = send(&bank, bank.abroad(10_000)).await.facts.id;
    for (amount, state, money) in [
        (10_001, State::Sent, 990_000),
        (9_999, State::Sent, 990_000),
        (10_000, State::Returned, 1_000_000),
        (10_000, State::Returned, 1_000_000),
    ] {
        network.give_back(&number(order), amount).await;
        assert_eq!(bank.engine.collect().await.unwrap(), 1);
        assert_eq!(
            (found(&bank, order).await.state, bank.money(OWN).await),
            (state, (money, money)),
            "{amount}"
        );
        bank.assert_clean().await;
    }
    assert_eq!(kinds(&bank).await, ["transfer_contradicted"], "once an order");
    assert_eq!(bank.charges().await, [("transfer".to_owned(), 380)], "it keeps its fee");
}

async fn a_return_that_arrives_before_the_answer_waits_for_it(test: TestDatabase) {
    let (bank, network) = start(test).await;
    network.fault(json!({ "mode": "lose", "kind": "transfer" })).await;
    let order = bank.engine.place(to(&bank, "0000000", 30_000)).await.unwrap().facts.id;
    while found(&bank, order).await.state != State::Unknown {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(bank.engine.collect().await.unwrap(), 0, "it is not acknowledged");
    bank.assert_clean().await;
    assert_eq!(conclude(&bank, order).await.state, State::Sent);
    assert_eq!(bank.engine.collect().await.unwrap(), 1);
    let back = found(&bank, order).await;
    assert_eq!((back.state, back.reason), (State::Returned, Some(Reason::NotCredited)));
    assert_eq!(bank.money(OWN).await, (1_000_000, 1_000_000));
    bank.assert_clean().await;
}

/// The next business day is, the one after it is not.
async fn what_is_for_a_day_far_ahead_is_not_credited(test: TestDatabase) {
    let (bank, network) = start(test).await;
    for (on, said) in [("2026-11-25", "ACTC"), ("2026-11-26", "RJCT"), ("2999-01-04", "RJCT")] {
        network.incoming_with(5_000, json!({ "day": on })).await;
        assert_eq!(bank.engine.collect().await.unwrap(), 1);
        assert_eq!(network.acknowledged().await.pop().unwrap().as_deref(), Some(said), "{on}");
    }
    assert_eq!(bank.money(OTHER).await, (5_000, 5_000));
    bank.assert_clean().await;
}

/// Asks for an order to come back, and waits until the network has that.
async fn recall(bank: &Bank, order: domain::OrderId) {
    bank.engine.recall(bank.contract, order, &by()).await.unwrap();
    while bank.engine.recall_of(order).await.unwrap().unwrap().state != RecallState::Asked {
        tokio::time::sleep(Duration::from_millis(20)).await;
        bank.engine.send_open_work().await.unwrap();
    }
}

/// The money of a recalled transfer before the answer to the recall, and although the answer says no; and an answer
/// to a recall that nobody made.
async fn messages_in_any_order_come_to_the_same(test: TestDatabase) {
    let (bank, network) = start(test).await;
    let given = send(&bank, bank.abroad(10_000)).await.facts.id;
    recall(&bank, given).await;
    network.fault(json!({ "mode": "reverse", "kind": "collect" })).await;
    assert_eq!(bank.engine.collect().await.unwrap(), 2);
    assert_eq!(found(&bank, given).await.state, State::Returned);
    assert_eq!(bank.engine.recall_of(given).await.unwrap().unwrap().state, RecallState::Returned);
    bank.assert_clean().await;
    let order = send(&bank, to(&bank, "8888888", 10_000)).await.facts.id;
    recall(&bank, order).await;
    let back =
        PaymentReturn { original: number(order), amount: domain::Yen::new(10_000), code: "FOCR".to_owned() };
    put_up(&bank, &network, "back", Body::Return(back)).await;
    // each twice in one collection
    network.fault(json!({ "mode": "twice", "kind": "collect" })).await;
    assert_eq!(bank.engine.collect().await.unwrap(), 4);
    let recalled = found(&bank, order).await;
    assert_eq!((recalled.state, recalled.reason), (State::Returned, Some(Reason::Recalled)));
    let stray = transfers::network::RecallAnswer {
        case: "stray".to_owned(),
        status: transfers::network::RecallStatus::Returned,
        code: None,
    };
    put_up(&bank, &network, "stray", Body::RecallAnswer(stray)).await;
    assert_eq!(bank.engine.collect().await.unwrap(), 1);
    assert_eq!(bank.money(OWN).await, (1_000_000, 1_000_000));
    bank.assert_clean().await;
}
