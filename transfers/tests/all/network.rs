//! Orders to other banks, over the mock network in all its moods.

use collectors::client::Exchanged;
use database::testing::{TestDatabase, drop_triggers};
use database::{execute, on_both};
use domain::{OrderId, Yen};
use serde_json::json;
use transfers::network;
use transfers::{Holder, NewOrder, Order, Reason, RecallError, RecallState, State};

use crate::interbank::Interbank;
use crate::support::{Bank, OTHER, OWN, SECOND, account, at, bank_with, by, day};

on_both!(
    a_transfer_is_sent_and_settles_with_its_day,
    from_100_million_yen_on_a_transfer_settles_at_once,
    what_comes_before_the_opening_waits_and_settles_with_the_day,
    silence_and_lies_are_asked_about_with_the_same_bytes_until_the_answer_counts,
    a_network_that_is_down_gets_it_when_it_is_back,
    an_order_that_cannot_be_read_keeps_no_other_waiting,
    what_the_network_refuses_is_released_without_a_fee,
    what_cannot_be_credited_comes_back_and_keeps_its_fee,
    a_recall_brings_the_money_back_or_is_refused_and_costs_its_fee,
    incoming_transfers_are_credited_once,
    what_contradicts_moves_no_money_and_is_told,
    a_day_that_differs_from_the_networks_books_stays_open,
    a_storm_of_orders_and_faults_loses_and_doubles_nothing,
    an_accounts_holder_is_named_by_its_bank_and_a_lie_or_silence_says_nothing,
);

pub async fn start(test: TestDatabase) -> (Bank, Interbank) {
    // the clock is the bank's: the network reads the same hand
    let clock = domain::Clock::frozen(at("2026-11-24T10:00:00"));
    let network = Interbank::start(&clock).await;
    let bank = bank_with(test, Some((network.channel(), clock))).await;
    (bank, network)
}

pub async fn found(bank: &Bank, id: OrderId) -> Order {
    bank.engine.find(bank.contract, id).await.unwrap().unwrap()
}

/// Delivers until the order is not open any more.
pub async fn conclude(bank: &Bank, id: OrderId) -> Order {
    for _ in 0..200 {
        let order = found(bank, id).await;
        if !order.state.is_open() {
            return order;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        bank.engine.send_open_work().await.unwrap();
    }
    panic!("{:?}", found(bank, id).await);
}

pub async fn send(bank: &Bank, new: NewOrder) -> Order {
    let id = bank.engine.place(new).await.unwrap().facts.id;
    conclude(bank, id).await
}

pub fn to(bank: &Bank, number: &str, amount: i64) -> NewOrder {
    bank.order(account("0125", "100", number), amount)
}

async fn a_transfer_is_sent_and_settles_with_its_day(test: TestDatabase) {
    let (bank, network) = start(test).await;
    let order = send(&bank, bank.abroad(400_000)).await;
    assert_eq!((order.state, bank.money(OWN).await), (State::Sent, (600_000, 600_000)));
    assert_eq!(network.record(order.facts.id).await, Some(("ACSP".to_owned(), 1)));
    assert_eq!(bank.charges().await, [("transfer".to_owned(), 550)]);
    bank.assert_clean().await;
    let today = day("2026-11-24");
    for not_over in ["2026-11-24T10:00:00", "2026-11-24T15:59:59"] {
        bank.go_to(not_over);
        assert!(bank.engine.settle_day(today).await.is_err(), "{not_over}");
    }
    bank.go_to("2026-11-24T16:00:00");
    let settled = bank.engine.settle_day(today).await.unwrap();
    assert_eq!((settled.settled, settled.incoming), (1, Some(Yen::ZERO)));
    assert_eq!(found(&bank, order.facts.id).await.state, State::Settled);
    let again = bank.engine.settle_day(today).await.unwrap();
    assert_eq!((again.settled, again.incoming), (0, None), "once");
    bank.assert_clean().await;
}

async fn from_100_million_yen_on_a_transfer_settles_at_once(test: TestDatabase) {
    let (bank, _network) = start(test).await;
    bank.deposit(OWN, 300_000_000).await;
    for (amount, state) in
        [(99_999_999, State::Sent), (100_000_000, State::Settled), (100_000_001, State::Settled)]
    {
        assert_eq!(send(&bank, bank.abroad(amount)).await.state, state, "{amount}");
    }
    bank.assert_clean().await;
}

async fn what_comes_before_the_opening_waits_and_settles_with_the_day(test: TestDatabase) {
    let (bank, network) = start(test).await;
    bank.go_to("2026-11-25T08:29:59");
    let early = send(&bank, bank.abroad(1_000)).await;
    assert_eq!(network.record(early.facts.id).await, Some(("PDNG".to_owned(), 1)));
    bank.go_to("2026-11-25T08:30:00");
    let in_time = send(&bank, bank.abroad(2_000)).await;
    assert_eq!(network.record(in_time.facts.id).await, Some(("ACSP".to_owned(), 1)));
    bank.go_to("2026-11-25T16:00:00");
    assert_eq!(bank.engine.settle_day(day("2026-11-25")).await.unwrap().settled, 2);
    bank.assert_clean().await;
}

/// Whatever the network does wrong, the transfer is in its books once and the money moved once.
async fn silence_and_lies_are_asked_about_with_the_same_bytes_until_the_answer_counts(test: TestDatabase) {
    let (bank, network) = start(test).await;
    for (number, (mode, deliveries)) in [
        ("drop", 1),
        ("lose", 2),
        ("error500", 1),
        ("error500_after", 2),
        ("wrong_key", 2),
        ("garbage", 2),
        ("other", 2),
    ]
    .into_iter()
    .enumerate()
    {
        network.fault(json!({ "mode": mode, "kind": "transfer" })).await;
        let order = send(&bank, bank.abroad(1_000)).await;
        assert_eq!(order.state, State::Sent, "{mode}");
        assert_eq!(network.record(order.facts.id).await, Some(("ACSP".to_owned(), deliveries)), "{mode}");
        let events = bank.engine.ledger().events(order.facts.entity()).await.unwrap();
        assert!(events.iter().any(|event| event.kind == "transfer-outcome-unknown"), "{mode}");
        let moved = 1_000 * (i64::try_from(number).unwrap() + 1);
        assert_eq!(bank.money(OWN).await, (1_000_000 - moved, 1_000_000 - moved), "{mode}");
    }
    // an answer that comes too late
    network.fault(json!({ "mode": "none", "kind": "transfer", "delay_ms": 1_500 })).await;
    let order = send(&bank, bank.abroad(1_000)).await;
    assert_eq!(network.record(order.facts.id).await, Some(("ACSP".to_owned(), 2)));
    bank.assert_clean().await;
}

async fn a_network_that_is_down_gets_it_when_it_is_back(test: TestDatabase) {
    let (bank, mut network) = start(test).await;
    network.go_down().await;
    let order = bank.engine.place(bank.abroad(1_000)).await.unwrap();
    for _ in 0..3 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        bank.engine.send_open_work().await.unwrap();
    }
    assert_eq!(found(&bank, order.facts.id).await.state, State::Held, "not a byte has left");
    assert_eq!(bank.money(OWN).await, (1_000_000, 999_000));
    network.come_up().await;
    assert_eq!(conclude(&bank, order.facts.id).await.state, State::Sent);
    assert_eq!(network.record(order.facts.id).await, Some(("ACSP".to_owned(), 1)));
    bank.assert_clean().await;
}

async fn an_order_that_cannot_be_read_keeps_no_other_waiting(test: TestDatabase) {
    let (bank, mut network) = start(test).await;
    network.go_down().await;
    let damaged = bank.engine.place(bank.abroad(1_000)).await.unwrap().facts.id;
    let sound = bank.engine.place(bank.abroad(2_000)).await.unwrap().facts.id;
    drop_triggers(&bank.database).await;
    let damage = "UPDATE transfer_order SET facts = 'x' || facts WHERE id = $1";
    execute!(bank.database, damage, damaged.uuid()).unwrap();
    network.come_up().await;
    assert_eq!(conclude(&bank, sound).await.state, State::Sent);
    let mend = "UPDATE transfer_order SET facts = substr(facts, 2) WHERE id = $1";
    execute!(bank.database, mend, damaged.uuid()).unwrap();
    assert_eq!(conclude(&bank, damaged).await.state, State::Sent);
    assert_eq!(bank.money(OWN).await, (997_000, 997_000));
    bank.assert_clean().await;
}

async fn what_the_network_refuses_is_released_without_a_fee(test: TestDatabase) {
    let (bank, _network) = start(test).await;
    let order = send(&bank, to(&bank, "9999999", 30_000)).await;
    assert_eq!((order.state, order.reason), (State::Rejected, Some(Reason::Refused)));
    assert_eq!(order.code.as_deref(), Some("AG01"));
    assert_eq!(bank.money(OWN).await, (1_000_000, 1_000_000));
    assert!(bank.charges().await.is_empty());
    bank.assert_clean().await;
}

/// Before its day is settled and after that.
async fn what_cannot_be_credited_comes_back_and_keeps_its_fee(test: TestDatabase) {
    let (bank, network) = start(test).await;
    let (early, late) = (to(&bank, "0000000", 30_000), to(&bank, "0000004", 200_000_000));
    let early = send(&bank, early).await;
    assert_eq!(bank.engine.collect().await.unwrap(), 1);
    let back = found(&bank, early.facts.id).await;
    assert_eq!((back.state, back.reason), (State::Returned, Some(Reason::NotCredited)));
    assert_eq!(back.code.as_deref(), Some("AC01"));
    assert_eq!(bank.money(OWN).await, (1_000_000, 1_000_000));
    assert_eq!(bank.engine.came_back_to(back.facts.id).await.unwrap(), Some(OWN));
    assert_eq!(bank.charges().await, [("transfer".to_owned(), 550)], "the fee stays");
    bank.deposit(OWN, 200_000_000).await;
    let late = send(&bank, late).await;
    assert_eq!(late.state, State::Settled, "of itself, for its size");
    assert_eq!(bank.engine.came_back_to(late.facts.id).await.unwrap(), None);
    // the payer's account is closed meanwhile: the money waits where people find it
    assert!(bank.engine.ledger().close_account(OWN).await.unwrap());
    assert_eq!(bank.engine.collect().await.unwrap(), 1);
    assert_eq!(found(&bank, late.facts.id).await.state, State::Returned);
    let suspense = bank.engine.ledger().internal_balance(transfers::chart::SUSPENSE).await.unwrap();
    assert_eq!((suspense, bank.money(OWN).await), (Yen::new(200_000_000), (1_000_000, 1_000_000)));
    let kept_at = bank.engine.came_back_to(late.facts.id).await.unwrap();
    assert_eq!(kept_at, Some(transfers::chart::SUSPENSE));
    assert_eq!(bank.alarms().await, [("transfer_return_held".to_owned(), late.facts.id.to_string())]);
    bank.go_to("2026-11-24T16:00:00");
    let settled = bank.engine.settle_day(day("2026-11-24")).await.unwrap();
    assert_eq!((settled.settled, settled.incoming), (0, Some(Yen::ZERO)), "the large one came at once");
    assert_eq!(network.acknowledged().await, [Some("ACTC".to_owned()), Some("ACTC".to_owned())]);
    bank.assert_clean().await;
}

async fn a_recall_brings_the_money_back_or_is_refused_and_costs_its_fee(test: TestDatabase) {
    let (bank, network) = start(test).await;
    let given = send(&bank, bank.abroad(10_000)).await.facts.id;
    let kept = send(&bank, to(&bank, "8888888", 20_000)).await.facts.id;
    network.fault(json!({ "mode": "lose", "kind": "recall" })).await;
    for order in [given, kept] {
        let asked = bank.engine.recall(bank.contract, order, &by()).await.unwrap();
        let again = bank.engine.recall(bank.contract, order, &by()).await.unwrap();
        assert_eq!(asked.id, again.id, "one an order");
    }
    let state = async |order| bank.engine.recall_of(order).await.unwrap().unwrap().state;
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        bank.engine.send_open_work().await.unwrap();
        bank.engine.collect().await.unwrap();
        if state(given).await == RecallState::Returned && state(kept).await == RecallState::Refused {
            break;
        }
    }
    assert_eq!((state(given).await, state(kept).await), (RecallState::Returned, RecallState::Refused));
    let back = found(&bank, given).await;
    assert_eq!((back.state, back.reason), (State::Returned, Some(Reason::Recalled)));
    assert_eq!(found(&bank, kept).await.state, State::Sent);
    assert_eq!(bank.money(OWN).await, (980_000, 980_000));
    let fees: i64 =
        bank.charges().await.iter().filter(|(kind, _)| kind == "recall").map(|(_, fee)| fee).sum();
    assert_eq!(fees, 2 * 1_100, "also where it fails");
    // what nobody else has is not recalled
    let own = bank.own(account("9999", "101", "1234567"), 1);
    let own = bank.engine.place(own).await.unwrap().facts.id;
    for order in [own, OrderId::generate()] {
        let none = bank.engine.recall(bank.contract, order, &by()).await;
        assert!(matches!(none, Err(RecallError::NotSent | RecallError::NoSuchOrder)), "{none:?}");
    }
    bank.assert_clean().await;
}

async fn incoming_transfers_are_credited_once(test: TestDatabase) {
    let (bank, network) = start(test).await;
    network.incoming(5_000, "100", "7654321").await;
    network.incoming(6_000, "101", "1234567").await;
    network.incoming(7_000, "100", "0000000").await;
    // handed out twice, and an acknowledgement that is lost: it comes again
    network.fault(json!({ "mode": "twice", "kind": "collect" })).await;
    network.fault(json!({ "mode": "drop", "kind": "status", "count": 2 })).await;
    bank.engine.ledger().close_account(SECOND).await.unwrap();
    for _ in 0..4 {
        bank.engine.collect().await.unwrap();
    }
    let said: Vec<_> = network.acknowledged().await.into_iter().flatten().collect();
    assert_eq!(said, ["ACTC", "RJCT", "RJCT"], "credited, closed, and no account");
    assert_eq!((bank.money(OTHER).await, bank.money(SECOND).await), ((5_000, 5_000), (0, 0)));
    bank.assert_clean().await;
    bank.go_to("2026-11-24T16:00:00");
    assert_eq!(bank.engine.settle_day(day("2026-11-24")).await.unwrap().incoming, Some(Yen::new(5_000)));
    bank.assert_clean().await;
}

async fn a_day_that_differs_from_the_networks_books_stays_open(test: TestDatabase) {
    let (bank, network) = start(test).await;
    let lost = send(&bank, bank.abroad(1_000)).await.facts.id;
    let other = send(&bank, bank.abroad(2_000)).await.facts.id;
    let right = send(&bank, bank.abroad(3_000)).await.facts.id;
    network.spoil(lost, None).await;
    network.spoil(other, Some(2_001)).await;
    bank.go_to("2026-11-24T16:00:00");
    let today = day("2026-11-24");
    let settled = bank.engine.settle_day(today).await.unwrap();
    assert_eq!((settled.settled, settled.incoming), (1, None));
    assert_eq!(settled.missing, [lost, other]);
    assert_eq!(settled.unknown, [other.uuid().simple().to_string()]);
    assert_eq!(found(&bank, right).await.state, State::Settled);
    // the network has corrected its books
    network.spoil(other, Some(2_000)).await;
    let settled = bank.engine.settle_day(today).await.unwrap();
    assert_eq!((settled.settled, settled.missing), (1, vec![lost]));
    bank.assert_clean().await;
}

/// A return of what was refused, of another amount, and of no order: people are told, and no money moves.
async fn what_contradicts_moves_no_money_and_is_told(test: TestDatabase) {
    let (bank, network) = start(test).await;
    let refused = send(&bank, to(&bank, "9999999", 30_000)).await.facts.id;
    let sent = send(&bank, bank.abroad(10_000)).await.facts.id;
    network.give_back(&refused.uuid().simple().to_string(), 30_000).await;
    network.give_back(&sent.uuid().simple().to_string(), 9_999).await;
    network.give_back("stray", 1).await;
    assert_eq!(bank.engine.collect().await.unwrap(), 3);
    let kinds: Vec<_> = bank.alarms().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["interbank_message", "transfer_contradicted", "transfer_contradicted"]);
    assert_eq!(bank.money(OWN).await, (990_000, 990_000));
    assert_eq!(found(&bank, sent).await.state, State::Sent);
    bank.assert_clean().await;
}

/// Forty orders at once, while the network loses, delays and spoils: each is in its books as here, once.
async fn a_storm_of_orders_and_faults_loses_and_doubles_nothing(test: TestDatabase) {
    let (bank, network) = start(test).await;
    for mode in ["lose", "drop", "error500_after", "wrong_key", "other", "error500", "garbage", "lose"] {
        network.fault(json!({ "mode": mode, "kind": "transfer", "count": 3 })).await;
    }
    let mut running = tokio::task::JoinSet::new();
    for amount in 1..=40 {
        let (engine, new) = (bank.engine.clone(), bank.abroad(amount * 100));
        running.spawn(async move { engine.place(new).await.unwrap().facts.id });
    }
    let mut ids = Vec::new();
    while let Some(id) = running.join_next().await {
        ids.push(id.unwrap());
    }
    for id in &ids {
        assert_eq!(conclude(&bank, *id).await.state, State::Sent);
    }
    let taken = network.taken().await;
    assert_eq!((taken.len(), taken.iter().map(|(_, amount)| amount).sum::<i64>()), (40, 82_000));
    assert_eq!(bank.money(OWN).await, (918_000, 918_000));
    bank.go_to("2026-11-24T16:00:00");
    let settled = bank.engine.settle_day(day("2026-11-24")).await.unwrap();
    assert_eq!((settled.settled, settled.missing.len(), settled.unknown.len()), (40, 0, 0));
    bank.assert_clean().await;
}

/// What the network itself answers to messages that no bank of ours would send.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_network_decides_once_for_a_number_and_keeps_its_hours() {
    let clock = domain::Clock::frozen(at("2026-11-24T10:00:00"));
    let network = Interbank::start(&clock).await;
    let (channel, made_at) = (network.channel(), clock.now());
    let party =
        |bank: &str| network::Party { name: "x".to_owned(), account: account(bank, "100", "0000001") };
    let send = async |id: &str, amount: i64, on: &str| {
        let body = network::Body::Transfer(network::CreditTransfer {
            amount: Yen::new(amount),
            day: day(on),
            debtor: party("9999"),
            creditor: party("0125"),
            original: None,
        });
        let (from, to) = ("9999".parse().unwrap(), "0125".parse().unwrap());
        let message = network::Message { id: id.to_owned(), from, to, at: made_at, body };
        let (exchanged, _) = channel.exchange(network::encode(&message).into()).await;
        let Exchanged::Answered { bytes, .. } = exchanged else { panic!("{exchanged:?}") };
        match network::decode(&bytes).unwrap().body {
            network::Body::Status(report) => (report.status.as_str(), report.code.unwrap_or_default()),
            other => panic!("{other:?}"),
        }
    };
    let said = |status: &'static str, code: &str| (status, code.to_owned());
    assert_eq!(send("a", 1, "2026-11-24").await, said("ACSP", ""));
    assert_eq!(send("a", 1, "2026-11-24").await, said("ACSP", ""), "the same again");
    assert_eq!(send("a", 2, "2026-11-24").await, said("RJCT", "DUPL"), "other content");
    assert_eq!(send("b", 1, "2026-11-25").await, said("RJCT", "DT01"), "another day");
    for (now, id, answer) in [
        ("2026-11-24T08:29:59", "c", said("PDNG", "")),
        ("2026-11-24T08:30:00", "d", said("ACSP", "")),
        ("2026-11-24T15:59:59", "e", said("ACSP", "")),
        ("2026-11-24T16:00:00", "f", said("RJCT", "DT01")),
    ] {
        clock.set_offset_us(at(now).micros());
        assert_eq!(send(id, 1, "2026-11-24").await, answer, "{now}");
    }
    assert_eq!(send("b", 1, "2026-11-25").await, said("RJCT", "DT01"), "for good");
}

/// Proves R89, R92.
async fn an_accounts_holder_is_named_by_its_bank_and_a_lie_or_silence_says_nothing(test: TestDatabase) {
    let (bank, mut network) = start(test).await;
    let named = |name: &str| Holder::Named(name.to_owned());
    for (number, holder) in [
        ("1234561", named("ﾔﾏﾀﾞ ﾀﾛｳ")),
        ("0000006", named("ｽｽﾞｷ ｲﾁﾛｳ")),
        ("0000000", Holder::NoSuchAccount),
        ("0000004", Holder::NoSuchAccount),
        ("7777777", Holder::NotKnown),
    ] {
        assert_eq!(bank.engine.holder(&account("0125", "100", number)).await.unwrap(), holder, "{number}");
    }
    assert_eq!(bank.engine.holder(&account("9999", "100", "7654321")).await.unwrap(), named("x"), "its own");
    assert_eq!(bank.engine.holder(&account("9999", "100", "1111111")).await.unwrap(), Holder::NoSuchAccount);
    let there = account("0125", "100", "1234561");
    for mode in ["drop", "lose", "error500", "wrong_key", "garbage", "other"] {
        network.fault(json!({ "mode": mode, "kind": "verify", "count": 1 })).await;
        assert_eq!(bank.engine.holder(&there).await.unwrap(), Holder::NotKnown, "{mode}");
    }
    assert_eq!(bank.engine.holder(&there).await.unwrap(), named("ﾔﾏﾀﾞ ﾀﾛｳ"), "asked once each");
    network.go_down().await;
    assert_eq!(bank.engine.holder(&there).await.unwrap(), Holder::NotKnown);
    bank.assert_clean().await;
}
