//! The days of the network: what comes in when one is over, what settles one by one, and whose books agree.

use database::on_both;
use database::testing::TestDatabase;
use domain::{AccountId, BatchId, OrderId, Yen};
use ledger::NewAccount;
use serde_json::json;
use transfers::{BatchDebit, DebitState, State};

use crate::network::{found, send, start, to};
use crate::support::{Bank, OTHER, OWN, account, at, day};

on_both!(
    what_comes_in_after_its_day_is_closed_settles_with_the_next,
    a_message_of_a_closed_day_settles_with_the_next,
    bookings_and_the_close_of_their_day_never_miss_each_other,
    large_orders_are_compared_both_ways,
    what_came_in_is_compared_both_ways,
    large_items_settle_one_by_one,
    large_debits_settle_one_by_one,
    large_orders_from_before_the_opening_are_asked_about,
    a_network_that_is_gone_is_told,
);

async fn close(bank: &Bank, on: &str) -> Option<Yen> {
    bank.go_to(&format!("{on}T16:00:00"));
    bank.engine.settle_day(day(on)).await.unwrap().incoming
}

/// A return of a settled order, and a late transfer.
async fn what_comes_in_after_its_day_is_closed_settles_with_the_next(test: TestDatabase) {
    let (bank, network) = start(test).await;
    let order = send(&bank, bank.abroad(10_000)).await.facts.id;
    assert_eq!(close(&bank, "2026-11-24").await, Some(Yen::ZERO));
    network.give_back(&order.uuid().simple().to_string(), 10_000).await;
    network.incoming(5_000, "100", "7654321").await;
    assert_eq!(bank.engine.collect().await.unwrap(), 2);
    assert_eq!(found(&bank, order).await.state, State::Returned);
    bank.assert_clean().await;
    assert_eq!(close(&bank, "2026-11-25").await, Some(Yen::new(15_000)));
    bank.assert_clean().await;
}

async fn a_message_of_a_closed_day_settles_with_the_next(test: TestDatabase) {
    let (bank, network) = start(test).await;
    // Friday, and the days that follow are a weekend
    bank.go_to("2026-11-27T10:00:00");
    network.incoming(1, "100", "7654321").await;
    bank.engine.collect().await.unwrap();
    assert_eq!(close(&bank, "2026-11-27").await, Some(Yen::new(1)));
    for on in ["2026-11-26", "2026-11-27", "2026-11-28"] {
        network.incoming_with(100, json!({ "day": on })).await;
    }
    assert_eq!(bank.engine.collect().await.unwrap(), 3);
    assert_eq!(bank.money(OTHER).await, (301, 301));
    bank.assert_clean().await;
    assert_eq!(close(&bank, "2026-11-30").await, Some(Yen::new(300)));
    bank.assert_clean().await;
}

/// Collected and closed at once, by two engines, again and again.
async fn bookings_and_the_close_of_their_day_never_miss_each_other(test: TestDatabase) {
    let (bank, network) = start(test).await;
    let mut all = 0;
    for on in ["2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27"] {
        bank.go_to(&format!("{on}T15:59:00"));
        for amount in 1..=20 {
            network.incoming(amount, "100", "7654321").await;
            all += amount;
        }
        bank.go_to(&format!("{on}T16:00:00"));
        let (engine, closed) = (&bank.engine, day(on));
        let (collected, settled, again) =
            tokio::join!(engine.collect(), engine.settle_day(closed), engine.settle_day(closed));
        collected.unwrap();
        settled.unwrap();
        again.unwrap();
        bank.assert_clean().await;
        while bank.engine.collect().await.unwrap() > 0 {}
        // what was booked before the close is there by now
        assert!(bank.engine.settle_day(closed).await.unwrap().agrees());
        bank.assert_clean().await;
    }
    close(&bank, "2026-11-30").await;
    assert_eq!(bank.money(OTHER).await, (all, all));
    let incoming = bank.engine.ledger().internal_balance(transfers::chart::INCOMING).await.unwrap();
    assert_eq!(incoming, Yen::ZERO, "all of it is settled");
    bank.assert_clean().await;
}

/// Settled at once, they wait for nothing; the network's books need them all the same.
async fn large_orders_are_compared_both_ways(test: TestDatabase) {
    let (bank, network) = start(test).await;
    bank.deposit(OWN, 400_000_000).await;
    let lost = send(&bank, bank.abroad(100_000_000)).await.facts.id;
    let other = send(&bank, bank.abroad(200_000_000)).await.facts.id;
    assert_eq!(found(&bank, lost).await.state, State::Settled);
    network.spoil(lost, None).await;
    network.spoil(other, Some(200_000_001)).await;
    bank.go_to("2026-11-24T16:00:00");
    let compared = bank.engine.settle_day(day("2026-11-24")).await.unwrap();
    let mut missing = compared.missing.clone();
    missing.sort_unstable();
    assert_eq!(missing, [lost, other]);
    assert_eq!(compared.unknown, [other.uuid().simple().to_string()]);
    assert_eq!(compared.incoming, None);
    // a look of the engine finds the day by itself, and tells
    bank.engine.settle_days().await.unwrap();
    assert_eq!(bank.alarms().await, [("interbank_day".to_owned(), "2026-11-24".to_owned())]);
}

async fn what_came_in_is_compared_both_ways(test: TestDatabase) {
    let (bank, network) = start(test).await;
    let lost = network.incoming_with(1_000, json!({})).await;
    let other = network.incoming_with(2_000, json!({})).await;
    network.incoming(3_000, "100", "7654321").await;
    // refused: nobody's money
    network.incoming(4_000, "100", "0000000").await;
    assert_eq!(bank.engine.collect().await.unwrap(), 4);
    network.spoil_incoming(&other, Some(2_001)).await;
    bank.go_to("2026-11-24T16:00:00");
    let today = day("2026-11-24");
    let compared = bank.engine.settle_day(today).await.unwrap();
    assert_eq!((compared.differs, compared.incoming), (vec![other.clone()], None));
    network.spoil_incoming(&other, Some(2_000)).await;
    network.spoil_incoming(&lost, None).await;
    let compared = bank.engine.settle_day(today).await.unwrap();
    assert_eq!((compared.differs, compared.incoming), (vec![lost], None));
    bank.assert_clean().await;
}

async fn large_items_settle_one_by_one(test: TestDatabase) {
    let (bank, network) = start(test).await;
    network.incoming(99_999_999, "100", "7654321").await;
    network.incoming(100_000_000, "100", "7654321").await;
    assert_eq!(bank.engine.collect().await.unwrap(), 2);
    let balance = async |account| bank.engine.ledger().internal_balance(account).await.unwrap().get();
    assert_eq!(balance(transfers::chart::INCOMING).await, -99_999_999, "the other waits for the day");
    assert_eq!(balance(transfers::chart::BANK_OF_JAPAN).await, -100_000_000);
    bank.deposit(OWN, 300_000_000).await;
    // what was settled at once comes back so, from the very yen on
    for amount in [100_000_000, 100_000_001] {
        let back = send(&bank, to(&bank, "0000000", amount)).await.facts.id;
        assert_eq!(bank.engine.collect().await.unwrap(), 1);
        assert_eq!(found(&bank, back).await.state, State::Returned);
        assert_eq!(balance(transfers::chart::INCOMING).await, -99_999_999, "{amount}");
    }
    bank.assert_clean().await;
    assert_eq!(close(&bank, "2026-11-24").await, Some(Yen::new(99_999_999)));
    assert_eq!(balance(transfers::chart::INCOMING).await, 0);
    bank.assert_clean().await;
}

/// What an account at another bank was debited of comes as any transfer does.
async fn large_debits_settle_one_by_one(test: TestDatabase) {
    let (bank, _network) = start(test).await;
    let ledger = bank.engine.ledger();
    for (number, amount, waits) in [(1, 99_999_999, 99_999_999), (2, 100_000_000, 99_999_999)] {
        let (id, fund) = (OrderId::generate(), AccountId::new(6_000 + number));
        ledger.open_account(&NewAccount::deposit(fund, "fund")).await.unwrap();
        let debit = BatchDebit {
            id,
            batch: BatchId::generate(),
            contract: bank.contract,
            fund,
            creditor: account("9999", "100", "1234567"),
            creditor_name: "ｶ)ﾐﾎﾝ".to_owned(),
            debtor: account("0125", "100", "1000000"),
            debtor_name: "ﾔﾏﾀﾞ ﾀﾛｳ".to_owned(),
            customer: "1".to_owned(),
            amount: Yen::new(amount),
            day: day("2026-11-24"),
        };
        ledger.commit(bank.engine.ask_debit(&debit).unwrap().unwrap()).await.unwrap();
        while bank.engine.debit(id).await.unwrap().unwrap().body.state != DebitState::Collected {
            bank.engine.send_open_work().await.unwrap();
            bank.engine.collect().await.unwrap();
        }
        assert_eq!(bank.money(fund).await.0, amount);
        let incoming = ledger.internal_balance(transfers::chart::INCOMING).await.unwrap().get();
        assert_eq!(incoming, -waits, "{amount}");
    }
    bank.assert_clean().await;
    assert_eq!(close(&bank, "2026-11-24").await, Some(Yen::new(99_999_999)));
    bank.assert_clean().await;
}

async fn large_orders_from_before_the_opening_are_asked_about(test: TestDatabase) {
    let (bank, network) = start(test).await;
    bank.deposit(OWN, 300_000_000).await;
    bank.go_to("2026-11-25T08:00:00");
    let large = send(&bank, bank.abroad(100_000_000)).await.facts.id;
    let small = send(&bank, bank.abroad(99_999_999)).await.facts.id;
    assert_eq!(bank.engine.ask_about_pending().await.unwrap(), 0);
    assert_eq!(found(&bank, large).await.state, State::Sent, "it waits for the opening");
    bank.go_to("2026-11-25T08:30:00");
    network.fault(json!({ "mode": "lose", "kind": "transfer" })).await;
    assert_eq!(bank.engine.ask_about_pending().await.unwrap(), 0, "no answer says nothing");
    assert_eq!(bank.engine.ask_about_pending().await.unwrap(), 1);
    assert_eq!(found(&bank, large).await.state, State::Settled);
    assert_eq!(found(&bank, small).await.state, State::Sent);
    assert_eq!(network.record(large).await, Some(("ACSC".to_owned(), 4)));
    bank.assert_clean().await;
    close(&bank, "2026-11-25").await;
    bank.assert_clean().await;
}

/// An order whose outcome is unknown, and a day that cannot be closed.
async fn a_network_that_is_gone_is_told(test: TestDatabase) {
    let (bank, mut network) = start(test).await;
    network.fault(json!({ "mode": "lose", "kind": "transfer" })).await;
    let order = bank.engine.place(bank.abroad(1_000)).await.unwrap().facts.id;
    while found(&bank, order).await.state != State::Unknown {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    network.go_down().await;
    for _ in 0..15 {
        bank.engine.send_open_work().await.unwrap();
    }
    assert_eq!(bank.alarms().await, [("transfer_unclear".to_owned(), order.to_string())]);
    bank.go_to("2026-11-24T16:59:59");
    bank.engine.settle_days().await.unwrap();
    assert_eq!(bank.alarms().await.len(), 1);
    // half a minute lies between two questions of one process
    let next = transfers::Transfers::reader(
        crate::support::settings(),
        bank.engine.ledger().clone(),
        Some(network.channel()),
    );
    bank.clock.set_offset_us(at("2026-11-24T17:00:00").micros());
    next.settle_days().await.unwrap();
    let day = ("interbank_day".to_owned(), "2026-11-24".to_owned());
    assert!(bank.alarms().await.contains(&day), "{:?}", bank.alarms().await);
}
