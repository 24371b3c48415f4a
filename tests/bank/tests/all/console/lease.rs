//! An approved request on several processes: one at a time carries it out, whatever becomes of the one before.

use std::sync::Arc;
use std::time::Duration;

use console::requests::{Lease, Requests};
use database::testing::TestDatabase;
use database::{on, read};
use domain::payment::State;
use gateway::service::ServiceState;
use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinHandle;

use super::days::{propose, state};
use super::reconciliation::{lost, propose_ending};
use super::support::{MAKER, Office};
use super::unknown::{propose_word, unknown};
use crate::network::Network;
use crate::support::Browser;

database::on_both!(
    of_processes_that_find_an_orphan_at_once_one_carries_it_out,
    one_that_stands_still_past_its_lease_records_nothing,
    one_that_is_at_it_keeps_the_others_away,
    one_that_dies_is_followed_when_its_lease_is_over,
    one_that_wakes_after_the_result_goes_no_further,
    one_that_wakes_after_a_refusal_pays_nothing_back,
);

const SHOP: &str = "99022";
/// A process that never prolongs its lease, as one that stands still.
const STILL: Lease = Lease { lasts: Duration::from_secs(600), renewed_after: Duration::from_secs(600) };

/// The newest run of the only request.
async fn newest_run(office: &Office) -> Option<u32> {
    let key: Option<String> = read!(office.console.database, |c| {
        sqlx::query_scalar("SELECT max(key) FROM guard WHERE key LIKE 'request-run|%'").fetch_one(c).await
    })
    .unwrap();
    key.and_then(|key| key.rsplit('|').next()?.parse().ok())
}

/// How often the collector was asked this.
async fn asked(network: &Network, kind: &str) -> usize {
    let path = format!("/control/{SHOP}/messages");
    network.control("GET", &path, String::new()).await.to_string().matches(kind).count()
}

/// Waits until the collector was asked so often to pre-close.
async fn until_asked(network: &Network, times: usize) {
    while asked(network, "PreClose").await < times {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn results(office: &Office) -> Vec<(i64, String)> {
    on!(office.console.database, |c| sqlx::query_as("SELECT done, detail FROM staff_result")
        .fetch_all(c)
        .await)
    .unwrap()
}

/// An approved pre-close whose process has died, and another process that takes it up.
async fn orphan(office: &Office, network: &Network, lease: Lease) -> (Requests, String) {
    let requests = office.other_process(network.peers(), lease).await;
    let mut maker: Browser = office.signed_in(MAKER).await;
    let request = propose(&mut maker, &[("act", "pre_close")]).await.location().to_owned();
    office.approved(&request).await;
    (requests, request)
}

fn takes_over(requests: &Requests) -> JoinHandle<usize> {
    let requests = requests.clone();
    tokio::spawn(async move { requests.take_over(Duration::ZERO).await.unwrap() })
}

async fn of_processes_that_find_an_orphan_at_once_one_carries_it_out(test: TestDatabase) {
    let office = Office::new(test).await;
    let mut processes = vec![office.console.requests.clone()];
    for _ in 0..5 {
        let other = office.other_process(std::collections::HashMap::new(), Lease::default()).await;
        processes.push(other);
    }
    let payment = unknown(&office).await;
    let mut maker = office.signed_in(MAKER).await;
    let request = propose_word(&mut maker, payment, "cleared").await.location().to_owned();
    office.approved(&request).await;
    let lasts = Duration::from_secs(2);
    for process in &processes {
        assert_eq!(process.take_over(lasts).await.unwrap(), 0, "its process may be at it still");
    }
    tokio::time::sleep(lasts).await;
    let together = Arc::new(Barrier::new(processes.len()));
    let racing = processes.into_iter().map(|requests| {
        let together = Arc::clone(&together);
        tokio::spawn(async move {
            together.wait().await;
            requests.take_over(lasts).await.unwrap()
        })
    });
    let mut carried = 0;
    for process in racing.collect::<Vec<_>>() {
        carried += process.await.unwrap();
    }
    assert_eq!(carried, 1);
    assert_eq!(results(&office).await, [(1, "払込は「収納済み」になりました。".to_owned())]);
    let found = office.console.gateway.payment_for_operator(payment).await.unwrap().unwrap();
    assert_eq!(found.state, State::Accepted);
    let acts = office.audit().await;
    for action in ["payeasy.decide", "request.done"] {
        assert_eq!(acts.iter().filter(|(_, act, _)| act == action).count(), 1, "{action} in {acts:?}");
    }
    assert_eq!(office.console.requests.take_over(Duration::ZERO).await.unwrap(), 0);
}

async fn one_that_stands_still_past_its_lease_records_nothing(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let (still, _) = orphan(&office, &network, STILL).await;
    // what the collector tells the first is out of date when it is heard
    network.fault(SHOP, json!({"mode": "closed", "on": "pre_close", "delay_ms": 2_000})).await;
    let first = takes_over(&still);
    until_asked(&network, 1).await;
    network.fault(SHOP, json!({"mode": "none", "on": "pre_close", "delay_ms": 4_000})).await;
    let second = takes_over(&office.console.requests);
    assert_eq!(first.await.unwrap(), 1);
    assert_eq!(results(&office).await, [], "it is no longer its to say");
    assert_eq!(second.await.unwrap(), 1);
    assert_eq!(results(&office).await, [(1, "予備閉局にしました。".to_owned())]);
    assert_eq!(state(&office).await, ServiceState::PreClosed);
    assert_eq!(still.take_over(Duration::ZERO).await.unwrap(), 0, "nothing is left to do");
    assert_eq!(newest_run(&office).await, Some(4), "the result's own, and nobody's to take");
}

async fn one_that_is_at_it_keeps_the_others_away(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let lease = Lease { lasts: Duration::from_secs(60), renewed_after: Duration::from_millis(100) };
    let (slow, _) = orphan(&office, &network, lease).await;
    network.fault(SHOP, json!({"mode": "none", "on": "pre_close", "delay_ms": 4_000})).await;
    let first = takes_over(&slow);
    until_asked(&network, 1).await;
    let mut looks = 0;
    while !first.is_finished() {
        assert_eq!(office.console.requests.take_over(Duration::from_secs(2)).await.unwrap(), 0);
        looks += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(looks > 10 && first.await.unwrap() == 1);
    assert_eq!(results(&office).await, [(1, "予備閉局にしました。".to_owned())]);
    assert_eq!(state(&office).await, ServiceState::PreClosed);
}

async fn one_that_dies_is_followed_when_its_lease_is_over(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let (dies, _) = orphan(&office, &network, Lease::default()).await;
    network.fault(SHOP, json!({"mode": "late", "on": "pre_close"})).await;
    let first = takes_over(&dies);
    until_asked(&network, 1).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    network.fault(SHOP, json!({})).await;
    let lasts = Duration::from_millis(500);
    assert_eq!(office.console.requests.take_over(lasts).await.unwrap(), 0, "it may be at it still");
    assert_eq!(newest_run(&office).await, Some(2));
    tokio::time::sleep(lasts).await;
    assert_eq!(office.console.requests.take_over(lasts).await.unwrap(), 1);
    assert_eq!(results(&office).await, [(1, "予備閉局にしました。".to_owned())]);
}

async fn one_that_wakes_after_the_result_goes_no_further(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let lease = Lease { lasts: Duration::from_secs(60), renewed_after: Duration::from_secs(3) };
    let (slow, _) = orphan(&office, &network, lease).await;
    network.fault(SHOP, json!({"mode": "none", "on": "pre_close", "delay_ms": 9_000})).await;
    let first = takes_over(&slow);
    until_asked(&network, 1).await;
    network.fault(SHOP, json!({})).await;
    assert_eq!(office.console.requests.take_over(Duration::ZERO).await.unwrap(), 1);
    assert_eq!(results(&office).await, [(1, "予備閉局にしました。".to_owned())]);
    assert!(!first.is_finished(), "it stands still");
    assert_eq!(first.await.unwrap(), 1);
    assert_eq!(newest_run(&office).await, Some(4), "the result's: the first found its next one taken");
    let runs: i64 = read!(office.console.database, |c| {
        sqlx::query_scalar("SELECT count(*) FROM guard WHERE key LIKE 'request-run|%'").fetch_one(c).await
    })
    .unwrap();
    assert_eq!(runs, 4);
}

async fn one_that_wakes_after_a_refusal_pays_nothing_back(test: TestDatabase) {
    let (office, network) = Office::connected(test).await;
    let paid = super::counter::paid(&office).await;
    let path = lost(&office, &network, &paid, true).await;
    let still = office.other_process(network.peers(), STILL).await;
    let mut maker = office.signed_in(MAKER).await;
    let request =
        propose_ending(&mut maker, &path, "refunded", "記録しないと回答").await.location().to_owned();
    office.approved(&request).await;
    network.fault(SHOP, json!({"mode": "none", "on": "lines", "delay_ms": 4_000})).await;
    let before = asked(&network, "Lines").await;
    let first = takes_over(&still);
    while asked(&network, "Lines").await == before {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    network.fault(SHOP, json!({"mode": "lose", "on": "lines"})).await;
    assert_eq!(office.console.requests.take_over(Duration::ZERO).await.unwrap(), 1);
    let refused = results(&office).await;
    assert!(matches!(refused.as_slice(), [(0, _)]), "{refused:?}");
    network.fault(SHOP, json!({})).await;
    assert!(!first.is_finished(), "it stands still");
    // it compares again, finds nothing under the key, and may not act on it
    assert_eq!(first.await.unwrap(), 1);
    let found = office.console.gateway.payment_for_operator(paid.facts.id).await.unwrap().unwrap();
    assert_eq!(found.state, State::Accepted);
    assert_eq!(results(&office).await, refused);
}
