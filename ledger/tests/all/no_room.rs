//! The database takes no more: commits are refused, what was committed stays, and it goes on when there is room.

use database::testing::sqlite;
use database::{Database, on};
use ledger::Refused;
use sqlx::AssertSqlSafe;

use crate::support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_may_not_grow_refuses_what_finds_no_page() {
    let test = sqlite().await;
    deposit(&ledger(&test).await, TARO, 1_000_000).await;
    let ledger = start(&test.reopened_with_room_for(2).await).await;
    let mut committed = 0;
    // pages that are there have some room left
    let refused = loop {
        let commit = payment(entity(), [posted(TARO, CLEARING, 100)]);
        match ledger.commit(commit).await {
            Ok(_) => committed += 1,
            Err(refused) => break refused,
        }
        assert!(committed < 1_000, "the file grows all the same");
    };
    assert!(matches!(refused, Refused::Database(_)), "{refused}");
    assert_eq!(balance(&ledger, TARO).await.0, 1_000_000 - 100 * committed);
    assert_clean(&ledger).await;

    let ledger = start(&test.reopened_with_room_for(1_000).await).await;
    ledger.commit(payment(entity(), [posted(TARO, CLEARING, 100)])).await.unwrap();
    assert_eq!(balance(&ledger, TARO).await.0, 1_000_000 - 100 * (committed + 1));
    assert_eq!(rows(&test.database).await[2], committed + 2);
    assert_clean(&ledger).await;
}

async fn query_only(database: &Database, on: bool) {
    let sql = AssertSqlSafe(format!("PRAGMA query_only = {on}"));
    // a setting of the connection, and one connection writes
    on!(database, |c| sqlx::query(sql).execute(c).await.map(drop)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_file_refuses_everything_and_keeps_what_it_has() {
    let test = sqlite().await;
    let ledger = ledger(&test).await;
    deposit(&ledger, TARO, 1_000).await;
    query_only(&test.database, true).await;
    let hold = hold(TARO, 100);
    let refused = ledger.commit(moving([hold.clone()])).await;
    assert!(matches!(refused, Err(Refused::Database(_))), "{refused:?}");
    assert_eq!(balance(&ledger, TARO).await, (1_000, 1_000, 0));

    query_only(&test.database, false).await;
    // the same transfer again: the refusal left nothing behind
    ledger.commit(moving([hold])).await.unwrap();
    assert_eq!(balance(&ledger, TARO).await, (1_000, 900, 100));
    assert_clean(&ledger).await;
}
