use axum::body::to_bytes;
use http::StatusCode;

use super::hub::{AUCTION, CITY, Hub, TAX, TYPED};

#[tokio::test]
async fn drop_does_the_work_and_gives_no_answer_for_as_many_times_as_told() {
    let hub = Hub::start().await;
    hub.fault("00200", r#"{"delay_ms":0,"mode":"drop","times":1,"on":"clearing"}"#).await;
    // an inquiry does not use it up
    assert_eq!(hub.send("00200", &TAX.inquiry(1)).await.code(), "0000");
    let clearing = TAX.clearing(2);
    let response = hub.raw(hub.signed("00200", clearing.as_bytes())).await;
    assert!(to_bytes(response.into_body(), 1 << 20).await.is_err());
    assert_eq!(hub.clearings("00200").await[0]["code"], "0000");
    assert_eq!(hub.send("00200", &TAX.resend(2, &clearing)).await.code(), "0000");
    let (_, fault) = hub.json("GET", "/control/00200/fault", "").await;
    assert_eq!(fault["mode"], "none");
}

#[tokio::test]
async fn a_fault_without_a_count_stays_until_it_is_switched_off() {
    let hub = Hub::start().await;
    hub.fault("04100", r#"{"delay_ms":0,"mode":"unsigned","times":null}"#).await;
    for serial in 1..=3 {
        let answer = hub.send("04100", &CITY.inquiry(serial)).await;
        assert!(!answer.is_signed && answer.field("Code").unwrap() == "0000");
    }
    hub.fault("04100", r#"{"mode":"none"}"#).await;
    assert_eq!(hub.send("04100", &CITY.inquiry(4)).await.code(), "0000");
}

#[tokio::test]
async fn what_fails_before_the_work_leaves_no_record() {
    let hub = Hub::start().await;
    hub.fault("00200", r#"{"mode":"error500","times":1}"#).await;
    assert_eq!(hub.send("00200", &TAX.clearing(1)).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    hub.fault("00200", r#"{"mode":"lose","times":1}"#).await;
    let response = hub.raw(hub.signed("00200", TAX.clearing(1).as_bytes())).await;
    assert!(to_bytes(response.into_body(), 1 << 20).await.is_err());
    assert!(hub.clearings("00200").await.is_empty());
}

#[tokio::test]
async fn each_spoiled_answer_is_what_its_name_says_and_the_work_is_done() {
    let hub = Hub::start().await;
    for (serial, mode) in
        ["garbage", "charset", "doctype", "empty", "unsigned", "wrong_key", "huge"].into_iter().enumerate()
    {
        let serial = u32::try_from(serial).unwrap() + 1;
        hub.fault("99090", &format!(r#"{{"mode":"{mode}","times":1}}"#)).await;
        let answer = hub.send("99090", &TYPED.clearing(serial)).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.is_signed, !["unsigned", "wrong_key", "huge"].contains(&mode), "{mode}");
        assert_eq!(hub.clearings("99090").await.len(), usize::try_from(serial).unwrap(), "{mode}");
        match mode {
            "garbage" => assert!(std::str::from_utf8(&answer.body).is_err()),
            "charset" => {
                assert_eq!(&answer.body[..4], [0xff, 0xfe, b'<', 0]);
                assert_eq!(answer.headers["content-type"], "application/xml; charset=utf-16");
            }
            "doctype" => assert!(String::from_utf8_lossy(&answer.body).contains("<!DOCTYPE Message")),
            "empty" => assert!(answer.body.is_empty()),
            "huge" => assert_eq!(answer.body.len(), 50 * 1024 * 1024),
            _ => assert_eq!(answer.field("Code").unwrap(), "0000"),
        }
    }
}

#[tokio::test]
async fn half_a_body_ends_early() {
    let hub = Hub::start().await;
    hub.fault("99090", r#"{"mode":"half","times":1}"#).await;
    let response = hub.raw(hub.signed("99090", TYPED.clearing(1).as_bytes())).await;
    assert!(response.headers().contains_key("signature"));
    assert!(to_bytes(response.into_body(), 1 << 20).await.is_err());
    assert_eq!(hub.clearings("99090").await.len(), 1);
}

#[tokio::test]
async fn refuse_rejects_at_a_national_collector_and_is_provisional_elsewhere() {
    let hub = Hub::start().await;
    hub.fault("00200", r#"{"mode":"refuse","code":"A003","times":1}"#).await;
    assert_eq!(hub.send("00200", &TAX.inquiry(1)).await.code(), "0000");
    assert_eq!(hub.send("00200", &TAX.clearing(2)).await.code(), "A003");
    // recorded: the repeat gets it too, although the fault is used up
    assert_eq!(hub.send("00200", &TAX.resend(2, &TAX.clearing(2))).await.code(), "A003");
    hub.fault("99022", r#"{"mode":"refuse"}"#).await;
    let answer = hub.send("99022", &AUCTION.clearing(1)).await;
    assert_eq!((answer.code().as_str(), answer.field("ProvisionalCode").unwrap().as_str()), ("0000", "B203"));
    hub.fault("00500", r#"{"mode":"refuse","code":"A002","on":"inquiry"}"#).await;
    let pension = super::hub::Slip { collector: "00500", category: "", ..TAX };
    assert_eq!(hub.send("00500", &pension.inquiry(1)).await.code(), "A002");
}

#[tokio::test]
async fn the_delay_comes_after_the_work() {
    let hub = std::sync::Arc::new(Hub::start().await);
    hub.fault("00200", r#"{"delay_ms":600000,"mode":"none","times":1}"#).await;
    let waiting = hub.clone();
    let sending = tokio::spawn(async move { waiting.send("00200", &TAX.clearing(1)).await });
    while hub.clearings("00200").await.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert!(!sending.is_finished());
    sending.abort();
    // the one delay is used up, and the caller that gave up waiting asks again
    assert_eq!(hub.send("00200", &TAX.resend(1, &TAX.clearing(1))).await.code(), "0000");
}

#[tokio::test]
async fn a_fault_that_cannot_be_is_refused() {
    let hub = Hub::start().await;
    for body in [
        r#"{"mode":"explode"}"#,
        r#"{"delay_ms":600001}"#,
        r#"{"mode":"drop","times":0}"#,
        r#"{"mode":"refuse","code":"0000"}"#,
        r#"{"mode":"refuse","code":"Z999"}"#,
        r#"{"delay":1}"#,
    ] {
        let (status, json) = hub.json("PUT", "/control/00200/fault", body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert!(json["error"].as_str().is_some_and(|text| !text.is_empty()));
    }
    let (status, _) = hub.json("PUT", "/control/99091/fault", r#"{"mode":"drop"}"#).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
