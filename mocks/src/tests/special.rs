use super::hub::{Hub, Slip, TAX};

/// The slip of an outcome at a collector, as the control tells it.
async fn slip(hub: &Hub, collector: &'static str, outcome: &str) -> Slip {
    let (_, json) = hub.json("GET", &format!("/control/{collector}/special-numbers"), "").await;
    let all = json["special_numbers"].as_array().unwrap();
    let found =
        all.iter().find(|one| one["outcome"] == outcome).unwrap_or_else(|| panic!("{outcome}: {json}"));
    let text =
        |field: &str| String::leak(found[field].as_str().unwrap_or_default().to_owned()) as &'static str;
    let (customer, confirmation) = (text("customer_number"), text("confirmation_number"));
    let bill = String::leak(format!("T{}-1", &customer[customer.len() - 4..]));
    Slip {
        collector,
        customer,
        confirmation,
        category: text("payment_category"),
        bill,
        amount: 10_000,
        fee: 0,
    }
}

#[tokio::test]
async fn a_special_number_is_paid_once_and_the_next_one_takes_its_place() {
    let hub = Hub::start().await;
    let first = slip(&hub, "00200", "payable").await;
    assert_eq!((first.customer, first.confirmation), ("0000000000000100", "123456"));
    assert_eq!(hub.send("00200", &first.inquiry(1)).await.bill_ids(), ["T0100-1"]);
    assert_eq!(slip(&hub, "00200", "payable").await.customer, first.customer, "asked about, not used");
    assert_eq!(hub.send("00200", &first.clearing(2)).await.code(), "0000");
    assert_eq!(hub.send("00200", &first.inquiry(3)).await.code(), "B201");
    let second = slip(&hub, "00200", "payable").await;
    assert_eq!(second.customer, "0000000000000101");
    // any of the hundred does, and what was paid stays paid
    let chosen = Slip { customer: "0000000000000177", bill: "T0177-1", ..second };
    assert_eq!(hub.send("00200", &chosen.inquiry(4)).await.code(), "0000");
    let hub = hub.restart().await;
    assert_eq!(hub.send("00200", &first.inquiry(5)).await.code(), "B201");
    assert_eq!(slip(&hub, "00200", "payable").await.customer, second.customer);
}

#[tokio::test]
async fn a_number_that_waits_gives_way_to_a_fresh_one_on_the_next_day() {
    let hub = Hub::start().await;
    let slip_today = slip(&hub, "00300", "not_yet").await;
    assert_eq!(hub.send("00300", &slip_today.inquiry(1)).await.code(), "B204");
    hub.set_clock(super::hub::at("2026-12-14T10:00:00+09:00"));
    let day = |message: &str| super::hub::on("2026-12-14", message);
    assert_eq!(hub.send("00300", &day(&slip_today.inquiry(1))).await.code(), "0000", "its day has come");
    let fresh = slip(&hub, "00300", "not_yet").await;
    assert_ne!(fresh.customer, slip_today.customer);
    assert_eq!(hub.send("00300", &day(&fresh.inquiry(2))).await.code(), "B204");
}

#[tokio::test]
async fn each_outcome_is_what_the_list_says() {
    let hub = Hub::start().await;
    for (collector, outcome, code, bills) in [
        ("00500", "several_bills", "0000", 3),
        ("04000", "surcharge", "0000", 1),
        ("99017", "already_paid", "B201", 0),
        ("99017", "expired", "B202", 0),
        ("99017", "not_yet", "B204", 0),
        ("99017", "wrong_confirmation", "A004", 0),
        ("99017", "closed", "A001", 0),
        ("99017", "slow", "0000", 1),
    ] {
        let slip = slip(&hub, collector, outcome).await;
        let asked = tokio::time::Instant::now();
        let answer = hub.send(collector, &slip.inquiry(1)).await;
        assert_eq!((answer.code().as_str(), answer.bill_ids().len()), (code, bills), "{collector} {outcome}");
        assert_eq!(asked.elapsed().as_secs() >= 3, outcome == "slow", "{outcome}");
        let late = answer.field("LateCharge").filter(|yen| yen != "0");
        assert_eq!(late.is_some(), outcome == "surcharge");
    }
    let garbage = slip(&hub, "99017", "garbage").await;
    let answer = hub.send("99017", &garbage.inquiry(2)).await;
    assert!(answer.is_signed && !answer.body.starts_with(b"<?xml"));
    // 手数料 is the row's
    let with_fee = slip(&hub, "99020", "payable").await;
    assert_eq!(hub.send("99020", &with_fee.inquiry(3)).await.field("Fee").unwrap(), "110");
}

#[tokio::test]
async fn clearings_of_special_numbers_end_as_the_list_says() {
    let hub = Hub::start().await;
    for (collector, outcome, code, provisional) in
        [("00200", "refused", "B203", None), ("99017", "provisional", "0000", Some("B203"))]
    {
        let slip = slip(&hub, collector, outcome).await;
        assert_eq!(hub.send(collector, &slip.inquiry(1)).await.code(), "0000");
        let answer = hub.send(collector, &slip.clearing(2)).await;
        assert_eq!((answer.code().as_str(), answer.field("ProvisionalCode").as_deref()), (code, provisional));
    }
    let lost = slip(&hub, "99017", "lost_answer").await;
    assert_eq!(hub.send("99017", &lost.inquiry(3)).await.code(), "0000");
    let clearing = lost.clearing(4);
    let answer = hub.raw(hub.signed("99017", clearing.as_bytes())).await;
    assert!(axum::body::to_bytes(answer.into_body(), 100).await.is_err(), "no answer comes");
    assert_eq!(hub.send("99017", &lost.resend(4, &clearing)).await.code(), "0000");
    assert_eq!(hub.send("99017", &lost.inquiry(5)).await.code(), "B201");
}

/// A rule that a tester has set comes before the number's own fault, and the number's before chaos.
#[tokio::test]
async fn a_rule_comes_first_and_chaos_last() {
    let hub = Hub::start().await;
    hub.json("PUT", "/control/chaos", r#"{"seed": 1, "per_mille": {"error500": 1000}}"#).await;
    let closed = slip(&hub, "99017", "closed").await;
    assert_eq!(hub.send("99017", &closed.inquiry(1)).await.code(), "A001");
    assert_eq!(hub.send("00200", &TAX.inquiry(1)).await.status, http::StatusCode::INTERNAL_SERVER_ERROR);
    hub.fault("99017", r#"{"mode": "refuse", "on": "inquiry", "code": "B205"}"#).await;
    assert_eq!(hub.send("99017", &closed.inquiry(2)).await.code(), "B205");
}
