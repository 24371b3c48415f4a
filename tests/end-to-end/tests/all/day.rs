//! The process is killed at every step of a collector's processing day; after a restart the day is closed once, with
//! the right counters, and compared.

use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use database::{Database, read};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::harness::{Clerk, Demo, company};

/// A process is up, has begun the days and has heard the collectors.
const FINISHED_WAIT: Duration = Duration::from_secs(40);
const SIGABRT: i32 = 6;

/// What the payer pays each day.
const AMOUNT: i64 = 1_234;

/// The process dies at the first of these that it reaches after midnight, or five minutes before.
const POINTS: &[(&str, &str)] = &[
    ("before_send_pre_close", "23:56:00"),
    ("after_receive_pre_close", "23:56:00"),
    ("before_persist_service", "24:00:01"),
    ("after_persist_service", "24:00:01"),
    ("before_send_open", "24:00:01"),
    ("after_receive_open", "24:00:01"),
    ("before_send_close", "24:00:01"),
    ("after_receive_close", "24:00:01"),
    ("before_send_counter", "24:00:01"),
    ("after_receive_counter", "24:00:01"),
    ("before_send_lines", "24:00:01"),
    ("after_receive_lines", "24:00:01"),
    ("before_persist_reconciliation", "24:00:01"),
    ("after_persist_reconciliation", "24:00:01"),
];

/// The days from a Tuesday on.
fn date(number: usize) -> String {
    if number < 7 { format!("2026-11-{}", 24 + number) } else { format!("2026-12-{:02}", number - 6) }
}

/// `2026-11-24T23:56:00+09:00`; 24 o'clock is the next day's midnight.
fn instant(day: usize, time: &str) -> String {
    match time.strip_prefix("24") {
        Some(rest) => format!("{}T00{rest}+09:00", date(day + 1)),
        None => format!("{}T{time}+09:00", date(day)),
    }
}

/// Waits until every collector's day is closed and compared.
async fn finished(demo: &Demo, day: usize) {
    let database = Database::sqlite(&demo.data().join("mpn.sqlite")).await.unwrap();
    let began = Instant::now();
    loop {
        let (begun, unfinished): (i64, i64) = read!(database, |c| {
            sqlx::query_as(
                "SELECT (SELECT count(*) FROM service_day WHERE date = $1),
                        (SELECT count(*) FROM guard WHERE key LIKE 'service|%|' || $1)",
            )
            .bind(date(day))
            .fetch_one(c)
            .await
        })
        .unwrap();
        if begun > 0 && unfinished == 0 {
            return database.close().await;
        }
        assert!(began.elapsed() < FINISHED_WAIT, "{unfinished} of {begun} are not finished: {}", demo.log());
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_step_of_a_day() {
    let mut demo = Demo::start().await;
    for (day, (point, time)) in POINTS.iter().enumerate() {
        let noon = instant(day, "12:00:00");
        demo.set_clock(&noon).await;
        let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
        let bill = demo.mocks().bill("04100", json!({ "amount": AMOUNT })).await;
        let review = clerk.reviewed(&bill).await;
        assert_eq!(clerk.pay(&review).await.page.state(), "accepted");

        demo.restart_armed(point, &["--clock", &instant(day, "12:30:00")]).await;
        demo.try_set_clock(&instant(day, time)).await;
        assert_eq!(demo.ended().await.signal(), Some(SIGABRT), "{point}: {}", demo.log());
        demo.restart_with(&["--clock", &instant(day, "24:01:00")]).await;
        finished(&demo, day).await;
        let told = demo.mocks().service("04100").await;
        let told = told["days"].as_array().unwrap().iter().find(|d| d["day"] == date(day)).unwrap();
        assert_eq!(told["state"], "closed", "{point}");
        assert_eq!(told["hub_counters"], told["counters"], "{point}");
        assert_eq!(told["counters"]["cleared"], json!({ "count": 1, "amount": AMOUNT }), "{point}");
        demo.assert_sound().await;
    }
}
