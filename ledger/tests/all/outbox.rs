//! Open work: claims, leases and fences.

use std::time::Duration;

use database::testing::TestDatabase;
use database::{execute, read};
use ledger::{Commit, Committed, Ledger, OutboxChange, Refused};

use crate::support::*;

database::on_both!(
    work_put_without_a_lease_is_claimed_once,
    a_running_lease_holds_off_other_claims,
    a_lease_runs_out,
    released_work_is_left_alone_until_its_pause_is_over,
    work_is_seized_before_its_pause_is_over,
    a_wrong_fence_changes_nothing,
    finished_work_is_gone,
    work_is_replaced_in_one_commit,
    fences_rise_across_processes
);

const KEY: &str = "C00200|2026-11-24|1";

async fn change(ledger: &Ledger, changes: impl Into<Vec<OutboxChange>>) -> Result<Committed, Refused> {
    ledger.commit(Commit { outbox: changes.into(), ..Commit::default() }).await
}

async fn put_work(ledger: &Ledger, lease_s: Option<i64>) -> i64 {
    let entity = entity();
    let commit = Commit {
        events: vec![event(entity, 1)],
        outbox: vec![put(KEY, entity, lease_s)],
        ..Commit::default()
    };
    ledger.commit(commit).await.unwrap().fences.first().copied().unwrap_or_default()
}

fn claim(fence: i64) -> OutboxChange {
    OutboxChange::Claim { key: KEY.to_owned(), fence, lease_s: 60 }
}

fn release(fence: i64) -> OutboxChange {
    release_for(fence, 0)
}

fn release_for(fence: i64, pause_s: i64) -> OutboxChange {
    OutboxChange::Release { key: KEY.to_owned(), fence, pause_s }
}

fn finish(fence: i64) -> OutboxChange {
    OutboxChange::Finish { key: KEY.to_owned(), fence }
}

fn fenced() -> Result<Committed, Refused> {
    Err(Refused::Fenced(KEY.to_owned()))
}

/// Fence, delivery and whether a lease runs.
async fn work(test: &TestDatabase) -> Option<(i64, i64, bool)> {
    let found: Option<(i64, i64, i64)> = read!(test.database, |c| {
        sqlx::query_as("SELECT fence, delivery, lease_until_us FROM outbox WHERE key = $1")
            .bind(KEY)
            .fetch_optional(c)
            .await
    })
    .unwrap();
    found.map(|(fence, delivery, until)| (fence, delivery, until > domain::clock::machine_now().micros()))
}

async fn work_put_without_a_lease_is_claimed_once(test: TestDatabase) {
    let ledger = ledger(&test).await;
    assert_eq!(put_work(&ledger, None).await, 0);
    assert_eq!(work(&test).await, Some((0, 0, false)));
    let (one, other) = tokio::join!(change(&ledger, [claim(0)]), change(&ledger, [claim(0)]));
    let won = one.unwrap();
    assert_eq!(other, fenced());
    assert_eq!(work(&test).await, Some((won.fences[0], 1, true)));
    assert_clean(&ledger).await;
}

async fn a_running_lease_holds_off_other_claims(test: TestDatabase) {
    let ledger = ledger(&test).await;
    let fence = put_work(&ledger, Some(60)).await;
    assert_eq!(change(&ledger, [claim(fence)]).await, fenced());
    change(&ledger, [release(fence)]).await.unwrap();
    assert_eq!(work(&test).await, Some((fence, 1, false)));
    let next = change(&ledger, [claim(fence)]).await.unwrap().fences[0];
    assert!(next > fence);
    assert_eq!(work(&test).await, Some((next, 2, true)));
}

async fn a_lease_runs_out(test: TestDatabase) {
    let ledger = ledger(&test).await;
    let fence = put_work(&ledger, Some(1)).await;
    assert_eq!(change(&ledger, [claim(fence)]).await, fenced());
    execute!(test.database, "UPDATE outbox SET lease_until_us = lease_until_us - 2000000").unwrap();
    let next = change(&ledger, [claim(fence)]).await.unwrap().fences[0];
    // whoever held the lease before has lost the right to speak
    assert_eq!(change(&ledger, [finish(fence)]).await, fenced());
    change(&ledger, [finish(next)]).await.unwrap();
    // a lease of no length is out at once
    let fence = put_work(&ledger, Some(0)).await;
    tokio::time::sleep(Duration::from_millis(2)).await;
    change(&ledger, [claim(fence)]).await.unwrap();
}

async fn released_work_is_left_alone_until_its_pause_is_over(test: TestDatabase) {
    let ledger = ledger(&test).await;
    let other = start(&test.database).await;
    let fence = put_work(&ledger, Some(1)).await;
    change(&ledger, [release_for(fence, 60)]).await.unwrap();
    assert_eq!(work(&test).await, Some((fence, 1, true)));
    for process in [&ledger, &other] {
        assert_eq!(change(process, [claim(fence)]).await, fenced());
    }
    execute!(test.database, "UPDATE outbox SET lease_until_us = lease_until_us - 58000000").unwrap();
    assert_eq!(change(&other, [claim(fence)]).await, fenced(), "not a second too early");
    execute!(test.database, "UPDATE outbox SET lease_until_us = lease_until_us - 2000000").unwrap();
    change(&other, [claim(fence)]).await.unwrap();
}

async fn work_is_seized_before_its_pause_is_over(test: TestDatabase) {
    let ledger = ledger(&test).await;
    let first = put_work(&ledger, Some(60)).await;
    change(&ledger, [release_for(first, 60)]).await.unwrap();
    assert_eq!(change(&ledger, [claim(first)]).await, fenced(), "nobody takes it by itself");
    let seize = |fence| OutboxChange::Seize { key: KEY.to_owned(), fence, lease_s: 60 };
    assert_eq!(change(&ledger, [seize(first + 1)]).await, fenced());
    let (one, other) = tokio::join!(change(&ledger, [seize(first)]), change(&ledger, [seize(first)]));
    let second = one.unwrap().fences[0];
    assert_eq!(other, fenced());
    assert_eq!(work(&test).await, Some((second, 2, true)));
    // also from one who holds a claim: it can record nothing any more
    let third = change(&ledger, [seize(second)]).await.unwrap().fences[0];
    assert_eq!(change(&ledger, [release(second)]).await, fenced());
    assert_eq!(change(&ledger, [finish(second)]).await, fenced());
    assert_eq!(work(&test).await, Some((third, 3, true)));
    let claimed_us: i64 =
        read!(test.database, |c| { sqlx::query_scalar("SELECT claimed_us FROM outbox").fetch_one(c).await })
            .unwrap();
    let since_s = domain::clock::machine_now().seconds_since(domain::Timestamp::from_micros(claimed_us));
    assert!((0..60).contains(&since_s), "{since_s}");
    assert_clean(&ledger).await;
}

async fn a_wrong_fence_changes_nothing(test: TestDatabase) {
    let ledger = ledger(&test).await;
    deposit(&ledger, TARO, 100).await;
    let fence = put_work(&ledger, Some(60)).await;
    let before = (rows(&test.database).await, work(&test).await);
    for wrong in [fence - 1, fence + 1, 0] {
        for changes in [claim(wrong), release(wrong), finish(wrong)] {
            let mut commit = payment(entity(), [hold(TARO, 10)]);
            commit.outbox.push(changes);
            assert_eq!(ledger.commit(commit).await, fenced());
        }
    }
    assert_eq!((rows(&test.database).await, work(&test).await), before);
    assert_eq!(balance(&ledger, TARO).await, (100, 100, 0));
    assert_clean(&ledger).await;
}

async fn finished_work_is_gone(test: TestDatabase) {
    let ledger = ledger(&test).await;
    let fence = put_work(&ledger, Some(60)).await;
    change(&ledger, [finish(fence)]).await.unwrap();
    assert_eq!(work(&test).await, None);
    for late in [claim(fence), release(fence), finish(fence)] {
        assert_eq!(change(&ledger, [late]).await, fenced());
    }
}

async fn work_is_replaced_in_one_commit(test: TestDatabase) {
    let ledger = ledger(&test).await;
    let first = entity();
    let begin = Commit {
        events: vec![event(first, 1)],
        outbox: vec![put(KEY, first, Some(60))],
        ..Commit::default()
    };
    let fence = ledger.commit(begin).await.unwrap().fences[0];
    change(&ledger, [finish(fence), put("other", first, None)]).await.unwrap();
    assert_eq!(work(&test).await, None);
    assert_eq!(count(&test.database, "outbox").await, 1);
}

async fn fences_rise_across_processes(test: TestDatabase) {
    let one = ledger(&test).await;
    let other = start(&test.database).await;
    let mut fence = put_work(&one, Some(60)).await;
    for ledger in [&other, &one, &other] {
        change(ledger, [release(fence)]).await.unwrap();
        let next = change(ledger, [claim(fence)]).await.unwrap().fences[0];
        assert!(next > fence);
        fence = next;
    }
}
