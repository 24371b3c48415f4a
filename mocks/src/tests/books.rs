use http::StatusCode;
use serde_json::json;

use super::hub::{Answer, CITY, Hub, Slip, TAX, advice, asked, close, on};

const BOOKING: &str = "/control/04100/clearings";

/// Serial, status and amount of each line, and whether more follow.
fn lines(answer: &Answer) -> (Vec<String>, bool) {
    let text = String::from_utf8(answer.body.clone()).unwrap();
    let field = |part: &str, name: &str| {
        part.split_once(&format!("<{name}>")).unwrap().1.split('<').next().unwrap().to_owned()
    };
    let found = text
        .split("<Line>")
        .skip(1)
        .map(|part| format!("{} {} {}", field(part, "Serial"), field(part, "Status"), field(part, "Amount")))
        .collect();
    (found, text.contains("<More>yes</More>"))
}

async fn lines_of(hub: &Hub, collector: &str, kind: &str, after: &str) -> (Vec<String>, bool) {
    let answer = hub.send(collector, &asked(collector, 90, "Lines", kind, "2026-11-24", after)).await;
    assert_eq!(answer.code(), "0000");
    lines(&answer)
}

#[tokio::test]
async fn counters_and_lines_say_what_was_recorded_under_keys_of_the_day() {
    let hub = Hub::start().await;
    hub.send("04100", &CITY.at_counter(1)).await;
    hub.send("04100", &CITY.cancellation(2, 1)).await;
    hub.send("04100", &CITY.clearing(3)).await;
    hub.send("04100", &CITY.clearing(4)).await;
    hub.send("04100", &on("2026-11-23", &CITY.clearing(5))).await;
    let answer = hub.send("04100", &asked("04100", 6, "Counter", "local", "2026-11-24", "")).await;
    assert_eq!(answer.code(), "0000");
    let counters = "<Counters><Cleared><Count>2</Count><Amount>368600</Amount></Cleared><Provisional>\
                    <Count>1</Count><Amount>184300</Amount></Provisional><Cancelled><Count>1</Count>\
                    <Amount>184300</Amount></Cancelled></Counters>";
    assert!(String::from_utf8_lossy(&answer.body).contains(counters), "{:?}", answer.field("Counters"));
    let (found, more) = lines_of(&hub, "04100", "local", "").await;
    assert_eq!(
        found,
        ["00000001 cancelled 184300", "00000003 cleared 184300", "00000004 provisional 184300"]
    );
    assert!(!more);
    let (found, _) = lines_of(&hub, "04100", "local", "<After>00000003</After>").await;
    assert_eq!(found, ["00000004 provisional 184300"]);
    // a refusal is a line, and no count
    hub.send("00200", &Slip { amount: 5, ..TAX }.clearing(1)).await;
    assert_eq!(lines_of(&hub, "00200", "national", "").await.0, ["00000001 refused 5"]);
    let (_, json) = hub.json("GET", "/control/00200/counters?date=2026-11-24", "").await;
    assert_eq!(json["cleared"], json!({"count": 0, "amount": 0}));
    let closed = hub.send("04100", &close("04100", 7, "local", "2026-11-24")).await;
    assert!(String::from_utf8_lossy(&closed.body).contains(counters));
}

#[tokio::test]
async fn counters_and_lines_are_asked_for_days_that_have_been() {
    let hub = Hub::start().await;
    for (element, answer) in [("Counter", "<CounterAnswer>"), ("Lines", "<LinesAnswer>")] {
        let of = |kind: &str, day: &str| asked("04100", 1, element, kind, day, "");
        for (message, code) in [
            (of("local", "2026-11-24"), "0000"),
            (of("local", "1999-01-01"), "0000"),
            (of("local", "2026-11-25"), "A601"),
            (of("private", "2026-11-24"), "9003"),
            (of("local", "2026-11-24").replace("<Bank>9999", "<Bank>0001"), "A002"),
            (of("local", "tomorrow"), "9003"),
        ] {
            let said = hub.send("04100", &message).await;
            assert!(String::from_utf8_lossy(&said.body).contains(answer));
            assert_eq!(said.code(), code, "{message}");
        }
    }
    // at any hour, and of a closed day
    hub.json("PUT", "/control/04100/service", r#"{"forced":"closed"}"#).await;
    hub.send("04100", &close("04100", 2, "local", "2026-11-24")).await;
    assert!(lines_of(&hub, "04100", "local", "").await.0.is_empty());
}

#[tokio::test]
async fn a_page_has_500_lines_and_never_parts_a_serial() {
    let hub = Hub::start().await;
    for serial in 1..=501 {
        let body = json!({"amount": serial, "serial": serial}).to_string();
        assert_eq!(hub.json("POST", BOOKING, &body).await.0, StatusCode::CREATED);
    }
    let (found, more) = lines_of(&hub, "04100", "local", "").await;
    assert_eq!((found.len(), found[499].as_str(), more), (500, "00000500 cleared 500", true));
    let (found, more) = lines_of(&hub, "04100", "local", "<After>00000500</After>").await;
    assert_eq!((found.len(), more), (1, false));
    let (found, more) = lines_of(&hub, "04100", "local", "<After>00000001</After>").await;
    assert_eq!((found.len(), more), (500, false), "exactly one full page");
    // booked twice, the last serial of the page goes to the next one whole
    hub.json("PATCH", "/control/04100/clearings/2026-11-24/00000500", r#"{"times":2}"#).await;
    let (found, more) = lines_of(&hub, "04100", "local", "").await;
    assert_eq!((found.len(), more), (499, true));
    let (found, more) = lines_of(&hub, "04100", "local", "<After>00000499</After>").await;
    assert_eq!(found, ["00000500 cleared 500", "00000500 cleared 500", "00000501 cleared 501"]);
    assert!(!more);
}

#[tokio::test]
async fn booking_mistakes_change_the_books_and_not_the_first_answer() {
    let hub = Hub::start().await;
    let first = hub.send("04100", &CITY.clearing(1)).await;
    let path = "/control/04100/clearings/2026-11-24/1";
    assert_eq!(hub.json("PATCH", path, r#"{"amount":184301}"#).await.0, StatusCode::OK);
    assert_eq!(lines_of(&hub, "04100", "local", "").await.0, ["00000001 cleared 184301"]);
    assert_eq!(hub.json("PATCH", path, r#"{"times":2}"#).await.0, StatusCode::OK);
    let (_, json) = hub.json("GET", "/control/04100/counters", "").await;
    assert_eq!(json["cleared"], json!({"count": 2, "amount": 368_602}));
    let booked = hub.clearings("04100").await;
    assert_eq!((booked.len(), &booked[1]["amount"]), (2, &184_301.into()));
    assert_eq!(hub.json("PATCH", path, r#"{"times":0}"#).await.0, StatusCode::OK);
    assert!(lines_of(&hub, "04100", "local", "").await.0.is_empty());
    assert!(hub.clearings("04100").await.is_empty());
    assert_eq!(hub.send("04100", &CITY.resend(1, &CITY.clearing(1))).await.body, first.body);
}

#[tokio::test]
async fn a_lost_clearing_is_recorded_anew_when_it_comes_again() {
    let hub = Hub::start().await;
    let first = hub.send("04100", &CITY.clearing(1)).await;
    let path = "/control/04100/clearings/2026-11-24/00000001";
    assert_eq!(hub.json("DELETE", path, "").await.0, StatusCode::OK);
    assert_eq!(hub.json("DELETE", path, "").await.0, StatusCode::NOT_FOUND);
    assert!(hub.clearings("04100").await.is_empty());
    assert_eq!(hub.send("04100", &CITY.inquiry(2)).await.code(), "0000", "the bill is unpaid again");
    let again = hub.send("04100", &CITY.resend(1, &CITY.clearing(1))).await;
    assert_eq!((again.code().as_str(), again.field("ProvisionalCode")), ("0000", None));
    assert_ne!(again.field("Reference"), first.field("Reference"), "a number is not used twice");
    let (_, json) = hub.json("GET", "/control/04100/bills", "").await;
    let bill = json["bills"].as_array().unwrap().iter().find(|bill| bill["bill_id"] == CITY.bill).unwrap();
    assert_eq!((&bill["clearings"], &bill["matched"]), (&1.into(), &1.into()));
}

#[tokio::test]
async fn a_lost_clearing_takes_its_cancellation_with_it() {
    let hub = Hub::start().await;
    hub.send("04100", &CITY.at_counter(1)).await;
    hub.send("04100", &CITY.cancellation(2, 1)).await;
    hub.json("DELETE", "/control/04100/clearings/2026-11-24/1", "").await;
    assert_eq!(hub.send("04100", &CITY.at_counter(1)).await.code(), "0000");
    assert_eq!(hub.clearings("04100").await[0]["cancelled"], false);
    assert_eq!(hub.send("04100", &CITY.inquiry(3)).await.bill_ids().len(), 2);
}

#[tokio::test]
async fn a_clearing_that_the_hub_never_sent_stands_in_the_books_under_a_free_serial() {
    let hub = Hub::start().await;
    let (status, json) = hub.json("POST", BOOKING, r#"{"amount":7}"#).await;
    assert_eq!((status, &json["serial"]), (StatusCode::CREATED, &99_999_999.into()), "{json}");
    let (_, json) = hub.json("POST", BOOKING, r#"{"amount":8,"provisional":"A003"}"#).await;
    assert_eq!(json["serial"], 99_999_998);
    assert_eq!(
        lines_of(&hub, "04100", "local", "").await.0,
        ["99999998 provisional 8", "99999999 cleared 7"]
    );
    assert_eq!(hub.clearings("04100").await[0]["first_by"], "Booking");
    assert_eq!(hub.send("04100", &CITY.clearing(99_999_999)).await.code(), "B901");
    for (body, field) in [
        (r#"{"amount":0}"#, "amount"),
        (r#"{"amount":100000000000}"#, "amount"),
        (r#"{"amount":1,"serial":0}"#, "serial"),
        (r#"{"amount":1,"serial":99999999}"#, "serial"),
        (r#"{"amount":1,"provisional":"0000"}"#, "provisional"),
        (r#"{"amount":1,"colour":"red"}"#, ""),
    ] {
        let (status, json) = hub.json("POST", BOOKING, body).await;
        assert_eq!((status, &json["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &field.into()), "{body}");
    }
    let (status, json) =
        hub.json("PATCH", "/control/04100/clearings/2026-11-24/99999999", r#"{"times":11}"#).await;
    assert_eq!((status, &json["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &"times".into()));
    let (status, _) = hub.json("PATCH", "/control/04100/clearings/2026-11-24/5", r#"{"times":1}"#).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_advice_is_kept_once_under_its_number() {
    let hub = Hub::start().await;
    assert_eq!(hub.send("04100", &advice("04100", 1, "S-1", 500)).await.code(), "0000");
    assert_eq!(hub.send("04100", &advice("04100", 2, "S-1", 500)).await.code(), "0000", "under another key");
    assert_eq!(hub.send("04100", &advice("04100", 3, "S-1", 501)).await.code(), "B901");
    assert_eq!(
        hub.send("04100", &advice("04100", 4, "S-1", 500)).await.code(),
        "0000",
        "nothing was changed"
    );
    assert_eq!(hub.send("04100", &advice("04100", 5, "S-2", 0)).await.code(), "0000");
    let other_bank = advice("04100", 6, "S-3", 5).replace("<Bank>9999", "<Bank>0001");
    assert_eq!(hub.send("04100", &other_bank).await.code(), "A002");
    assert_eq!(hub.send("04100", &advice("04100", 7, "S 4", 5)).await.code(), "9003");
    assert_eq!(hub.send("04000", &advice("04000", 8, "S-1", 1)).await.code(), "0000", "another collector's");
    let (_, json) = hub.json("GET", "/control/04100/settlements", "").await;
    let kept = json["settlements"].as_array().unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!((&kept[1]["settlement"], &kept[1]["amount"]), (&"S-1".into(), &500.into()));
    assert_eq!((&kept[1]["pay_date"], &kept[1]["deliveries"]), (&"2026-11-26".into(), &4.into()));
    let (_, json) = hub.json("GET", "/control/settlements", "").await;
    assert_eq!(json["settlements"].as_array().unwrap().len(), 3);
}
