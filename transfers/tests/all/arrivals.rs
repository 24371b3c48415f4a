//! What comes from the network: told with its sender, known by its sender and number, and holding nothing up.

use database::on_both;
use database::testing::TestDatabase;
use domain::Yen;
use ledger::StatementQuery;
use serde_json::json;
use transfers::{RecallError, State};

use crate::network::{conclude, found, send, start, to};
use crate::support::{OTHER, OWN, SECOND, account, by};

on_both!(
    who_sent_it_is_told_with_the_credit,
    a_known_number_with_other_content_is_refused_and_told,
    what_cannot_be_acted_on_holds_nothing_up,
    a_return_of_an_order_within_the_bank_moves_nothing,
    what_has_come_back_is_not_recalled,
);

/// From another bank and within this one, and not of what is moved between own accounts.
async fn who_sent_it_is_told_with_the_credit(test: TestDatabase) {
    let (bank, network) = start(test).await;
    network.incoming_with(5_000, json!({ "from_bank": "0001" })).await;
    bank.engine.collect().await.unwrap();
    bank.engine.place(bank.within(6_000)).await.unwrap();
    bank.engine.place(bank.own(account("9999", "101", "1234567"), 7_000)).await.unwrap();
    let ledger = bank.engine.ledger();
    let now = bank.clock.now();
    let told = async |account| {
        let query = StatementQuery {
            incoming: true,
            ..StatementQuery::all(account, now.plus_seconds(-60), now.plus_seconds(60))
        };
        let lines = ledger.lines(&query, ledger::StatementPage::After(0), 10).await.unwrap();
        let transfers: Vec<_> = lines.iter().map(|line| line.transfer).collect();
        let told = ledger.incoming(&transfers).await.unwrap();
        lines.iter().map(|line| (line.amount.get(), told[&line.transfer].clone())).collect::<Vec<_>>()
    };
    let other = told(OTHER).await;
    assert_eq!(other.iter().map(|(amount, _)| *amount).collect::<Vec<_>>(), [5_000, 6_000]);
    let (abroad, within) = (&other[0].1, &other[1].1);
    assert_eq!((abroad.name.as_str(), abroad.bank.0.as_str()), ("ｻﾄｳ ｼﾞﾛｳ", "0001"));
    assert_eq!((abroad.bank.1.as_str(), abroad.branch.0.as_str()), ("ﾐｽﾞﾎ", "001"));
    assert!(!abroad.branch.1.is_empty(), "{abroad:?}");
    let from = (within.name.as_str(), within.bank.0.as_str(), within.branch.0.as_str());
    assert_eq!(from, ("ｶ)ﾐﾎﾝ", "9999", "100"));
    assert!(told(SECOND).await.is_empty(), "振替 is no transfer from somebody");
    bank.assert_clean().await;
}

/// Numbers are their senders': another bank's same number is another message.
async fn a_known_number_with_other_content_is_refused_and_told(test: TestDatabase) {
    let (bank, network) = start(test).await;
    network.incoming_with(5_000, json!({ "id": "n-1" })).await;
    assert_eq!(bank.engine.collect().await.unwrap(), 1);
    let other = network.incoming_with(6_000, json!({ "id": "n-1" })).await;
    network.incoming_with(7_000, json!({ "id": "n-1", "from_bank": "0001" })).await;
    assert_eq!(bank.engine.collect().await.unwrap(), 2);
    let said: Vec<_> = network.acknowledged().await.into_iter().flatten().collect();
    assert_eq!(said, ["ACTC", "RJCT", "ACTC"]);
    assert_eq!(bank.money(OTHER).await, (12_000, 12_000));
    assert_eq!(bank.alarms().await, [("interbank_message".to_owned(), other)]);
    bank.assert_clean().await;
}

/// More than a page of messages that are no use, and one behind them.
async fn what_cannot_be_acted_on_holds_nothing_up(test: TestDatabase) {
    let (bank, mut network) = start(test).await;
    // returns of an order that is not known to be sent have to wait
    network.fault(json!({ "mode": "lose", "kind": "transfer" })).await;
    let waits = bank.engine.place(bank.abroad(1_000)).await.unwrap().facts.id;
    while found(&bank, waits).await.state != State::Unknown {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    for _ in 0..60 {
        network.give_back(&waits.uuid().simple().to_string(), 1_000).await;
    }
    network.garbled("<nothing/>").await;
    network.incoming(5_000, "100", "7654321").await;
    assert_eq!(bank.engine.collect().await.unwrap(), 2);
    assert_eq!(bank.money(OTHER).await, (5_000, 5_000));
    let said: Vec<_> = network.acknowledged().await.into_iter().flatten().collect();
    assert_eq!(said, ["RJCT", "ACTC"]);
    let kinds: Vec<_> = bank.alarms().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["interbank_message"]);
    assert_eq!(bank.engine.collect().await.unwrap(), 0, "kept, and acknowledged");
    conclude(&bank, waits).await;
    network.go_down().await;
    bank.assert_clean().await;
}

async fn a_return_of_an_order_within_the_bank_moves_nothing(test: TestDatabase) {
    let (bank, network) = start(test).await;
    let order = bank.engine.place(bank.within(30_000)).await.unwrap().facts.id;
    network.give_back(&order.uuid().simple().to_string(), 30_000).await;
    assert_eq!(bank.engine.collect().await.unwrap(), 1);
    assert_eq!(found(&bank, order).await.state, State::Settled);
    assert_eq!((bank.money(OWN).await.0, bank.money(OTHER).await.0), (970_000, 30_000));
    assert_eq!(bank.alarms().await, [("transfer_contradicted".to_owned(), order.to_string())]);
    bank.assert_clean().await;
}

/// Here no fee is owed; where only the network knows it yet, it refuses the recall.
async fn what_has_come_back_is_not_recalled(test: TestDatabase) {
    let (bank, _network) = start(test).await;
    let back = send(&bank, to(&bank, "0000000", 10_000)).await.facts.id;
    let late = send(&bank, to(&bank, "0000000", 20_000)).await.facts.id;
    let user = by();
    let (asked, collected) =
        tokio::join!(bank.engine.recall(bank.contract, back, &user), bank.engine.collect());
    collected.unwrap();
    // whichever came first: an order that has come back has no recall after that
    let events = bank.engine.ledger().events(ledger::EntityId(back.uuid())).await.unwrap();
    let place = |kind: &str| events.iter().position(|event| event.kind == kind);
    match (&asked, place("transfer-recall-asked"), place("transfer-returned")) {
        (Ok(_), Some(asked), returned) => assert!(returned.is_none_or(|returned| asked < returned)),
        (Err(RecallError::NotSent), None, Some(_)) => {}
        other => panic!("{other:?}"),
    }
    bank.engine.collect().await.unwrap();
    assert_eq!(found(&bank, late).await.state, State::Returned);
    let none = bank.engine.recall(bank.contract, late, &by()).await;
    assert!(matches!(none, Err(RecallError::NotSent)), "{none:?}");
    let fees = bank.charges().await.iter().filter(|(kind, _)| kind == "recall").count();
    assert_eq!(fees, usize::from(asked.is_ok()), "only what was asked for");
    // the network knows of the return before it is collected here
    let under_way = send(&bank, to(&bank, "0000000", 30_000)).await.facts.id;
    bank.engine.recall(bank.contract, under_way, &by()).await.unwrap();
    let mut recall = None;
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        bank.engine.send_open_work().await.unwrap();
        recall = bank.engine.recall_of(under_way).await.unwrap();
        if recall.as_ref().is_some_and(|recall| recall.state == transfers::RecallState::Refused) {
            break;
        }
    }
    assert_eq!(recall.unwrap().code.as_deref(), Some("ARDT"));
    bank.engine.collect().await.unwrap();
    assert_eq!(bank.money(OWN).await.0, Yen::new(1_000_000).get());
    bank.assert_clean().await;
}
