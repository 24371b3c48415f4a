//! The mock collectors on a port of their own.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use axum::Router;
use axum::body::Body;
use collectors::client::Peer;
use collectors::signature::VerifyingKey;
use domain::{Clock, CollectorNumber};
use edge::{Shutdown, ShutdownTrigger};
use gateway::proof::{KeySet, PublicKey};
use http_body_util::BodyExt as _;
use mocks::{HubKeys, Mocks, MocksConfig};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::support::hub_key;

/// They serve until this is dropped.
pub struct Network {
    mocks: Mocks,
    site: Router,
    address: SocketAddr,
    list: PathBuf,
    _trigger: ShutdownTrigger,
    _folder: tempfile::TempDir,
}

impl Network {
    /// With the sample bills.
    pub async fn new(clock: &Clock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("hub.json");
        tell(&list, &[hub_key().verifying_key()]);
        let config = MocksConfig {
            data_dir: folder.path().to_owned(),
            clock: clock.clone(),
            hub_keys: HubKeys::listed(list.clone()),
            bank_code: "9999".to_owned(),
            bank_url: "http://localhost:8080".to_owned(),
            hub_centre: "MPN9999".parse().unwrap(),
            link: None,
            tokens: Vec::new(),
            clock_moves: None,
        };
        let mocks = Mocks::open(config).await.unwrap();
        mocks.seed(&mocks::sample_bills()).await.unwrap();
        let listener = edge::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (trigger, shutdown) = Shutdown::pair();
        let router = mocks::protocol_router(mocks.clone());
        tokio::spawn(edge::serve_http(listener, router, edge::Limits::default(), shutdown));
        let site = mocks::site_router(mocks.clone());
        Self { mocks, site, address, list, _trigger: trigger, _folder: folder }
    }

    /// Where each collector is, and how it signs.
    pub fn peers(&self) -> HashMap<CollectorNumber, Peer> {
        let endpoint: http::Uri = format!("http://{}", self.address).parse().unwrap();
        let peer = |(number, id, key): (CollectorNumber, String, [u8; 32])| {
            let keys = vec![VerifyingKey::new(&id, &key).unwrap()];
            (number, Peer { endpoint: endpoint.clone(), keys })
        };
        self.mocks.public_keys().into_iter().map(peer).collect()
    }

    /// The hub's keys that count from now on.
    pub fn tell(&self, keys: &[VerifyingKey]) {
        tell(&self.list, keys);
    }

    /// Sets what goes wrong at a collector.
    pub async fn fault(&self, collector: &str, fault: Value) {
        self.control("PUT", &format!("/control/{collector}/fault"), fault.to_string()).await;
    }

    /// The clearings that a collector has on record.
    pub async fn clearings(&self, collector: &str) -> Vec<Value> {
        let shown = self.control("GET", &format!("/control/{collector}/clearings"), String::new()).await;
        shown["clearings"].as_array().unwrap().clone()
    }

    /// A command to the mocks.
    pub async fn control(&self, method: &str, path: &str, body: String) -> Value {
        let request = http::Request::builder().method(method).uri(path);
        let request = request.header("content-type", "application/json").body(Body::from(body)).unwrap();
        let response = self.site.clone().oneshot(request).await.unwrap();
        let is_ok = response.status().is_success();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(is_ok, "{path}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }
}

fn tell(list: &Path, keys: &[VerifyingKey]) {
    let owner = "MPN9999".parse().unwrap();
    let keys = keys.iter().map(|key| PublicKey::of(&owner, key)).collect();
    let aside = list.with_extension("new");
    std::fs::write(&aside, serde_json::to_string(&KeySet { keys }).unwrap()).unwrap();
    std::fs::rename(&aside, list).unwrap();
}
