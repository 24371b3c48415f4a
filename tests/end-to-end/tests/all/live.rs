//! A seed drives the faults of the collectors of a running hub, which is killed in the middle: nothing breaks.

use std::process::Stdio;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::harness::{Demo, Options, files, process};

const PAYMENTS: usize = 60;
/// Clearings that the collectors have when the hub is killed.
const KILLED_AFTER: usize = 15;
const WAIT: Duration = Duration::from_secs(120);
/// A message is repeated after a second, so that the end comes soon.
const HASTE: [&str; 2] = ["--resend-interval", "1"];

async fn survives(options: Options, seed: &str) {
    let mut demo = Demo::start_with(options).await;
    demo.restart_with(&HASTE).await;
    let mut command = process::tied(files::mpn());
    command.args(["simulate", "--live", "--seed", seed, "--payments", &PAYMENTS.to_string(), "--data"]);
    command.arg(demo.data()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(url) = demo.database_url() {
        command.args(["--database-url", url]);
    }
    let payers = process::spawn(command);
    let began = Instant::now();
    while demo.mocks().all_clearings().await < KILLED_AFTER {
        assert!(began.elapsed() < WAIT, "so few clearings");
        sleep(Duration::from_millis(20)).await;
    }
    demo.restart_with(&HASTE).await;
    let ended = tokio::task::spawn_blocking(move || payers.wait_with_output().unwrap()).await.unwrap();
    let (told, log) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success() && told.contains("\nnothing is broken\n"), "{told}{log}");
    assert!(told.contains("  accepted") && told.contains(" 0 findings"), "{told}");
    assert!(!told.contains("unknown"), "{told}");
    demo.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_a_storm_of_faults() {
    survives(Options::default(), "7").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_a_storm_of_faults_on_postgres() {
    let server = database::testing::postgres().await;
    survives(Options { database_url: Some(server.url.clone()), ..Options::default() }, "8").await;
}
