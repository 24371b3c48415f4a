//! A process ends between any two commits of a close, and several close the same window: nothing is lost or done twice.

use collectors::Directory;
use database::on_both;
use database::testing::TestDatabase;
use domain::Yen;

use super::super::{Obstacle, Settlement, SettlementState, WindowError, WindowQuery, state, step, store};
use super::{World, day, hub, number, staff};
use crate::chart;
use crate::payment::step::Report;
use crate::points::Persist;
use crate::reconciliation::Summary;

on_both!(
    a_close_goes_on_wherever_it_ended,
    many_processes_close_one_window_once,
    what_becomes_owed_while_a_window_closes_waits_for_the_comparison_of_its_day,
    what_had_a_break_that_people_resolved_waits_for_the_comparison_of_its_outcome_too,
    what_is_open_whatever_its_class_keeps_nothing_else_waiting,
);

const PAYMENTS: usize = 10;
const PART: usize = 3;

impl World {
    async fn ten_payments(&self) {
        for n in 1..=PAYMENTS {
            self.pay("99022", i64::try_from(n).unwrap() * 100, 10).await;
        }
        self.at("2026-11-21T00:10:00");
        self.days_are_done("99022", &["2026-11-20"]).await;
    }

    /// As a process closes a window in parts of three, up to its end after so many commits.
    async fn close_until(&self, commits: usize) {
        let directory = Directory::embedded();
        let row = directory.get(&number("99022")).unwrap();
        let gateway = &self.gateway;
        let new = Settlement::new(row, day("2026-11-20"), &"9999".parse().unwrap());
        let mut after = store::owed_prefix(&row.number);
        let mut settlement = new;
        for commit in 0..commits {
            let now = self.clock.now();
            let (what, step) = if commit == 0 {
                (Persist::SettlementBegin, step::begin(&settlement, &staff(), now).unwrap())
            } else {
                let owed = gateway.owed(&row.number, settlement.window, &after, PART).await.unwrap();
                after = owed.last().unwrap().key.0.clone();
                (Persist::SettlementPart, step::part(&settlement, &owed, now).unwrap())
            };
            settlement = gateway.step(what, step).await.unwrap().unwrap();
        }
    }
}

async fn a_close_goes_on_wherever_it_ended(test: TestDatabase) {
    drop(test);
    for commits in 0..=5 {
        let world = World::new(database::testing::sqlite().await).await;
        goes_on(world, commits).await;
    }
    goes_on(World::new(database::testing::postgres().await).await, 3).await;
}

async fn goes_on(world: World, commits: usize) {
    world.ten_payments().await;
    world.close_until(commits).await;
    let over: i64 =
        (1..=PAYMENTS.min(commits.saturating_sub(1) * PART)).map(|n| i64::try_from(n).unwrap()).sum();
    assert_eq!(world.balance(chart::clearing(&number("99022"))).await, (55 - over) * 100);
    world.assert_clean().await;
    if commits > 0 {
        let begun = world.settlement("2026-11-20", "99022").await.unwrap();
        assert_eq!(begun.state, SettlementState::Closing);
    }
    world.settle().await;
    let closed = world.settlement("2026-11-20", "99022").await.unwrap();
    assert_eq!((closed.state, closed.sums.count), (SettlementState::Due, 10), "after {commits} commits");
    assert_eq!((closed.sums.amount, closed.sums.fee), (Yen::new(5_500), Yen::new(100)));
    assert_eq!(world.balance(chart::settlement(&number("99022"))).await, 5_600);
    world.assert_clean().await;
}

async fn what_becomes_owed_while_a_window_closes_waits_for_the_comparison_of_its_day(test: TestDatabase) {
    let carried = Summary { open_breaks: 1, carried_forward: 1, unsettled: 1, ..Summary::default() };
    waits_for_its_outcome_to_be_compared(test, carried).await;
}

async fn what_had_a_break_that_people_resolved_waits_for_the_comparison_of_its_outcome_too(
    test: TestDatabase,
) {
    // two lines at the collector: it counts as that, and not as carried forward
    let resolved = Summary { duplicate: 1, unsettled: 1, ..Summary::default() };
    waits_for_its_outcome_to_be_compared(test, resolved).await;
}

async fn waits_for_its_outcome_to_be_compared(test: TestDatabase, carried: Summary) {
    let world = World::new(test).await;
    for n in 1..=4 {
        world.pay("99022", n * 100, 0).await;
    }
    let late = world.hold("99022", 70_000, 0).await;
    world.reports(&late.0, late.1, &Report::Unknown { reason: String::new() }).await;
    world.at("2026-11-21T00:10:00");
    world.day_is("99022", "2026-11-20", "closed", 0).await;
    world.compared("99022", "2026-11-20", carried).await;
    // the close has begun and one part is over, when the outcome comes that the comparison did not know
    world.close_until(2).await;
    world.accept(&late).await;
    let date = day("2026-11-20");
    let obstacles = [Obstacle::NotReconciled(date)];
    for _ in 0..2 {
        let waits = world.close("2026-11-20", "99022").await;
        assert!(matches!(&waits, Err(WindowError::NotReady(found)) if *found == obstacles), "{waits:?}");
        world.settle().await;
        let closing = world.settlement("2026-11-20", "99022").await.unwrap();
        assert_eq!((closing.state, closing.sums.count), (SettlementState::Closing, 3));
    }
    let query = WindowQuery { from: date, until: date, collector: None };
    let shown = world.gateway.settlement_windows(&query).await.unwrap();
    assert_eq!((shown.len(), shown[0].obstacles.as_slice()), (1, obstacles.as_slice()));
    // a comparison that finds it wrong keeps it out still, one that finds it right lets it go over with the rest
    let breaks = Summary { open_breaks: 1, missing_there: 1, ..Summary::default() };
    world.compared("99022", "2026-11-20", breaks).await;
    let waits = world.close("2026-11-20", "99022").await;
    let obstacles = [Obstacle::Breaks { date, count: 1 }];
    assert!(matches!(&waits, Err(WindowError::NotReady(found)) if *found == obstacles), "{waits:?}");
    world.compared("99022", "2026-11-20", Summary::default()).await;
    world.settle().await;
    let closed = world.settlement("2026-11-20", "99022").await.unwrap();
    assert_eq!((closed.state, closed.sums.count), (SettlementState::Due, 5));
    assert_eq!(closed.sums.amount, Yen::new(71_000));
    world.assert_clean().await;
}

async fn what_is_open_whatever_its_class_keeps_nothing_else_waiting(test: TestDatabase) {
    let world = World::new(test).await;
    world.pay("99022", 100, 0).await;
    for amount in [20_000, 70_000] {
        let (open, fence) = world.hold("99022", amount, 0).await;
        world.reports(&open, fence, &Report::Unknown { reason: String::new() }).await;
    }
    world.at("2026-11-21T00:10:00");
    world.day_is("99022", "2026-11-20", "closed", 0).await;
    let one_twice =
        Summary { open_breaks: 2, carried_forward: 1, duplicate: 1, unsettled: 2, ..Summary::default() };
    world.compared("99022", "2026-11-20", one_twice.clone()).await;
    let waits = world.close("2026-11-20", "99022").await;
    let obstacles = [Obstacle::Breaks { date: day("2026-11-20"), count: 1 }];
    assert!(matches!(&waits, Err(WindowError::NotReady(found)) if *found == obstacles), "{waits:?}");
    world.compared("99022", "2026-11-20", Summary { open_breaks: 1, ..one_twice }).await;
    let closed = world.close("2026-11-20", "99022").await.unwrap();
    assert_eq!((closed.sums.count, closed.sums.amount), (1, Yen::new(100)));
    world.assert_clean().await;
}

async fn many_processes_close_one_window_once(test: TestDatabase) {
    let world = World::new(test).await;
    for _ in 0..300 {
        world.pay("99022", 100, 10).await;
    }
    world.at("2026-11-24T00:10:00");
    world.days_are_done("99022", &["2026-11-20"]).await;
    let mut closing = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let hub = hub(world.test.reopened().await, &world.clock, Directory::embedded()).await;
        closing.spawn(async move {
            let number = number("99022");
            while hub
                .settlement(state::id(&number, day("2026-11-20")))
                .await
                .unwrap()
                .is_none_or(|s| s.closed_at.is_none())
            {
                hub.close_window(day("2026-11-20"), Some(&number), &staff()).await.unwrap();
            }
        });
    }
    closing.join_all().await;
    let closed = world.settlement("2026-11-20", "99022").await.unwrap();
    assert_eq!((closed.sums.count, closed.payable()), (300, Yen::new(33_000)));
    world.assert_clean().await;

    world.at("2026-11-26T00:00:00");
    let mut paying = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let hub = hub(world.test.reopened().await, &world.clock, Directory::embedded()).await;
        paying.spawn(async move { hub.pay_due(&staff()).await.unwrap().len() });
    }
    assert_eq!(paying.join_all().await.into_iter().sum::<usize>(), 1);
    assert_eq!(world.balance(chart::INTERBANK).await, 33_000);
    world.assert_clean().await;
}
