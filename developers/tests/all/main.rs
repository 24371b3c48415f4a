//! The whole site over its router: every link leads somewhere, every page keeps what pages of ours keep.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod sandbox;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::routing::get;
use developers::{Config, TestBill};
use gateway::proof::KeySet;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

fn site() -> Router {
    let keys = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "hub-1", "owner": "MPN9999",
        "x": "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w"}]}"#;
    let keys = KeySet::read(keys).unwrap();
    let bill = TestBill {
        collector: "00200".to_owned(),
        name: "国税庁".to_owned(),
        customer_number: "2013000987654321".to_owned(),
        confirmation_number: "135790".to_owned(),
        payment_category: "7000004567".to_owned(),
        contents: "申告所得税 <令和8年分>".to_owned(),
        amount: 1_215_000,
        scenario: "normal".to_owned(),
    };
    let api = Router::new()
        .route("/v1/openapi.json", get(|| async { gateway::api::document_json() }))
        .route("/v1/keys", get(|| async { "{}" }))
        .fallback(|| async { (StatusCode::NOT_FOUND, "{\"code\": \"not_found\"}") });
    developers::router(Config {
        api,
        keys: Arc::new(move || keys.clone()),
        bills: vec![bill],
        mocks_url: Some("http://127.0.0.1:8090".to_owned()),
        bank_url: "http://localhost:8080".to_owned(),
        sandbox: None,
    })
}

struct Page {
    status: StatusCode,
    kind: String,
    policy: String,
    text: String,
}

async fn fetch(site: &Router, path: &str) -> Page {
    let request = Request::get(path).header(header::HOST, "127.0.0.1:8081").body(Body::empty()).unwrap();
    let response = site.clone().oneshot(request).await.unwrap();
    let header = |name: header::HeaderName| {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (status, kind) = (response.status(), header(header::CONTENT_TYPE));
    let policy = header(header::CONTENT_SECURITY_POLICY);
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    Page { status, kind, policy, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

fn links(html: &str) -> Vec<&str> {
    html.split("<a ")
        .skip(1)
        .filter_map(|rest| page_checks::attribute(rest.split('>').next()?, "href"))
        .collect()
}

/// Every page that the start page leads to, however far, by its address without the anchor.
async fn walk(site: &Router) -> BTreeMap<String, Page> {
    let mut pages = BTreeMap::new();
    let mut open = vec!["/".to_owned()];
    while let Some(path) = open.pop() {
        if pages.contains_key(&path) {
            continue;
        }
        let page = fetch(site, &path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        if page.kind.starts_with("text/html") {
            for link in links(&page.text) {
                let target = link.split('#').next().unwrap();
                if target.starts_with('/') {
                    open.push(target.to_owned());
                }
            }
        }
        pages.insert(path, page);
    }
    pages
}

#[tokio::test]
async fn every_link_leads_to_a_page_and_every_anchor_to_a_place_on_it() {
    let pages = walk(&site()).await;
    assert!(pages.len() > 150, "{} pages", pages.len());
    let mut broken = BTreeSet::new();
    for (path, page) in pages.iter().filter(|(_, page)| page.kind.starts_with("text/html")) {
        for link in links(&page.text) {
            let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if target.is_empty() { path } else { target };
            if anchor.is_empty() || !target.starts_with('/') {
                continue;
            }
            if !pages[target].text.contains(&format!(" id=\"{anchor}\"")) {
                broken.insert(format!("{path}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[tokio::test]
async fn every_page_keeps_what_pages_of_ours_keep() {
    for (path, page) in walk(&site()).await {
        assert!(
            page.policy.starts_with("default-src 'none'") || path.starts_with("/v1/"),
            "{path}: {}",
            page.policy
        );
        if page.kind.starts_with("text/html") {
            assert!(
                page.text.contains("<title>") && page.text.contains(" | mpn developers</title>"),
                "{path}"
            );
            let checked = std::panic::catch_unwind(|| page_checks::all(&page.text));
            assert!(checked.is_ok(), "{path}");
        }
    }
}

#[tokio::test]
async fn what_is_shown_is_what_the_documents_say() {
    let site = site();
    let text = async |path: &str| fetch(&site, path).await.text;
    assert!(text("/guide").await.contains("For the engineer of a collector"));
    assert!(text("/guide/ja").await.contains("<html lang=\"ja\">"));
    assert!(text("/protocol/messages").await.contains("&#60;Serial&#62;00000003&#60;/Serial&#62;"));
    assert!(text("/protocol/examples/clearing.xml").await.starts_with("<?xml"));
    assert!(text("/protocol/mpn-v1.xsd").await.contains("xs:schema"));
    let numbers = text("/test-numbers").await;
    assert!(numbers.contains("1,215,000") && numbers.contains("&#60;令和8年分&#62;"), "{numbers}");
    for code in gateway::api::problem::Code::ALL {
        let remedy = code.entry().remedy.replace('\'', "&#39;");
        assert!(text(&format!("/help/{code}")).await.contains(&remedy), "{code}");
    }
}

#[tokio::test]
async fn what_is_not_there_says_so_in_the_words_of_its_side() {
    let site = site();
    for path in
        ["/nowhere", "/help/nonsense", "/reference/nonsense", "/reference/schemas/x", "/protocol/examples/x"]
    {
        let page = fetch(&site, path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.text.contains("There is no such page"), "{path}");
        page_checks::all(&page.text);
    }
    for path in ["/v1", "/v1/nowhere"] {
        let page = fetch(&site, path).await;
        assert_eq!(
            (page.status, page.text.as_str()),
            (StatusCode::NOT_FOUND, "{\"code\": \"not_found\"}"),
            "{path}"
        );
    }
}
