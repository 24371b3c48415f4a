//! The database is full, read-only or gone: new work is refused in clear words, nothing that was acknowledged is lost,
//! and when the database is back everything goes on unaided.

use std::time::Duration;

use database::testing::OwnPostgres;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::harness::{Answer, Bill, Clerk, Demo, Mocks, Options, clerk::Money, company};

/// How long the database is gone.
const GONE: Duration = Duration::from_secs(60);
/// A lease and the look after it.
const RECOVERY_WAIT: Duration = Duration::from_secs(90);
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// One payment is acknowledged, two more wait for the last button.
struct Desk {
    demo: Demo,
    mocks: Mocks,
    clerk: Clerk,
    acknowledged: Bill,
    bills: Vec<Bill>,
    reviews: Vec<Answer>,
    after_one: Money,
}

impl Desk {
    async fn set(options: Options) -> Self {
        let demo = Demo::start_with(options).await;
        let mocks = demo.mocks();
        let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
        let acknowledged = mocks.bill("04100", json!({ "amount": 10_000 })).await;
        clerk.pay_whole(&acknowledged).await;
        let bills = mocks.bills("00200", json!({ "count": 2, "amount": 20_000 })).await;
        let mut reviews = Vec::new();
        for bill in &bills {
            reviews.push(clerk.reviewed(bill).await);
        }
        let after_one = clerk.money().await;
        Self { demo, mocks, clerk, acknowledged, bills, reviews, after_one }
    }

    /// Nothing was held, and the page says so.
    async fn refuses(&self, review: usize) {
        let answer = self.clerk.pay(&self.reviews[review]).await;
        let text = answer.page.text();
        assert_eq!(answer.page.fields("error_code"), ["P-901"], "{text}");
        assert!(text.contains("まだ何も引き落とされていません"), "{text}");
        assert_eq!(self.clerk.money().await, self.after_one);
    }

    /// Everything that was begun ends as it would have without the fault.
    async fn goes_on(&self) {
        let mut left = self.after_one.balance;
        for review in &self.reviews {
            self.retry(review).await;
        }
        for payment in self.clerk.payments().await {
            self.clerk.until_accepted(&payment, RECOVERY_WAIT).await;
        }
        for bill in &self.bills {
            self.mocks.assert_cleared_once(bill).await;
            left -= bill.total();
        }
        self.mocks.assert_cleared_once(&self.acknowledged).await;
        assert_eq!(self.clerk.money().await, Money { balance: left, available: left });
        assert_eq!(self.clerk.payments().await.len(), 1 + self.bills.len());
        self.demo.assert_sound().await;
    }

    /// Presses the button until the bank has taken the payment.
    async fn retry(&self, review: &Answer) {
        let began = Instant::now();
        loop {
            let shown = self.clerk.client.get(&review.path).await;
            let taken = |answer: &Answer| !answer.page.state().is_empty();
            if taken(&shown) || self.clerk.try_pay(review).await.is_ok_and(|answer| taken(&answer)) {
                return;
            }
            assert!(began.elapsed() < RECOVERY_WAIT, "the bank does not recover: {}", self.demo.log());
            sleep(LOOK_AGAIN).await;
        }
    }
}

/// Less than one commit writes, wherever in its log the database stands.
const ROOM_BYTES: u64 = 4_096;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_new_payments_and_loses_none() {
    let desk = Desk::set(Options::default()).await;
    desk.demo.limit_files(Some(ROOM_BYTES));
    desk.refuses(0).await;
    desk.refuses(1).await;
    desk.demo.limit_files(None);
    desk.goes_on().await;
}

/// The money is held, the collector clears, and then there is no room for the answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_finds_no_room_is_recorded_when_there_is_some() {
    let desk = Desk::set(Options::default()).await;
    desk.mocks.fault("00200", json!({ "delay_ms": 1_500, "on": "clearing", "times": 1 })).await;
    let (paid, ()) = tokio::join!(desk.clerk.pay(&desk.reviews[0]), async {
        desk.mocks.recorded(&desk.bills[0]).await;
        desk.demo.limit_files(Some(ROOM_BYTES));
        sleep(Duration::from_secs(4)).await;
        desk.demo.limit_files(None);
    });
    assert_eq!(paid.status, 200, "{}", paid.page.text());
    desk.goes_on().await;
}

async fn own_sql(url: &str, statements: &[&'static str]) {
    use sqlx::Connection as _;
    let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
    for statement in statements {
        sqlx::query(*statement).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

/// Sessions that are there end, so that those which come find the new setting.
const END_SESSIONS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_database_refuses_new_payments_and_loses_none() {
    let server = OwnPostgres::start();
    let desk = Desk::set(Options { database_url: Some(server.url.clone()), ..Options::default() }).await;
    // the use of a session is noted at times: pages are shown where that fails
    desk.demo.set_clock("2026-11-24T10:05:00+09:00").await;
    let read_only = "ALTER DATABASE postgres SET default_transaction_read_only = on";
    own_sql(&server.url, &[read_only, END_SESSIONS]).await;
    desk.refuses(0).await;
    let writable = "ALTER DATABASE postgres RESET default_transaction_read_only";
    own_sql(&server.url, &["SET default_transaction_read_only = off", writable, END_SESSIONS]).await;
    desk.goes_on().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_gone_for_a_minute_loses_nothing() {
    let server = OwnPostgres::start();
    let desk = Desk::set(Options { database_url: Some(server.url.clone()), ..Options::default() }).await;
    // one is on its way while the database goes
    desk.mocks.fault("00200", json!({ "delay_ms": 1_000, "on": "clearing", "times": 1 })).await;
    let (paid, ()) = tokio::join!(desk.clerk.try_pay(&desk.reviews[0]), async {
        desk.mocks.recorded(&desk.bills[0]).await;
        server.crash();
    });
    let text = paid.unwrap().page.text();
    assert!(text.contains("払込履歴"), "it must say where to look before paying again: {text}");
    let began = Instant::now();
    let refused = desk.clerk.try_pay(&desk.reviews[1]).await.unwrap();
    assert!(refused.status.is_server_error() || !refused.page.fields("error_code").is_empty());
    let (ready, _) = crate::harness::client::Client::new("")
        .send_json(
            http::Method::GET,
            &format!("{}/ready", desk.demo.json["ops"]["url"].as_str().unwrap()),
            String::new(),
        )
        .await;
    assert_eq!(ready, 503);
    sleep(GONE.saturating_sub(began.elapsed())).await;
    server.start_again();
    desk.goes_on().await;
}
