//! The sandbox between a hub and a collector: what passes, what goes wrong when asked to, what is said of it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use collectors::Directory;
use collectors::protocol::{self, ClearingAnswer, Message};
use collectors::signature::{RequestParts, ResponseParts, SigningKey, sign_request, sign_response};
use developers::Config;
use developers::sandbox::{Allowed, KeyTaken, Sandbox, Settings, returning};
use domain::clock::machine_now;
use domain::{Clock, Timestamp};
use gateway::link::{LinkPeer, LinkPeers};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// Where payers may be led back to whoever is registered.
const MOCKS_SITE: &str = "http://127.0.0.1:8090/sites/99022/";
const OWN: [u8; 32] = [2; 32];
const HUB: [u8; 32] = [1; 32];
const PUBLIC: &str = "8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394";

fn key(id: &str, seed: &[u8; 32]) -> SigningKey {
    SigningKey::from_seed(id, seed).unwrap()
}

/// A collector that accepts every clearing, and signs with `seed`.
struct Collector {
    endpoint: String,
    asked: Arc<AtomicUsize>,
    serials: Arc<Mutex<Vec<String>>>,
}

impl Collector {
    async fn start(seed: [u8; 32]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (asked, serials) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (count, seen) = (asked.clone(), serials.clone());
        let router = Router::new().fallback(move |request: Request| {
            let (count, seen) = (count.clone(), seen.clone());
            async move {
                count.fetch_add(1, Ordering::SeqCst);
                assert_eq!(request.uri().path(), "/99022/mpn");
                let body = request.into_body().collect().await.unwrap().to_bytes();
                let message = protocol::decode(&body).unwrap();
                seen.lock().unwrap().push(message.header.serial.to_string());
                answer(&message, &body, &seed)
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { endpoint, asked, serials }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn answer(request: &Message, request_body: &[u8], seed: &[u8; 32]) -> Response {
    let answer = ClearingAnswer::Normal { provisional: None, reference: None };
    let header = request.header.answer(machine_now());
    let body = protocol::encode(&Message { header, body: protocol::Body::ClearingAnswer(answer) });
    let parts = ResponseParts { status: 200, body: &body, request_body };
    let signed = sign_response(&key("99022-7", seed), &parts, machine_now());
    let mut response = ([(header::CONTENT_TYPE, protocol::CONTENT_TYPE)], body.clone()).into_response();
    for (name, value) in signed.pairs() {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}

/// What stands between.
struct Bench {
    /// As the hub sees it.
    wire: Router,
    /// As people and programs see it.
    site: Router,
    /// What the bank has agreed on with 99022.
    peers: LinkPeers,
}

impl Bench {
    async fn new(folder: &Path) -> Self {
        let clock = Clock::frozen(Timestamp::parse_rfc3339("2026-11-24T10:00:00+09:00").unwrap());
        let peer = LinkPeer { keys: Vec::new(), return_urls: vec![MOCKS_SITE.parse().unwrap()] };
        let peers = LinkPeers::from(HashMap::from([("99022".parse().unwrap(), peer)]));
        let sandbox = Sandbox::open(Settings {
            directory: Arc::new(Directory::embedded()),
            hub_keys: Arc::new(|| vec![key("hub-1", &HUB).verifying_key()]),
            tell_key: Arc::new(|_, key| {
                let taken = if key.id() == "99022-1" { KeyTaken::IdTaken } else { KeyTaken::Yes };
                Box::pin(async move { Ok(taken) })
            }),
            tell_return: returning(peers.clone()),
            clock,
            file: folder.join("sandbox.json"),
            allowed: Allowed::default(),
        })
        .await;
        let mock = Router::new().fallback(|| async { "the mock" });
        let wire = sandbox.before(mock);
        let api = Router::new().fallback(|| async { StatusCode::NOT_FOUND });
        let keys = gateway::proof::KeySet::default();
        let site = developers::router(Config {
            api,
            keys: Arc::new(move || keys.clone()),
            bills: Vec::new(),
            mocks_url: None,
            bank_url: "http://localhost:8080".to_owned(),
            sandbox: Some(sandbox),
        });
        Self { wire, site, peers }
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(path).header(header::HOST, "127.0.0.1:8081");
        let request = match &body {
            Some(_) => request.header(header::CONTENT_TYPE, "application/json"),
            None => request,
        };
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let (status, _, text) = ask(&self.site, request.body(Body::from(body)).unwrap()).await;
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn register(&self, endpoint: &str) {
        let wanted = json!({"endpoint": endpoint, "key_id": "99022-7", "public_key": PUBLIC});
        let (status, told) = self.call("PUT", "/v1/sandbox/collectors/99022", Some(wanted)).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        assert_eq!(told["public_key"], PUBLIC);
    }

    async fn fault(&self, mode: &str) {
        let rules = json!({"faults": [{"mode": mode, "on": "clearing"}]});
        let (status, told) = self.call("PUT", "/v1/sandbox/collectors/99022/faults", Some(rules)).await;
        assert_eq!(status, StatusCode::OK, "{told}");
    }

    async fn messages(&self) -> Vec<Value> {
        let (status, told) = self.call("GET", "/v1/sandbox/collectors/99022/messages", None).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        told["messages"].as_array().unwrap().clone()
    }

    /// The hub sends a clearing.
    async fn clear(&self, collector: &str, serial: &str) -> (StatusCode, String) {
        let text = include_str!("../../../docs/protocol/examples/clearing.xml");
        let body = text.trim_end().replace("00200", collector).replace("00000003", serial);
        let path = format!("/{collector}/mpn");
        let content_type = protocol::CONTENT_TYPE;
        let parts = RequestParts { method: "POST", path: &path, content_type, body: body.as_bytes() };
        let signed = sign_request(&key("hub-1", &HUB), &parts, machine_now());
        let mut request = Request::post(&path).header(header::CONTENT_TYPE, content_type);
        for (name, value) in signed.pairs() {
            request = request.header(name, value);
        }
        let (status, _, text) = ask(&self.wire, request.body(Body::from(body)).unwrap()).await;
        (status, text)
    }

    async fn page(&self, path: &str) -> (StatusCode, HeaderMap, String) {
        let request = Request::get(path).header(header::HOST, "127.0.0.1:8081").body(Body::empty()).unwrap();
        let (status, headers, text) = ask(&self.site, request).await;
        if status == StatusCode::OK {
            page_checks::all(&text);
        }
        (status, headers, text)
    }
}

async fn ask(router: &Router, request: Request) -> (StatusCode, HeaderMap, String) {
    let response = router.clone().oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, headers, String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn a_registered_collector_answers_in_the_mocks_place_until_it_is_withdrawn() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, collector) = (Bench::new(folder.path()).await, Collector::start(OWN).await);
    assert_eq!(bench.clear("99022", "00000001").await.1, "the mock");
    bench.register(&collector.endpoint).await;
    let (status, answer) = bench.clear("99022", "00000002").await;
    assert_eq!(status, StatusCode::OK);
    assert!(answer.contains("<Code>0000</Code>"), "{answer}");
    assert_eq!(bench.clear("99023", "00000003").await.1, "the mock", "another row is the mock's");
    // it outlives a restart of the demo
    let again = Bench::new(folder.path()).await;
    assert!(again.clear("99022", "00000004").await.1.contains("<Code>0000</Code>"));
    let (status, _) = again.call("DELETE", "/v1/sandbox/collectors/99022", None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(again.clear("99022", "00000005").await.1, "the mock");
    assert_eq!(Bench::new(folder.path()).await.clear("99022", "00000006").await.1, "the mock");
}

/// A site of one's own can take payers back after a hand-off, for as long as it is registered.
#[tokio::test]
async fn payers_can_be_led_back_to_a_registered_site() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(folder.path()).await;
    let address = "http://127.0.0.1:9444/pay/";
    let is_led_back = |bench: &Bench| {
        let peer = bench.peers.get(&"99022".parse().unwrap()).unwrap();
        assert!(peer.may_return_to(&format!("{MOCKS_SITE}bills/1")), "the mock's own site stays");
        peer.may_return_to("http://127.0.0.1:9444/pay/order/1")
    };
    assert!(!is_led_back(&bench));
    let wanted = |return_url: &str| {
        json!({"endpoint": "http://127.0.0.1:9443", "key_id": "99022-7", "public_key": PUBLIC,
               "return_url": return_url})
    };
    let register = async |bench: &Bench, number: &str, return_url: &str| {
        bench.call("PUT", &format!("/v1/sandbox/collectors/{number}"), Some(wanted(return_url))).await
    };
    let (status, told) = register(&bench, "99022", address).await;
    assert_eq!((status, &told["return_url"]), (StatusCode::OK, &json!(address)), "{told}");
    assert!(is_led_back(&bench));
    assert!(bench.page("/sandbox/99022").await.2.contains(&format!("value=\"{address}\"")));
    // what is refused changes nothing
    let (status, told) = register(&bench, "99022", "https://evil.example/").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(told["errors"][0]["pointer"], "/return_url", "{told}");
    assert!(is_led_back(&bench));
    // a row without hand-offs has nobody to lead back
    let directory = Directory::embedded();
    let without = directory
        .all()
        .iter()
        .find(|row| row.available && !row.methods.link && row.number.as_str().starts_with("99"));
    if let Some(row) = without {
        let (status, told) = register(&bench, row.number.as_str(), address).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(told["errors"][0]["detail"].as_str().unwrap().contains("hands no bills over"), "{told}");
    }
    // it outlives a restart, and goes with the registration
    let again = Bench::new(folder.path()).await;
    assert!(is_led_back(&again));
    again.call("DELETE", "/v1/sandbox/collectors/99022", None).await;
    assert!(!is_led_back(&again));
    register(&again, "99022", address).await;
    again.register("http://127.0.0.1:9443").await;
    assert!(!is_led_back(&again), "left out, it is withdrawn");
}

#[tokio::test]
async fn the_hubs_side_goes_wrong_as_it_is_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, collector) = (Bench::new(folder.path()).await, Collector::start(OWN).await);
    bench.register(&collector.endpoint).await;
    // what it does, how often the collector is asked by one message, and what the hub gets
    for (mode, asked, status) in [
        ("lost_before", 0, StatusCode::GATEWAY_TIMEOUT),
        ("lost_after", 1, StatusCode::GATEWAY_TIMEOUT),
        ("repeated", 2, StatusCode::OK),
    ] {
        bench.fault(mode).await;
        let before = collector.asked();
        assert_eq!(bench.clear("99022", "00000001").await.0, status, "{mode}");
        assert_eq!(collector.asked() - before, asked, "{mode}");
        let newest = bench.messages().await.remove(0);
        assert_eq!(newest["fault"], mode);
        assert_eq!(newest["replies"].as_array().unwrap().len(), asked, "{newest}");
        // a rule that is used up is gone
        assert_eq!(bench.clear("99022", "00000002").await.0, StatusCode::OK, "{mode}");
    }
    bench.fault("reordered").await;
    collector.serials.lock().unwrap().clear();
    let overtaken = bench.clear("99022", "00000008");
    let overtaking = async {
        // it has begun to wait once its rule is used up
        loop {
            let (_, told) = bench.call("GET", "/v1/sandbox/collectors/99022/faults", None).await;
            if told["faults"] == json!([]) {
                return bench.clear("99022", "00000009").await;
            }
            tokio::task::yield_now().await;
        }
    };
    let (first, second) = tokio::join!(overtaken, overtaking);
    assert_eq!((first.0, second.0), (StatusCode::OK, StatusCode::OK));
    assert_eq!(*collector.serials.lock().unwrap(), ["00000009", "00000008"]);
}

#[tokio::test]
async fn each_message_is_checked_and_told_element_by_element() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(folder.path()).await;
    // signed with another key than the registered one
    let stranger = Collector::start([9; 32]).await;
    bench.register(&stranger.endpoint).await;
    bench.clear("99022", "00000001").await;
    let wrong = bench.messages().await.remove(0);
    assert_eq!(wrong["replies"][0]["wrong"][0]["what"], "signed with the registered key", "{wrong}");
    let (_, _, list) = bench.page("/sandbox/99022").await;
    assert!(list.contains("not signed with the registered key"), "{list}");
    let right = Collector::start(OWN).await;
    bench.register(&right.endpoint).await;
    bench.clear("99022", "00000002").await;
    assert_eq!(bench.messages().await[0]["replies"][0]["wrong"], json!([]));
    let id = bench.messages().await[0]["id"].clone();
    let (status, _, html) = bench.page(&format!("/sandbox/99022/messages/{id}")).await;
    assert_eq!(status, StatusCode::OK);
    for told in
        ["the payment is accepted", "signed by the hub", "収納機関コード", "2013000123456789", "#signatures"]
    {
        let is_told = html.contains(told) || told.starts_with('#');
        assert!(is_told, "{told} in {html}");
    }
    assert!(!html.contains("tag bad"), "{html}");
    // nobody listens
    bench.register("http://127.0.0.1:1").await;
    assert_eq!(bench.clear("99022", "00000003").await.0, StatusCode::GATEWAY_TIMEOUT);
    let silent = bench.messages().await.remove(0);
    assert!(
        silent["replies"][0]["error"].as_str().unwrap().starts_with("no connection came about"),
        "{silent}"
    );
}

#[tokio::test]
async fn what_cannot_be_registered_is_refused_field_by_field() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(folder.path()).await;
    let good = json!({"endpoint": "http://127.0.0.1:9443", "key_id": "99022-7", "public_key": PUBLIC});
    let with = |field: &str, value: &str| {
        let mut wanted = good.clone();
        wanted[field] = value.into();
        wanted
    };
    for (wanted, pointer) in [
        (with("endpoint", "http://192.0.2.1:9443"), "/endpoint"),
        (with("endpoint", "https://127.0.0.1:9443"), "/root_ca"),
        (with("key_id", "99022-1"), "/key_id"),
        (with("public_key", "00"), "/public_key"),
        (with("root_ca", "x"), "/root_ca"),
    ] {
        let (status, told) = bench.call("PUT", "/v1/sandbox/collectors/99022", Some(wanted)).await;
        assert_eq!(
            (status, &told["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("fields_invalid")),
            "{told}"
        );
        assert_eq!(told["errors"][0]["pointer"], pointer, "{told}");
    }
    for number in ["00200", "99091", "99099", "x"] {
        let (status, _) =
            bench.call("PUT", &format!("/v1/sandbox/collectors/{number}"), Some(good.clone())).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{number}");
    }
    // a form of another site can send no JSON
    let form = Request::put("/v1/sandbox/collectors/99022").header(header::CONTENT_TYPE, "text/plain");
    let (status, ..) = ask(&bench.site, form.body(Body::from(good.to_string())).unwrap()).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let many = json!({"faults": vec![json!({"mode": "late"}); 21]});
    bench.register("http://127.0.0.1:9443").await;
    for faults in
        [many, json!({"faults": [{"mode": "late", "times": 0}]}), json!({"faults": [{"mode": "never"}]})]
    {
        let (status, _) = bench.call("PUT", "/v1/sandbox/collectors/99022/faults", Some(faults)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn people_register_and_spoil_by_forms() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(folder.path()).await;
    assert!(bench.page("/sandbox").await.2.contains("href=\"/sandbox/99022\""));
    assert_eq!(bench.page("/sandbox/00200").await.0, StatusCode::NOT_FOUND);
    let (_, headers, html) = bench.page("/sandbox/99022").await;
    let cookie = headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let token = html.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let post = async |path: &str, fields: &str, token: &str| {
        let request = Request::post(path)
            .header(header::HOST, "127.0.0.1:8081")
            .header(header::COOKIE, &cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        ask(&bench.site, request.body(Body::from(format!("csrf={token}&{fields}"))).unwrap()).await
    };
    let (status, _, html) = post("/sandbox/99022", "endpoint=x&key_id=k&public_key=1", &token).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        html.contains("href=\"#endpoint\"") && html.contains("Error: ") && html.contains("value=\"x\""),
        "{html}"
    );
    page_checks::all(&html);
    let right = format!("endpoint=http%3A%2F%2F127.0.0.1%3A9443&key_id=99022-7&public_key={PUBLIC}&root_ca=");
    assert_eq!(post("/sandbox/99022", &right, "wrong").await.0, StatusCode::FORBIDDEN);
    assert_eq!(post("/sandbox/99022", &right, &token).await.0, StatusCode::SEE_OTHER);
    assert!(bench.page("/sandbox").await.2.contains("http://127.0.0.1:9443"));
    let fault = "mode=lost_after&on=clearing&times=3&action=add";
    assert_eq!(post("/sandbox/99022/faults", fault, &token).await.0, StatusCode::SEE_OTHER);
    assert!(bench.page("/sandbox/99022").await.2.contains("is lost after its effect: the next 3"));
    let (status, ..) = post("/sandbox/99022/faults", &fault.replace('3', "0"), &token).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(post("/sandbox/99022/calm", "action=calm", &token).await.0, StatusCode::SEE_OTHER);
    assert!(bench.page("/sandbox/99022").await.2.contains("None: every message goes once"));
    assert_eq!(post("/sandbox/99022/withdrawal", "action=withdraw", &token).await.0, StatusCode::SEE_OTHER);
    assert!(!bench.page("/sandbox").await.2.contains("http://127.0.0.1:9443"));
}
