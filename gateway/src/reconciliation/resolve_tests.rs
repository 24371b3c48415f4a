//! The commit that pays back, against a day that moved on and a process that stood still.

use database::on_both;
use database::testing::TestDatabase;
use domain::payment::State;
use domain::{PaymentId, StaffRequestId};

use super::super::run::Heard;
use super::super::store::BreakQuery;
use super::*;
use crate::Operator;
use crate::service::Counters;
use crate::settlement::tests::World;

on_both!(a_refund_follows_the_comparison_that_was_made_for_it);

const SHOP: &str = "99022";
const DAY: &str = "2026-11-20";

async fn day(world: &World) -> ServiceDay {
    let found = world.gateway.service_day(&SHOP.parse().unwrap(), DAY.parse().unwrap()).await;
    found.unwrap().unwrap()
}

/// The day after a comparison in which the collector has nothing.
async fn compared(world: &World) -> ServiceDay {
    let day = day(world).await;
    let items = world.gateway.hub_items(&day.collector, day.date).await.unwrap();
    let heard = Heard { items, lines: vec![], counters: Some(Counters::default()), at: Instant::now() };
    let kept = world.gateway.keep_comparison(&day, &heard, &Operator::staff(7)).await;
    kept.unwrap().unwrap().1
}

async fn state(world: &World, payment: PaymentId) -> State {
    world.gateway.payment_for_operator(payment).await.unwrap().unwrap().state
}

async fn a_refund_follows_the_comparison_that_was_made_for_it(test: TestDatabase) {
    let world = World::new(test).await;
    let gateway = &world.gateway;
    let payment = world.pay(SHOP, 12_800, 0).await.id;
    world.day_is(SHOP, DAY, "closed", 0).await;
    world.at("2026-11-20T10:06:35");
    let first = compared(&world).await;
    let breaks = gateway.breaks(&BreakQuery { limit: 9, ..BreakQuery::default() }).await.unwrap();
    let eyes = FourEyes {
        maker: Operator::staff(7),
        checker: Operator::staff(8),
        reason: "記録しないと回答".to_owned(),
    };
    let once = Guard::request_act(StaffRequestId::generate());
    let asked = Asked { id: breaks[0].id, ending: Ending::Refunded, eyes: &eyes, once: Some(&once) };

    // the day has moved on since it was compared
    let second = compared(&world).await;
    assert!(!gateway.end_break(&asked, &first, Instant::now()).await.unwrap());
    // or this process stood still
    let long_ago = Instant::now().checked_sub(HEARD_FOR + Duration::from_millis(1)).unwrap();
    assert!(!gateway.end_break(&asked, &second, long_ago).await.unwrap());
    // or it was recorded that nothing is done
    let refused = Guard::request_act(StaffRequestId::generate());
    let guards = vec![(refused.key(), EntityId(asked.id.uuid()))];
    gateway.ledger().commit(Commit { guards, ..Commit::default() }).await.unwrap();
    let late = Asked { once: Some(&refused), ..asked };
    let outcome = gateway.end_break(&late, &second, Instant::now()).await;
    assert!(matches!(outcome, Err(BreakError::MovedOn)), "{outcome:?}");
    assert_eq!(state(&world, payment).await, State::Accepted);
    assert_eq!(day(&world).await, second, "nothing has changed");

    assert!(gateway.end_break(&asked, &second, Instant::now()).await.unwrap());
    assert_eq!(state(&world, payment).await, State::Refunded);
    assert!(gateway.is_taken(&once).await.unwrap());
    let day = day(&world).await;
    assert!(day.unfinished && day.reconciliation.unwrap().is_outdated(0));
    world.assert_clean().await;
}
