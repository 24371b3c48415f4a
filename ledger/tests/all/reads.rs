//! What the ledger shows.

use database::testing::TestDatabase;
use domain::{AccountId, Yen};
use ledger::Kind;

use crate::support::*;

database::on_both!(
    statements_run_from_an_instant_until_before_another,
    balances_come_in_the_order_asked,
    movements_since_an_instant_are_net,
    internal_balances_are_sums
);

async fn statements_run_from_an_instant_until_before_another(test: TestDatabase) {
    let ledger = ledger(&test).await;
    let ten = ledger.clock().now();
    deposit(&ledger, TARO, 1_000).await;
    ledger.clock().advance_seconds(60);
    let held = hold(TARO, 300);
    ledger.commit(moving([held.clone()])).await.unwrap();
    ledger.commit(moving([posted(TARO, HANAKO, 50)])).await.unwrap();
    ledger.clock().advance_seconds(60);
    ledger.commit(moving([end(&held, Kind::PostPending)])).await.unwrap();
    let read = async |from, until, limit| {
        let lines = ledger.statement(TARO, from, until, limit).await.unwrap();
        lines.iter().map(|l| (l.amount.get(), l.balance_after.get())).collect::<Vec<_>>()
    };
    let later = ten.plus_seconds(1_000);
    assert_eq!(read(ten, later, 10).await, [(-300, 650), (-50, 950), (1_000, 1_000)], "newest first");
    assert_eq!(read(ten, later, 2).await, [(-300, 650), (-50, 950)]);
    assert_eq!(read(ten, later, 0).await, []);
    assert_eq!(read(ten, later, -1).await, []);
    assert_eq!(read(ten.plus_seconds(60), ten.plus_seconds(120), 10).await, [(-50, 950)]);
    let hanako = ledger.statement(HANAKO, ten, later, 10).await.unwrap();
    assert_eq!((hanako[0].amount, hanako[0].balance_after), (Yen::new(50), Yen::new(50)));
    assert_eq!((hanako[0].memo.as_str(), hanako[0].at), ("試験", ten.plus_seconds(60)));
}

async fn balances_come_in_the_order_asked(test: TestDatabase) {
    let ledger = ledger(&test).await;
    deposit(&ledger, HANAKO, 70).await;
    let asked = [HANAKO, AccountId::new(999), CASH, TARO];
    let found = ledger.balances(&asked).await.unwrap();
    let found: Vec<_> = found.iter().map(|b| (b.account, b.balance.get())).collect();
    assert_eq!(found, [(HANAKO, 70), (TARO, 0)]);
    assert_eq!(ledger.balances(&[]).await.unwrap(), []);
}

async fn movements_since_an_instant_are_net(test: TestDatabase) {
    let ledger = ledger(&test).await;
    deposit(&ledger, TARO, 1_000).await;
    ledger.clock().advance_seconds(3_600);
    let noon = ledger.clock().now();
    assert_eq!(ledger.moved_since(TARO, noon).await.unwrap(), Yen::ZERO);
    ledger.commit(moving([hold(TARO, 500)])).await.unwrap();
    ledger.commit(moving([posted(TARO, HANAKO, 300), posted(HANAKO, TARO, 100)])).await.unwrap();
    assert_eq!(ledger.moved_since(TARO, noon).await.unwrap(), Yen::new(-200));
    assert_eq!(ledger.moved_since(HANAKO, noon).await.unwrap(), Yen::new(200));
    assert_eq!(ledger.moved_since(TARO, noon.plus_seconds(-3_600)).await.unwrap(), Yen::new(800));
}

async fn internal_balances_are_sums(test: TestDatabase) {
    let ledger = ledger(&test).await;
    deposit(&ledger, TARO, 1_000).await;
    assert_eq!(ledger.internal_balance(CASH).await.unwrap(), Yen::new(-1_000));
    let held = hold(TARO, 300);
    ledger.commit(moving([held.clone()])).await.unwrap();
    assert_eq!(ledger.internal_balance(CLEARING).await.unwrap(), Yen::ZERO, "a hold moves nothing");
    ledger.commit(moving([end(&held, Kind::PostPending)])).await.unwrap();
    assert_eq!(ledger.internal_balance(CLEARING).await.unwrap(), Yen::new(300));
}
