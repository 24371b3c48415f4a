//! A client of the API that holds every answer against the document.

use std::num::NonZeroU32;

use axum::Router;
use axum::body::Body;
use database::testing::TestDatabase;
use domain::payment::State;
use domain::{AccountId, ApiKeyId, ContractId, PaymentId};
use gateway::api::Config;
use gateway::api::key::{AccountName, AccountType, Holder, KeyAccount, NewKey, Scope, Token};
use gateway::{Gateway, Operator};
use http::HeaderMap;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::document::Document;
use crate::support::{Slip, World};

/// Where the bank would be.
pub const BANK_URL: &str = "http://bank.test";
/// Digits of the world's account, as callers name it.
pub const ACCOUNT: &str = "1234567";

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Reply {
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
        assert_eq!(self.body["status"], status);
        assert_eq!(self.body["type"], format!("/help/{code}"));
    }

    /// The pointers of a refusal's faults.
    pub fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect()
    }

    #[track_caller]
    pub fn id(&self) -> PaymentId {
        self.body["id"].as_str().unwrap_or_else(|| panic!("{}", self.body)).parse().unwrap()
    }

    #[track_caller]
    pub fn payment(&self, status: u16, state: State) -> PaymentId {
        assert_eq!(
            (self.status, self.body["state"].as_str()),
            (status, Some(state.as_str())),
            "{}",
            self.body
        );
        self.id()
    }
}

/// A caller with or without a key.
#[derive(Clone)]
pub struct Caller {
    router: Router,
    token: Option<String>,
    pub document: Document,
}

impl Caller {
    pub fn anonymous(gateway: &Gateway, may_set_clock: bool) -> Self {
        let config = Config { may_set_clock, bank_url: BANK_URL.to_owned(), ..Config::default() };
        Self::configured(gateway, config)
    }

    /// At a hub that lets each key call once in a while only.
    pub fn throttled(gateway: &Gateway) -> Self {
        let calls_burst_max = NonZeroU32::MIN;
        // a token comes back after a second; a bench is quicker
        Self::configured(
            gateway,
            Config { calls_per_second_max: NonZeroU32::MIN, calls_burst_max, ..Config::default() },
        )
    }

    fn configured(gateway: &Gateway, config: Config) -> Self {
        let router = gateway::api::router(gateway.clone(), config);
        Self { router, token: None, document: Document::new() }
    }

    /// Judged together with another.
    pub fn judged_by(self, document: &Document) -> Self {
        Self { document: document.clone(), ..self }
    }

    pub fn with(&self, token: &Token) -> Self {
        self.with_text(token.expose())
    }

    pub fn with_text(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], "").await
    }

    pub async fn post(&self, path: &str, key: Option<&str>, body: &Value) -> Reply {
        let headers: Vec<_> = key.map(|key| ("idempotency-key", key)).into_iter().collect();
        self.send("POST", path, &headers, &body.to_string()).await
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut request = http::Request::builder().method(method).uri(path);
        if !body.is_empty() && !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response =
            self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let status = parts.status.as_u16();
        let kind = match parts.headers.get("content-type") {
            Some(kind) => kind.to_str().unwrap().to_owned(),
            None => String::new(),
        };
        let body: Value = match (kind.starts_with("text/html"), bytes.is_empty()) {
            (true, _) => Value::String(String::from_utf8(bytes.to_vec()).unwrap()),
            (false, true) => Value::Null,
            (false, false) => serde_json::from_slice(&bytes).unwrap(),
        };
        if !kind.starts_with("text/html") {
            self.document.check(method, path, status, &kind, &body);
        }
        if kind == "application/problem+json" {
            assert_eq!(body["status"], status, "{body}");
        }
        Reply { status, headers: parts.headers, body }
    }

    /// Asks for a bill and gives the payment's body.
    pub async fn order(&self, slip: Slip) -> Value {
        let asked = self.post("/v1/inquiries", None, &numbers(slip)).await;
        assert_eq!(asked.status, 201, "{}", asked.body);
        order(&asked.body)
    }
}

/// The body of an inquiry.
pub fn numbers(slip: Slip) -> Value {
    let mut body = json!({
        "collector": slip.collector,
        "customer_number": slip.customer,
        "confirmation_number": slip.confirmation,
    });
    if let Some(category) = slip.category {
        body["payment_category"] = category.into();
    }
    if let Some(amount) = slip.amount {
        body["amount"] = amount.into();
    }
    body
}

/// The body of a payment of an inquiry's first bill.
pub fn order(inquiry: &Value) -> Value {
    json!({
        "inquiry_id": inquiry["inquiry_id"],
        "bill_id": inquiry["bills"][0]["bill_id"],
        "amount": inquiry["bills"][0]["amount"],
        "account": { "branch": "100", "type": "ordinary", "number": ACCOUNT },
    })
}

/// A world with callers.
pub struct Bench {
    pub world: World,
    pub anonymous: Caller,
}

impl Bench {
    pub async fn new(test: TestDatabase) -> Self {
        Self::of(World::new(test).await)
    }

    pub fn of(world: World) -> Self {
        let anonymous = Caller::anonymous(&world.hub.gateway, true);
        Self { world, anonymous }
    }

    pub async fn issue(&self, holder: Holder, scopes: &[Scope]) -> (ApiKeyId, Caller) {
        let (id, token) = self.token(holder, scopes).await;
        (id, self.anonymous.with(&token))
    }

    pub async fn token(&self, holder: Holder, scopes: &[Scope]) -> (ApiKeyId, Token) {
        let new = NewKey { name: "test".to_owned(), holder, scopes: scopes.to_vec() };
        self.world.hub.gateway.issue_api_key(&new, &Operator::system()).await.unwrap()
    }

    /// A key of the world's contract, with every scope.
    pub async fn integrator(&self) -> Caller {
        let holder = holder(self.world.payer.contract, self.world.account, true);
        self.issue(holder, &[Scope::Inquire, Scope::Pay, Scope::Read]).await.1
    }

    /// The same of a contract whose payments a person authorises.
    pub async fn company(&self) -> Caller {
        let holder = holder(self.world.payer.contract, self.world.account, false);
        self.issue(holder, &[Scope::Inquire, Scope::Pay, Scope::Read]).await.1
    }

    pub async fn operator(&self) -> Caller {
        self.issue(Holder::Operator, &[Scope::Read, Scope::Operate]).await.1
    }
}

/// A contract with one account.
pub fn holder(contract: ContractId, account: AccountId, may_debit: bool) -> Holder {
    let name =
        AccountName { branch: "100".to_owned(), kind: AccountType::Ordinary, number: ACCOUNT.to_owned() };
    Holder::Contract { contract, accounts: vec![KeyAccount { name, account }], may_debit }
}
