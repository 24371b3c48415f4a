use super::hub::{AUCTION, CITY, Hub, Slip, TAX, TYPED, at};

#[tokio::test]
async fn one_bill_is_found_by_its_three_numbers() {
    let hub = Hub::start().await;
    let answer = hub.send("00200", &TAX.inquiry(1)).await;
    assert_eq!(answer.code(), "0000");
    assert_eq!(answer.bill_ids(), ["NTA-0001"]);
    assert_eq!(answer.field("Amount").unwrap(), "1284500");
    assert_eq!(answer.field("Sender").unwrap(), "C00200");
    assert_eq!(answer.field("Receiver").unwrap(), "MPN9999");
    assert_eq!(answer.field("Serial").unwrap(), "00000001");
}

#[tokio::test]
async fn one_key_finds_several_bills_but_not_the_paid_ones() {
    let hub = Hub::start().await;
    let answer = hub.send("04100", &CITY.inquiry(1)).await;
    assert_eq!(answer.bill_ids(), ["SDI-0001", "SDI-0003", "SDI-0002"]);
    assert_eq!(hub.send("04100", &CITY.clearing(2)).await.code(), "0000");
    assert_eq!(hub.send("04100", &CITY.inquiry(3)).await.bill_ids(), ["SDI-0003", "SDI-0002"]);
}

#[tokio::test]
async fn each_wrong_number_has_its_code() {
    let hub = Hub::start().await;
    let pension =
        Slip { collector: "00500", customer: "0123456789012345", confirmation: "482913", ..AUCTION };
    for (slip, code) in [
        (Slip { customer: "2013000123456780", ..TAX }, "A003"),
        (Slip { confirmation: "246811", ..TAX }, "A004"),
        (Slip { category: "7000009999", ..TAX }, "A013"),
        (Slip { category: "", ..TAX }, "A013"),
        (Slip { category: "001", ..pension }, "A013"),
        (pension, "0000"),
        (Slip { category: "7000001240", ..TAX }, "B201"),
        (Slip { category: "7000001241", ..TAX }, "B202"),
        (Slip { category: "7000001242", ..TAX }, "B204"),
    ] {
        let answer = hub.send(slip.collector, &slip.inquiry(1)).await;
        assert_eq!(answer.code(), code, "{} {}", slip.customer, slip.category);
        assert_eq!(answer.bill_ids().is_empty(), code != "0000");
    }
}

#[tokio::test]
async fn a_bank_without_a_contract_is_told_so() {
    let hub = Hub::start().await;
    assert_eq!(hub.send("00200", &TAX.inquiry_of("0001", "", 1)).await.code(), "A002");
}

#[tokio::test]
async fn the_hours_end_at_midnight_and_begin_at_half_past_eight() {
    let hub = Hub::start().await;
    for (instant, code) in [
        ("2026-11-24T08:29:59+09:00", "A001"),
        ("2026-11-24T08:30:00+09:00", "0000"),
        ("2026-11-24T23:59:59+09:00", "0000"),
        ("2026-11-25T00:00:00+09:00", "A001"),
        ("2026-11-28T10:00:00+09:00", "A001"),
    ] {
        hub.clock.set_offset_us(at(instant).micros());
        assert_eq!(hub.send("00200", &TAX.inquiry(1)).await.code(), code, "{instant}");
        // a new clearing is not taken either, and leaves no record that would stand in its way later
        if code == "A001" {
            assert_eq!(hub.send("00200", &TAX.clearing(9)).await.code(), "A001");
            assert!(hub.clearings("00200").await.is_empty());
        }
        assert_eq!(hub.send("04100", &CITY.inquiry(1)).await.code(), "0000", "{instant}");
    }
}

#[tokio::test]
async fn a_typed_amount_is_what_the_bill_is_answered_with() {
    let hub = Hub::start().await;
    let answer = hub.send("99090", &TYPED.inquiry_of("9999", "<Amount>4321</Amount>", 1)).await;
    assert_eq!((answer.code().as_str(), answer.field("Amount").unwrap().as_str()), ("0000", "4321"));
    assert_eq!(hub.send("99090", &TYPED.inquiry(2)).await.code(), "9003");
    let needless = TAX.inquiry_of("9999", "<Amount>4321</Amount>", 3);
    assert_eq!(hub.send("00200", &needless).await.code(), "9003");
    // and it can be paid again
    assert_eq!(hub.send("99090", &TYPED.clearing(4)).await.field("ProvisionalCode"), None);
    assert_eq!(hub.send("99090", &TYPED.clearing(5)).await.field("ProvisionalCode"), None);
}

/// 入力方式: whoever the tax agency knows pays what the code says, as much as they say, and again.
#[tokio::test]
async fn a_purpose_code_is_answered_in_words_and_can_be_paid_again() {
    let hub = Hub::start().await;
    let slip = Slip { category: "03045080401", bill: "P03045080401", amount: 4_321, ..TAX };
    let typed = "<Amount>4321</Amount>";
    let answer = hub.send("00200", &slip.inquiry_of("9999", typed, 1)).await;
    assert_eq!((answer.code().as_str(), answer.bill_ids()), ("0000", vec!["P03045080401".to_owned()]));
    assert_eq!(answer.field("Amount").unwrap(), "4321");
    assert_eq!(answer.field("Payer").unwrap(), "株式会社見本商事");
    assert_eq!(answer.field("Contents").unwrap(), "法人税 確定申告 令和8年4月1日に始まる課税期間分");
    for (slip, amount, code) in [
        (Slip { customer: "2013000123456780", ..slip }, typed, "A003"),
        (Slip { confirmation: "246811", ..slip }, typed, "A004"),
        (Slip { category: "03045081301", ..slip }, typed, "A013"),
        (slip, "", "9003"),
        (Slip { category: "7000001234", ..slip }, typed, "9003"),
        (Slip { category: "030450804", ..slip }, "", "A013"),
    ] {
        let answer = hub.send("00200", &slip.inquiry_of("9999", amount, 2)).await;
        assert_eq!(answer.code(), code, "{} {amount}", slip.category);
    }
    for serial in [3, 4] {
        assert_eq!(hub.send("00200", &slip.clearing(serial)).await.code(), "0000");
    }
    for (serial, wrong, code) in [
        (5, Slip { category: "03045081301", ..slip }, "A013"),
        (6, Slip { bill: "P03045070401", ..slip }, "A101"),
        (7, Slip { fee: 110, ..slip }, "B203"),
    ] {
        assert_eq!(hub.send("00200", &wrong.clearing(serial)).await.code(), code);
    }
    let booked = hub.clearings("00200").await;
    let kept: Vec<_> = booked.iter().filter(|one| one["code"] == "0000").map(|one| &one["amount"]).collect();
    assert_eq!(kept, [4_321, 4_321]);
}

#[tokio::test]
async fn a_message_that_is_not_the_schemas_is_refused_in_its_own_kind() {
    let hub = Hub::start().await;
    let good = TAX.inquiry(1);
    for (from, to) in [
        ("<Bank>9999</Bank>", ""),
        ("<Bank>9999</Bank>", "<Bank>999</Bank>"),
        ("internet_banking", "atm"),
        ("</Inquiry>", "<Extra/></Inquiry>"),
        ("<Receiver>C00200<", "<Receiver>C00500<"),
        ("<Sender>MPN9999<", "<Sender>MPN0001<"),
        ("<Collector>00200000<", "<Collector>00500000<"),
        ("<CustomerNumber>2013", "<CustomerNumber> 2013"),
        ("</Channel>", "</Channel><Amount>007</Amount>"),
    ] {
        assert!(good.contains(from), "{from}");
        let answer = hub.send("00200", &good.replacen(from, to, 1)).await;
        assert_eq!(answer.code(), "9003", "{to}");
        assert!(answer.field("InquiryAnswer").is_some());
    }
    for broken in [
        good.replace("<Serial>00000001", "<Serial>1"),
        good.replace("T10:00:00+", "T10:00:00.1234567+"),
        good.replace("</Message>", ""),
        String::new(),
    ] {
        let answer = hub.send("00200", &broken).await;
        assert_eq!(answer.status, http::StatusCode::BAD_REQUEST);
        assert!(!answer.is_signed);
    }
}
