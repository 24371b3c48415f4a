//! Whoever tampers with an order, its money, its guards, its open work or its fee is found.

use database::testing::{TestDatabase, drop_triggers};
use database::{execute, on_both};
use domain::Clock;
use transfers::NewOrder;

use crate::interbank::Interbank;
use crate::support::{Bank, at, bank_with, by, day};

on_both!(every_kind_of_tampering_is_found);

async fn checks(bank: &Bank) -> Vec<&'static str> {
    let mut checks: Vec<_> =
        bank.engine.audit().await.unwrap().into_iter().map(|found| found.check).collect();
    checks.dedup();
    checks
}

async fn every_kind_of_tampering_is_found(test: TestDatabase) {
    let clock = Clock::frozen(at("2026-11-24T10:00:00"));
    let mut network = Interbank::start(&clock).await;
    let bank = bank_with(test, Some((network.channel(), clock))).await;
    let sent = bank.engine.place(bank.abroad(10_000)).await.unwrap().facts.id;
    for _ in 0..200 {
        if !bank.engine.find(bank.contract, sent).await.unwrap().unwrap().state.is_open() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    network.incoming_with(5_000, serde_json::json!({ "id": "asked-back" })).await;
    bank.engine.collect().await.unwrap();
    network.ask_back("asked-back", 5_000).await;
    bank.engine.collect().await.unwrap();
    bank.engine.place(NewOrder { day: day("2026-11-25"), ..bank.within(1) }).await.unwrap();
    let back = crate::network::send(&bank, crate::network::to(&bank, "0000000", 7_000)).await.facts.id;
    bank.engine.collect().await.unwrap();
    assert_eq!(crate::network::found(&bank, back).await.state, transfers::State::Returned);
    let recall = bank.engine.recall(bank.contract, sent, &by()).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(bank.engine.recall_of(sent).await.unwrap().unwrap().id, recall.id);
    network.go_down().await;
    bank.engine.place(bank.abroad(20_000)).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let given_up = bank.engine.place(bank.abroad(30_000)).await.unwrap().facts.id;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    bank.go_to("2026-11-25T00:00:00");
    bank.engine.send_open_work().await.unwrap();
    assert_eq!(crate::network::found(&bank, given_up).await.state, transfers::State::Failed);
    // one that is still held
    bank.go_to("2026-11-25T08:00:00");
    bank.engine.place(bank.abroad(40_000)).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    bank.assert_clean().await;
    drop_triggers(&bank.database).await;
    for (tamper, restore, check) in [
        (
            "UPDATE guard SET key = 'x' || key WHERE key LIKE 'interbank-due|%'",
            "UPDATE guard SET key = substr(key, 2) WHERE key LIKE 'xinterbank-due|%'",
            "transfer-guard",
        ),
        (
            "UPDATE charge SET amount = amount + 1 WHERE kind = 'transfer'",
            "UPDATE charge SET amount = amount - 1 WHERE kind = 'transfer'",
            "transfer-fee",
        ),
        (
            "UPDATE transfer SET amount = amount + 1 WHERE kind = 2",
            "UPDATE transfer SET amount = amount - 1 WHERE kind = 2",
            "transfer-money",
        ),
        (
            "UPDATE transfer SET amount = amount + 1 WHERE kind = 3",
            "UPDATE transfer SET amount = amount - 1 WHERE kind = 3",
            "transfer-money",
        ),
        (
            "UPDATE interbank_incoming SET account = account + 1 WHERE outcome = 'credited'",
            "UPDATE interbank_incoming SET account = account - 1 WHERE outcome = 'credited'",
            "transfer-incoming",
        ),
        (
            "UPDATE interbank_incoming SET id = id || 'x' WHERE outcome = 'returned'",
            "UPDATE interbank_incoming SET id = substr(id, 1, length(id) - 1) WHERE outcome = 'returned'",
            "transfer-incoming",
        ),
        (
            "UPDATE event SET kind = 'recall-refused' WHERE kind = 'recall-asked'",
            "UPDATE event SET kind = 'recall-asked' WHERE kind = 'recall-refused'",
            "recall-events",
        ),
        (
            "UPDATE guard SET key = 'x' || key WHERE key LIKE 'transfer-recall|%'",
            "UPDATE guard SET key = substr(key, 2) WHERE key LIKE 'xtransfer-recall|%'",
            "recall-guard",
        ),
        (
            "UPDATE charge SET amount = amount + 1 WHERE kind = 'recall'",
            "UPDATE charge SET amount = amount - 1 WHERE kind = 'recall'",
            "recall-fee",
        ),
        (
            "UPDATE charge SET day = '2026-11-01' WHERE kind = 'transfer'",
            "UPDATE charge SET day = '2026-11-24' WHERE kind = 'transfer'",
            "transfer-fee",
        ),
        (
            "UPDATE guard SET key = 'x' || key WHERE key LIKE 'consent-asked|%'",
            "UPDATE guard SET key = substr(key, 2) WHERE key LIKE 'xconsent-asked|%'",
            "consent-guard",
        ),
        (
            "UPDATE recall_consent SET amount = amount + 1",
            "UPDATE recall_consent SET amount = amount - 1",
            "consent-credit",
        ),
        (
            "UPDATE event SET kind = 'consent-given' WHERE kind = 'consent-asked'",
            "UPDATE event SET kind = 'consent-asked' WHERE kind = 'consent-given'",
            "consent-events",
        ),
        (
            "UPDATE outbox SET destination = 'nowhere' WHERE destination = 'interbank'",
            "UPDATE outbox SET destination = 'interbank' WHERE destination = 'nowhere'",
            "transfer-outbox",
        ),
        (
            "UPDATE interbank_incoming SET amount = amount + 1",
            "UPDATE interbank_incoming SET amount = amount - 1",
            "transfer-incoming",
        ),
        (
            "UPDATE event SET kind = 'transfer-rejected' WHERE kind = 'transfer-sent'",
            "UPDATE event SET kind = 'transfer-sent' WHERE kind = 'transfer-rejected'",
            "transfer-events",
        ),
    ] {
        assert!(execute!(bank.database, tamper).unwrap() > 0, "{tamper}");
        let found = checks(&bank).await;
        assert!(found.contains(&check), "{tamper}: {found:?}");
        execute!(bank.database, restore).unwrap();
    }
}
