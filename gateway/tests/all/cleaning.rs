//! What is kept for a time only goes away, and nothing else does.

use database::testing::TestDatabase;
use database::{execute, on_both, read};
use domain::payment::State;
use domain::{InquiryId, Timestamp};

use crate::support::{SHOP, TAX, World};

on_both!(an_inquiry_is_deleted_after_a_day, many_old_inquiries_are_deleted_at_once);

const DAY_S: i64 = 24 * 60 * 60;

async fn inquiries(world: &World) -> i64 {
    read!(world.test.database, |c| {
        sqlx::query_scalar("SELECT count(*) FROM inquiry").fetch_one(c).await.unwrap()
    })
}

async fn an_inquiry_is_deleted_after_a_day(test: TestDatabase) {
    let world = World::new(test).await;
    let order = world.order(&world.inquire(TAX).await);
    let paid = world.hub.gateway.pay(order.clone()).await.unwrap();
    assert_eq!(paid.state, State::Accepted);
    world.clock.advance_seconds(1);
    let later = world.inquire(SHOP).await;
    world.clock.advance_seconds(DAY_S - 1);
    assert_eq!(world.hub.gateway.delete_old_inquiries().await.unwrap(), 0, "a day old, and not more");
    world.clock.advance_seconds(1);
    assert_eq!(world.hub.gateway.delete_old_inquiries().await.unwrap(), 1);
    let gateway = &world.hub.gateway;
    assert_eq!(gateway.inquiry(world.payer.contract, order.inquiry).await.unwrap(), None);
    assert!(gateway.inquiry(world.payer.contract, later.id).await.unwrap().is_some());
    // the payment does not need it: its form sent again shows it still
    assert_eq!(gateway.pay(order).await.unwrap(), paid);
    world.assert_clean().await;
}

async fn many_old_inquiries_are_deleted_at_once(test: TestDatabase) {
    let world = World::new(test).await;
    let mut tx = world.test.database.begin().await.unwrap();
    for _ in 0..1_001 {
        execute!(
            tx,
            "INSERT INTO inquiry (id, contract, user_id, collector, customer_number, confirmation_number, bills,
                                  generations, answered_us)
             VALUES ($1, $2, $3, '00200', '1', '1', '[]', '{}', $4)",
            InquiryId::generate().uuid(),
            world.payer.contract.uuid(),
            world.payer.user.uuid(),
            Timestamp::default().micros(),
        )
        .unwrap();
    }
    tx.commit().await.unwrap();
    let fresh = world.inquire(TAX).await;
    assert_eq!(world.hub.gateway.delete_old_inquiries().await.unwrap(), 1_001);
    assert_eq!(inquiries(&world).await, 1);
    assert!(world.hub.gateway.inquiry(world.payer.contract, fresh.id).await.unwrap().is_some());
}
