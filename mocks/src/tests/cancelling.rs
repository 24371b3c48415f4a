use super::hub::{CITY, Hub, Slip, TAX, at, close, message, on, resent, service};

async fn paid_at_counter(slip: Slip, serial: u32) -> Hub {
    let hub = Hub::start().await;
    assert_eq!(hub.send(slip.collector, &slip.at_counter(serial)).await.code(), "0000");
    hub
}

#[tokio::test]
async fn a_cancelled_bill_can_be_paid_again_and_its_first_key_still_gets_its_first_answer() {
    let hub = Hub::start().await;
    let first = hub.send("00200", &TAX.at_counter(1)).await;
    assert_eq!(hub.send("00200", &TAX.inquiry(2)).await.code(), "B201");
    let answer = hub.send("00200", &TAX.cancellation(3, 1)).await;
    assert_eq!(answer.code(), "0000");
    assert_eq!(answer.field("Reference").unwrap(), "00200-20261124-X0000001");
    assert_eq!(hub.send("00200", &TAX.inquiry(4)).await.bill_ids(), [TAX.bill]);
    assert_eq!(hub.send("00200", &TAX.at_counter(1)).await.body, first.body);
    assert_eq!(hub.send("00200", &TAX.resend(1, &TAX.at_counter(1))).await.body, first.body);
    assert_eq!(hub.send("00200", &TAX.inquiry(5)).await.code(), "0000", "the old key has cleared nothing");
    let recorded = hub.clearings("00200").await;
    assert_eq!((&recorded[0]["cancelled"], &recorded[0]["code"]), (&true.into(), &"0000".into()));
    assert_eq!(hub.send("00200", &TAX.clearing(6)).await.code(), "0000");
    assert_eq!(hub.clearings("00200").await[1]["cancelled"], false);
    assert_eq!(hub.send("00200", &TAX.inquiry(7)).await.code(), "B201");
}

#[tokio::test]
async fn its_key_gets_its_first_answer_and_another_body_gets_b901() {
    let hub = paid_at_counter(TAX, 1).await;
    let first = hub.send("00200", &TAX.cancellation(2, 1)).await;
    hub.clock.advance_seconds(60);
    assert_eq!(hub.send("00200", &TAX.cancellation(2, 1)).await.body, first.body);
    assert_eq!(hub.send("00200", &resent(&TAX.cancellation(2, 1))).await.body, first.body);
    let other = Slip { amount: 1, ..TAX }.cancellation(2, 1);
    for message in [other.clone(), resent(&other), TAX.cancellation(1, 1)] {
        let answer = hub.send("00200", &message).await;
        assert!(String::from_utf8_lossy(&answer.body).contains("<CancellationAnswer>"));
        assert_eq!(answer.code(), "B901");
    }
    let (_, json) = hub.json("GET", "/control/00200/cancellations", "").await;
    let recorded = json["cancellations"].as_array().unwrap();
    assert_eq!(recorded.len(), 1);
    assert_eq!((&recorded[0]["deliveries"], &recorded[0]["first_by"]), (&3.into(), &"Cancellation".into()));
    assert_eq!(recorded[0]["clearing"], "MPN9999/2026-11-24/00000001");
}

#[tokio::test]
async fn a_clearing_under_the_key_of_a_cancellation_gets_b901() {
    let hub = paid_at_counter(TAX, 1).await;
    assert_eq!(hub.send("00200", &TAX.cancellation(2, 1)).await.code(), "0000");
    let answer = hub.send("00200", &TAX.clearing(2)).await;
    assert!(String::from_utf8_lossy(&answer.body).contains("<ClearingAnswer>"));
    assert_eq!(answer.code(), "B901");
    assert_eq!(hub.clearings("00200").await.len(), 1);
}

#[tokio::test]
async fn a_resend_confirmation_alone_cancels() {
    let hub = paid_at_counter(CITY, 1).await;
    let answer = hub.send("04100", &resent(&CITY.cancellation(2, 1))).await;
    assert!(String::from_utf8_lossy(&answer.body).contains("<CancellationAnswer>"));
    assert_eq!(answer.code(), "0000");
    assert_eq!(hub.clearings("04100").await[0]["cancelled"], true);
    // under another key than its own it is malformed, and that is said as to a cancellation
    let answer = hub.send("04100", &CITY.resend(9, &CITY.cancellation(2, 1))).await;
    assert!(String::from_utf8_lossy(&answer.body).contains("<CancellationAnswer>"));
    assert_eq!(answer.code(), "9003");
}

#[tokio::test]
async fn a301_unless_both_channels_are_the_counter() {
    let hub = Hub::start().await;
    hub.send("00200", &TAX.clearing(1)).await;
    assert_eq!(hub.send("00200", &TAX.cancellation(2, 1)).await.code(), "A301");
    hub.send("04100", &CITY.at_counter(1)).await;
    let elsewhere = CITY.cancellation(2, 1).replace("counter", "internet_banking");
    assert_eq!(hub.send("04100", &elsewhere).await.code(), "A301");
    // the channel is looked at before anything else
    let unknown = CITY.cancellation(3, 77).replace("counter", "internet_banking");
    assert_eq!(hub.send("04100", &unknown).await.code(), "A301");
    assert_eq!(hub.clearings("04100").await[0]["cancelled"], false);
}

#[tokio::test]
async fn a101_unless_the_clearing_is_on_record_accepted_and_of_this_bill_and_amount() {
    let hub = paid_at_counter(TAX, 1).await;
    // a refused one: paid already
    assert_eq!(hub.send("00200", &TAX.at_counter(2)).await.code(), "B201");
    for (serial, cancellation) in [
        (10, TAX.cancellation(10, 3)),
        (11, TAX.cancellation(11, 2)),
        (12, Slip { bill: "NTA-0002", ..TAX }.cancellation(12, 1)),
        (13, Slip { amount: TAX.amount + 1, ..TAX }.cancellation(13, 1)),
        (14, Slip { customer: "2013000123456780", ..TAX }.cancellation(14, 1)),
    ] {
        let first = hub.send("00200", &cancellation).await;
        assert_eq!(first.code(), "A101", "{serial}");
        assert_eq!(first.field("Reference"), None);
        // a refusal is on record as well
        assert_eq!(hub.send("00200", &resent(&cancellation)).await.body, first.body);
    }
    assert_eq!(hub.clearings("00200").await[0]["cancelled"], false);
}

#[tokio::test]
async fn b201_when_it_is_cancelled_already_under_another_key_even_after_the_close() {
    let hub = paid_at_counter(TAX, 1).await;
    assert_eq!(hub.send("00200", &TAX.cancellation(2, 1)).await.code(), "0000");
    assert_eq!(hub.send("00200", &TAX.cancellation(3, 1)).await.code(), "B201");
    hub.send("00200", &close("00200", 4, "national", "2026-11-24")).await;
    assert_eq!(hub.send("00200", &TAX.cancellation(5, 1)).await.code(), "B201");
}

#[tokio::test]
async fn b202_once_the_day_is_closed_but_not_when_it_is_only_pre_closed() {
    let hub = paid_at_counter(TAX, 1).await;
    hub.send("04100", &CITY.at_counter(1)).await;
    assert_eq!(hub.send("00200", &service("00200", 2, "PreClose", "national")).await.code(), "0000");
    assert_eq!(hub.send("00200", &TAX.cancellation(3, 1)).await.code(), "0000");
    hub.send("04100", &close("04100", 2, "local", "2026-11-24")).await;
    let late = CITY.cancellation(3, 1);
    assert_eq!(hub.send("04100", &late).await.code(), "B202");
    assert_eq!(hub.clearings("04100").await[0]["cancelled"], false);
    // and for a repeat that had not come before, on the present day too
    hub.clock.advance_seconds(24 * 3600);
    assert_eq!(hub.send("04100", &resent(&CITY.cancellation(4, 1))).await.code(), "B202");
}

#[tokio::test]
async fn b202_from_midnight_on_and_under_a_key_of_another_day() {
    let hub = paid_at_counter(CITY, 1).await;
    let next_day = on("2026-11-25", &CITY.cancellation(2, 1));
    assert_eq!(hub.send("04100", &next_day).await.code(), "B202");
    let hub = paid_at_counter(CITY, 1).await;
    hub.set_clock(at("2026-11-24T23:59:59+09:00"));
    let last = hub.send("04100", &CITY.cancellation(2, 1)).await.code();
    let hub = paid_at_counter(CITY, 1).await;
    hub.set_clock(at("2026-11-25T00:00:00+09:00"));
    let first = hub.send("04100", &CITY.cancellation(2, 1)).await.code();
    assert_eq!((last.as_str(), first.as_str()), ("0000", "B202"));
}

#[tokio::test]
async fn outside_of_its_hours_it_gets_a001_and_leaves_no_record() {
    let hub = paid_at_counter(CITY, 1).await;
    let (_, json) = hub.json("PUT", "/control/04100/service", r#"{"forced":"closed"}"#).await;
    assert_eq!((&json["state"], &json["forced"]), (&"out_of_hours".into(), &"closed".into()));
    assert_eq!(hub.send("04100", &CITY.cancellation(2, 1)).await.code(), "A001");
    hub.json("PUT", "/control/04100/service", r#"{"forced":null}"#).await;
    assert_eq!(hub.send("04100", &CITY.cancellation(2, 1)).await.code(), "0000");
}

#[tokio::test]
async fn another_bank_and_another_collector_are_told_so() {
    let hub = paid_at_counter(CITY, 1).await;
    let other_bank = CITY.cancellation(2, 1).replace("<Bank>9999", "<Bank>0001");
    assert_eq!(hub.send("04100", &other_bank).await.code(), "A002");
    let other_collector = CITY.cancellation(3, 1).replace("04100000", "04000000");
    assert_eq!(hub.send("04100", &other_collector).await.code(), "9003");
    let malformed = message("04100", 4, "<Cancellation><Bank>9999</Bank></Cancellation>");
    let answer = hub.send("04100", &malformed).await;
    assert!(String::from_utf8_lossy(&answer.body).contains("<CancellationAnswer>"));
    assert_eq!(answer.code(), "9003");
}

#[tokio::test]
async fn a_provisional_clearing_can_be_taken_back_too() {
    let hub = Hub::start().await;
    let wrong = Slip { confirmation: "111111", ..CITY };
    let answer = hub.send("04100", &wrong.at_counter(1)).await;
    assert_eq!(answer.field("ProvisionalCode").unwrap(), "A004");
    assert_eq!(hub.send("04100", &wrong.cancellation(2, 1)).await.code(), "0000");
    let (_, json) = hub.json("GET", "/control/04100/counters", "").await;
    assert_eq!(json["provisional"], serde_json::json!({"count": 1, "amount": CITY.amount}));
    assert_eq!(json["cancelled"], serde_json::json!({"count": 1, "amount": CITY.amount}));
}

#[tokio::test]
async fn many_deliveries_at_once_are_one_cancellation() {
    let hub = std::sync::Arc::new(paid_at_counter(CITY, 1).await);
    let mut running = tokio::task::JoinSet::new();
    for delivery in 0..20 {
        let hub = hub.clone();
        running.spawn(async move {
            let cancellation = CITY.cancellation(2, 1);
            let sent = if delivery % 2 == 0 { cancellation } else { resent(&cancellation) };
            hub.send("04100", &sent).await.body
        });
    }
    let bodies = running.join_all().await;
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    let (_, json) = hub.json("GET", "/control/04100/counters", "").await;
    assert_eq!(json["cancelled"]["count"], 1);
}
