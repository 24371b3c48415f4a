//! What the ledger shows.

use database::execute;
use database::testing::{TestDatabase, drop_triggers};
use domain::{AccountId, Yen};
use ledger::{
    Commit, Direction, IncomingTransfer, Kind, StatementPage, StatementQuery, StatementSums, Transfer,
};

use crate::support::*;

database::on_both!(
    statements_run_from_an_instant_until_before_another,
    balances_come_in_the_order_asked,
    movements_since_an_instant_are_net,
    internal_balances_are_sums,
    a_statement_is_searched_and_read_page_by_page,
    the_balances_of_days_are_those_of_their_last_movements,
    a_movement_that_was_written_late_counts_to_its_own_day,
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

/// Proves R80, R80b.
async fn a_statement_is_searched_and_read_page_by_page(test: TestDatabase) {
    let ledger = ledger(&test).await;
    let from = ledger.clock().now();
    for (amount, memo) in [(1_000, "振込 ﾔﾏﾀﾞ"), (20, "現金 a_b"), (300, "振込 Sato")] {
        let credit = Transfer { memo: memo.to_owned(), ..posted(CASH, TARO, amount) };
        let sent = IncomingTransfer { name: memo.replace("振込 ", ""), ..IncomingTransfer::default() };
        let rows = if memo.starts_with('振') { vec![sent.row(credit.id)] } else { Vec::new() };
        ledger.commit(Commit { rows, ..moving([credit]) }).await.unwrap();
        ledger.clock().advance_seconds(60);
    }
    ledger.commit(moving([posted(TARO, HANAKO, 500)])).await.unwrap();
    let all = StatementQuery::all(TARO, from, from.plus_seconds(1_000));
    let amounts = async |query: &StatementQuery| {
        let lines = ledger.lines(query, StatementPage::Before(i64::MAX), 100).await.unwrap();
        lines.iter().map(|line| line.amount.get()).collect::<Vec<_>>()
    };
    assert_eq!(amounts(&all).await, [-500, 300, 20, 1_000]);
    let first = ledger.lines(&all, StatementPage::Before(i64::MAX), 2).await.unwrap();
    let second = ledger.lines(&all, StatementPage::Before(first[1].position), 2).await.unwrap();
    assert_eq!((second[0].amount, second[1].balance_after), (Yen::new(20), Yen::new(1_000)));
    let oldest = ledger.lines(&all, StatementPage::After(second[1].position), 100).await.unwrap();
    assert_eq!(oldest.iter().map(|line| line.amount.get()).collect::<Vec<_>>(), [20, 300, -500]);

    let with = |change: fn(&mut StatementQuery)| {
        let mut query = all.clone();
        change(&mut query);
        query
    };
    assert_eq!(amounts(&with(|q| q.direction = Some(Direction::In))).await, [300, 20, 1_000]);
    assert_eq!(amounts(&with(|q| q.direction = Some(Direction::Out))).await, [-500]);
    assert_eq!(amounts(&with(|q| q.amounts = (Yen::new(300), Yen::new(500)))).await, [-500, 300]);
    assert_eq!(amounts(&with(|q| q.incoming = true)).await, [300, 1_000]);
    let texts = |texts: &[&str]| {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        StatementQuery { texts, ..all.clone() }
    };
    assert_eq!(amounts(&texts(&["振込"])).await, [300, 1_000]);
    assert_eq!(amounts(&texts(&["nothing", "Sato"])).await, [300]);
    assert_eq!(amounts(&texts(&["sato", "a%b"])).await, [0_i64; 0], "letters and signs stand for themselves");
    let first_minute = StatementQuery { until: from.plus_seconds(60), ..all.clone() };
    assert_eq!(amounts(&first_minute).await, [1_000]);
    let upto = StatementQuery { upto: second[1].position, ..all.clone() };
    assert_eq!(amounts(&upto).await, [1_000]);

    let sums = ledger.statement_sums(&all).await.unwrap();
    let expected = StatementSums {
        credits: (3, Yen::new(1_320)),
        debits: (1, Yen::new(500)),
        largest: Yen::new(1_000),
        last: first[0].position,
    };
    assert_eq!(sums, expected);
    let none = StatementQuery::all(CLEARING, from, from);
    assert_eq!(ledger.statement_sums(&none).await.unwrap(), StatementSums::default());
    let told = ledger.incoming(&[first[1].transfer, first[0].transfer]).await.unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(told[&first[1].transfer].name, "Sato");
}

async fn the_balances_of_days_are_those_of_their_last_movements(test: TestDatabase) {
    let ledger = ledger(&test).await;
    let from = ledger.clock().now();
    deposit(&ledger, TARO, 1_000).await;
    // 23:59:59 in Japan, and a second later
    ledger.clock().advance_seconds(14 * 3_600 - 1);
    ledger.commit(moving([posted(TARO, HANAKO, 300)])).await.unwrap();
    ledger.clock().advance_seconds(1);
    let midnight = ledger.clock().now();
    deposit(&ledger, TARO, 5).await;
    let days = ledger.daily_balances(TARO, from, midnight.plus_seconds(1)).await.unwrap();
    let days: Vec<_> = days.iter().map(|(at, balance)| (at.date().to_string(), balance.get())).collect();
    assert_eq!(days, [("2026-11-24".to_owned(), 700), ("2026-11-25".to_owned(), 705)]);
    assert_eq!(ledger.balance_before(TARO, midnight).await.unwrap(), Yen::new(700));
    assert_eq!(ledger.balance_before(TARO, from).await.unwrap(), Yen::ZERO);
}

/// A process that read its clock before midnight may come to write after one that read it later.
async fn a_movement_that_was_written_late_counts_to_its_own_day(test: TestDatabase) {
    let ledger = ledger(&test).await;
    let from = ledger.clock().now();
    deposit(&ledger, TARO, 1_000).await;
    ledger.clock().advance_seconds(14 * 3_600);
    let midnight = ledger.clock().now();
    deposit(&ledger, TARO, 5).await;
    deposit(&ledger, TARO, 20).await;
    drop_triggers(&test.database).await;
    let late = midnight.plus_seconds(-1).micros();
    execute!(&test.database, "UPDATE transfer SET at_us = $1 WHERE amount = 20", late).unwrap();
    assert_eq!(ledger.balance_before(TARO, midnight).await.unwrap(), Yen::new(1_020));
    let days = ledger.daily_balances(TARO, from, midnight.plus_seconds(1)).await.unwrap();
    let days: Vec<_> = days.iter().map(|(_, balance)| balance.get()).collect();
    assert_eq!(days, [1_020, 1_025]);
    let before = ledger.daily_balances(TARO, from, midnight).await.unwrap();
    assert_eq!(before.len(), 1, "and the days after it are not shown");
}
