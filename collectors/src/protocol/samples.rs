//! The messages of `docs/protocol/examples`, for tests.

use domain::{Bill, ResendKey, ResponseCode, Serial, Timestamp, Yen};

use super::{
    BillKey, Body, Channel, Clearing, ClearingAnswer, EntryKind, Header, Inquiry, InquiryAnswer, Message,
    ResendConfirmation, encode,
};

fn time(second: u32) -> Timestamp {
    Timestamp::parse_rfc3339(&format!("2026-11-24T10:00:{second:02}+09:00")).unwrap()
}

/// The header of a request of the hub to the collector `number`.
pub(crate) fn request_header(number: &str, serial: u32, second: u32) -> Header {
    let key = ResendKey {
        centre: "MPN9999".parse().unwrap(),
        date: "2026-11-24".parse().unwrap(),
        serial: Serial::new(serial).unwrap(),
    };
    Header::request(&key, format!("C{number}").parse().unwrap(), time(second))
}

fn tax_key() -> BillKey {
    BillKey {
        collector: "00200".parse().unwrap(),
        customer_number: "2013000123456789".parse().unwrap(),
        confirmation_number: "123456".parse().unwrap(),
        category: Some("7000001234".parse().unwrap()),
    }
}

fn inquiry(number: &str, serial: u32, bill: BillKey, amount: Option<Yen>) -> Message {
    let body = Inquiry { bill, bank: "9999".parse().unwrap(), channel: Channel::InternetBanking, amount };
    Message { header: request_header(number, serial, 0), body: Body::Inquiry(body) }
}

/// An inquiry to the tax agency.
pub(crate) fn tax_inquiry() -> Message {
    inquiry("00200", 1, tax_key(), None)
}

/// A private collector's, where the payer types the amount.
pub(crate) fn typed_inquiry() -> Message {
    let bill = BillKey {
        collector: "99090".parse().unwrap(),
        customer_number: "10000001".parse().unwrap(),
        confirmation_number: "4321".parse().unwrap(),
        category: None,
    };
    inquiry("99090", 2, bill, Some(Yen::new(5_000)))
}

fn bill(id: &str, amount: i64, late_charge: i64) -> Bill {
    Bill {
        id: id.parse().unwrap(),
        payer: "見本商事株式会社".to_owned(),
        contents: "源泉所得税及復興特別所得税 令和8年10月分".to_owned(),
        amount: Yen::new(amount),
        fee: Yen::ZERO,
        late_charge: Yen::new(late_charge),
        due: Some("2026-11-10".parse().unwrap()),
        clear_by: Some("2027-01-12".parse().unwrap()),
    }
}

/// One bill.
pub(crate) fn one_bill() -> Message {
    answer_to(&tax_inquiry(), Body::InquiryAnswer(InquiryAnswer::Bills(vec![bill("T-0001", 12_300, 0)])))
}

/// Several bills under one key; the last without the dates, with a fee and with characters that need
/// escaping.
pub(crate) fn several_bills() -> Message {
    let plain = Bill {
        payer: "A & B <C> \"D\"".to_owned(),
        fee: Yen::new(110),
        due: None,
        clear_by: None,
        ..bill("T-0003", 99_999_999_999, 0)
    };
    let bills = vec![bill("T-0001", 12_300, 0), bill("T-0002", 45_600, 600), plain];
    answer_to(&tax_inquiry(), Body::InquiryAnswer(InquiryAnswer::Bills(bills)))
}

/// No bills: the confirmation number is wrong.
pub(crate) fn inquiry_refused() -> Message {
    let refused = InquiryAnswer::Refused(ResponseCode::ConfirmationNumberWrong);
    answer_to(&tax_inquiry(), Body::InquiryAnswer(refused))
}

/// A clearing of the one bill.
pub(crate) fn clearing() -> Message {
    let body = Clearing {
        bill: tax_key(),
        bill_id: "T-0001".parse().unwrap(),
        amount: Yen::new(12_300),
        fee: Yen::ZERO,
        bank: "9999".parse().unwrap(),
        channel: Channel::InternetBanking,
        entry_kind: EntryKind::Typed,
        receipt_date: "2026-11-24".parse().unwrap(),
        clear_by: Some("2027-01-12".parse().unwrap()),
    };
    Message { header: request_header("00200", 3, 20), body: Body::Clearing(body) }
}

/// Its repeat.
pub(crate) fn resend_confirmation() -> Message {
    let original = clearing();
    let body = ResendConfirmation { original: encode(&original) };
    Message { header: original.header, body: Body::ResendConfirmation(body) }
}

/// The clearing is recorded.
pub(crate) fn cleared() -> Message {
    let reference = Some("00200-20261124-000017".parse().unwrap());
    answer_to(&clearing(), Body::ClearingAnswer(ClearingAnswer::Normal { provisional: None, reference }))
}

/// A private collector recorded a clearing, but could not match it.
pub(crate) fn cleared_provisionally() -> Message {
    let answer = ClearingAnswer::Normal {
        provisional: Some(ResponseCode::BillNotObtained),
        reference: Some("P-000018".parse().unwrap()),
    };
    let header = request_header("99022", 4, 20);
    Message { header: header.answer(time(21)), body: Body::ClearingAnswer(answer) }
}

/// A national collector refused.
pub(crate) fn clearing_refused() -> Message {
    let answer = ClearingAnswer::Refused { code: ResponseCode::AlreadyPaid, reference: None };
    answer_to(&clearing(), Body::ClearingAnswer(answer))
}

/// `body` as the answer to `request`, a second later.
pub(crate) fn answer_to(request: &Message, body: Body) -> Message {
    Message { header: request.header.answer(request.header.sent_at.plus_seconds(1)), body }
}

/// Every example with the name of its file.
pub(crate) fn all() -> Vec<(&'static str, Message)> {
    vec![
        ("inquiry", tax_inquiry()),
        ("inquiry-typed-amount", typed_inquiry()),
        ("inquiry-answer", one_bill()),
        ("inquiry-answer-several-bills", several_bills()),
        ("inquiry-answer-refused", inquiry_refused()),
        ("clearing", clearing()),
        ("clearing-answer", cleared()),
        ("clearing-answer-provisional", cleared_provisionally()),
        ("clearing-answer-refused", clearing_refused()),
        ("resend-confirmation", resend_confirmation()),
    ]
}
