//! Starting and stopping: in a second, on the same data again, or with one sentence that says why not.

use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::harness::{Clerk, Demo, clerk::Money, company, files, process};

/// The bound of a start is one second with a release build on a quiet machine; these tests run neither.
const READY_DEBUG_MAX: Duration = Duration::from_secs(5);
/// A database may be starting too, so a start waits a little for it.
const FAILED_START_MAX: Duration = Duration::from_secs(15);

/// Runs a demo that cannot start.
fn fails(arguments: &[&str]) -> String {
    let mut command = Command::new("timeout");
    command.arg(FAILED_START_MAX.as_secs().to_string()).arg(files::mpn()).arg("demo").args(arguments);
    let output: Output = command.stdin(Stdio::null()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "one sentence: {stderr}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    stderr
}

#[track_caller]
fn assert_names(stderr: &str, parts: &[&str]) {
    for part in parts {
        assert!(stderr.contains(part), "no {part:?} in: {stderr}");
    }
    for inner in ["Error {", "panicked", "Os {", "RUST_BACKTRACE"] {
        assert!(!stderr.contains(inner), "{stderr}");
    }
}

#[test]
fn a_taken_port_is_named_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for offset in [0, 10, 20] {
        let base = process::free_base();
        let taken = base + offset;
        let _holder = TcpListener::bind(("127.0.0.1", taken)).unwrap();
        let said = fails(&["--data", data.to_str().unwrap(), "--port-base", &base.to_string()]);
        assert_names(&said, &[&taken.to_string(), "--port-base"]);
    }
    assert!(!data.exists(), "nothing was made");
}

#[test]
fn an_unwritable_folder_is_named_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    std::fs::write(&file, "not a folder").unwrap();
    for data in [file.clone(), file.join("below")] {
        let data = data.to_str().unwrap();
        let said = fails(&["--data", data, "--port-base", &process::free_base().to_string()]);
        assert_names(&said, &[data, "--data"]);
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "not a folder");
}

#[test]
fn an_unreachable_database_is_named_without_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (data, base) = (data.to_str().unwrap(), process::free_base());
    let nobody = process::free_base().to_string();
    let url = format!("postgres://somebody:hidden-word@127.0.0.1:{nobody}/mpn");
    let said = fails(&["--data", data, "--port-base", &base.to_string(), "--database-url", &url]);
    assert_names(&said, &[&nobody, "--database-url"]);
    assert!(!said.contains("hidden-word"), "{said}");
    let said = fails(&["--data", data, "--port-base", &base.to_string(), "--database-url", "mysql://x/y"]);
    assert_names(&said, &["--database-url"]);
}

#[test]
fn a_time_that_is_none_is_named_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let base = process::free_base().to_string();
    let said = fails(&["--data", data.to_str().unwrap(), "--port-base", &base, "--clock", "tomorrow"]);
    assert_names(&said, &["tomorrow", "--clock"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_is_quick_and_data_outlive_a_stop() {
    let mut demo = Demo::start().await;
    let first = demo.ready_after;
    assert!(first < READY_DEBUG_MAX, "the first start took {first:?}");
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 0).await;
    let opening = clerk.money().await;
    let bill = demo.mocks().bill("04100", json!({ "amount": 7_000 })).await;
    clerk.pay_whole(&bill).await;
    let left = opening.balance - 7_000;
    let after = Money { balance: left, available: left };
    assert!(demo.stop().await.success(), "SIGTERM ends it well: {}", demo.log());

    demo.restart().await;
    let second = demo.ready_after;
    println!("ready after {first:?} with new data and {second:?} with old, in a debug build");
    assert!(second < READY_DEBUG_MAX, "the second start took {second:?}");
    assert_eq!(clerk.money().await, after, "the session and the money are there");
    assert_eq!(clerk.payments().await.len(), 1);
    assert_eq!(demo.contract(company::SHOJI)["accounts"][0]["balance"], left);
    demo.mocks().assert_cleared_once(&bill).await;
    demo.assert_sound().await;

    // the same data cannot be served twice
    let data = demo.data();
    let said = fails(&["--data", data.to_str().unwrap(), "--port-base", &process::free_base().to_string()]);
    assert_names(&said, &[data.to_str().unwrap(), "--data"]);

    assert!(demo.stop().await.success());
    std::fs::write(data.join("of-the-user"), "kept").unwrap();
    demo.restart_with(&["--reset", "--clock", "2026-11-20T09:00:00+09:00"]).await;
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 0).await;
    assert_eq!(clerk.money().await, opening);
    assert!(clerk.payments().await.is_empty());
    assert!(demo.mocks().clearings(&bill).await.is_empty());
    assert!(data.join("of-the-user").exists(), "what is not ours stays");
    pays(&demo, &clerk).await;
    demo.assert_sound().await;
}

/// The collectors are reached: keys and trust belong together.
async fn pays(demo: &Demo, clerk: &Clerk) {
    let bill = demo.mocks().bill("04100", json!({ "amount": 7_000 })).await;
    let answer = clerk.pay_whole(&bill).await;
    assert_eq!(answer.page.state(), "accepted", "{}", answer.page.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_data_on_postgres_can_be_stopped_and_reset() {
    use crate::harness::Options;
    let server = database::testing::postgres().await;
    server.database.close().await;
    let options = Options { database_url: Some(server.url.clone()), ..Options::default() };
    let mut demo = Demo::start_with(options).await;
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 0).await;
    let opening = clerk.money().await;
    let bill = demo.mocks().bill("04100", json!({ "amount": 7_000 })).await;
    clerk.pay_whole(&bill).await;
    assert!(demo.stop().await.success(), "{}", demo.log());
    demo.restart().await;
    assert_eq!(clerk.money().await.balance, opening.balance - 7_000);
    demo.assert_sound().await;
    assert!(demo.stop().await.success());
    demo.restart_with(&["--reset"]).await;
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 0).await;
    assert_eq!(clerk.money().await, opening);
    pays(&demo, &clerk).await;
}
