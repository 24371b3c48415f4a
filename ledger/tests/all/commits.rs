//! One commit: all of it or nothing, on both databases.

use database::testing::TestDatabase;
use database::{Change, Row, Table, read};
use domain::Timestamp;
use ledger::{Commit, EntityId, Kind, NewAccount, Refused, TransferResult};

use crate::support::*;

database::on_both!(
    all_of_a_commit_is_written,
    refused_by_funds_leaves_nothing,
    a_taken_sequence_number_is_stale,
    a_taken_guard_names_its_holder,
    a_released_guard_is_free_again,
    other_crates_rows_go_with_the_commit,
    rows_are_changed_with_the_commit_or_not_at_all,
    rows_are_not_changed_beside_money,
    a_commit_the_database_refuses_fails_alone,
    a_replay_answers_and_changes_nothing,
    a_failed_id_stays_failed,
    holds_are_posted_and_voided,
    a_closed_account_takes_only_ends_of_holds,
    a_refused_commit_keeps_nothing_from_its_neighbour,
    a_large_batch_fails_only_where_it_must,
    what_was_submitted_outlives_its_callers
);

fn exceeds(index: usize) -> Refused {
    Refused::Transfer { index, result: TransferResult::ExceedsAvailable }
}

async fn all_of_a_commit_is_written(test: TestDatabase) {
    let ledger = ledger(&test).await;
    deposit(&ledger, TARO, 1_000).await;
    let entity = entity();
    let committed = ledger.commit(payment(entity, [hold(TARO, 300)])).await.unwrap();
    assert_eq!(committed.fences.len(), 1, "the work is claimed already");
    // the deposit said nothing of itself and is in the log all the same
    assert_eq!(rows(&test.database).await, [2, 2, 2, 1, 2, 0]);
    assert_eq!(balance(&ledger, TARO).await, (1_000, 700, 300));
    let events = ledger.events(entity).await.unwrap();
    assert_eq!(
        events.iter().map(|e| (e.seq, e.kind.as_str())).collect::<Vec<_>>(),
        [(1, "held"), (2, "held")]
    );
    assert_clean(&ledger).await;
}

async fn refused_by_funds_leaves_nothing(test: TestDatabase) {
    let ledger = ledger(&test).await;
    deposit(&ledger, TARO, 1_000).await;
    let before = rows(&test.database).await;
    let mut commit = payment(entity(), [posted(CASH, HANAKO, 1), hold(TARO, 1_001)]);
    let table = &OTHER;
    commit.rows = vec![Row { table, values: vec!["kept".into(), nobody().into(), 0.into()] }];
    commit.release = vec![guard("not|there")];
    assert_eq!(ledger.commit(commit.clone()).await, Err(exceeds(1)));
    let mut expected = before;
    expected[5] += 1;
    assert_eq!(rows(&test.database).await, expected, "only the failed id is written");
    assert_eq!(balance(&ledger, TARO).await, (1_000, 1_000, 0));
    assert_eq!(balance(&ledger, HANAKO).await, (0, 0, 0));
    assert_clean(&ledger).await;
}

async fn a_taken_sequence_number_is_stale(test: TestDatabase) {
    let ledger = ledger(&test).await;
    deposit(&ledger, TARO, 1_000).await;
    let (old, new) = (entity(), entity());
    ledger.commit(payment(old, [hold(TARO, 10)])).await.unwrap();
    let before = rows(&test.database).await;
    // the first event is fine, the second is not
    let mut late = payment(new, [hold(TARO, 10)]);
    late.events = vec![event(new, 1), event(old, 2)];
    assert_eq!(ledger.commit(late).await, Err(Refused::Stale));
    assert_eq!(rows(&test.database).await, before);
    let mut next = payment(new, [hold(TARO, 10)]);
    next.events = vec![event(old, 3), event(new, 1)];
    ledger.commit(next).await.unwrap();
    assert_eq!(balance(&ledger, TARO).await, (1_000, 980, 20));
    assert_clean(&ledger).await;
}

async fn a_taken_guard_names_its_holder(test: TestDatabase) {
    let ledger = ledger(&test).await;
    deposit(&ledger, TARO, 1_000).await;
    let (first, second) = (entity(), entity());
    let mut commit = payment(first, [hold(TARO, 10)]);
    commit.guards = vec![(guard("bill|1"), first)];
    ledger.commit(commit).await.unwrap();
    let before = rows(&test.database).await;
    // guards on both sides of the taken one are given back
    let mut commit = payment(second, [hold(TARO, 10)]);
    commit.guards = ["a|1", "bill|1", "z|1"].map(|key| (guard(key), second)).to_vec();
    let refused = Refused::Guarded { key: "bill|1".to_owned(), holder: first.0 };
    assert_eq!(ledger.commit(commit.clone()).await, Err(refused));
    assert_eq!(rows(&test.database).await, before);
    commit.guards.remove(1);
    ledger.commit(commit).await.unwrap();
    assert_clean(&ledger).await;
}

async fn a_released_guard_is_free_again(test: TestDatabase) {
    let ledger = ledger(&test).await;
    let take =
        |key: &str, entity: EntityId| Commit { guards: vec![(guard(key), entity)], ..Commit::default() };
    let give =
        |keys: &[&str]| Commit { release: keys.iter().map(|k| guard(*k)).collect(), ..Commit::default() };
    let holder = entity();
    ledger.commit(take("bill|1", holder)).await.unwrap();
    // a release that names a guard which is not there gives nothing back
    assert!(matches!(ledger.commit(give(&["bill|1", "bill|2"])).await, Err(Refused::Database(_))));
    assert!(matches!(ledger.commit(take("bill|1", entity())).await, Err(Refused::Guarded { .. })));
    ledger.commit(give(&["bill|1"])).await.unwrap();
    ledger.commit(take("bill|1", entity())).await.unwrap();
}

static OTHER: Table = Table { name: "guard", columns: &["key", "entity", "at_us"] };

/// Stands for a row of another crate.
fn other_row(key: &str) -> Row {
    Row { table: &OTHER, values: vec![key.into(), nobody().into(), 7.into()] }
}

async fn other_crates_rows_go_with_the_commit(test: TestDatabase) {
    let ledger = ledger(&test).await;
    let commit = Commit { rows: vec![other_row("x"), other_row("y")], ..Commit::default() };
    ledger.commit(commit).await.unwrap();
    let found: Vec<(String, i64)> = read!(test.database, |c| {
        sqlx::query_as("SELECT key, at_us FROM guard ORDER BY key").fetch_all(c).await
    })
    .unwrap();
    assert_eq!(found, [("x".to_owned(), 7), ("y".to_owned(), 7)]);
}

async fn a_commit_the_database_refuses_fails_alone(test: TestDatabase) {
    let ledger = ledger(&test).await;
    deposit(&ledger, TARO, 100).await;
    ledger.commit(Commit { rows: vec![other_row("x")], ..Commit::default() }).await.unwrap();
    let mut bad = payment(entity(), [posted(TARO, CLEARING, 5)]);
    bad.rows = vec![other_row("x")];
    let good = || payment(entity(), [posted(TARO, CLEARING, 10)]);
    let (first, bad, last) = tokio::join!(ledger.commit(good()), ledger.commit(bad), ledger.commit(good()));
    assert!(matches!(bad, Err(Refused::Taken(_))), "{bad:?}");
    assert!(first.is_ok() && last.is_ok(), "{first:?} {last:?}");
    assert_eq!(balance(&ledger, TARO).await, (80, 80, 0));
    assert_clean(&ledger).await;
}

async fn a_replay_answers_and_changes_nothing(test: TestDatabase) {
    let ledger = ledger(&test).await;
    deposit(&ledger, TARO, 1_000).await;
    let mut transfer = posted(TARO, CLEARING, 100);
    ledger.commit(moving([transfer.clone()])).await.unwrap();
    let again = ledger.commit(moving([transfer.clone()])).await;
    assert_eq!(again, Err(Refused::Transfer { index: 0, result: TransferResult::Exists }));
    transfer.amount = 101;
    let different = ledger.commit(moving([posted(TARO, CLEARING, 1), transfer])).await;
    let field = ledger::transfer::Field::Amount;
    let result = TransferResult::ExistsWithDifferent(field);
    assert_eq!(different, Err(Refused::Transfer { index: 1, result }));
    assert_eq!(balance(&ledger, TARO).await, (900, 900, 0));
    assert_clean(&ledger).await;
}

async fn a_failed_id_stays_failed(test: TestDatabase) {
    let ledger = ledger(&test).await;
    let transfer = posted(TARO, CLEARING, 100);
    assert_eq!(ledger.commit(moving([transfer.clone()])).await, Err(exceeds(0)));
    deposit(&ledger, TARO, 1_000).await;
    let again = ledger.commit(moving([transfer.clone()])).await;
    assert_eq!(again, Err(Refused::Transfer { index: 0, result: TransferResult::IdFailedBefore }));
    // also for a process that starts later
    let other = start(&test.database).await;
    let again = other.commit(moving([transfer])).await;
    assert_eq!(again, Err(Refused::Transfer { index: 0, result: TransferResult::IdFailedBefore }));
    assert_eq!(balance(&ledger, TARO).await, (1_000, 1_000, 0));
}

async fn holds_are_posted_and_voided(test: TestDatabase) {
    let ledger = ledger(&test).await;
    deposit(&ledger, TARO, 1_000).await;
    let (first, second) = (hold(TARO, 300), hold(TARO, 200));
    ledger.commit(moving([first.clone(), second.clone()])).await.unwrap();
    assert_eq!(balance(&ledger, TARO).await, (1_000, 500, 500));
    ledger.commit(moving([end(&first, Kind::PostPending)])).await.unwrap();
    ledger.commit(moving([end(&second, Kind::VoidPending)])).await.unwrap();
    assert_eq!(balance(&ledger, TARO).await, (700, 700, 0));
    for (hold, result) in [(&first, TransferResult::PendingPosted), (&second, TransferResult::PendingVoided)]
    {
        for kind in [Kind::PostPending, Kind::VoidPending] {
            let refused = ledger.commit(moving([end(hold, kind)])).await;
            assert_eq!(refused, Err(Refused::Transfer { index: 0, result }));
        }
    }
    assert_eq!(ledger.internal_balance(CLEARING).await.unwrap().get(), 300);
    assert_clean(&ledger).await;
}

async fn a_closed_account_takes_only_ends_of_holds(test: TestDatabase) {
    let ledger = ledger(&test).await;
    deposit(&ledger, TARO, 1_000).await;
    let held = hold(TARO, 300);
    ledger.commit(moving([held.clone()])).await.unwrap();
    assert!(!ledger.close_account(TARO).await.unwrap(), "a hold is open");
    assert!(!ledger.close_account(CLEARING).await.unwrap(), "not a deposit");
    // the credit side of an open hold may close, and still gets the money
    let to_hanako = transfer(TARO, HANAKO, 50, Kind::Pending);
    ledger.commit(moving([to_hanako.clone()])).await.unwrap();
    assert!(ledger.close_account(HANAKO).await.unwrap());
    assert!(!ledger.close_account(HANAKO).await.unwrap(), "closed once");
    ledger.commit(moving([end(&to_hanako, Kind::PostPending)])).await.unwrap();
    ledger.commit(moving([end(&held, Kind::VoidPending)])).await.unwrap();
    assert!(ledger.close_account(TARO).await.unwrap());
    let closed = |result| Err(Refused::Transfer { index: 0, result });
    let debit = ledger.commit(moving([posted(TARO, CLEARING, 1)])).await;
    assert_eq!(debit, closed(TransferResult::DebitAccountClosed));
    let credit = ledger.commit(moving([posted(CASH, TARO, 1)])).await;
    assert_eq!(credit, closed(TransferResult::CreditAccountClosed));
    assert_eq!(balance(&ledger, HANAKO).await, (50, 50, 0));
    // opening it again changes nothing
    ledger.open_account(&NewAccount::deposit(TARO, "別人")).await.unwrap();
    assert_eq!(balance(&ledger, TARO).await, (950, 950, 0));
    assert_clean(&ledger).await;
}

async fn a_refused_commit_keeps_nothing_from_its_neighbour(test: TestDatabase) {
    let ledger = ledger(&test).await;
    deposit(&ledger, TARO, 100).await;
    // all want the same sequence numbers, guards and work, in the batch that gathers behind another commit
    let entity = entity();
    let poor = payment(entity, [hold(TARO, 101)]);
    let rich = payment(entity, [hold(TARO, 100)]);
    let (_, first, second, third) = tokio::join!(
        ledger.commit(moving([])),
        ledger.commit(poor),
        ledger.commit(rich),
        ledger.commit(payment(entity, []))
    );
    assert_eq!(first, Err(exceeds(0)));
    assert!(second.is_ok(), "{second:?}");
    assert_eq!(third, Err(Refused::Stale));
    assert_eq!(rows(&test.database).await, [2, 2, 2, 1, 2, 1]);
    assert_clean(&ledger).await;
}

async fn a_large_batch_fails_only_where_it_must(test: TestDatabase) {
    let ledger = ledger(&test).await;
    deposit(&ledger, TARO, 500).await;
    // what touches the same waits for the next transaction: ten to meet with, so that few wait
    let taken: Vec<EntityId> = (0..10).map(|_| entity()).collect();
    for entity in &taken {
        ledger.commit(payment(*entity, [])).await.unwrap();
    }
    let bill = |entity: EntityId| format!("bill|{}", entity.0);
    let base = rows(&test.database).await;
    // 500 at once: of five neighbours one is fine, the others fail in four ways
    let outcomes = (0..500).map(|n| {
        let (entity, taken) = (entity(), taken[n / 5 % 10]);
        let mut commit = payment(entity, [posted(TARO, CLEARING, 1)]);
        match n % 5 {
            0 => {}
            1 => commit.transfers = vec![posted(TARO, CLEARING, 501)],
            2 => commit.guards.push((guard(bill(taken)), entity)),
            3 => commit.events.push(event(taken, 1)),
            _ => commit.outbox.push(ledger::OutboxChange::Finish { key: format!("none {n}"), fence: 1 }),
        }
        let ledger = ledger.clone();
        tokio::spawn(async move { (n, ledger.commit(commit).await) })
    });
    for outcome in outcomes.collect::<Vec<_>>() {
        let (n, outcome) = outcome.await.unwrap();
        let expected = match n % 5 {
            0 => {
                assert!(outcome.is_ok(), "{n}: {outcome:?}");
                continue;
            }
            1 => exceeds(0),
            2 => Refused::Guarded { key: bill(taken[n / 5 % 10]), holder: taken[n / 5 % 10].0 },
            3 => Refused::Stale,
            _ => Refused::Fenced(format!("none {n}")),
        };
        assert_eq!(outcome, Err(expected), "{n}");
    }
    let written: Vec<i64> =
        rows(&test.database).await.iter().zip(base).map(|(now, then)| now - then).collect();
    assert_eq!(written, [200, 200, 100, 100, 100, 100]);
    assert_eq!(balance(&ledger, TARO).await, (400, 400, 0));
    assert_clean(&ledger).await;
}

/// Changes a row of another crate's table, where it still is what the caller has seen.
fn change(key: &str, before: i64, after: i64) -> Change {
    let values = vec![after.into(), key.into(), before.into()];
    Change::one("UPDATE guard SET at_us = $1 WHERE key = $2 AND at_us = $3", values)
}

async fn rows_are_changed_with_the_commit_or_not_at_all(test: TestDatabase) {
    let ledger = ledger(&test).await;
    let row = |key: &str| Row { table: &OTHER, values: vec![key.into(), nobody().into(), 0.into()] };
    let commit = Commit { rows: vec![row("a"), row("b")], ..Commit::default() };
    ledger.commit(commit).await.unwrap();
    let at = async |key: &'static str| -> i64 {
        let sql = "SELECT at_us FROM guard WHERE key = $1";
        read!(test.database, |c| sqlx::query_scalar(sql).bind(key).fetch_one(c).await).unwrap()
    };
    let of = |changes| Commit {
        changes,
        guards: vec![(guard("once"), entity())],
        audit: vec![record("changed".to_owned())],
        rows: vec![row("c")],
        ..Commit::default()
    };
    let before = rows(&test.database).await;
    // the second meets no row: the first is undone with it, and everything else of the commit
    let stale = of(vec![change("a", 0, 1), change("b", 7, 8)]);
    assert_eq!(ledger.commit(stale).await, Err(Refused::Stale));
    assert_eq!((at("a").await, at("b").await), (0, 0));
    assert_eq!(rows(&test.database).await, before);
    // in one batch with others, only those that came too late are refused
    let outcomes = (0..20).map(|_| {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            let changed = Commit { changes: vec![change("a", 0, 1)], ..Commit::default() };
            ledger.commit(changed).await
        })
    });
    let mut won = 0;
    for outcome in outcomes.collect::<Vec<_>>() {
        match outcome.await.unwrap() {
            Ok(_) => won += 1,
            refused => assert_eq!(refused, Err(Refused::Stale)),
        }
    }
    assert_eq!(won, 1);
    ledger.commit(of(vec![change("a", 1, 2), change("b", 0, 3)])).await.unwrap();
    assert_eq!((at("a").await, at("b").await), (2, 3));
    let any = Change::any("UPDATE guard SET at_us = $1 WHERE key = $2", vec![9.into(), "nobody".into()]);
    ledger.commit(Commit { changes: vec![any], ..Commit::default() }).await.unwrap();
    assert_clean(&ledger).await;
}

async fn rows_are_not_changed_beside_money(test: TestDatabase) {
    let ledger = ledger(&test).await;
    let mut commit = payment(entity(), [posted(CASH, TARO, 1)]);
    commit.changes = vec![change("none", 0, 1)];
    let before = rows(&test.database).await;
    assert_eq!(ledger.commit(commit).await, Err(Refused::Mixed));
    assert_eq!(rows(&test.database).await, before);
    assert_eq!(balance(&ledger, TARO).await, (0, 0, 0));
}

async fn what_was_submitted_outlives_its_callers(test: TestDatabase) {
    let ledger = ledger(&test).await;
    let wait = std::time::Duration::from_millis(20);
    for _ in 0..20 {
        let commit = ledger.commit(moving([posted(CASH, TARO, 1)]));
        drop(tokio::time::timeout(std::time::Duration::ZERO, commit).await);
    }
    let database = test.database.clone();
    drop(ledger);
    for _ in 0..500 {
        if count(&database, "transfer").await == 20 {
            break;
        }
        tokio::time::sleep(wait).await;
    }
    let ledger = start(&database).await;
    assert_eq!(balance(&ledger, TARO).await, (20, 20, 0));
    assert!(ledger.clock().now() > Timestamp::from_micros(0));
}
