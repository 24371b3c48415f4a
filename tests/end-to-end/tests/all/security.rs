//! Headers, addresses, rights and failures as an attacker meets them (SEC-30 to SEC-35, SEC-44).

mod crawl;

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::Full;
use serde_json::json;

use crate::harness::client::urlencoded;
use crate::harness::{Answer, Clerk, Demo, company};

const FORM: &str = "application/x-www-form-urlencoded";

/// A form sent as another site's page or a script would, with these headers.
async fn forged(demo: &Demo, by: &Clerk, path: &str, body: String, headers: &[(&str, &str)]) -> Answer {
    let url = format!("{}{path}", demo.json["bank"]["url"].as_str().unwrap());
    let mut request = Request::builder().method(Method::POST).uri(url).header(header::CONTENT_TYPE, FORM);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    by.client.send(request.body(Full::<Bytes>::from(body)).unwrap()).await.unwrap()
}

/// SEC-30
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_without_its_token_or_from_another_site_does_nothing() {
    let demo = Demo::start().await;
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
    let colleague = Clerk::sign_in(&demo, company::SHOJI, 2).await;
    let before = clerk.money().await;
    let bill = demo.mocks().bill("04100", json!({})).await;
    let review = clerk.reviewed(&bill).await;
    let mut form = review.page.form();
    form.fill("confirmation_password", "kakunin-no-kotoba");
    let right = urlencoded(&form.fields);
    let mut missing = form.clone();
    missing.fields.retain(|(name, _)| name != "csrf");
    let mut foreign = form.clone();
    foreign.fill("csrf", colleague.client.get("/payeasy/new").await.page.form().value("csrf"));
    let ours = [("sec-fetch-site", "same-origin")];
    for (what, body, headers) in [
        ("no token", urlencoded(&missing.fields), &ours[..]),
        ("another session's token", urlencoded(&foreign.fields), &ours[..]),
        ("another site", right.clone(), &[("sec-fetch-site", "cross-site")]),
        ("a site beside ours", right.clone(), &[("sec-fetch-site", "same-site")]),
        ("another origin", right.clone(), &[("origin", "https://evil.example")]),
    ] {
        let answer = forged(&demo, &clerk, &review.path, body, headers).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}: {}", answer.page.text());
        assert!(answer.page.text().contains("何も引き落とされていません"), "{what}: {}", answer.page.text());
    }
    // no page changes anything by being looked at
    let looked = clerk.client.get(&format!("{}?{right}", review.path)).await;
    assert_eq!(looked.page.state(), "");
    assert_eq!(clerk.client.get("/sign-out").await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(clerk.money().await, before);
    assert!(demo.mocks().clearings(&bill).await.is_empty());
    // the very same form is good where it belongs
    let answer = forged(&demo, &clerk, &review.path, right, &ours).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.page.text());
    demo.mocks().assert_cleared_once(&bill).await;
}

/// SEC-34
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_contracts_objects_are_not_there() {
    let demo = Demo::start().await;
    let owner = Clerk::sign_in(&demo, company::SHOJI, 1).await;
    let stranger = Clerk::sign_in(&demo, company::SEISAKUSHO, 0).await;
    let bills = demo.mocks().bills("04100", json!({ "count": 2 })).await;
    let result = owner.pay_whole(&bills[0]).await;
    let payment = owner.payments().await.remove(0);
    let numbers = owner.numbers("04100").await;
    let page_of_bills = owner.type_numbers(&numbers, &bills[1]).await;
    let review = owner.review(&page_of_bills, &bills[1]).await;
    let before = stranger.money().await;

    let nowhere = stranger.client.get("/payeasy/payments/01936f00-0000-7000-8000-000000000000").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    let print = format!("{payment}/print");
    let theirs = [&result.path, &payment, &print, &numbers.path, &page_of_bills.path, &review.path];
    for path in theirs {
        assert_eq!(owner.client.get(path).await.status, StatusCode::OK, "{path}");
        let answer = stranger.client.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {}", answer.page.text());
        // not told apart from what does not exist
        assert_eq!(answer.page.heading(), nowhere.page.heading(), "{path}");
    }
    let token = stranger.client.get("/payeasy/new").await.page.form().value("csrf").to_owned();
    for from in [&numbers, &page_of_bills, &review] {
        let mut form = from.page.form();
        form.put("csrf", &token);
        form.put("bill", &bills[1].bill_id);
        form.put("confirmation_password", "kakunin-no-kotoba");
        let answer = stranger.client.submit(from, &form).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}: {}", from.path, answer.page.text());
    }
    assert!(stranger.payments().await.is_empty());
    let id = payment.rsplit('/').next().unwrap();
    let history = stranger.client.get(&format!("/payeasy/history?older={id}")).await;
    assert!(history.page.text().contains("該当する払込はありません"), "{}", history.page.text());
    // a colleague sees the contract's payment, and not the other's unfinished entry
    let colleague = Clerk::sign_in(&demo, company::SHOJI, 2).await;
    assert_eq!(colleague.client.get(&payment).await.status, StatusCode::OK);
    assert_eq!(colleague.client.get(&review.path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.money().await, before);
    assert!(demo.mocks().clearings(&bills[1]).await.is_empty());

    // without a session every one of them leads to the sign-in
    let nobody = demo.client();
    for path in theirs.into_iter().map(String::as_str).chain(["/home", "/payeasy/new", "/payeasy/history"]) {
        assert_eq!(nobody.get(path).await.path.split('?').next(), Some("/sign-in"), "{path}");
    }
}

/// SEC-35
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_are_checked_by_the_operation_whatever_the_form_says() {
    let demo = Demo::start().await;
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
    let other = Clerk::sign_in(&demo, company::SEISAKUSHO, 0).await;
    let (before, theirs) = (clerk.money().await, other.money().await);
    let bill = demo.mocks().bill("04100", json!({})).await;
    let private = demo.mocks().bill("99022", json!({})).await;

    let foreign_account = {
        let bills = other.inquire(&bill).await;
        bills.page.form().choices["account"][0].clone()
    };
    let bills = clerk.inquire(&bill).await;
    for account in [foreign_account.as_str(), "900000001", "-1", "", "x' OR 1=1 --"] {
        let mut form = bills.page.form();
        form.fill("bill", &bill.bill_id);
        form.put("account", account);
        let answer = clerk.client.submit(&bills, &form).await;
        assert!(answer.path.ends_with("/bills"), "{account}: {}", answer.page.text());
        assert!(answer.page.summary().contains("引き落とす口座を選んでください"), "{}", answer.page.text());
    }
    let mut form = bills.page.form();
    form.put("bill", "SDI-0001");
    let answer = clerk.client.submit(&bills, &form).await;
    assert!(answer.page.summary().contains("払い込む請求を選んでください"), "{}", answer.page.text());

    // an amount, account or bill that the last form smuggles in is not read
    let review = clerk.review(&bills, &bill).await;
    let mut form = review.page.form();
    for (name, value) in [("amount", "1"), ("account", foreign_account.as_str()), ("bill", "SDI-0001")] {
        form.put(name, value);
    }
    form.fill("confirmation_password", "kakunin-no-kotoba");
    let paid = clerk.client.submit(&review, &form).await;
    assert_eq!(paid.page.state(), "accepted", "{}", paid.page.text());
    demo.mocks().assert_cleared_once(&bill).await;

    // the one-time password is asked for by the operation, not by the form
    let review = clerk.reviewed(&private).await;
    let mut form = review.page.form();
    form.fields.retain(|(name, _)| name != "one_time_password");
    form.fill("confirmation_password", "kakunin-no-kotoba");
    let refused = clerk.client.submit(&review, &form).await;
    assert_eq!(refused.page.state(), "", "{}", refused.page.text());
    assert!(demo.mocks().clearings(&private).await.is_empty());

    assert_eq!(clerk.money().await.balance, before.balance - bill.total());
    assert_eq!(other.money().await, theirs);
    demo.assert_sound().await;
}

/// SEC-44: what fails says a number and nothing of our insides; the log says the rest under the same number.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_are_generic_and_closed() {
    let demo = Demo::start().await;
    let clerk = Clerk::sign_in(&demo, company::SHOJI, 1).await;
    let before = clerk.money().await;
    let bill = demo.mocks().bill("04100", json!({})).await;
    let review = clerk.reviewed(&bill).await;

    let missing = clerk.client.get("/no/such/page").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_generic(&missing);
    let token = review.page.form().value("csrf").to_owned();
    let unreadable = format!("csrf={token}&%ff=%zz&&&");
    let answer = forged(&demo, &clerk, &review.path, unreadable, &[("sec-fetch-site", "same-origin")]).await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    let huge = format!("csrf={token}&x={}", "a".repeat(300 * 1024));
    let answer = forged(&demo, &clerk, &review.path, huge, &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", answer.page.text());
    assert_generic(&answer);

    // a table is gone
    let file = demo.data().join("mpn.sqlite");
    let sql = "ALTER TABLE payeasy_draft RENAME TO gone";
    let database = database::Database::sqlite(&file).await.unwrap();
    database::execute!(database, sql).unwrap();
    for answer in [clerk.client.get(&review.path).await, clerk.pay(&review).await] {
        assert!(answer.status.is_server_error(), "{}: {}", answer.status, answer.page.text());
        assert_generic(&answer);
        let number = answer.page.field("error_code");
        assert!(demo.log().contains(&number), "the log knows {number}: {}", demo.log());
    }
    assert!(demo.log().contains("no such table"), "the log says what happened: {}", demo.log());
    assert!(demo.mocks().clearings(&bill).await.is_empty());
    database::execute!(database, "ALTER TABLE gone RENAME TO payeasy_draft").unwrap();
    database.close().await;
    // home offers entries that were begun, so it is there again only now
    assert_eq!(clerk.money().await, before);
    assert_eq!(clerk.pay(&review).await.page.state(), "accepted");
    demo.assert_sound().await;
}

#[track_caller]
fn assert_generic(answer: &Answer) {
    let number = answer.page.field("error_code");
    assert!(number.len() >= 8, "{number:?} is no number to ask about");
    for inside in ["sqlx", "SQLite", "sqlite", "no such table", "payeasy_draft", ".rs", "panicked", "Error"] {
        assert!(!answer.body.contains(inside), "the page shows {inside}: {}", answer.page.text());
    }
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    assert!(answer.headers.contains_key(header::CONTENT_SECURITY_POLICY));
}
