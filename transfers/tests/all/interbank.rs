//! The mock network on a port of its own.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use collectors::client::{Channel, Limits, Peer, Trust};
use collectors::signature::{SigningKey, VerifyingKey};
use domain::{Clock, OrderId};
use edge::{Shutdown, ShutdownTrigger};
use mocks::{Mocks, MocksConfig};
use serde_json::Value;
use tower::ServiceExt as _;

pub struct Interbank {
    mocks: Mocks,
    site: Router,
    address: SocketAddr,
    serving: Option<(ShutdownTrigger, tokio::task::JoinHandle<()>)>,
    _folder: tempfile::TempDir,
}

fn key() -> SigningKey {
    SigningKey::from_seed("hub-1", &[1; 32]).unwrap()
}

/// A way to the network, which waits a second for answers.
pub fn channel(address: SocketAddr, public: &[u8; 32]) -> Channel {
    let peer = Peer {
        endpoint: format!("http://{address}").parse().unwrap(),
        keys: vec![VerifyingKey::new("interbank-1", public).unwrap()],
    };
    let limits = Limits { answer_wait: Duration::from_secs(1), ..Limits::default() };
    Channel::new("the network", transfers::network::PATH, peer, key(), &Trust::PlainHttp, &limits).unwrap()
}

impl Interbank {
    pub async fn start(clock: &Clock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = MocksConfig {
            data_dir: folder.path().to_owned(),
            clock: clock.clone(),
            hub_keys: mocks::HubKeys::fixed("hub-1", *key().verifying_key().bytes()),
            bank_code: "9999".to_owned(),
            bank_url: "http://localhost:8080".to_owned(),
            hub_centre: "MPN9999".parse().unwrap(),
            link: None,
            tokens: Vec::new(),
            clock_moves: None,
        };
        let mocks = Mocks::open(config).await.unwrap();
        let site = mocks::site_router(mocks.clone());
        let address = "127.0.0.1:0".parse().unwrap();
        let mut network = Self { mocks, site, address, serving: None, _folder: folder };
        network.come_up().await;
        network
    }

    /// Serves, on the same port as before.
    pub async fn come_up(&mut self) {
        let listener = edge::bind(self.address).await.unwrap();
        self.address = listener.local_addr().unwrap();
        let (trigger, shutdown) = Shutdown::pair();
        let limits = edge::Limits { drain_s: 1, ..edge::Limits::default() };
        let router = mocks::protocol_router(self.mocks.clone());
        self.serving = Some((trigger, tokio::spawn(edge::serve_http(listener, router, limits, shutdown))));
    }

    /// From here on connections are refused.
    pub async fn go_down(&mut self) {
        let (trigger, task) = self.serving.take().unwrap();
        trigger.ask();
        task.await.unwrap();
    }

    /// A way to the network, which waits a second for answers.
    pub fn channel(&self) -> Channel {
        channel(self.address, &self.mocks.interbank_key().1)
    }

    /// Where it is, and its public key.
    #[cfg(feature = "crash-points")]
    pub fn place(&self) -> (SocketAddr, [u8; 32]) {
        (self.address, self.mocks.interbank_key().1)
    }

    async fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let request = axum::http::Request::builder()
            .method(method)
            .uri(format!("/control/interbank/{path}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let response = self.site.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        assert!(status.is_success(), "{status} {}", String::from_utf8_lossy(&bytes));
        if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() }
    }

    pub async fn fault(&self, fault: Value) {
        self.control("POST", "faults", fault).await;
    }

    /// The status, and how often it came, of an order in the network's books.
    pub async fn record(&self, order: OrderId) -> Option<(String, i64)> {
        let listed = self.control("GET", "transfers", Value::Null).await;
        let id = order.uuid().simple().to_string();
        let found = listed.as_array().unwrap().iter().find(|one| one["id"] == id.as_str())?;
        Some((found["status"].as_str().unwrap().to_owned(), found["deliveries"].as_i64().unwrap()))
    }

    /// Numbers and amounts of everything in its books that it did not refuse.
    pub async fn taken(&self) -> Vec<(String, i64)> {
        let listed = self.control("GET", "transfers", Value::Null).await;
        let taken = listed.as_array().unwrap().iter().filter(|one| one["status"] != "RJCT");
        taken.map(|one| (one["id"].as_str().unwrap().to_owned(), one["amount"].as_i64().unwrap())).collect()
    }

    /// Number and deliveries of every debit that it was asked for.
    pub async fn debits(&self) -> Vec<(String, i64)> {
        let listed = self.control("GET", "debits", Value::Null).await;
        let one = |one: &Value| (one["id"].as_str().unwrap().to_owned(), one["deliveries"].as_i64().unwrap());
        listed.as_array().unwrap().iter().map(one).collect()
    }

    pub async fn spoil(&self, order: OrderId, amount: Option<i64>) {
        let id = order.uuid().simple().to_string();
        self.control("POST", "transfers/spoil", serde_json::json!({ "id": id, "amount": amount })).await;
    }

    /// Another bank's customer sends money to an account here.
    pub async fn incoming(&self, amount: i64, branch: &str, number: &str) {
        let to = serde_json::json!({ "branch": branch, "number": number });
        self.incoming_with(amount, to).await;
    }

    /// The same with fields of one's own; answers its place among what waits.
    pub async fn incoming_with(&self, amount: i64, fields: Value) -> String {
        let mut new = serde_json::json!({
            "amount": amount, "from_bank": "0125", "payer": "ｻﾄｳ ｼﾞﾛｳ",
            "branch": "100", "kind": "1", "number": "7654321"
        });
        for (name, value) in fields.as_object().unwrap() {
            new[name] = value.clone();
        }
        let made = self.control("POST", "incoming", new).await;
        made["id"].as_str().unwrap().to_owned()
    }

    /// Something waits that is no message.
    pub async fn garbled(&self, text: &str) {
        self.control("POST", "garbled", serde_json::json!({ "text": text })).await;
    }

    /// Another amount of what the bank has taken, or none of it, in the network's books.
    pub async fn spoil_incoming(&self, place: &str, amount: Option<i64>) {
        self.control("POST", "transfers/spoil", serde_json::json!({ "id": place, "amount": amount })).await;
    }

    /// The money of a transfer comes back unasked, or of one that there never was.
    pub async fn give_back(&self, original: &str, amount: i64) {
        let new = serde_json::json!({ "original": original, "amount": amount, "code": "AC01" });
        self.control("POST", "returns", new).await;
    }

    /// 0125 asks for a transfer back that it has sent here, or says so.
    pub async fn ask_back(&self, original: &str, amount: i64) {
        self.ask_back_from("0125", original, amount).await;
    }

    /// The same of another bank.
    pub async fn ask_back_from(&self, bank: &str, original: &str, amount: i64) {
        let new = serde_json::json!({ "original": original, "amount": amount, "from_bank": bank });
        self.control("POST", "recalls", new).await;
    }

    /// What this bank has answered to each of those, where it was no return.
    pub async fn asked_back(&self) -> Vec<Option<String>> {
        let listed = self.control("GET", "recalls", Value::Null).await;
        listed.as_array().unwrap().iter().map(|one| one["answer"].as_str().map(str::to_owned)).collect()
    }

    /// Amount, status and deliveries of everything that this bank has given back.
    pub async fn given_back(&self) -> Vec<(i64, String, i64)> {
        let listed = self.control("GET", "returns", Value::Null).await;
        let one = |one: &Value| {
            let (amount, deliveries) = (one["amount"].as_i64().unwrap(), one["deliveries"].as_i64().unwrap());
            (amount, one["status"].as_str().unwrap().to_owned(), deliveries)
        };
        listed.as_array().unwrap().iter().map(one).collect()
    }

    /// How each message that waited was acknowledged.
    pub async fn acknowledged(&self) -> Vec<Option<String>> {
        let listed = self.control("GET", "waiting", Value::Null).await;
        listed.as_array().unwrap().iter().map(|one| one["acknowledged"].as_str().map(str::to_owned)).collect()
    }
}
