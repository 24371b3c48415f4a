use super::hub::{AUCTION, CITY, Hub, Slip, TAX, at, close, message, on, resent, service};

/// The code of an Open or PreClose of 国税庁 under a fresh serial.
async fn told(hub: &Hub, serial: u32, element: &str) -> String {
    hub.send("00200", &service("00200", serial, element, "national")).await.code()
}

async fn state(hub: &Hub, collector: &str) -> serde_json::Value {
    hub.json("GET", &format!("/control/{collector}/service"), "").await.1
}

#[tokio::test]
async fn an_open_day_answers_everything() {
    let hub = Hub::start().await;
    assert_eq!(told(&hub, 1, "Open").await, "0000");
    assert_eq!(hub.send("00200", &TAX.inquiry(2)).await.code(), "0000");
    assert_eq!(hub.send("00200", &TAX.at_counter(3)).await.code(), "0000");
    assert_eq!(hub.send("00200", &TAX.cancellation(4, 3)).await.code(), "0000");
}

#[tokio::test]
async fn a_pre_closed_day_clears_and_answers_no_inquiry() {
    let hub = Hub::start().await;
    assert_eq!(told(&hub, 1, "PreClose").await, "0000", "a day that was never opened");
    assert_eq!(hub.send("00200", &TAX.inquiry(2)).await.code(), "A001");
    assert_eq!(hub.send("00200", &TAX.clearing(3)).await.code(), "0000");
    assert_eq!(told(&hub, 4, "PreClose").await, "0000");
    assert_eq!(told(&hub, 5, "Open").await, "A001", "a day only goes forward");
    assert_eq!(state(&hub, "00200").await["state"], "pre_closed");
}

#[tokio::test]
async fn a_closed_day_takes_nothing_new_and_repeats_what_it_has() {
    let hub = Hub::start().await;
    let first = hub.send("00200", &TAX.clearing(1)).await;
    let second = Slip { category: "7000001235", bill: "NTA-0002", amount: 642_200, ..TAX };
    assert_eq!(hub.send("00200", &close("00200", 2, "national", "2026-11-24")).await.code(), "0000");
    assert_eq!(hub.send("00200", &TAX.inquiry(3)).await.code(), "A001");
    assert_eq!(hub.send("00200", &second.clearing(4)).await.code(), "A001");
    assert_eq!(hub.send("00200", &resent(&second.clearing(4))).await.code(), "A001");
    assert_eq!(hub.send("00200", &TAX.clearing(1)).await.body, first.body);
    assert_eq!(hub.send("00200", &resent(&TAX.clearing(1))).await.body, first.body);
    assert_eq!(told(&hub, 5, "Open").await, "A001");
    assert_eq!(told(&hub, 6, "PreClose").await, "0000");
    assert_eq!(hub.send("00200", &close("00200", 7, "national", "2026-11-24")).await.code(), "0000");
    assert_eq!(state(&hub, "00200").await["state"], "closed");
    assert_eq!(hub.clearings("00200").await.len(), 1);
}

#[tokio::test]
async fn an_outcome_carried_over_the_close_is_settled_while_the_present_day_is_open() {
    let hub = Hub::start().await;
    let carried = TAX.clearing(1);
    hub.send("00200", &close("00200", 2, "national", "2026-11-24")).await;
    assert_eq!(
        hub.send("00200", &resent(&carried)).await.code(),
        "A001",
        "the present day is the closed one"
    );
    hub.set_clock(at("2026-11-25T09:00:00+09:00"));
    assert_eq!(hub.send("00200", &carried).await.code(), "A001", "a first send is judged by its own day");
    assert!(hub.clearings("00200").await.is_empty());
    hub.send("00200", &on("2026-11-25", &service("00200", 3, "PreClose", "national"))).await;
    assert_eq!(hub.send("00200", &resent(&carried)).await.code(), "0000");
    let recorded = hub.clearings("00200").await;
    assert_eq!(recorded[0]["processing_date"], "2026-11-24", "it counts on its key's day");
    let (_, json) = hub.json("GET", "/control/00200/counters?date=2026-11-24", "").await;
    assert_eq!(json["cleared"]["count"], 1);
    let other = Slip { category: "7000001235", bill: "NTA-0002", amount: 642_200, ..TAX }.clearing(8);
    hub.send("00200", &close("00200", 4, "national", "2026-11-25")).await;
    assert_eq!(hub.send("00200", &resent(&other)).await.code(), "A001", "the present day is closed too");
}

#[tokio::test]
async fn a_day_is_closed_late_without_touching_the_present_one() {
    let hub = Hub::start().await;
    hub.set_clock(at("2026-11-25T09:00:00+09:00"));
    assert_eq!(
        hub.send("00200", &on("2026-11-25", &service("00200", 1, "Open", "national"))).await.code(),
        "0000"
    );
    let late = on("2026-11-25", &close("00200", 2, "national", "2026-11-24"));
    assert_eq!(hub.send("00200", &late).await.code(), "0000");
    assert_eq!(hub.send("00200", &on("2026-11-25", &TAX.inquiry(3))).await.code(), "0000");
    let shown = state(&hub, "00200").await;
    assert_eq!(
        (&shown["days"][0]["day"], &shown["days"][0]["state"]),
        (&"2026-11-25".into(), &"open".into())
    );
    assert_eq!(
        (&shown["days"][1]["day"], &shown["days"][1]["state"]),
        (&"2026-11-24".into(), &"closed".into())
    );
    assert_eq!(shown["days"][1]["closed_at"], "2026-11-25T09:00:00+09:00");
    assert_eq!(shown["days"][1]["hub_counters"]["cleared"]["amount"], 1_234_567_890_123_456_i64);
    assert_eq!(shown["days"][1]["counters"]["cleared"]["amount"], 0);
}

#[tokio::test]
async fn until_it_is_told_otherwise_a_collector_is_open_by_its_hours() {
    let hub = Hub::start().await;
    let tomorrow = |message: String| on("2026-11-25", &message);
    hub.set_clock(at("2026-11-25T08:29:59+09:00"));
    assert_eq!(state(&hub, "00200").await["state"], "out_of_hours");
    assert_eq!(hub.send("00200", &tomorrow(TAX.inquiry(1))).await.code(), "A001");
    assert_eq!(hub.send("00200", &tomorrow(TAX.clearing(2))).await.code(), "A001");
    assert_eq!(hub.send("00200", &tomorrow(TAX.cancellation(3, 2))).await.code(), "A001");
    hub.json("PUT", "/control/00200/service", r#"{"forced":"closed"}"#).await;
    assert_eq!(hub.send("00200", &tomorrow(service("00200", 4, "Open", "national"))).await.code(), "A001");
    hub.json("PUT", "/control/00200/service", r#"{"forced":null}"#).await;
    let open = tomorrow(service("00200", 5, "Open", "national"));
    assert_eq!(hub.send("00200", &open).await.code(), "0000");
    assert_eq!(hub.send("00200", &tomorrow(TAX.inquiry(6))).await.code(), "0000", "told: at any hour");
    hub.json("PUT", "/control/00200/service", r#"{"forced":"open"}"#).await;
    hub.send("00200", &tomorrow(close("00200", 7, "national", "2026-11-25"))).await;
    assert_eq!(hub.send("00200", &tomorrow(TAX.inquiry(8))).await.code(), "0000", "open by command");
    let (status, _) = hub.json("PUT", "/control/00200/service", r#"{"forced":"ajar"}"#).await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn what_was_told_outlives_the_process() {
    let hub = Hub::start().await;
    told(&hub, 1, "PreClose").await;
    let hub = hub.restart().await;
    assert_eq!(hub.send("00200", &TAX.inquiry(2)).await.code(), "A001");
}

#[tokio::test]
async fn days_of_others_and_days_to_come_are_refused() {
    let hub = Hub::start().await;
    for (element, answer) in [("Open", "ServiceAnswer"), ("PreClose", "ServiceAnswer")] {
        let of = |kind: &str| service("99022", 1, element, kind);
        for (message, code) in [
            (of("private"), "0000"),
            (of("local"), "9003"),
            (of("public"), "9003"),
            (of("private").replace("<Bank>9999", "<Bank>0001"), "A002"),
            (on("2026-11-25", &of("private")), "A601"),
        ] {
            let said = hub.send("99022", &message).await;
            assert!(String::from_utf8_lossy(&said.body).contains(answer));
            assert_eq!(said.code(), code, "{message}");
        }
    }
    let right = close("99022", 2, "private", "2026-11-24");
    for (message, code) in [
        (right.clone(), "0000"),
        (close("99022", 3, "national", "2026-11-24"), "9003"),
        (right.replace("<Bank>9999", "<Bank>0001"), "A002"),
        (close("99022", 4, "private", "2026-11-25"), "A601"),
        (right.replace("<Count>0<", "<Count>00<"), "9003"),
        (right.replace("123456<", "1234567<"), "9003"),
        (message("99022", 5, "<Close/>"), "9003"),
    ] {
        let said = hub.send("99022", &message).await;
        assert!(String::from_utf8_lossy(&said.body).contains("<CounterAnswer>"));
        assert_eq!(said.code(), code, "{message}");
        assert_eq!(said.field("Counters").is_some(), code == "0000");
    }
    // the other collectors' day goes on
    assert_eq!(hub.send("04100", &CITY.inquiry(1)).await.code(), "0000");
    assert_eq!(hub.send("99022", &AUCTION.inquiry(6)).await.code(), "A001");
}
