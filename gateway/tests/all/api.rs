//! The REST API as a client sees it.

use std::collections::HashMap;

use axum::Router;
use axum::body::Body;
use collectors::client::{Client, Limits, Trust};
use collectors::signature::SigningKey;
use database::testing::TestDatabase;
use domain::{Clock, Timestamp};
use gateway::Gateway;
use http_body_util::BodyExt as _;
use ledger::Ledger;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::settings;

struct Api {
    router: Router,
    clock: Clock,
    _test: TestDatabase,
}

impl Api {
    async fn new(may_set_clock: bool) -> Self {
        let test = database::testing::sqlite().await;
        let at = Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap();
        let clock = Clock::with_offset_us(Clock::offset_us_for(at));
        let key = SigningKey::from_seed("hub-1", &[1; 32]).unwrap();
        let client = Client::new(key, HashMap::new(), &Trust::PlainHttp, &Limits::default()).unwrap();
        let ledger = Ledger::start(test.database.clone(), clock.clone());
        let gateway = Gateway::reader(settings(), ledger, collectors::Directory::embedded(), client);
        Self { router: gateway::api::router(gateway, may_set_clock), clock, _test: test }
    }

    /// Status, content type, body.
    async fn send(&self, method: &str, path: &str, body: &str) -> (u16, String, Value) {
        let request =
            http::Request::builder().method(method).uri(path).header("content-type", "application/json");
        let response =
            self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, kind, serde_json::from_slice(&body).unwrap())
    }

    async fn assert_problem(&self, method: &str, path: &str, body: &str, status: u16, code: &str) {
        let (found, kind, problem) = self.send(method, path, body).await;
        assert_eq!((found, kind.as_str()), (status, "application/problem+json"), "{method} {path} {body}");
        assert_eq!((&problem["status"], &problem["code"]), (&json!(status), &json!(code)));
        assert!(!problem["title"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn business_time_is_told_and_set() {
    let api = Api::new(true).await;
    let (status, kind, body) = api.send("GET", "/v1/time", "").await;
    assert_eq!((status, kind.as_str()), (200, "application/json"));
    assert!(body["now"].as_str().unwrap().starts_with("2026-11-24T10:0"), "{body}");

    // any offset is understood; Japan's is answered
    let (status, _, body) = api.send("PUT", "/v1/time", r#"{"now": "2026-11-25T00:29:59Z"}"#).await;
    assert_eq!(status, 200);
    assert!(body["now"].as_str().unwrap().starts_with("2026-11-25T09:"), "{body}");
    assert_eq!(api.clock.now().date().to_string(), "2026-11-25");
    let stored = database::clock::load(&api._test.database).await.unwrap().unwrap();
    assert_eq!(stored.latest.rfc3339(), "2026-11-25T09:29:59+09:00", "other processes follow");

    for body in
        ["", "{}", "[]", r#"{"now": 5}"#, r#"{"now": "2026-11-25"}"#, r#"{"now": "2026-11-25T10:00:00"}"#]
    {
        api.assert_problem("PUT", "/v1/time", body, 400, "time_invalid").await;
    }
    assert_eq!(api.clock.now().date().to_string(), "2026-11-25");
}

#[tokio::test]
async fn a_production_clock_cannot_be_set() {
    let api = Api::new(false).await;
    api.assert_problem("PUT", "/v1/time", r#"{"now": "2030-01-01T00:00:00Z"}"#, 405, "method_not_allowed")
        .await;
    assert_eq!(api.clock.now().date().to_string(), "2026-11-24");
}

#[tokio::test]
async fn the_directory_is_shown() {
    let api = Api::new(false).await;
    let (status, _, body) = api.send("GET", "/v1/collectors", "").await;
    assert_eq!(status, 200);
    let collectors = body["collectors"].as_array().unwrap();
    assert_eq!(collectors.len(), collectors::Directory::embedded().all().len());
    let (status, _, one) = api.send("GET", "/v1/collectors/00500", "").await;
    assert_eq!(status, 200);
    assert_eq!(
        one,
        json!({
            "code": "00500",
            "name": "社会保険庁",
            "name_today": "厚生労働省年金局",
            "kind": "national",
            "methods": ["online", "link"],
            "charges": ["国民年金保険料", "厚生年金保険料", "船員保険料等"],
            "payer_types_amount": false,
            "one_time_password": false,
            "available": true,
        })
    );
    assert!(collectors.contains(&one));
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_document() {
    let api = Api::new(true).await;
    for path in ["/v1/collectors/00999", "/v1/collectors/5", "/v1/collectors/%ff"] {
        api.assert_problem("GET", path, "", 404, "collector_unknown").await;
    }
    for path in ["/", "/v1", "/v1/payments", "/v1/time/zone"] {
        api.assert_problem("GET", path, "", 404, "not_found").await;
    }
    api.assert_problem("DELETE", "/v1/collectors", "", 405, "method_not_allowed").await;
}
