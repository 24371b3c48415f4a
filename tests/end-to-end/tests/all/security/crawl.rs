//! Every page that can be reached, and what its headers and addresses say (SEC-31, SEC-32, SEC-33).

use std::collections::{BTreeSet, VecDeque};

use http::header;
use serde_json::json;

use crate::harness::page::Form;
use crate::harness::{Answer, Bill, Clerk, Demo, company};

const PAGES_MAX: usize = 1_500;

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'";

/// The pages found, and every address that was asked for or that a page named.
struct Crawl {
    pages: Vec<Answer>,
    addresses: BTreeSet<String>,
}

async fn crawl(clerk: &Clerk, from: &[&str]) -> Crawl {
    let mut open: VecDeque<String> = from.iter().map(|path| (*path).to_owned()).collect();
    let mut addresses: BTreeSet<String> = open.iter().cloned().collect();
    let mut pages = Vec::new();
    while let Some(path) = open.pop_front() {
        assert!(pages.len() < PAGES_MAX, "there is no end of pages: {path}");
        let answer = clerk.client.get(&path).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.status);
        let mut found = answer.page.addresses();
        found.push(answer.path.clone());
        found.extend(answer.page.forms().iter().filter(|form| form.method == "get").flat_map(searches));
        for address in found {
            let address = address.split('#').next().unwrap_or_default().to_owned();
            // forms are posted elsewhere; signing out would end the crawl
            let is_page = address.starts_with('/') && address != "/sign-out";
            if is_page && addresses.insert(address.clone()) {
                open.push_back(address);
            }
        }
        pages.push(answer);
    }
    Crawl { pages, addresses }
}

/// The addresses that a search leads to, one for each choice.
fn searches(form: &Form) -> Vec<String> {
    let mut found = Vec::new();
    for (name, values) in &form.choices {
        for value in values {
            let mut filled = form.clone();
            filled.put(name, value);
            found.push(format!("{}?{}", form.action, crate::harness::client::urlencoded(&filled.fields)));
        }
    }
    found
}

/// A clerk in the middle of a payment, with another one done.
async fn busy() -> (Demo, Clerk, Vec<Bill>, Crawl) {
    let demo = Demo::start().await;
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
    let mut bills = demo.mocks().bills("04100", json!({ "count": 22, "amount": 23_456 })).await;
    let last = bills.pop().unwrap();
    let mut result = String::new();
    for bill in &bills {
        result = clerk.pay_whole(bill).await.path;
    }
    let review = clerk.reviewed(&last).await;
    let missing = clerk.inquire(&bills[0]).await;
    let crawl = crawl(&clerk, &["/home", &review.path, &missing.path, &result]).await;
    bills.push(last);
    (demo, clerk, bills, crawl)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_and_addresses_of_every_page() {
    let (demo, clerk, bills, crawl) = busy().await;
    let html =
        crawl.pages.iter().filter(|page| page.headers[header::CONTENT_TYPE] == "text/html; charset=utf-8");
    assert!(html.clone().count() > 20, "{:?}", crawl.addresses);
    for ending in ["/review", "/bills", "/numbers", "/print", "/result"] {
        let found = crawl.pages.iter().any(|page| page.path.ends_with(ending));
        assert!(found, "no page {ending}: {:?}", crawl.addresses);
    }
    for page in &crawl.pages {
        assert_headers(page);
    }
    for page in html {
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store", "{}", page.path);
        assert_own_origin_only(page);
    }
    for path in ["/sign-in", "/no/such/page", "/payeasy/payments/none"] {
        let page = clerk.client.get(path).await;
        assert_headers(&page);
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store", "{path}");
    }
    let secrets = meaningful(&demo, &clerk, &bills).await;
    // a collector's page is public, and no payer's
    for address in crawl.addresses.iter().filter(|address| !address.starts_with("/payeasy/collectors/")) {
        assert_opaque(address, &secrets);
    }
    demo.assert_sound().await;
}

/// SEC-31
#[track_caller]
fn assert_headers(page: &Answer) {
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
    ] {
        let found: Vec<_> = page.headers.get_all(name).iter().collect();
        assert_eq!(found, [value], "{name} of {}", page.path);
    }
    assert!(page.headers["permissions-policy"].to_str().unwrap().contains("geolocation=()"), "{}", page.path);
    assert!(!page.headers.contains_key(header::SERVER), "{}", page.path);
}

/// No inline style or script, and nothing from elsewhere.
#[track_caller]
fn assert_own_origin_only(page: &Answer) {
    let body = page.body.to_lowercase();
    for inline in ["<style", " style=\"", " onclick=", " onsubmit=", "javascript:", "<script>"] {
        assert!(!body.contains(inline), "{inline} in {}", page.path);
    }
    for address in page.page.addresses() {
        let own = address.starts_with('/') && !address.starts_with("//") || address.starts_with(['#', '?']);
        assert!(own, "{address} in {}", page.path);
    }
}

/// What an address must not tell: account numbers, amounts, collector's, customer's and payment's numbers.
async fn meaningful(demo: &Demo, clerk: &Clerk, bills: &[Bill]) -> BTreeSet<String> {
    let mut secrets = BTreeSet::new();
    for account in demo.contract(company::SHOJI)["accounts"].as_array().unwrap() {
        secrets.insert(account["number"].as_str().unwrap().to_owned());
        secrets.insert(account["balance"].to_string());
    }
    for number in crate::harness::mocks::COLLECTORS {
        secrets.insert(number.to_owned());
    }
    for bill in bills {
        secrets.insert(bill.customer_number.clone());
        secrets.insert(bill.confirmation_number.clone());
        secrets.insert(bill.bill_id.clone());
        secrets.insert(bill.amount.to_string());
    }
    secrets.insert(clerk.money().await.balance.to_string());
    for payment in clerk.payments().await {
        secrets.insert(clerk.client.get(&payment).await.page.field("receipt_number"));
    }
    secrets
}

/// SEC-33: no part of an address is a number of meaning. Parts, because an opaque id may contain any digits.
#[track_caller]
fn assert_opaque(address: &str, secrets: &BTreeSet<String>) {
    for part in address.split(['/', '?', '&', '=']) {
        assert!(!secrets.contains(part), "{part} in {address}");
    }
}
