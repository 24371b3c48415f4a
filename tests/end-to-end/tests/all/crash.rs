//! The process is killed at every step of a payment; after a restart the payment ends accepted, exactly once.

use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use serde_json::json;

use crate::harness::{Bill, Clerk, Demo, Mocks, Options, clerk::Money, company};

/// A restarted process repeats at once what is open.
const ACCEPTED_WAIT: Duration = Duration::from_secs(60);
/// A lease and the look after it.
const LEASE_WAIT: Duration = Duration::from_secs(80);
/// How long the collector thinks, so that there is time to kill the bank meanwhile.
const DELAY_MS: u64 = 8_000;

const SIGABRT: i32 = 6;

/// A demo with one bill, reviewed by a clerk who has only to press the button.
struct Scene {
    demo: Demo,
    mocks: Mocks,
    clerk: Clerk,
    bill: Bill,
    before: Money,
}

impl Scene {
    async fn set(crash: Option<&'static str>, collector: &str) -> Self {
        Self::set_with(Options { crash, ..Options::default() }, collector).await
    }

    async fn set_with(options: Options, collector: &str) -> Self {
        let demo = Demo::start_with(options).await;
        let mocks = demo.mocks();
        let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
        let before = clerk.money().await;
        let bill = mocks.bill(collector, json!({ "amount": 34_567 })).await;
        Self { demo, mocks, clerk, bill, before }
    }

    async fn pay_until_it_dies(&mut self) {
        let review = self.clerk.reviewed(&self.bill).await;
        let answer = self.clerk.try_pay(&review).await;
        assert!(answer.is_err(), "the bank answered: {}", answer.unwrap().page.text());
        self.assert_aborted().await;
    }

    async fn assert_aborted(&mut self) {
        assert_eq!(self.demo.ended().await.signal(), Some(SIGABRT), "{}", self.demo.log());
    }

    /// Restarts and gives the number of times that the collector heard of the payment.
    async fn recovers(self) -> i64 {
        self.recovers_within(ACCEPTED_WAIT).await
    }

    async fn recovers_within(mut self, at_most: Duration) -> i64 {
        self.demo.restart().await;
        let payments = self.clerk.payments().await;
        assert_eq!(payments.len(), 1, "{payments:?}");
        let page = self.clerk.until_accepted(&payments[0], at_most).await;
        assert_eq!(page.field("total"), "34,567");
        let left = self.before.balance - self.bill.total();
        assert_eq!(self.clerk.money().await, Money { balance: left, available: left });
        let deliveries = self.mocks.assert_cleared_once(&self.bill).await;
        self.demo.assert_sound().await;
        deliveries
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_the_hold() {
    let mut scene = Scene::set(Some("after_persist_hold"), "00200").await;
    scene.pay_until_it_dies().await;
    assert_eq!(scene.recovers().await, 1, "nothing had been sent before");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_the_answer_came() {
    let mut scene = Scene::set(Some("after_receive_clearing"), "04100").await;
    scene.pay_until_it_dies().await;
    assert_eq!(scene.recovers().await, 2, "the answer was lost, so it was asked for again");
}

/// There the dead process's lease has to run out: another one could still be alive.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_the_answer_came_on_postgres() {
    let server = database::testing::postgres().await;
    let database_url = Some(server.url.clone());
    let options = Options { crash: Some("after_receive_clearing"), database_url, ..Options::default() };
    let mut scene = Scene::set_with(options, "04100").await;
    scene.pay_until_it_dies().await;
    assert_eq!(scene.recovers_within(LEASE_WAIT).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_after_the_answer_is_recorded() {
    let mut scene = Scene::set(Some("after_persist_answer"), "00500").await;
    scene.pay_until_it_dies().await;
    assert_eq!(scene.recovers().await, 1, "the answer is on record");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_at_each_repeat() {
    let mut scene = Scene::set(Some("after_receive_clearing"), "04000").await;
    scene.pay_until_it_dies().await;
    for _ in 0..2 {
        scene.demo.restart_armed("after_receive_resend_confirmation", &[]).await;
        scene.assert_aborted().await;
    }
    assert_eq!(scene.recovers().await, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_from_outside_while_the_collector_is_about_to_answer() {
    let mut scene = Scene::set(None, "00200").await;
    let review = scene.clerk.reviewed(&scene.bill).await;
    let slow = json!({ "delay_ms": DELAY_MS, "on": "clearing", "times": 1 });
    scene.mocks.fault("00200", slow).await;
    let (mocks, bill) = (scene.mocks.clone(), scene.bill.clone());
    let kill = async {
        mocks.recorded(&bill).await;
        scene.demo.kill();
    };
    let (answer, ()) = tokio::join!(scene.clerk.try_pay(&review), kill);
    assert!(answer.is_err(), "the bank answered: {}", answer.unwrap().page.text());
    assert_eq!(scene.recovers().await, 2);
}

/// Nothing but the kernel ends the process here, between the commit of the hold and the first byte sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_from_outside_right_after_the_hold() {
    let mut scene = Scene::set(Some("after_persist_hold=sleep(20000)"), "04000").await;
    let review = scene.clerk.reviewed(&scene.bill).await;
    // what is durable is seen by another process
    let database = database::Database::sqlite(&scene.demo.data().join("mpn.sqlite")).await.unwrap();
    let kill = async {
        let holds = async || -> i64 {
            let found = database::read!(database, |c| {
                sqlx::query_scalar("SELECT count(*) FROM payment").fetch_one(c).await
            });
            found.unwrap()
        };
        while holds().await == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(
            scene.mocks.clearings(&scene.bill).await.is_empty(),
            "it was sent in spite of the crash point"
        );
        scene.demo.kill();
    };
    let (answer, ()) = tokio::join!(scene.clerk.try_pay(&review), kill);
    assert!(answer.is_err(), "the bank answered: {}", answer.unwrap().page.text());
    database.close().await;
    assert_eq!(scene.recovers().await, 1, "nothing had been sent before");
}

/// A payer who goes away does not stop the payment, and an orderly stop waits for it or leaves it open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_in_order_while_the_collector_is_about_to_answer() {
    let mut scene = Scene::set(None, "04100").await;
    let review = scene.clerk.reviewed(&scene.bill).await;
    let slow = json!({ "delay_ms": 1_500, "on": "clearing", "times": 1 });
    scene.mocks.fault("04100", slow).await;
    let (mocks, bill) = (scene.mocks.clone(), scene.bill.clone());
    let stop = async {
        mocks.recorded(&bill).await;
        assert!(scene.demo.stop().await.success());
    };
    let (answer, ()) = tokio::join!(scene.clerk.try_pay(&review), stop);
    drop(answer);
    assert!(scene.recovers().await <= 2);
}
