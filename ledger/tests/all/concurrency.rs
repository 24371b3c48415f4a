//! Many callers and several processes on the same accounts.

use database::testing::TestDatabase;
use domain::AccountId;
use ledger::{Commit, Kind, Ledger, NewAccount, Refused, TransferResult};
use tokio::task::JoinSet;

use crate::support::*;

database::on_both!(
    refusals_are_exact,
    one_of_many_takes_a_guard,
    what_asks_for_a_bar_is_refused_while_it_is_taken,
    a_bar_waits_for_those_who_have_asked_for_it,
    two_that_ask_for_what_the_other_takes_do_not_wait_for_one_another,
    two_processes_share_hot_accounts,
);

async fn refusals_are_exact(test: TestDatabase) {
    let ledger = ledger(&test).await;
    deposit(&ledger, TARO, 120 * 7 + 6).await;
    let mut tasks = JoinSet::new();
    for _ in 0..200 {
        let ledger = ledger.clone();
        tasks.spawn(async move { ledger.commit(payment(entity(), [hold(TARO, 7)])).await });
    }
    let outcomes = tasks.join_all().await;
    let exceeds = Refused::Transfer { index: 0, result: TransferResult::ExceedsAvailable };
    assert_eq!(outcomes.iter().filter(|o| o.is_ok()).count(), 120);
    assert_eq!(outcomes.iter().filter(|o| o.as_ref() == Err(&exceeds)).count(), 80);
    assert_eq!(balance(&ledger, TARO).await, (846, 6, 840));
    assert_clean(&ledger).await;
}

async fn one_of_many_takes_a_guard(test: TestDatabase) {
    let (one, other) = (ledger(&test).await, start(&test.database).await);
    let mut tasks = JoinSet::new();
    for n in 0..40 {
        let ledger = if n % 2 == 0 { one.clone() } else { other.clone() };
        tasks.spawn(async move {
            let entity = entity();
            let commit = Commit { guards: vec![(guard("bill|1"), entity)], ..Commit::default() };
            (entity, ledger.commit(commit).await)
        });
    }
    let outcomes = tasks.join_all().await;
    let winners: Vec<_> = outcomes.iter().filter(|(_, o)| o.is_ok()).map(|(e, _)| e.0).collect();
    assert_eq!(winners.len(), 1);
    let refused = Refused::Guarded { key: "bill|1".to_owned(), holder: winners[0] };
    assert_eq!(outcomes.iter().filter(|(_, o)| o.as_ref() == Err(&refused)).count(), 39);
}

/// A commit that may not come after these bars, and a guard of its own.
fn barred(bars: &[&str]) -> Commit {
    let entity = entity();
    Commit {
        guards: vec![(guard(format!("own|{}", entity.0)), entity)],
        barred_by: bars.iter().map(|key| guard(*key)).collect(),
        ..payment(entity, [hold(TARO, 1)])
    }
}

async fn what_asks_for_a_bar_is_refused_while_it_is_taken(test: TestDatabase) {
    let (one, other) = (ledger(&test).await, start(&test.database).await);
    deposit(&one, TARO, 100).await;
    let all = ["stop|a", "stop|b", "stop|c"];
    one.commit(barred(&all)).await.unwrap();
    let holder = entity();
    let bar = Commit { guards: vec![(guard("stop|b"), holder)], ..Commit::default() };
    other.commit(bar).await.unwrap();
    let refused = Refused::Guarded { key: "stop|b".to_owned(), holder: holder.0 };
    for ledger in [&one, &other] {
        assert_eq!(ledger.commit(barred(&all)).await, Err(refused.clone()));
        ledger.commit(barred(&["stop|a", "stop|c"])).await.unwrap();
    }
    assert_eq!(count(&test.database, "guard").await, 4, "those who lost gave their own back");
    assert_eq!(balance(&one, TARO).await.2, 3, "and hold nothing");
    other.commit(Commit { release: vec![guard("stop|b")], ..Commit::default() }).await.unwrap();
    one.commit(barred(&all)).await.unwrap();
    assert_clean(&one).await;
}

/// What has asked and is not committed yet is committed before the bar is there, in whatever process.
async fn a_bar_waits_for_those_who_have_asked_for_it(test: TestDatabase) {
    let one = ledger(&test).await;
    let mut asking = test.database.begin().await.unwrap();
    database::dialect::lock_bars(&mut asking, &["stop|a"], &[]).await.unwrap();
    let bar = Commit { guards: vec![(guard("stop|a"), entity())], ..Commit::default() };
    let taking = tokio::spawn(async move { one.commit(bar).await });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(!taking.is_finished(), "it waits");
    asking.rollback().await.unwrap();
    assert!(taking.await.unwrap().is_ok());
}

async fn two_that_ask_for_what_the_other_takes_do_not_wait_for_one_another(test: TestDatabase) {
    let ready = std::sync::Arc::new(tokio::sync::Barrier::new(2));
    let mut tasks = JoinSet::new();
    for (asked, taken) in [("stop|b", "stop|a"), ("stop|a", "stop|b")] {
        let (database, ready) = (test.reopened().await, ready.clone());
        tasks.spawn(async move {
            for _ in 0..50 {
                ready.wait().await;
                let mut tx = database.begin().await.unwrap();
                database::dialect::lock_bars(&mut tx, &[asked], &[taken]).await.unwrap();
                tx.commit().await.unwrap();
            }
        });
    }
    tasks.join_all().await;
}

/// Two committers as in two processes: 16 tasks of 100 payments, which take the accounts in every order.
async fn two_processes_share_hot_accounts(test: TestDatabase) {
    let (one, other) = (ledger(&test).await, start(&test.database).await);
    let deposits: Vec<AccountId> = (1..=4).map(AccountId::new).collect();
    for id in &deposits {
        one.open_account(&NewAccount::deposit(*id, "熱い口座")).await.unwrap();
        deposit(&one, *id, 10_000).await;
    }
    let mut tasks = JoinSet::new();
    for task in 0..16_usize {
        let ledger = if task.is_multiple_of(2) { one.clone() } else { other.clone() };
        let deposits = deposits.clone();
        tasks.spawn(async move {
            for n in 0..50 {
                let from = deposits[(task + n) % 4];
                let to = deposits[(task + n + 1 + n % 3) % 4];
                hold_and_end(&ledger, from, to, n).await;
            }
        });
    }
    tasks.join_all().await;
    let balances = one.balances(&deposits).await.unwrap();
    let clearing = one.internal_balance(CLEARING).await.unwrap().get();
    assert_eq!(balances.iter().map(|b| b.balance.get()).sum::<i64>() + clearing, 40_000);
    assert!(balances.iter().all(|b| b.held.get() == 0));
    assert_eq!(count(&test.database, "transfer").await, 4 + 16 * 50 * 3);
    assert_clean(&one).await;
}

/// Two commits: a hold with a movement between customers, then the hold's end.
async fn hold_and_end(ledger: &Ledger, from: AccountId, to: AccountId, n: usize) {
    let held = hold(from, 2);
    ledger.commit(payment(entity(), [posted(from, to, 1), held.clone()])).await.unwrap();
    let kind = if n.is_multiple_of(5) { Kind::VoidPending } else { Kind::PostPending };
    ledger.commit(moving([end(&held, kind)])).await.unwrap();
}

/// On one thread all callers come before the committer's turn.
#[tokio::test]
async fn more_than_may_wait_is_refused_at_once() {
    let test = database::testing::sqlite().await;
    let ledger = ledger(&test).await;
    let tasks: JoinSet<_> = (0..5_000)
        .map(|n: i64| {
            let ledger = ledger.clone();
            let mut commit = Commit::default();
            commit.guards.push((guard(n.to_string()), entity()));
            async move { ledger.commit(commit).await }
        })
        .collect();
    let outcomes = tasks.join_all().await;
    let refused = outcomes.iter().filter(|o| o.as_ref() == Err(&Refused::Overloaded)).count();
    assert_eq!((refused, outcomes.iter().filter(|o| o.is_ok()).count()), (5_000 - 4_096, 4_096));
    assert_eq!(count(&test.database, "guard").await, 4_096, "what was refused was not written");
}
