//! A process ends at a bad moment, and several processes share one database.

use std::collections::BTreeSet;
use std::time::Duration;

use collectors::client::Limits;
use database::on_both;
use database::testing::TestDatabase;
use domain::payment::State;
use domain::{Clock, PaymentId, Yen};
use gateway::operations::CounterOrder;
use gateway::{Operator, PaymentOrder, Settings, chart};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::support::{Hub, Network, SHOP, TAX, WITH_FEE, World, limits, settings};

on_both!(
    a_process_that_ends_before_it_sends,
    a_process_that_ends_before_it_hears_the_answer,
    a_process_that_ends_before_it_hears_that_a_payment_is_cancelled,
);

/// A process of its own: a runtime with its own connections, that can be ended in the middle of anything.
struct Process {
    runtime: Runtime,
    hub: Hub,
}

impl Process {
    async fn start(
        test: &TestDatabase,
        clock: &Clock,
        network: &Network,
        settings: Settings,
        limits: &Limits,
    ) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let _inside = runtime.enter();
        let database = test.reopened().await;
        let hub = Hub::open(database, clock, network, settings, limits).await;
        Self { runtime, hub }
    }

    /// The payment goes on in the process when nobody waits for it.
    fn begin(&self, order: PaymentOrder) {
        let gateway = self.hub.gateway.clone();
        self.runtime.spawn(async move { gateway.pay(order).await });
    }

    fn kill(self) {
        self.runtime.shutdown_background();
    }
}

async fn held(world: &World, id: PaymentId) {
    world.reaches(id, State::Sending).await;
}

/// A world whose own hub only looks, so that it does not do the dead process's work.
async fn onlooker(test: TestDatabase) -> World {
    World::with(test, Settings { poll_interval_ms: 3_600_000, ..settings() }, &limits()).await
}

/// One second after the death a lease is over on PostgreSQL; on SQLite the start frees it.
fn short_lease() -> Settings {
    Settings { lease_s: 1, ..settings() }
}

async fn a_process_that_ends_before_it_sends(test: TestDatabase) {
    let world = onlooker(test).await;
    // one place, taken by another inquiry: the delivery waits for it with the money held
    let narrow = Limits { concurrent_max: 1, ..limits() };
    let first = Process::start(&world.test, &world.clock, &world.network, short_lease(), &narrow).await;
    let order = world.order(&world.inquire(TAX).await);
    world.network.fault("00200", json!({"delay_ms": 3_000, "on": "inquiry", "times": 1})).await;
    let (gateway, payer) = (first.hub.gateway.clone(), world.payer);
    let request = world.inquire(TAX).await.request;
    world.network.fault("00200", json!({"delay_ms": 3_000, "on": "inquiry", "times": 1})).await;
    first.runtime.spawn(async move { gateway.inquire(payer, request).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let id = order.payment;
    first.begin(order);
    held(&world, id).await;
    first.kill();
    assert!(world.network.clearings().await.is_empty());
    assert_eq!(world.balance().await.held, Yen::new(215_000));
    world.assert_clean().await;

    let next = Process::start(&world.test, &world.clock, &world.network, short_lease(), &limits()).await;
    let payment = world.reaches(id, State::Accepted).await;
    let (deliveries, first_by, _) = world.network.record(&payment).await.unwrap();
    assert_eq!((deliveries, first_by.as_str()), (1, "ResendConfirmation"), "bytes may have left");
    world.assert_clean().await;
    next.kill();
}

async fn a_process_that_ends_before_it_hears_the_answer(test: TestDatabase) {
    let world = onlooker(test).await;
    let first = Process::start(&world.test, &world.clock, &world.network, short_lease(), &limits()).await;
    let order = world.order(&world.inquire(SHOP).await);
    world.network.fault("99022", json!({"delay_ms": 3_000, "on": "clearing", "times": 1})).await;
    let id = order.payment;
    first.begin(order);
    held(&world, id).await;
    while world.network.clearings().await.is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    first.kill();
    world.assert_clean().await;

    let next = Process::start(&world.test, &world.clock, &world.network, short_lease(), &limits()).await;
    let payment = world.reaches(id, State::Accepted).await;
    let (deliveries, first_by, _) = world.network.record(&payment).await.unwrap();
    assert_eq!((deliveries, first_by.as_str()), (2, "Clearing"));
    assert_eq!(world.events(id).await, ["held", "claimed", "outcome_unknown", "claimed", "accepted"]);
    assert_eq!(world.balance().await.balance, Yen::new(1_000_000 - 12_800));
    world.assert_clean().await;
    next.kill();
}

async fn a_process_that_ends_before_it_hears_that_a_payment_is_cancelled(test: TestDatabase) {
    let world = onlooker(test).await;
    let first = Process::start(&world.test, &world.clock, &world.network, short_lease(), &limits()).await;
    let request = world.inquire(WITH_FEE).await.request;
    let teller = Operator::staff("teller");
    let inquiry = world.hub.gateway.counter_inquiry(request, &teller).await.unwrap();
    let order = CounterOrder {
        payment: PaymentId::generate(),
        inquiry: inquiry.id,
        bill: inquiry.bills[0].id.clone(),
        amount: inquiry.bills[0].amount,
    };
    let id = order.payment;
    let paid = world.hub.gateway.counter_payment(order, &teller).await.unwrap();
    assert_eq!(paid.state, State::Accepted);
    world.network.fault("99022", json!({"delay_ms": 3_000, "on": "any", "times": 1})).await;
    let gateway = first.hub.gateway.clone();
    first.runtime.spawn(async move { gateway.cancel(id, &teller).await });
    while world.network.cancellations("99022").await.is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    first.kill();
    let cash = async || world.hub.ledger.internal_balance(chart::COUNTER_CASH).await.unwrap();
    assert_eq!(cash().await, Yen::new(-58_110), "nothing goes back before it is known");
    world.assert_clean().await;

    let next = Process::start(&world.test, &world.clock, &world.network, short_lease(), &limits()).await;
    world.reaches_events(id, 8).await;
    let events = world.events(id).await;
    assert_eq!(
        events[3..],
        [
            "cancellation_requested",
            "cancellation_claimed",
            "cancellation_unknown",
            "cancellation_claimed",
            "cancelled"
        ]
    );
    assert_eq!(world.network.cancellations("99022").await.len(), 1);
    assert_eq!(cash().await, Yen::ZERO);
    world.assert_clean().await;
    next.kill();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_the_work_of_one_postgres() {
    let mut world = World::new(database::testing::postgres().await).await;
    let other = Process::start(&world.test, &world.clock, &world.network, settings(), &limits()).await;
    let numbers: Vec<String> = (0..12).map(|n| format!("{:016}", 7_000 + n)).collect();
    world.network.add_pensions(&numbers).await;
    let mut orders = Vec::new();
    for number in &numbers {
        orders.push(world.order(&world.inquire_pension(number).await));
    }
    world.network.go_down().await;
    let ids: Vec<_> = orders.iter().map(|o| o.payment).collect();
    let mut paying = tokio::task::JoinSet::new();
    for (n, order) in orders.into_iter().enumerate() {
        let gateway = if n % 2 == 0 { &world.hub.gateway } else { &other.hub.gateway }.clone();
        paying.spawn(async move { gateway.pay(order).await.unwrap() });
    }
    let held = paying.join_all().await;
    assert_eq!(world.balance().await.held, Yen::new(12_000));
    world.network.come_up().await;

    let mut keys = BTreeSet::new();
    for id in ids {
        let payment = world.reaches(id, State::Accepted).await;
        let (deliveries, first_by, _) = world.network.record(&payment).await.unwrap();
        assert_eq!((deliveries, first_by.as_str()), (1, "Clearing"), "delivered by one of them");
        keys.insert(payment.facts.message_key);
    }
    assert_eq!((keys.len(), held.len()), (12, 12), "serials are unique");
    assert_eq!(world.balance().await.balance, Yen::new(988_000));
    world.assert_clean().await;
    other.kill();
}
