//! Alarms: at most one open of a kind and subject, taken notice of, and taken to each channel once.

use database::testing::TestDatabase;
use database::{on_both, read};
use domain::{AlarmId, PaymentId};
use gateway::alarm::About;
use gateway::{Alarm, AlarmChannel, AlarmKind, AlarmQuery, NewAlarm, Operator};
use ledger::Commit;

use crate::support::{SHOP, TAX, World};

on_both!(
    one_is_open_of_a_kind_and_subject,
    acknowledged_ones_are_raised_again_where_they_recur,
    one_in_a_commit_goes_with_it_and_never_stops_it,
    each_channel_takes_each_alarm_once,
    an_alarm_ends_with_its_cause_and_a_recurring_one_is_armed_again,
    one_about_a_silent_collector_ends_with_its_next_answer,
    a_notice_and_its_audit_record_are_one_commit,
    pages_of_alarms_meet_without_a_gap,
);

fn alarm(kind: AlarmKind, subject: &str) -> NewAlarm {
    NewAlarm {
        kind,
        subject: subject.to_owned(),
        collector: Some("00200".parse().unwrap()),
        detail: "為替".repeat(300),
    }
}

async fn raise(world: &World, kind: AlarmKind, subject: &str) -> bool {
    world.clock.advance_seconds(1);
    world.hub.gateway.raise(&alarm(kind, subject)).await.unwrap()
}

async fn find(world: &World, query: AlarmQuery) -> Vec<Alarm> {
    world.hub.gateway.alarms(&AlarmQuery { limit: 100, ..query }).await.unwrap()
}

async fn one_is_open_of_a_kind_and_subject(test: TestDatabase) {
    let world = World::new(test).await;
    assert!(raise(&world, AlarmKind::KeyReused, "a").await);
    assert!(!raise(&world, AlarmKind::KeyReused, "a").await);
    assert!(raise(&world, AlarmKind::KeyReused, "b").await);
    assert!(raise(&world, AlarmKind::AnswerUnreadable, "a").await);
    let found = find(&world, AlarmQuery::default()).await;
    let shown: Vec<_> = found.iter().map(|a| (a.kind.as_str(), a.subject.as_str())).collect();
    assert_eq!(shown, [("answer_unreadable", "a"), ("key_reused", "b"), ("key_reused", "a")]);
    assert_eq!(found[0].detail.chars().count(), 400, "cut");
    let of_a = AlarmQuery { subject: Some("a".to_owned()), ..AlarmQuery::default() };
    assert_eq!(find(&world, of_a).await.len(), 2);
    let elsewhere = AlarmQuery { collector: Some("00500".parse().unwrap()), ..AlarmQuery::default() };
    assert_eq!(find(&world, elsewhere).await, []);
}

async fn acknowledged_ones_are_raised_again_where_they_recur(test: TestDatabase) {
    let world = World::new(test).await;
    let (of_payment, of_collector) = (AlarmKind::ResendingOver, AlarmKind::CircuitOpen);
    assert_eq!((of_payment.about(), of_collector.about()), (About::Payment, About::Collector));
    let operator = Operator::staff(7);
    for kind in [of_payment, of_collector] {
        assert!(raise(&world, kind, "x").await);
    }
    for open in find(&world, AlarmQuery { open_only: true, ..AlarmQuery::default() }).await {
        assert!(world.hub.gateway.acknowledge_alarm(open.id, &operator).await.unwrap());
        assert!(!world.hub.gateway.acknowledge_alarm(open.id, &operator).await.unwrap(), "only once");
    }
    assert!(!world.hub.gateway.acknowledge_alarm(AlarmId::generate(), &operator).await.unwrap());
    assert_eq!(find(&world, AlarmQuery { open_only: true, ..AlarmQuery::default() }).await, []);
    let known = find(&world, AlarmQuery::default()).await;
    assert_eq!(known[0].acknowledged, Some((world.hub.ledger.clock().now(), operator)));
    assert!(!raise(&world, of_payment, "x").await, "once for a payment");
    assert!(raise(&world, of_collector, "x").await, "a collector's circuit opens again");
    let audited: Vec<String> = read!(world.test.database, |c| {
        let sql = "SELECT actor FROM audit WHERE action = 'alarm.acknowledge' ORDER BY number";
        sqlx::query_scalar(sql).fetch_all(c).await.unwrap()
    });
    assert_eq!(audited, ["staff:7"; 5]);
    world.assert_clean().await;
}

async fn one_in_a_commit_goes_with_it_and_never_stops_it(test: TestDatabase) {
    let world = World::new(test).await;
    let row = |subject| alarm(AlarmKind::LateAcceptance, subject).row(world.hub.ledger.clock().now());
    for subjects in [["a", "b"], ["b", "c"]] {
        let commit = Commit { rows_if_free: subjects.map(row).to_vec(), ..Commit::default() };
        world.hub.ledger.commit(commit).await.unwrap();
    }
    let mut subjects: Vec<_> =
        find(&world, AlarmQuery::default()).await.into_iter().map(|a| a.subject).collect();
    subjects.sort_unstable();
    assert_eq!(subjects, ["a", "b", "c"]);
}

async fn each_channel_takes_each_alarm_once(test: TestDatabase) {
    let world = World::new(test).await;
    raise(&world, AlarmKind::KeyReused, "a").await;
    let gateway = &world.hub.gateway;
    let alarm = find(&world, AlarmQuery::default()).await.remove(0);
    gateway.alarm_delivered(alarm.id, AlarmChannel::Mail).await.unwrap();
    let first = find(&world, AlarmQuery::default()).await.remove(0).mailed_at;
    assert_eq!(first, Some(world.clock.now()));
    world.clock.advance_seconds(1);
    gateway.alarm_delivered(alarm.id, AlarmChannel::Mail).await.unwrap();
    let now = find(&world, AlarmQuery::default()).await.remove(0);
    assert_eq!((now.mailed_at, now.posted_at), (first, None), "once, and each channel by itself");
}

async fn an_alarm_ends_with_its_cause_and_a_recurring_one_is_armed_again(test: TestDatabase) {
    let world = World::new(test).await;
    let gateway = &world.hub.gateway;
    let (gone, message) = (PaymentId::generate().to_string(), "MPN9999/2026-11-24/00000099");
    for (kind, subject) in [
        (AlarmKind::ResendingOver, gone.as_str()),
        (AlarmKind::CancellationResendingOver, message),
        (AlarmKind::WorkStuck, message),
        (AlarmKind::DayNotClosed, "00200/2026-11-24"),
        (AlarmKind::ReconciliationBreaks, "00200/2026-11-24"),
        (AlarmKind::SettlementLate, "20261124-00200"),
        (AlarmKind::CircuitOpen, "00200"),
        (AlarmKind::LateAcceptance, gone.as_str()),
        (AlarmKind::RequestUnclear, gone.as_str()),
        (AlarmKind::ResendingOver, "no payment"),
    ] {
        assert!(raise(&world, kind, subject).await);
    }
    let open = AlarmQuery { open_only: true, ..AlarmQuery::default() };
    let taken = find(&world, open.clone()).await.into_iter().find(|a| a.kind == AlarmKind::SettlementLate);
    gateway.acknowledge_alarm(taken.unwrap().id, &Operator::staff(7)).await.unwrap();
    world.clock.advance_seconds(1);
    gateway.end_alarms().await.unwrap();
    assert_eq!(gateway.end_alarms().await.unwrap(), 0);
    let ended: Vec<_> = find(&world, AlarmQuery::default()).await;
    let ended: Vec<_> = ended.iter().filter(|a| a.ended_at.is_some()).map(|a| a.kind.as_str()).collect();
    assert_eq!(ended, ["work_stuck", "cancellation_resending_over"], "the message is open no more");
    assert_eq!(find(&world, open.clone()).await.len(), 7, "two are over, and somebody knows of one");
    // whoever knows that it is over ends it
    assert!(gateway.end_alarm(AlarmKind::RequestUnclear, &gone).await.unwrap());
    assert!(!gateway.end_alarm(AlarmKind::RequestUnclear, &gone).await.unwrap());
    assert!(gateway.end_alarm(AlarmKind::CircuitOpen, "00200").await.unwrap());
    assert!(raise(&world, AlarmKind::CircuitOpen, "00200").await, "it opens again");
    assert!(!raise(&world, AlarmKind::CircuitOpen, "00200").await);
    assert!(!raise(&world, AlarmKind::ResendingOver, &gone).await, "once for a payment");
    world.assert_clean().await;
}

async fn one_about_a_silent_collector_ends_with_its_next_answer(test: TestDatabase) {
    let world = World::new(test).await;
    let open = async || find(&world, AlarmQuery { open_only: true, ..AlarmQuery::default() }).await.len();
    world.inquire(TAX).await;
    assert!(raise(&world, AlarmKind::CircuitOpen, TAX.collector).await);
    // another collector answers, and this one did before
    world.clock.advance_seconds(1);
    world.inquire(SHOP).await;
    world.hub.gateway.end_alarms().await.unwrap();
    assert_eq!(open().await, 1);
    world.inquire(TAX).await;
    world.hub.gateway.end_alarms().await.unwrap();
    assert_eq!(open().await, 0);
}

async fn a_notice_and_its_audit_record_are_one_commit(test: TestDatabase) {
    let world = World::new(test).await;
    raise(&world, AlarmKind::KeyReused, "a").await;
    let id = find(&world, AlarmQuery::default()).await.remove(0).id;
    let (one, two) = (Operator::staff(1), Operator::staff(2));
    let (first, second) = tokio::join!(
        world.hub.gateway.acknowledge_alarm(id, &one),
        world.hub.gateway.acknowledge_alarm(id, &two)
    );
    assert!(first.unwrap() != second.unwrap(), "of two at once one is the first");
    let by = find(&world, AlarmQuery::default()).await.remove(0).acknowledged.unwrap().1.name;
    let kept: Vec<(String, i64)> = read!(world.test.database, |c| {
        let sql = "SELECT k.actor, (SELECT count(*) FROM audit a WHERE a.action = 'alarm.acknowledge')
                   FROM alarm_acknowledgement k";
        sqlx::query_as(sql).fetch_all(c).await.unwrap()
    });
    assert_eq!(kept, [(by, 2)]);
    world.assert_clean().await;
}

async fn pages_of_alarms_meet_without_a_gap(test: TestDatabase) {
    let world = World::new(test).await;
    for n in 0..7 {
        if n % 3 == 0 {
            world.clock.advance_seconds(1);
        }
        world.hub.gateway.raise(&alarm(AlarmKind::KeyReused, &n.to_string())).await.unwrap();
    }
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let query = AlarmQuery { before, limit: 3, ..AlarmQuery::default() };
        let page = world.hub.gateway.alarms(&query).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some((last.raised_at, last.id));
        seen.extend(page.into_iter().map(|a| a.subject));
    }
    assert_eq!(seen, ["6", "5", "4", "3", "2", "1", "0"]);
}
