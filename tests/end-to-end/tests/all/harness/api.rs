//! A system that calls the hub's API.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::client::{Answer, Client};
use super::demo::Demo;
use super::mocks::Bill;

const LOOK_AGAIN: Duration = Duration::from_millis(100);
const FINAL_WAIT: Duration = Duration::from_secs(30);

/// A caller with one of the demo's keys.
#[derive(Clone)]
pub struct Caller {
    client: Client,
    url: String,
    token: String,
}

impl Caller {
    /// With the key of that name in `demo.json`.
    pub fn of(demo: &Demo, key: &str) -> Self {
        let token = demo.json["api"]["keys"][key].as_str().unwrap();
        Self::with(demo, token)
    }

    /// With any token.
    pub fn with(demo: &Demo, token: &str) -> Self {
        let url = demo.json["api"]["url"].as_str().unwrap().to_owned();
        Self { client: Client::new(&url), url, token: token.to_owned() }
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, path, None, &Value::Null).await.unwrap()
    }

    /// The text of an answer as it came.
    pub async fn text(&self, path: &str) -> (u16, String) {
        let answer = self.sent(Method::GET, path, None, &Value::Null).await.unwrap();
        (answer.status.as_u16(), answer.body)
    }

    pub async fn post(&self, path: &str, key: &str, body: &Value) -> (u16, Value) {
        self.send(Method::POST, path, Some(key), body).await.unwrap()
    }

    /// The same where the hub may die meanwhile.
    pub async fn try_post(&self, path: &str, key: &str, body: &Value) -> anyhow::Result<(u16, Value)> {
        self.send(Method::POST, path, Some(key), body).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> anyhow::Result<(u16, Value)> {
        let answer = self.sent(method, path, key, body).await?;
        Ok((answer.status.as_u16(), serde_json::from_str(&answer.body)?))
    }

    async fn sent(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> anyhow::Result<Answer> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.token));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let mut text = Bytes::new();
        if !body.is_null() {
            request = request.header("content-type", "application/json");
            text = body.to_string().into();
        }
        self.client.send(request.body(Full::from(text))?).await
    }

    /// Inquires a bill and gives the body of its payment from an account.
    pub async fn order(&self, bill: &Bill, account: Value) -> Value {
        let mut numbers = json!({
            "collector": bill.collector,
            "customer_number": bill.customer_number,
            "confirmation_number": bill.confirmation_number,
        });
        if let Some(category) = &bill.payment_category {
            numbers["payment_category"] = category.as_str().into();
        }
        let (status, inquiry) =
            self.post("/v1/inquiries", &format!("inquiry-{}", bill.bill_id), &numbers).await;
        assert_eq!(status, 201, "{inquiry}");
        json!({
            "inquiry_id": inquiry["inquiry_id"], "bill_id": bill.bill_id, "amount": bill.amount,
            "account": account,
        })
    }

    /// Follows a payment until nothing more is to be waited for.
    pub async fn followed(&self, id: &str) -> Value {
        let began = Instant::now();
        loop {
            let (status, payment) = self.get(&format!("/v1/payments/{id}")).await;
            assert_eq!(status, 200, "{payment}");
            if !["inquired", "held", "sending", "unknown"].contains(&payment["state"].as_str().unwrap()) {
                return payment;
            }
            assert!(began.elapsed() < FINAL_WAIT, "{payment}");
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Every event that the key may see, in order.
    pub async fn events(&self) -> Vec<Value> {
        let (mut after, mut all) = (0, Vec::new());
        loop {
            let (status, part) = self.get(&format!("/v1/events?after={after}&limit=3")).await;
            assert_eq!(status, 200, "{part}");
            all.extend(part["events"].as_array().unwrap().clone());
            after = part["next"].as_i64().unwrap();
            if part["more"] == false {
                return all;
            }
        }
    }
}
