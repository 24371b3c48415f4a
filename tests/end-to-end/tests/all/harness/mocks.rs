//! The mock collectors through their controls.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::client::Client;

/// The collectors of the sample bills, private ones last.
pub const COLLECTORS: [&str; 6] = ["00200", "00500", "04000", "04100", "99022", "99090"];

const RECORD_WAIT: Duration = Duration::from_secs(10);

/// A bill with every number that a payer types.
#[derive(Clone, Debug)]
pub struct Bill {
    pub collector: String,
    pub customer_number: String,
    pub confirmation_number: String,
    pub payment_category: Option<String>,
    pub bill_id: String,
    pub amount: i64,
    pub fee: i64,
}

impl Bill {
    /// From `demo.json` or a control's answer.
    pub fn read(value: &Value) -> Self {
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        Self {
            collector: text("collector").unwrap(),
            customer_number: text("customer_number").unwrap(),
            confirmation_number: text("confirmation_number").unwrap(),
            payment_category: text("payment_category"),
            bill_id: text("bill_id").unwrap(),
            amount: value["amount"].as_i64().unwrap(),
            fee: value["fee"].as_i64().unwrap(),
        }
    }

    /// What leaves the account.
    pub fn total(&self) -> i64 {
        self.amount + self.fee
    }
}

/// All collectors of one demo.
#[derive(Clone)]
pub struct Mocks {
    url: String,
    client: Client,
}

impl Mocks {
    /// Under the address that `demo.json` names.
    pub fn new(url: &str) -> Self {
        Self { url: url.to_owned(), client: Client::new(url) }
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, answer) = self.client.send_json(method, &format!("{}{path}", self.url), body).await;
        assert!((200..300).contains(&status), "{path}: {status} {}", String::from_utf8_lossy(&answer));
        serde_json::from_slice(&answer).unwrap()
    }

    /// A new bill; `wanted` says what is special about it.
    pub async fn bill(&self, collector: &str, wanted: Value) -> Bill {
        self.bills(collector, wanted).await.remove(0)
    }

    /// New bills: `count` of them.
    pub async fn bills(&self, collector: &str, wanted: Value) -> Vec<Bill> {
        let made = self.call(Method::POST, &format!("/control/{collector}/bills"), wanted).await;
        made["bills"].as_array().unwrap().iter().map(Bill::read).collect()
    }

    /// Another bank's customer pays an account of the demo, as `demo.json` has it.
    pub async fn incoming(&self, account: &Value, amount: i64, payer: &str) {
        let kind = if account["type"] == "current" { "2" } else { "1" };
        let wanted = serde_json::json!({
            "amount": amount, "from_bank": "0001", "payer": payer, "branch": account["branch"],
            "kind": kind, "number": account["number"],
        });
        self.call(Method::POST, "/control/interbank/incoming", wanted).await;
    }

    /// What a collector was told of its days.
    pub async fn service(&self, collector: &str) -> Value {
        self.call(Method::GET, &format!("/control/{collector}/service"), Value::Null).await
    }

    /// Sets a fault.
    pub async fn fault(&self, collector: &str, fault: Value) {
        self.call(Method::PUT, &format!("/control/{collector}/fault"), fault).await;
    }

    /// One request of the kind, `inquiry` or `clearing`, goes wrong.
    pub async fn fault_once(&self, collector: &str, mode: &str, on: &str) {
        self.fault(collector, json!({ "mode": mode, "on": on, "times": 1 })).await;
    }

    /// The mails that the bank sent, newest first.
    pub async fn mails(&self) -> Vec<Value> {
        self.call(Method::GET, "/control/mailbox", Value::Null).await["mails"].as_array().unwrap().clone()
    }

    /// The callbacks that the bank made, newest first.
    pub async fn webhooks(&self) -> Vec<Value> {
        self.call(Method::GET, "/control/webhooks", Value::Null).await["calls"].as_array().unwrap().clone()
    }

    /// The clearings that a collector has recorded for a bill.
    pub async fn clearings(&self, bill: &Bill) -> Vec<Value> {
        let path = format!("/control/{}/clearings", bill.collector);
        let mut answer = self.call(Method::GET, &path, Value::Null).await;
        let Value::Array(mut all) = answer["clearings"].take() else { panic!("{answer}") };
        all.retain(|clearing| clearing["bill_id"] == bill.bill_id.as_str());
        all
    }

    /// How many clearings all collectors have.
    pub async fn all_clearings(&self) -> usize {
        let answer = self.call(Method::GET, "/control/clearings", Value::Null).await;
        answer["clearings"].as_array().unwrap().len()
    }

    /// Waits until a clearing of the bill is recorded.
    pub async fn recorded(&self, bill: &Bill) {
        let began = Instant::now();
        while self.clearings(bill).await.is_empty() {
            assert!(
                began.elapsed() < RECORD_WAIT,
                "the collector never got the clearing of {}",
                bill.bill_id
            );
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// The bill was cleared exactly once with the right amount. Says how often it was delivered.
    pub async fn assert_cleared_once(&self, bill: &Bill) -> i64 {
        let clearings = self.clearings(bill).await;
        assert_eq!(clearings.len(), 1, "{clearings:?}");
        assert_eq!(clearings[0]["code"], "0000", "{clearings:?}");
        assert_eq!(clearings[0]["amount"], bill.amount, "{clearings:?}");
        let deliveries = clearings[0]["deliveries"].as_i64().unwrap();
        assert!(deliveries >= 1, "{clearings:?}");
        deliveries
    }

    /// Every message that a collector received or gave, as XML.
    pub async fn messages(&self) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        for collector in COLLECTORS {
            let mut before = String::new();
            loop {
                let path = format!("/control/{collector}/messages{before}");
                let answer = self.call(Method::GET, &path, Value::Null).await;
                let listed = answer["messages"].as_array().unwrap().clone();
                for message in &listed {
                    for side in ["request", "answer"] {
                        if message[format!("has_{side}")] == true {
                            found.push(self.xml(collector, &message["id"], side).await);
                        }
                    }
                }
                let Some(last) = listed.last() else { break };
                before = format!("?before={}", last["id"]);
            }
        }
        found
    }

    async fn xml(&self, collector: &str, id: &Value, side: &str) -> Vec<u8> {
        let url = format!("{}/control/{collector}/messages/{id}.xml?side={side}", self.url);
        let (status, bytes) = self.client.send_json(Method::GET, &url, String::new()).await;
        assert_eq!(status, 200, "{url}");
        bytes.to_vec()
    }
}
