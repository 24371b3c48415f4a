//! The messages of `docs/protocol/examples`, for tests.

use domain::{Bill, ResendKey, ResponseCode, Serial, Timestamp, Yen};

use super::{
    BillKey, Body, Cancellation, CancellationAnswer, Channel, Clearing, ClearingAnswer, Close, Counter,
    CounterAnswer, Counters, EntryKind, Header, Inquiry, InquiryAnswer, Line, LineStatus, Lines, LinesAnswer,
    Message, ResendConfirmation, Service, ServiceAnswer, SettlementAdvice, SettlementAdviceAnswer, Tally,
    encode,
};
use crate::directory::Kind;

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

/// The collector has stopped answering for the customer number.
pub(crate) fn inquiry_stopped() -> Message {
    let stopped = InquiryAnswer::Refused(ResponseCode::NumberStopped);
    answer_to(&tax_inquiry(), Body::InquiryAnswer(stopped))
}

/// A national collector refused.
pub(crate) fn clearing_refused() -> Message {
    let answer = ClearingAnswer::Refused { code: ResponseCode::AlreadyPaid, reference: None };
    answer_to(&clearing(), Body::ClearingAnswer(answer))
}

/// Takes back a clearing of the counter, 00000005.
pub(crate) fn cancellation() -> Message {
    let body = Cancellation {
        bill: tax_key(),
        bill_id: "T-0002".parse().unwrap(),
        amount: Yen::new(45_600),
        bank: "9999".parse().unwrap(),
        channel: Channel::Counter,
        clearing_date: "2026-11-24".parse().unwrap(),
        clearing_serial: Serial::new(5).unwrap(),
    };
    Message { header: request_header("00200", 6, 30), body: Body::Cancellation(body) }
}

/// The bill is unpaid again.
pub(crate) fn cancelled() -> Message {
    let reference = Some("00200-20261124-000021".parse().unwrap());
    let body = CancellationAnswer { code: ResponseCode::Normal, reference };
    answer_to(&cancellation(), Body::CancellationAnswer(body))
}

/// The collector has closed the day.
pub(crate) fn cancellation_refused() -> Message {
    let body = CancellationAnswer { code: ResponseCode::Expired, reference: None };
    answer_to(&cancellation(), Body::CancellationAnswer(body))
}

/// The cancellation's repeat.
pub(crate) fn cancellation_again() -> Message {
    let original = cancellation();
    let body = ResendConfirmation { original: encode(&original) };
    Message { header: original.header, body: Body::ResendConfirmation(body) }
}

fn service() -> Service {
    Service { bank: "9999".parse().unwrap(), kind: Kind::National }
}

/// The day begins.
pub(crate) fn open() -> Message {
    Message { header: request_header("00200", 7, 0), body: Body::Open(service()) }
}

/// No inquiry any more.
pub(crate) fn pre_close() -> Message {
    Message { header: request_header("00200", 8, 0), body: Body::PreClose(service()) }
}

/// It has begun.
pub(crate) fn opened() -> Message {
    answer_to(&open(), Body::ServiceAnswer(ServiceAnswer { code: ResponseCode::Normal }))
}

/// The day was closed before.
pub(crate) fn not_opened() -> Message {
    answer_to(&open(), Body::ServiceAnswer(ServiceAnswer { code: ResponseCode::NotOpen }))
}

fn counters() -> Counters {
    let tally = |count, amount| Tally { count, amount: Yen::new(amount) };
    Counters { cleared: tally(3, 103_500), provisional: Tally::default(), cancelled: tally(1, 45_600) }
}

/// The day ends, with the hub's counters.
pub(crate) fn close() -> Message {
    let Service { bank, kind } = service();
    let counted_date = "2026-11-24".parse().unwrap();
    let body = Close { bank, kind, counted_date, counters: counters() };
    Message { header: request_header("00200", 9, 40), body: Body::Close(body) }
}

/// How many were there?
pub(crate) fn counter() -> Message {
    let Service { bank, kind } = service();
    let body = Counter { bank, kind, counted_date: "2026-11-24".parse().unwrap() };
    Message { header: request_header("00200", 10, 45), body: Body::Counter(body) }
}

/// So many.
pub(crate) fn counted() -> Message {
    answer_to(&counter(), Body::CounterAnswer(CounterAnswer::Counted(counters())))
}

/// The day is yet to come.
pub(crate) fn not_counted() -> Message {
    answer_to(&counter(), Body::CounterAnswer(CounterAnswer::Refused(ResponseCode::CounterDateWrong)))
}

/// Which were there, behind 00000003?
pub(crate) fn lines() -> Message {
    let Service { bank, kind } = service();
    let after = Some(Serial::new(3).unwrap());
    let body = Lines { bank, kind, counted_date: "2026-11-24".parse().unwrap(), after };
    Message { header: request_header("00200", 11, 50), body: Body::Lines(body) }
}

/// These.
pub(crate) fn lines_page() -> Message {
    let line = |serial, status, amount| Line {
        serial: Serial::new(serial).unwrap(),
        status,
        amount: Yen::new(amount),
    };
    let lines = vec![
        line(4, LineStatus::Refused, 7_700),
        line(5, LineStatus::Cancelled, 45_600),
        line(12, LineStatus::Cleared, 45_600),
    ];
    answer_to(&self::lines(), Body::LinesAnswer(LinesAnswer::Page { lines, more: false }))
}

/// What will be paid on the next day.
pub(crate) fn settlement_advice() -> Message {
    let body = SettlementAdvice {
        bank: "9999".parse().unwrap(),
        settlement: "N20261124-00200".parse().unwrap(),
        window_date: "2026-11-24".parse().unwrap(),
        pay_date: "2026-11-25".parse().unwrap(),
        count: 2,
        amount: Yen::new(57_900),
    };
    Message { header: request_header("00200", 13, 55), body: Body::SettlementAdvice(body) }
}

/// Taken note of.
pub(crate) fn settlement_advice_noted() -> Message {
    let body = SettlementAdviceAnswer { code: ResponseCode::Normal };
    answer_to(&settlement_advice(), Body::SettlementAdviceAnswer(body))
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
        ("inquiry-answer-stopped", inquiry_stopped()),
        ("clearing", clearing()),
        ("clearing-answer", cleared()),
        ("clearing-answer-provisional", cleared_provisionally()),
        ("clearing-answer-refused", clearing_refused()),
        ("resend-confirmation", resend_confirmation()),
        ("cancellation", cancellation()),
        ("cancellation-answer", cancelled()),
        ("cancellation-answer-refused", cancellation_refused()),
        ("resend-confirmation-cancellation", cancellation_again()),
        ("open", open()),
        ("pre-close", pre_close()),
        ("service-answer", opened()),
        ("service-answer-refused", not_opened()),
        ("close", close()),
        ("counter", counter()),
        ("counter-answer", counted()),
        ("counter-answer-refused", not_counted()),
        ("lines", lines()),
        ("lines-answer", lines_page()),
        ("settlement-advice", settlement_advice()),
        ("settlement-advice-answer", settlement_advice_noted()),
    ]
}
