use super::hub::{AUCTION, CITY, Hub, Slip, TAX, message};

#[tokio::test]
async fn the_same_key_and_body_gets_the_first_answer_byte_for_byte() {
    let hub = Hub::start().await;
    let clearing = TAX.clearing(1);
    let first = hub.send("00200", &clearing).await;
    assert_eq!(first.code(), "0000");
    assert_eq!(first.field("ProvisionalCode"), None);
    assert_eq!(first.field("Reference").unwrap(), "00200-20261124-00000001");
    hub.clock.advance_seconds(60);
    let again = hub.send("00200", &clearing).await;
    assert_eq!(again.body, first.body);
    let resent = hub.send("00200", &TAX.resend(1, &clearing)).await;
    assert!(resent.is_signed);
    assert_eq!(resent.body, first.body);
    let recorded = hub.clearings("00200").await;
    assert_eq!(recorded.len(), 1);
    assert_eq!(recorded[0]["deliveries"], 3);
    assert_eq!(recorded[0]["key"], "MPN9999/2026-11-24/00000001");
    assert_eq!(recorded[0]["amount"], 1_284_500);
    assert_eq!(recorded[0]["at"], "2026-11-24T10:00:00+09:00");
    assert_eq!(hub.send("00200", &TAX.inquiry(2)).await.code(), "B201");
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused_and_changes_nothing() {
    let hub = Hub::start().await;
    let first = hub.send("00200", &TAX.clearing(1)).await;
    let other = Slip { amount: 1, ..TAX }.clearing(1);
    assert_eq!(hub.send("00200", &other).await.code(), "B901");
    assert_eq!(hub.send("00200", &TAX.resend(1, &other)).await.code(), "B901");
    assert_eq!(hub.send("00200", &TAX.clearing(1)).await.body, first.body);
    assert_eq!(hub.clearings("00200").await[0]["amount"], 1_284_500);
}

#[tokio::test]
async fn a_resend_confirmation_alone_makes_sure_it_is_done() {
    let hub = Hub::start().await;
    let clearing = CITY.clearing(7);
    let resent = hub.send("04100", &CITY.resend(7, &clearing)).await;
    assert_eq!(resent.code(), "0000");
    assert_eq!(hub.clearings("04100").await[0]["first_by"], "ResendConfirmation");
    assert_eq!(hub.send("04100", &clearing).await.body, resent.body);
    assert_eq!(hub.clearings("04100").await.len(), 1);
}

#[tokio::test]
async fn a_resend_confirmation_must_carry_a_clearing_of_its_own_key() {
    let hub = Hub::start().await;
    for original in [TAX.clearing(2), TAX.inquiry(1), "no message".to_owned()] {
        assert_eq!(hub.send("00200", &TAX.resend(1, &original)).await.code(), "9003");
    }
    let no_base64 = "<ResendConfirmation><Original>?</Original></ResendConfirmation>";
    assert_eq!(hub.send("00200", &message("00200", 1, no_base64)).await.code(), "9003");
    assert!(hub.clearings("00200").await.is_empty());
}

#[tokio::test]
async fn a_national_collector_refuses_what_it_cannot_match_and_remembers_the_refusal() {
    let hub = Hub::start().await;
    assert_eq!(hub.send("00200", &TAX.clearing(1)).await.code(), "0000");
    for (serial, slip, code) in [
        (2, TAX, "B201"),
        (3, Slip { category: "7000001235", bill: "NTA-0002", ..TAX }, "B203"),
        (4, Slip { customer: "2013000123456780", ..TAX }, "A003"),
        (5, Slip { confirmation: "246811", ..TAX }, "A004"),
        (6, Slip { category: "7000009999", ..TAX }, "A013"),
        (7, Slip { bill: "NTA-0002", ..TAX }, "A101"),
        (8, Slip { category: "7000001241", bill: "NTA-0102", ..TAX }, "B202"),
        (9, Slip { category: "7000001242", bill: "NTA-0103", ..TAX }, "B204"),
    ] {
        let first = hub.send("00200", &slip.clearing(serial)).await;
        assert_eq!(first.code(), code);
        assert_eq!(first.field("Reference"), None);
        let repeat = hub.send("00200", &slip.resend(serial, &slip.clearing(serial))).await;
        assert_eq!(repeat.body, first.body, "{code}");
    }
    assert_eq!(hub.clearings("00200").await.len(), 9);
    assert_eq!(hub.send("00200", &TAX.clearing_of("0001", 20)).await.code(), "A002");
}

#[tokio::test]
async fn a_refusal_stands_even_when_the_bill_could_be_matched_later() {
    let hub = Hub::start().await;
    let early = Slip { category: "7000001242", bill: "NTA-0103", amount: 642_200, ..TAX };
    assert_eq!(hub.send("00200", &early.clearing(1)).await.code(), "B204");
    hub.clock.advance_seconds(160 * 86_400);
    assert_eq!(hub.send("00200", &early.clearing(1)).await.code(), "B204");
}

#[tokio::test]
async fn local_and_private_collectors_always_answer_normal_and_clear_provisionally() {
    let hub = Hub::start().await;
    for (serial, slip, why) in [
        (1, Slip { amount: 1, ..CITY }, "B203"),
        (2, Slip { customer: "1", ..CITY }, "A003"),
        (3, Slip { confirmation: "975311", ..CITY }, "A004"),
        (4, Slip { category: "999", ..CITY }, "A013"),
        (5, Slip { bill: "NO-SUCH", ..CITY }, "A101"),
        (6, Slip { fee: 0, ..AUCTION }, "B203"),
    ] {
        let answer = hub.send(slip.collector, &slip.clearing(serial)).await;
        assert_eq!(answer.code(), "0000");
        assert_eq!(answer.field("ProvisionalCode").unwrap(), why);
        assert!(answer.field("Reference").is_some());
    }
    let answer = hub.send("99022", &AUCTION.clearing_of("0001", 7)).await;
    assert_eq!((answer.code().as_str(), answer.field("ProvisionalCode").unwrap().as_str()), ("0000", "A002"));
    // what was only provisional has not paid the bill
    assert_eq!(hub.send("04100", &CITY.inquiry(8)).await.bill_ids().len(), 3);
}

#[tokio::test]
async fn two_keys_for_one_bill_are_both_taken_and_counted() {
    let hub = Hub::start().await;
    assert_eq!(hub.send("99022", &AUCTION.clearing(1)).await.field("ProvisionalCode"), None);
    let second = hub.send("99022", &AUCTION.clearing(2)).await;
    assert_eq!((second.code().as_str(), second.field("ProvisionalCode").unwrap().as_str()), ("0000", "B201"));
    hub.send("99022", &AUCTION.clearing(2)).await;
    let (_, json) = hub.json("GET", "/control/99022/bills", "").await;
    let bill = json["bills"].as_array().unwrap().iter().find(|bill| bill["bill_id"] == "PAY-0003").unwrap();
    assert_eq!((&bill["clearings"], &bill["matched"]), (&2.into(), &1.into()));
    assert_eq!(bill["state"], "paid");
}

#[tokio::test]
async fn a_clearing_after_its_own_last_day_is_expired() {
    let hub = Hub::start().await;
    let add = |slip: &Slip, serial: u32, day: &str| {
        let insert = format!("</ReceiptDate><ClearBy>{day}</ClearBy>");
        slip.clearing(serial).replace("</ReceiptDate>", &insert)
    };
    assert_eq!(hub.send("00200", &add(&TAX, 1, "2026-11-23")).await.code(), "B202");
    assert_eq!(hub.send("00200", &add(&TAX, 2, "2026-11-24")).await.code(), "0000");
}

#[tokio::test]
async fn the_records_outlive_the_process() {
    let hub = Hub::start().await;
    let keys = hub.mocks.public_keys();
    let first = hub.send("00200", &TAX.clearing(1)).await;
    hub.fault("04100", r#"{"delay_ms":0,"mode":"drop","times":2}"#).await;
    let hub = hub.restart().await;
    assert_eq!(hub.mocks.public_keys(), keys);
    assert_eq!(hub.send("00200", &TAX.resend(1, &TAX.clearing(1))).await.body, first.body);
    let (_, fault) = hub.json("GET", "/control/04100/fault", "").await;
    assert_eq!((&fault["mode"], &fault["times"]), (&"drop".into(), &2.into()));
    // seeding again changes nothing
    assert_eq!(hub.send("00200", &TAX.inquiry(2)).await.code(), "B201");
}

#[tokio::test]
async fn many_deliveries_of_one_key_at_once_are_one_clearing() {
    let hub = std::sync::Arc::new(Hub::start().await);
    let mut running = tokio::task::JoinSet::new();
    for delivery in 0..20 {
        let hub = hub.clone();
        running.spawn(async move {
            let clearing = TAX.clearing(1);
            let sent = if delivery % 2 == 0 { clearing } else { TAX.resend(1, &clearing) };
            hub.send("00200", &sent).await.body
        });
    }
    let bodies = running.join_all().await;
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    let recorded = hub.clearings("00200").await;
    assert_eq!((recorded.len(), &recorded[0]["deliveries"]), (1, &20.into()));
}
