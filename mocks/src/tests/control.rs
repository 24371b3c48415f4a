use std::collections::HashSet;

use axum::body::{Body, to_bytes};
use http::{Request, StatusCode};
use tower::ServiceExt as _;

use super::hub::{CITY, Hub, Slip, TAX, TYPED, advice, asked, close, service};

#[tokio::test]
async fn many_bills_are_made_at_once_and_each_can_be_found_and_paid() {
    let hub = Hub::start().await;
    for number in ["00200", "00500", "04000", "04100", "99022"] {
        let (status, json) =
            hub.json("POST", &format!("/control/{number}/bills"), r#"{"count":50,"amount":777}"#).await;
        assert_eq!(status, StatusCode::CREATED, "{json}");
        let bills = json["bills"].as_array().unwrap();
        let customers: HashSet<_> =
            bills.iter().map(|bill| bill["customer_number"].as_str().unwrap()).collect();
        assert_eq!(customers.len(), 50);
        let text =
            |name: &str| -> &'static str { bills[49][name].as_str().unwrap_or_default().to_owned().leak() };
        let slip = Slip {
            collector: number,
            customer: text("customer_number"),
            confirmation: text("confirmation_number"),
            category: text("payment_category"),
            bill: text("bill_id"),
            amount: 777,
            fee: 0,
        };
        assert_eq!(hub.send(number, &slip.inquiry(1)).await.bill_ids(), [slip.bill]);
        let cleared = hub.send(number, &slip.clearing(2)).await;
        assert_eq!((cleared.code().as_str(), cleared.field("ProvisionalCode")), ("0000", None));
    }
    let (_, json) = hub.json("GET", "/control/clearings", "").await;
    assert_eq!(json["clearings"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_bill_is_made_as_described_or_refused_with_its_field() {
    let hub = Hub::start().await;
    let asked = r#"{"customer_number":"2013-0001-2345-6789","confirmation_number":"246810","payment_category":
        "7000005555","bill_id":"X-1","payer":"山田 <太郎>","contents":"A & B","amount":500,"fee":0,
        "scenario":"normal","due":"2026-12-25"}"#;
    let (status, json) = hub.json("POST", "/control/00200/bills", asked).await;
    assert_eq!(status, StatusCode::CREATED, "{json}");
    assert_eq!(json["bills"][0]["customer_number"], "2013000123456789");
    let answer = hub.send("00200", &Slip { category: "7000005555", ..TAX }.inquiry(1)).await;
    assert_eq!(answer.field("Payer").unwrap(), "山田 &lt;太郎&gt;");
    assert_eq!(answer.field("Due").unwrap(), "2026-12-25");
    for (body, field) in [
        (asked, "bill_id"),
        (r#"{"customer_number":"1"}"#, "customer_number"),
        (r#"{"confirmation_number":"1234"}"#, "confirmation_number"),
        (r#"{"payment_category":"1"}"#, "payment_category"),
        (r#"{"amount":0}"#, "amount"),
        (r#"{"amount":100000000000}"#, "amount"),
        (r#"{"fee":-1}"#, "fee"),
        (r#"{"scenario":"odd"}"#, "scenario"),
        (r#"{"count":0}"#, "count"),
        (r#"{"count":10001}"#, "count"),
        (r#"{"count":2,"bill_id":"Y"}"#, "count"),
        (r#"{"colour":"red"}"#, ""),
    ] {
        let (status, json) = hub.json("POST", "/control/00200/bills", body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(json["field"], field, "{body}");
    }
}

#[tokio::test]
async fn each_scenario_is_answered_with_its_code() {
    let hub = Hub::start().await;
    for (scenario, code) in
        [("already_paid", "B201"), ("expired", "B202"), ("not_yet", "B204"), ("unavailable", "A101")]
    {
        let (_, json) =
            hub.json("POST", "/control/99022/bills", &format!(r#"{{"scenario":"{scenario}"}}"#)).await;
        let text =
            |name: &str| -> &'static str { json["bills"][0][name].as_str().unwrap().to_owned().leak() };
        let slip = Slip {
            collector: "99022",
            customer: text("customer_number"),
            confirmation: text("confirmation_number"),
            category: "",
            ..TAX
        };
        assert_eq!(hub.send("99022", &slip.inquiry(1)).await.code(), code, "{scenario}");
    }
}

#[tokio::test]
async fn messages_are_listed_without_the_secret_and_kept_whole() {
    let hub = Hub::start().await;
    let inquiry = TAX.inquiry(1);
    hub.send("00200", &inquiry).await;
    let answered = hub.send("00200", &TAX.clearing(2)).await;
    let (_, json) = hub.json("GET", "/control/00200/messages", "").await;
    assert!(!json.to_string().contains("246810"));
    let messages = json["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 2);
    assert_eq!((&messages[0]["kind"], &messages[0]["code"]), (&"Clearing".into(), &"0000".into()));
    assert_eq!((&messages[1]["kind"], &messages[1]["outcome"]), (&"Inquiry".into(), &"answered".into()));
    let xml = async |id: &serde_json::Value, side: &str| {
        let path = format!("/control/00200/messages/{id}.xml?side={side}");
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = hub.site.clone().oneshot(request).await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/xml; charset=utf-8");
        to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()
    };
    assert_eq!(xml(&messages[1]["id"], "request").await, inquiry.as_bytes());
    assert_eq!(xml(&messages[0]["id"], "answer").await, answered.body);
    let (status, _) = hub.json("GET", "/control/00500/messages/1.xml", "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_site_may_not_command_the_mocks() {
    let hub = Hub::start().await;
    for (name, value, status) in [
        ("sec-fetch-site", "cross-site", StatusCode::FORBIDDEN),
        ("sec-fetch-site", "same-site", StatusCode::FORBIDDEN),
        ("origin", "http://evil.example", StatusCode::FORBIDDEN),
        ("sec-fetch-site", "same-origin", StatusCode::OK),
        ("origin", "http://127.0.0.1:8090", StatusCode::OK),
    ] {
        let request = Request::put("/control/00200/fault")
            .header("host", "127.0.0.1:8090")
            .header("content-type", "application/json")
            .header(name, value)
            .body(Body::from(r#"{"mode":"none"}"#))
            .unwrap();
        assert_eq!(hub.site.clone().oneshot(request).await.unwrap().status(), status, "{name} {value}");
    }
}

#[tokio::test]
async fn every_message_is_valid_by_the_published_schema() {
    let hub = Hub::start().await;
    hub.send("00200", &TAX.inquiry(1)).await;
    hub.send("00200", &Slip { confirmation: "111111", ..TAX }.inquiry(2)).await;
    hub.send("00200", &TAX.clearing(3)).await;
    hub.send("00200", &TAX.resend(3, &TAX.clearing(3))).await;
    hub.send("00200", &TAX.clearing(4)).await;
    hub.send("04100", &CITY.inquiry(5)).await;
    hub.send("04100", &Slip { amount: 1, ..CITY }.clearing(6)).await;
    hub.send("99090", &TYPED.inquiry_of("9999", "<Amount>5</Amount>", 7)).await;
    hub.send("04100", &service("04100", 8, "Open", "local")).await;
    hub.send("04100", &service("04100", 9, "PreClose", "national")).await;
    let counted = CITY.at_counter(10);
    hub.send("04100", &counted).await;
    hub.send("04100", &CITY.cancellation(11, 10)).await;
    hub.send("04100", &CITY.resend(11, &CITY.cancellation(11, 10))).await;
    hub.send("04100", &asked("04100", 12, "Lines", "local", "2026-11-24", "")).await;
    hub.send("04100", &asked("04100", 13, "Lines", "local", "2026-11-25", "<After>00000001</After>")).await;
    hub.send("04100", &asked("04100", 14, "Counter", "local", "2026-11-24", "")).await;
    hub.send("04100", &close("04100", 15, "local", "2026-11-24")).await;
    hub.send("04100", &close("04100", 16, "local", "2026-11-25")).await;
    hub.send("04100", &advice("04100", 17, "9999-2026-11-24-04100", 0)).await;
    let mut files = Vec::new();
    for number in ["00200", "04100", "99090"] {
        let (_, json) = hub.json("GET", &format!("/control/{number}/messages"), "").await;
        for message in json["messages"].as_array().unwrap() {
            for side in ["request", "answer"] {
                let path = format!("/control/{number}/messages/{}.xml?side={side}", message["id"]);
                let response =
                    hub.site.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
                let file = hub.folder.path().join(format!("{number}-{}-{side}.xml", message["id"]));
                std::fs::write(&file, to_bytes(response.into_body(), 1 << 20).await.unwrap()).unwrap();
                files.push(file);
            }
        }
    }
    assert_eq!(files.len(), 38);
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/protocol/mpn-v1.xsd");
    let checked = std::process::Command::new("xmllint")
        .args(["--nonet", "--noout", "--schema", schema])
        .args(&files)
        .output()
        .expect("xmllint is installed (package libxml2-utils)");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
