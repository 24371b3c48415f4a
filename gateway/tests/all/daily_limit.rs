//! 1日の限度額: exactly the limit passes, side by side or over midnight, and what was released does not count.

use database::on_both;
use database::testing::TestDatabase;
use domain::payment::State;
use domain::{UserId, Yen};
use gateway::{DailyLimit, LimitOf, OverLimit, PayError, Payer, Payment, PaymentOrder};
use serde_json::json;

use crate::support::{Hub, SHOP, TAX, WITH_FEE, World, limits, settings};

on_both!(
    payments_side_by_side_in_two_processes_never_pass_the_limit_together,
    exactly_the_limit_passes_and_one_yen_more_is_refused,
    what_was_never_sent_does_not_count_any_more,
    the_day_begins_at_midnight_in_japan,
);

/// Bills of 1,000 yen at the private collector.
pub async fn bills(world: &World, numbers: &[String]) {
    for number in numbers {
        let bill = json!({"customer_number": number, "confirmation_number": "112233", "amount": 1_000});
        world.network.control("POST", "/control/99022/bills", bill.to_string()).await;
    }
}

pub fn numbers(count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("9022000000000077{n:04}")).collect()
}

pub async fn order(world: &World, payer: Payer, number: &str) -> PaymentOrder {
    let asked = gateway::InquiryRequest {
        collector: SHOP.collector.parse().unwrap(),
        customer_number: number.parse().unwrap(),
        confirmation_number: "112233".parse().unwrap(),
        category: None,
        amount: None,
    };
    world.order(&world.hub.gateway.inquire(payer, asked).await.unwrap())
}

const fn within(contract: i64) -> Option<DailyLimit> {
    Some(DailyLimit { contract: Yen::new(contract), user: None })
}

fn over(paid: Result<Payment, PayError>) -> OverLimit {
    match paid {
        Err(PayError::OverDailyLimit(over)) => over,
        other => panic!("{other:?}"),
    }
}

/// The Limit row of payeasy.md 5: two payments cannot pass the limit together.
///
/// Proves SEC-18.
async fn payments_side_by_side_in_two_processes_never_pass_the_limit_together(test: TestDatabase) {
    let world = World::new(test).await;
    let numbers = numbers(12);
    bills(&world, &numbers).await;
    let mut other =
        Hub::open(world.test.database.clone(), &world.clock, &world.network, settings(), &limits()).await;
    let mut paying = tokio::task::JoinSet::new();
    for (index, number) in numbers.iter().enumerate() {
        let payer = Payer { user: UserId::generate(), ..world.payer };
        let order = order(&world, payer, number).await;
        let process = if index % 2 == 0 { &world.hub.gateway } else { &other.gateway };
        let process = process.clone();
        paying.spawn(async move { process.pay_within(order, within(5_500)).await });
    }
    let (mut paid, mut refused) = (0, 0);
    while let Some(outcome) = paying.join_next().await {
        match outcome.unwrap() {
            Ok(_) => paid += 1,
            Err(PayError::OverDailyLimit(_)) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((paid, refused), (5, 7));
    let used = world.hub.gateway.day_use(world.payer.contract, world.clock.now().date()).await.unwrap();
    assert_eq!(used.total(), Some(Yen::new(5_000)));
    other.stop().await;
    world.assert_clean().await;
}

async fn exactly_the_limit_passes_and_one_yen_more_is_refused(test: TestDatabase) {
    let world = World::new(test).await;
    let gateway = &world.hub.gateway;
    // with the payer's fee
    let asked = world.inquire(WITH_FEE).await;
    let refused = over(gateway.pay_within(world.order(&asked), within(58_109)).await);
    assert_eq!(
        (refused.of, refused.used, refused.remaining()),
        (LimitOf::Contract, Yen::ZERO, Yen::new(58_109))
    );
    let paid = gateway.pay_within(world.order(&asked), within(58_110)).await.unwrap();
    assert_eq!(paid.state, State::Accepted);
    let tax = gateway.pay(world.order(&world.inquire(TAX).await)).await.unwrap();
    assert_eq!(tax.state, State::Accepted);
    let asked = world.inquire(SHOP).await;
    let full = over(gateway.pay_within(world.order(&asked), within(58_110)).await);
    assert_eq!((full.used, full.remaining()), (Yen::new(58_110), Yen::ZERO), "taxes do not count");
    let own = DailyLimit { contract: Yen::new(1_000_000), user: Some(Yen::new(70_909)) };
    let refused = over(gateway.pay_within(world.order(&asked), Some(own)).await);
    assert_eq!((refused.of, refused.remaining()), (LimitOf::User, Yen::new(12_799)));
    let own = DailyLimit { user: Some(Yen::new(70_910)), ..own };
    assert_eq!(gateway.pay_within(world.order(&asked), Some(own)).await.unwrap().state, State::Accepted);
    world.assert_clean().await;
}

async fn what_was_never_sent_does_not_count_any_more(test: TestDatabase) {
    let mut world = World::new(test).await;
    let asked = world.inquire(SHOP).await;
    world.network.go_down().await;
    let order = world.order(&asked);
    let id = order.payment;
    world.hub.gateway.pay_within(order, within(12_800)).await.unwrap();
    let full = over(world.hub.gateway.pay_within(world.order(&asked), within(12_800)).await);
    assert_eq!(full.used, Yen::new(12_800), "it is held");
    world.clock.advance_seconds(120);
    world.reaches(id, State::Voided).await;
    world.network.come_up().await;
    let paid = world.hub.gateway.pay_within(world.order(&asked), within(12_800)).await.unwrap();
    assert_eq!(paid.state, State::Accepted);
    world.assert_clean().await;
}

async fn the_day_begins_at_midnight_in_japan(test: TestDatabase) {
    let world = World::new(test).await;
    let numbers = numbers(2);
    bills(&world, &numbers).await;
    // 23:59:59; the clock of the tests began at 10:00
    world.clock.advance_seconds(14 * 3600 - 1);
    let (first, second) =
        (order(&world, world.payer, &numbers[0]).await, order(&world, world.payer, &numbers[1]).await);
    world.hub.gateway.pay_within(first, within(1_000)).await.unwrap();
    let full = over(world.hub.gateway.pay_within(second.clone(), within(1_000)).await);
    assert_eq!(full.used, Yen::new(1_000));
    world.clock.advance_seconds(1);
    let used = world.hub.gateway.day_use(world.payer.contract, world.clock.now().date()).await.unwrap();
    assert_eq!(used.total(), Some(Yen::ZERO), "0:00:00");
    let fits = world.hub.gateway.pay_within(second, within(1_000)).await;
    assert!(!matches!(fits, Err(PayError::OverDailyLimit(_))), "{fits:?}");
}
