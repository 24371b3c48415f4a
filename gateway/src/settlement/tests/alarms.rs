//! Alarms about payments, days and windows end with their cause, and not before.

use database::on_both;
use database::testing::TestDatabase;
use domain::{AlarmId, StaffRequestId};
use ledger::{Commit, EntityId};

use super::{World, number};
use crate::Guard;
use crate::alarm::{Alarm, AlarmKind, AlarmQuery, NewAlarm};
use crate::payment::step::Report;
use crate::reconciliation::Summary;

on_both!(
    one_about_a_payment_ends_with_its_outcome,
    one_about_a_day_lasts_while_the_day_is_to_be_compared_again,
    one_about_breaks_ends_with_the_last,
    one_about_breaks_that_came_while_it_was_judged_stays,
    one_that_is_raised_while_it_ends_is_told_once_and_not_lost,
    one_about_a_window_ends_when_it_is_closed,
    one_about_a_request_ends_when_its_result_is_recorded,
    a_look_is_bounded_and_the_next_goes_on,
);

const DAY: &str = "99022/2026-11-20";

impl World {
    async fn raise(&self, kind: AlarmKind, subject: &str) -> bool {
        let (subject, collector) = (subject.to_owned(), Some(number("99022")));
        let detail = "because".to_owned();
        self.gateway.raise(&NewAlarm { kind, subject, collector, detail }).await.unwrap()
    }

    async fn open_alarms(&self) -> Vec<Alarm> {
        let query = AlarmQuery { open_only: true, limit: 10, ..AlarmQuery::default() };
        self.gateway.alarms(&query).await.unwrap()
    }

    /// What lasts after another look, by id.
    async fn lasting(&self) -> Vec<AlarmId> {
        self.gateway.end_alarms().await.unwrap();
        self.open_alarms().await.into_iter().map(|alarm| alarm.id).collect()
    }
}

async fn one_about_a_payment_ends_with_its_outcome(test: TestDatabase) {
    let world = World::new(test).await;
    let open = world.hold("99022", 100, 0).await;
    world.reports(&open.0, open.1, &Report::Unknown { reason: String::new() }).await;
    world.raise(AlarmKind::ResendingOver, &open.0.id.to_string()).await;
    assert_eq!(world.lasting().await.len(), 1);
    world.accept(&open).await;
    assert_eq!(world.lasting().await, []);
}

async fn one_about_a_day_lasts_while_the_day_is_to_be_compared_again(test: TestDatabase) {
    let world = World::new(test).await;
    let late = world.hold("99022", 100, 0).await;
    world.reports(&late.0, late.1, &Report::Unknown { reason: String::new() }).await;
    world.at("2026-11-21T00:40:00");
    world.day_is("99022", "2026-11-20", "open", 0).await;
    world.raise(AlarmKind::DayNotClosed, DAY).await;
    assert_eq!(world.lasting().await.len(), 1, "it is open");
    world.day_is("99022", "2026-11-20", "closed", 0).await;
    assert_eq!(world.lasting().await.len(), 1, "it is not compared");
    let carried = Summary { open_breaks: 1, carried_forward: 1, unsettled: 1, ..Summary::default() };
    world.compared("99022", "2026-11-20", carried).await;
    assert_eq!(world.lasting().await, [], "nothing is due");
    world.accept(&late).await;
    assert!(world.raise(AlarmKind::DayNotClosed, DAY).await);
    assert_eq!(world.lasting().await.len(), 1, "the outcome is not compared");
    world.compared("99022", "2026-11-20", Summary::default()).await;
    assert_eq!(world.lasting().await, []);
}

async fn one_about_breaks_ends_with_the_last(test: TestDatabase) {
    let world = World::new(test).await;
    world.day_is("99022", "2026-11-20", "reconciled", 2).await;
    world.raise(AlarmKind::ReconciliationBreaks, DAY).await;
    assert_eq!(world.lasting().await.len(), 1);
    let not_kept = Summary { not_kept: 1, ..Summary::default() };
    world.compared("99022", "2026-11-20", not_kept).await;
    assert_eq!(world.lasting().await.len(), 1, "there are more than were kept");
    world.compared("99022", "2026-11-20", Summary::default()).await;
    assert_eq!(world.lasting().await, []);
}

async fn one_about_breaks_that_came_while_it_was_judged_stays(test: TestDatabase) {
    let world = World::new(test).await;
    world.day_is("99022", "2026-11-20", "reconciled", 1).await;
    world.raise(AlarmKind::ReconciliationBreaks, DAY).await;
    world.compared("99022", "2026-11-20", Summary::default()).await;
    let judged = world.open_alarms().await.remove(0);
    assert!(world.gateway.is_over(&judged).await.unwrap());
    // a comparison finds new breaks now, and the alarm about them is open already
    world.compared("99022", "2026-11-20", Summary { open_breaks: 1, ..Summary::default() }).await;
    assert!(!world.raise(AlarmKind::ReconciliationBreaks, DAY).await);
    assert!(!world.gateway.end_judged(&judged).await.unwrap());
    assert_eq!(world.lasting().await, [judged.id], "the same, so that nobody is told twice");
    world.compared("99022", "2026-11-20", Summary::default()).await;
    assert!(!world.gateway.end_judged(&judged).await.unwrap(), "what was judged was another moment");
    assert_eq!(world.lasting().await, []);
    // one that comes after the end is told anew
    world.compared("99022", "2026-11-20", Summary { open_breaks: 1, ..Summary::default() }).await;
    assert!(world.raise(AlarmKind::ReconciliationBreaks, DAY).await);
    assert!(!world.gateway.end_judged(&judged).await.unwrap(), "it is another alarm");
    let open = world.open_alarms().await.remove(0);
    assert!(open.id != judged.id && open.again == 0);
}

async fn one_that_is_raised_while_it_ends_is_told_once_and_not_lost(test: TestDatabase) {
    let world = World::new(test).await;
    assert!(world.raise(AlarmKind::DayNotClosed, DAY).await);
    for _ in 0..20 {
        let judged = world.open_alarms().await.remove(0);
        let (ended, is_new) =
            tokio::join!(world.gateway.end_judged(&judged), world.raise(AlarmKind::DayNotClosed, DAY));
        assert_eq!(ended.unwrap(), is_new, "another is told of where the first has ended, and only there");
        assert_eq!(world.open_alarms().await.len(), 1);
    }
}

async fn one_about_a_window_ends_when_it_is_closed(test: TestDatabase) {
    let world = World::new(test).await;
    world.pay("99022", 100, 0).await;
    world.day_is("99022", "2026-11-20", "reconciled", 1).await;
    world.at("2026-11-26T00:00:00");
    world.settle().await;
    let late = world.open_alarms().await.remove(0);
    assert_eq!((late.kind, late.subject.as_str()), (AlarmKind::SettlementLate, "20261120-99022"));
    assert_eq!(world.lasting().await, [late.id]);
    world.days_are_done("99022", &["2026-11-20"]).await;
    world.settle().await;
    assert_eq!(world.lasting().await, []);
}

async fn one_about_a_request_ends_when_its_result_is_recorded(test: TestDatabase) {
    let world = World::new(test).await;
    let [open, done] = [StaffRequestId::generate(), StaffRequestId::generate()];
    for request in [open, done] {
        world.raise(AlarmKind::RequestUnclear, &request.to_string()).await;
    }
    assert_eq!(world.lasting().await.len(), 2);
    // the process that recorded it ended before it could end the alarm
    let guards = vec![(Guard::request_result(done).key(), EntityId(done.uuid()))];
    world.gateway.ledger().commit(Commit { guards, ..Commit::default() }).await.unwrap();
    world.lasting().await;
    let lasting: Vec<_> = world.open_alarms().await.into_iter().map(|alarm| alarm.subject).collect();
    assert_eq!(lasting, [open.to_string()]);
}

async fn a_look_is_bounded_and_the_next_goes_on(test: TestDatabase) {
    let world = World::new(test).await;
    let new = |kind, n: u32| {
        let (subject, detail) = (format!("{DAY}/{n}"), String::new());
        NewAlarm { kind, subject, collector: None, detail }.row(world.clock.now())
    };
    let lasting = (0..200).map(|n| new(AlarmKind::DayNotClosed, n));
    let over = (0..3).map(|n| new(AlarmKind::WorkStuck, n));
    let rows_if_free = lasting.chain(over).collect();
    world.gateway.ledger().commit(Commit { rows_if_free, ..Commit::default() }).await.unwrap();
    let mut after = None;
    for ended in [0, 3, 0, 0] {
        assert_eq!(world.gateway.end_some_alarms(&mut after).await.unwrap(), ended);
    }
}
