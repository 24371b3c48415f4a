//! 緊急停止: nothing that is confirmed after a stop's commit is held or sent, in whatever process.

use std::time::Duration;

use database::testing::TestDatabase;
use database::{on_both, read};
use domain::Yen;
use gateway::{PayError, Payment, PaymentOrder, Stop, StopScope};
use ledger::{Commit, EntityId, Ledger};

use crate::daily_limit::{bills, numbers, order};
use crate::support::{Hub, SHOP, World, limits, settings};

on_both!(
    what_is_confirmed_after_a_stop_is_refused_at_once_in_every_process,
    no_hold_is_committed_after_a_stop_however_many_are_under_way,
    what_was_held_before_a_stop_goes_on,
);

async fn stop(ledger: &Ledger, world: &World, scope: StopScope, subject: &str) -> Stop {
    let stop = Stop {
        id: domain::StaffRequestId::generate().uuid(),
        scope,
        subject: subject.to_owned(),
        reason: "不審な操作の連絡".to_owned(),
        actor: "staff:1".to_owned(),
        at: world.clock.now(),
    };
    let guards = vec![(stop.guard(), EntityId(stop.id))];
    ledger.commit(Commit { rows: vec![stop.row()], guards, ..Commit::default() }).await.unwrap();
    stop
}

async fn held(world: &World) -> i64 {
    read!(world.test.database, |c| { sqlx::query_scalar("SELECT count(*) FROM payment").fetch_one(c).await })
        .unwrap()
}

fn is_stopped(paid: &Result<Payment, PayError>) -> bool {
    matches!(paid, Err(PayError::Stopped))
}

/// Proves SEC-43.
async fn what_is_confirmed_after_a_stop_is_refused_at_once_in_every_process(test: TestDatabase) {
    let world = World::new(test).await;
    let mut other =
        Hub::open(world.test.database.clone(), &world.clock, &world.network, settings(), &limits()).await;
    let contract = world.payer.contract.to_string();
    let service = StopScope::Service;
    for (scope, subject) in
        [(StopScope::Contract, contract.as_str()), (service, "payeasy"), (service, "sign-in")]
    {
        let reviewed = world.inquire(SHOP).await;
        let before = tokio::time::Instant::now();
        let made = stop(&other.ledger, &world, scope, subject).await;
        for gateway in [&world.hub.gateway, &other.gateway] {
            let paid = gateway.pay(world.order(&reviewed)).await;
            assert!(is_stopped(&paid), "{scope:?}: {paid:?}");
        }
        let took = before.elapsed();
        eprintln!("a stop and its effect in two processes took {took:?}");
        assert!(took < Duration::from_secs(5), "{took:?}");
        let lift = Commit { release: vec![made.guard()], ..Commit::default() };
        world.hub.ledger.commit(lift).await.unwrap();
        let sql = "UPDATE emergency_stop SET lifted_us = 1, lifted_by = 'staff:2' WHERE id = $1";
        database::execute!(world.test.database, sql, made.id).unwrap();
    }
    assert_eq!(held(&world).await, 0);
    assert_eq!(world.pay(SHOP).await.unwrap().facts.amount, Yen::new(12_800), "all are lifted");
    other.stop().await;
    world.assert_clean().await;
}

/// Proves SEC-43.
async fn no_hold_is_committed_after_a_stop_however_many_are_under_way(test: TestDatabase) {
    let world = World::new(test).await;
    let numbers = numbers(24);
    bills(&world, &numbers).await;
    let mut other =
        Hub::open(world.test.database.clone(), &world.clock, &world.network, settings(), &limits()).await;
    let mut orders: Vec<PaymentOrder> = Vec::new();
    for number in &numbers {
        orders.push(order(&world, world.payer, number).await);
    }
    let mut paying = tokio::task::JoinSet::new();
    for (index, order) in orders.into_iter().enumerate() {
        let gateway = if index % 2 == 0 { &world.hub.gateway } else { &other.gateway };
        let gateway = gateway.clone();
        paying.spawn(async move {
            tokio::time::sleep(Duration::from_millis(5) * u32::try_from(index).unwrap()).await;
            gateway.pay(order).await
        });
    }
    tokio::time::sleep(Duration::from_millis(40)).await;
    stop(&other.ledger, &world, StopScope::Contract, &world.payer.contract.to_string()).await;
    let then = held(&world).await;
    let paid = paying.join_all().await;
    assert_eq!(held(&world).await, then, "no hold came after the stop's commit");
    let refused = paid.iter().filter(|paid| is_stopped(paid)).count();
    assert_eq!(refused, 24 - usize::try_from(then).unwrap(), "{paid:?}");
    assert!(refused > 0, "the stop came while payments were under way");
    other.stop().await;
    world.assert_clean().await;
}

/// Proves SEC-43.
async fn what_was_held_before_a_stop_goes_on(test: TestDatabase) {
    let mut world = World::new(test).await;
    let reviewed = world.inquire(SHOP).await;
    world.network.go_down().await;
    let order = world.order(&reviewed);
    let id = order.payment;
    world.hub.gateway.pay(order).await.unwrap();
    stop(&world.hub.ledger, &world, StopScope::Contract, &world.payer.contract.to_string()).await;
    world.network.come_up().await;
    world.reaches(id, domain::payment::State::Accepted).await;
    world.assert_clean().await;
}
