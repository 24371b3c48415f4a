//! Round trips, the published examples, and what a decoder must refuse.

use std::path::{Path, PathBuf};
use std::process::Command;

use domain::{Bill, Date, ResendKey, ResponseCode, Serial, Timestamp, Yen};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::directory::Kind;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/protocol")
}

/// The examples are what this code writes. `UPDATE_EXAMPLES=1` writes them anew.
#[test]
fn the_published_examples_are_ours_to_the_byte() {
    for (name, message) in samples::all() {
        let path = docs().join("examples").join(format!("{name}.xml"));
        let mut bytes = encode(&message);
        bytes.push(b'\n');
        if std::env::var_os("UPDATE_EXAMPLES").is_some() {
            std::fs::write(&path, &bytes).unwrap();
        }
        let published = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(String::from_utf8(published).unwrap(), String::from_utf8(bytes).unwrap(), "{name}");
        assert_eq!(decode(&std::fs::read(&path).unwrap()), Ok(message), "{name}");
    }
}

fn xmllint(files: &[PathBuf]) -> Result<(), String> {
    let mut command = Command::new("xmllint");
    command.arg("--noout").arg("--nonet").arg("--schema").arg(docs().join("mpn-v1.xsd")).args(files);
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => panic!("xmllint is needed for this test (Debian package libxml2-utils): {error}"),
    }
}

#[test]
fn the_published_examples_keep_the_schema() {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(docs().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "xml") {
            files.push(path);
        }
    }
    assert_eq!(files.len(), samples::all().len(), "each file in the folder is an example of this test");
    xmllint(&files).unwrap_or_else(|report| panic!("{report}"));
}

fn text(message: &Message) -> String {
    String::from_utf8(encode(message)).unwrap()
}

/// What no XML schema of this version can say, the decoder checks; what it can say, both refuse.
#[test]
fn what_the_schema_refuses_the_decoder_refuses_too() {
    let folder = std::env::temp_dir().join(format!("mpn-schema-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (index, (broken, element)) in broken_messages().into_iter().enumerate() {
        let error = decode(broken.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(element), "{element}: {error}");
        let file = folder.join(format!("{index}.xml"));
        std::fs::write(&file, &broken).unwrap();
        assert!(xmllint(&[file]).is_err(), "the schema allows what the decoder refuses: {broken}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// A message that breaks one thing, and the element that the error must name.
fn broken_messages() -> Vec<(String, &'static str)> {
    let inquiry = text(&samples::tax_inquiry());
    let answer = text(&samples::one_bill());
    let clearing = text(&samples::clearing());
    let with = |message: &str, from: &str, to: &str| {
        assert!(message.contains(from), "{from}");
        message.replacen(from, to, 1)
    };
    vec![
        (with(&inquiry, "urn:mpn:v1", "urn:mpn:v2"), "Message"),
        (with(&inquiry, "<Version>1<", "<Version>2<"), "Version"),
        (with(&inquiry, "<Sender>MPN9999<", "<Sender>mpn9999<"), "Sender"),
        (with(&inquiry, "<Serial>00000001<", "<Serial>1<"), "Serial"),
        (with(&inquiry, "<Serial>00000001<", "<Serial>00000000<"), "Serial"),
        (with(&inquiry, ">2026-11-24<", ">2026-11-31<"), "ProcessingDate"),
        (with(&inquiry, ">2026-11-24<", ">2026-11-24Z<"), "ProcessingDate"),
        (with(&inquiry, "10:00:00+09:00<", "10:00:00<"), "SentAt"),
        (with(&inquiry, "2026-11-24T10", "2026-11-24 10"), "SentAt"),
        (with(&inquiry, "<Collector>00200000<", "<Collector>00200001<"), "Collector"),
        (with(&inquiry, ">2013000123456789<", ">201300012345678901234<"), "CustomerNumber"),
        (with(&inquiry, ">2013000123456789<", "><"), "CustomerNumber"),
        (with(&inquiry, ">2013000123456789<", ">2013-0001-2345-6789<"), "CustomerNumber"),
        (with(&inquiry, ">123456<", ">123<"), "ConfirmationNumber"),
        (with(&inquiry, ">123456<", ">12345６<"), "ConfirmationNumber"),
        (with(&inquiry, ">7000001234<", ">70000012345678901<"), "PaymentCategory"),
        (with(&inquiry, "internet_banking", "telephone"), "Channel"),
        (with(&inquiry, "<Bank>9999</Bank>", ""), "Bank"),
        (with(&inquiry, "<Bank>9999</Bank>", "<Bank>9999</Bank><Bank>9999</Bank>"), "Channel"),
        (with(&inquiry, "</Inquiry>", "<Amount>0</Amount></Inquiry>"), "Amount"),
        (with(&inquiry, "</Inquiry>", "<Remark>x</Remark></Inquiry>"), "Remark"),
        (with(&inquiry, "<Inquiry>", "<Inquiry kind=\"1\">"), "Inquiry"),
        (with(&inquiry, "</Message>", "<Inquiry/></Message>"), "Inquiry"),
        (with(&inquiry, "<Header>", "<Header xmlns=\"\">"), "Header"),
        (with(&answer, "<Code>0000<", "<Code>000<"), "Code"),
        (with(&answer, "<BillId>T-0001<", "<BillId>T 0001<"), "BillId"),
        (with(&answer, ">12300<", ">012300<"), "Amount"),
        (with(&answer, ">12300<", ">-12300<"), "Amount"),
        (with(&answer, ">12300<", ">12300.0<"), "Amount"),
        (with(&answer, ">12300<", ">100000000000<"), "Amount"),
        (with(&answer, ">12300<", ">0<"), "Amount"),
        (with(&answer, "見本商事株式会社", &"漢".repeat(41)), "Payer"),
        (with(&answer, "見本商事株式会社", ""), "Payer"),
        (with(&answer, "見本商事株式会社", "見本&#10;商事"), "Payer"),
        (with(&answer, "源泉所得税及復興特別所得税", &"税".repeat(60)), "Contents"),
        (
            with(&clearing, "<Amount>12300</Amount><Fee>0</Fee>", "<Fee>0</Fee><Amount>12300</Amount>"),
            "Amount",
        ),
        (with(&clearing, ">typed<", ">Typed<"), "EntryKind"),
        (with(&clearing, ">2027-01-12<", ">2027-1-12<"), "ClearBy"),
    ]
    .into_iter()
    .chain(broken_messages_of_the_day())
    .collect()
}

fn broken_messages_of_the_day() -> Vec<(String, &'static str)> {
    let cancellation = text(&samples::cancellation());
    let cancelled = text(&samples::cancelled());
    let open = text(&samples::open());
    let opened = text(&samples::opened());
    let close = text(&samples::close());
    let counted = text(&samples::counted());
    let lines = text(&samples::lines());
    let page = text(&samples::lines_page());
    let advice = text(&samples::settlement_advice());
    let with = |message: &str, from: &str, to: &str| {
        assert!(message.contains(from), "{from}");
        message.replacen(from, to, 1)
    };
    vec![
        (with(&cancellation, "<ClearingSerial>00000005</ClearingSerial>", ""), "ClearingSerial"),
        (with(&cancellation, "<ClearingSerial>00000005<", "<ClearingSerial>00000000<"), "ClearingSerial"),
        (with(&cancellation, "<ClearingDate>2026-11-24<", "<ClearingDate>20261124<"), "ClearingDate"),
        (with(&cancellation, ">counter<", ">window<"), "Channel"),
        (with(&cancellation, "<Amount>45600<", "<Amount>0<"), "Amount"),
        (with(&cancelled, "<Code>0000<", "<Code>0<"), "Code"),
        (with(&cancelled, ">00200-20261124-000021<", ">00200 20261124<"), "Reference"),
        (with(&open, ">national<", ">foreign<"), "ServiceKind"),
        (with(&open, "<ServiceKind>national</ServiceKind>", ""), "ServiceKind"),
        (with(&open, "</Open>", "<CountedDate>2026-11-24</CountedDate></Open>"), "CountedDate"),
        (with(&opened, "</ServiceAnswer>", "<Code>0000</Code></ServiceAnswer>"), "Code"),
        (with(&close, "<CountedDate>2026-11-24</CountedDate>", ""), "CountedDate"),
        (with(&close, "<Count>3<", "<Count>03<"), "Count"),
        (with(&close, "<Count>3<", "<Count>-3<"), "Count"),
        (with(&close, "<Count>3<", "<Count>100000000<"), "Count"),
        (with(&close, "<Amount>103500<", "<Amount>10000000000000000<"), "Amount"),
        (with(&close, "<Amount>103500</Amount>", ""), "Amount"),
        (with(&close, "Provisional", "Other").replacen("</Provisional>", "</Other>", 1), "Provisional"),
        (with(&counted, "<Counters><Cleared>", "<Counters><Refused></Refused><Cleared>"), "Cleared"),
        (with(&lines, "<After>00000003<", "<After>3<"), "After"),
        (with(&lines, "<After>00000003<", "<After>00000000<"), "After"),
        (with(&page, ">refused<", ">rejected<"), "Status"),
        (with(&page, "<Status>refused</Status>", ""), "Status"),
        (with(&page, "<Serial>00000012<", "<Serial>000000012<"), "Serial"),
        (with(&page, ">7700<", ">0<"), "Amount"),
        (with(&page, ">no<", ">No<"), "More"),
        (with(&page, "<Line>", "<More>no</More><Line>"), "Line"),
        (with(&advice, "<Settlement>N20261124-00200<", "<Settlement><"), "Settlement"),
        (with(&advice, "<Count>2<", "<Count>two<"), "Count"),
        (with(&advice, "<PayDate>2026-11-25<", "<PayDate>2026-11-31<"), "PayDate"),
    ]
}

#[test]
fn rules_between_elements_are_kept() {
    let answer = text(&samples::one_bill());
    let refused = answer.replace("<Code>0000<", "<Code>B201<");
    assert!(decode(refused.as_bytes()).unwrap_err().to_string().starts_with("Bill: "));
    let start = answer.find("<Bill>").unwrap();
    let end = answer.find("</Bill>").unwrap() + "</Bill>".len();
    let empty = answer.replace(&answer[start..end], "");
    assert!(decode(empty.as_bytes()).unwrap_err().to_string().starts_with("Bill: "));
    let twice = answer.replace(&answer[start..end], &answer[start..end].repeat(2));
    assert!(decode(twice.as_bytes()).unwrap_err().to_string().starts_with("BillId: "));
    let late = answer.replace("<LateCharge>0<", "<LateCharge>12301<");
    assert!(decode(late.as_bytes()).unwrap_err().to_string().starts_with("LateCharge: "));
    let turned = answer.replace("見本商事", "見本\u{202e}商事");
    assert!(decode(turned.as_bytes()).unwrap_err().to_string().contains("Payer"));
    let provisional = text(&samples::cleared_provisionally());
    for wrong in [provisional.replace(">A101<", ">0000<"), provisional.replace(">0000<", ">B201<")] {
        assert!(decode(wrong.as_bytes()).unwrap_err().to_string().starts_with("ProvisionalCode: "));
    }
}

#[test]
fn counters_and_lines_come_with_0000_and_only_with_it() {
    let starts = |message: String, rule: &str| {
        let error = decode(message.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(rule), "{error}");
    };
    let counted = text(&samples::counted());
    starts(counted.replace("<Code>0000<", "<Code>A601<"), "Counters: ");
    starts(text(&samples::not_counted()).replace("<Code>A601<", "<Code>0000<"), "Counters: ");
    let page = text(&samples::lines_page());
    starts(page.replace("<More>no</More>", ""), "More: ");
    starts(page.replace("<Code>0000<", "<Code>A601<"), "More: ");
    starts(page.replace("<Code>0000<", "<Code>A601<").replace("<More>no</More>", ""), "Line: ");
    let all = &page[page.find("<Line>").unwrap()..page.rfind("</Line>").unwrap() + "</Line>".len()];
    assert!(decode(page.replace(all, "").as_bytes()).is_ok());
    starts(page.replace(all, "").replace(">no<", ">yes<"), "More: ");
}

#[test]
fn a_page_of_lines_is_500_at_most() {
    let with = |count: u32| {
        let line = |n| Line {
            serial: Serial::new(n).unwrap(),
            status: LineStatus::Provisional,
            amount: domain::money::AMOUNT_MAX,
        };
        let body = LinesAnswer::Page { lines: (1..=count).map(line).collect(), more: true };
        samples::answer_to(&samples::lines(), Body::LinesAnswer(body))
    };
    assert_eq!(decode(&encode(&with(500))), Ok(with(500)));
    assert!(decode(&encode(&with(501))).unwrap_err().to_string().contains("Line"));
}

/// Only what answers a request answers it; a resend confirmation is answered as its original is.
#[test]
fn every_request_has_one_kind_of_answer() {
    let mut pairs = Vec::new();
    let all = samples::all();
    for (request, message) in &all {
        let fits = all.iter().filter(|(_, answer)| answer.body.answers(&message.body));
        let mut names: Vec<_> = fits.map(|(_, answer)| answer.body.name()).collect();
        names.dedup();
        assert_eq!(message.body.is_request(), !names.is_empty(), "{request}");
        assert_eq!(message.body.code().is_some(), names.is_empty(), "{request}");
        pairs.extend(names.into_iter().map(|answer| format!("{request} {answer}")));
    }
    assert_eq!(
        pairs,
        [
            "inquiry InquiryAnswer",
            "inquiry-typed-amount InquiryAnswer",
            "clearing ClearingAnswer",
            "resend-confirmation ClearingAnswer",
            "cancellation CancellationAnswer",
            "resend-confirmation-cancellation CancellationAnswer",
            "open ServiceAnswer",
            "pre-close ServiceAnswer",
            "close CounterAnswer",
            "counter CounterAnswer",
            "lines LinesAnswer",
            "settlement-advice SettlementAdviceAnswer",
        ]
    );
}

#[test]
fn a_code_that_is_not_listed_is_no_message() {
    let answer = text(&samples::clearing_refused()).replace("<Code>B201<", "<Code>Z999<");
    let error = decode(answer.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("Message/ClearingAnswer/Code"), "{error}");
}

#[test]
fn fifty_bills_are_read_and_fifty_one_are_not() {
    let Body::InquiryAnswer(InquiryAnswer::Bills(bills)) = samples::one_bill().body else { panic!() };
    let with = |count: usize| {
        let numbered = (0..count).map(|n| Bill { id: format!("B{n}").parse().unwrap(), ..bills[0].clone() });
        let answer = InquiryAnswer::Bills(numbered.collect());
        samples::answer_to(&samples::tax_inquiry(), Body::InquiryAnswer(answer))
    };
    assert_eq!(decode(&encode(&with(50))), Ok(with(50)));
    assert!(decode(&encode(&with(51))).unwrap_err().to_string().contains("Bill"));
}

#[test]
fn a_doctype_another_charset_and_half_a_message_are_refused() {
    let bytes = encode(&samples::one_bill());
    assert!(decode(&bytes[..bytes.len() / 2]).is_err());
    assert!(decode(b"").is_err());
    let doctype = text(&samples::one_bill()).replacen("?>", "?><!DOCTYPE Message>", 1);
    assert!(decode(doctype.as_bytes()).is_err());
    let shift_jis = text(&samples::one_bill()).replacen("UTF-8", "Shift_JIS", 1);
    assert!(decode(shift_jis.as_bytes()).is_err());
}

#[test]
fn a_resend_confirmation_carries_its_original_verbatim() {
    for (repeat, original) in [
        (samples::resend_confirmation(), samples::clearing()),
        (samples::cancellation_again(), samples::cancellation()),
    ] {
        let Body::ResendConfirmation(body) = repeat.body else { panic!() };
        assert_eq!(body.original, encode(&original));
        assert_eq!(body.original_message(), Ok(original));
    }
    let other = ResendConfirmation { original: encode(&samples::tax_inquiry()) };
    assert!(other.original_message().is_err());
}

#[test]
fn an_answer_belongs_to_one_request() {
    let request = samples::clearing().header;
    let answer = samples::cleared().header;
    assert!(answer.answers(&request));
    assert!(!request.answers(&request));
    let serial = Serial::new(request.serial.get() + 1).unwrap();
    assert!(!Header { serial, ..answer.clone() }.answers(&request));
    assert!(!Header { sender: "C00500".parse().unwrap(), ..answer.clone() }.answers(&request));
    assert!(!Header { receiver: "MPN0000".parse().unwrap(), ..answer.clone() }.answers(&request));
    let processing_date = request.processing_date.succ_opt().unwrap();
    assert!(!Header { processing_date, ..answer }.answers(&request));
}

fn date() -> impl Strategy<Value = Date> {
    (-700_000i32..2_900_000).prop_map(|day| Date::from_epoch_days(day).unwrap())
}

fn header() -> impl Strategy<Value = Header> {
    // years 1 to 9999 on Japan's clock
    let sent_at = (-62_135_000_000i64..253_400_000_000).prop_map(|s| Timestamp::from_micros(s * 1_000_000));
    ("[A-Z0-9]{1,10}", "[A-Z0-9]{1,10}", date(), 1..=Serial::MAX, sent_at).prop_map(
        |(sender, receiver, date, serial, sent_at)| {
            let key =
                ResendKey { centre: sender.parse().unwrap(), date, serial: Serial::new(serial).unwrap() };
            Header::request(&key, receiver.parse().unwrap(), sent_at)
        },
    )
}

fn bill_key() -> impl Strategy<Value = BillKey> {
    ("[0-9]{5}", "[0-9]{1,20}", "[0-9]{4,6}", option::of("[0-9]{1,16}")).prop_map(
        |(collector, customer, confirmation, category)| BillKey {
            collector: collector.parse().unwrap(),
            customer_number: customer.parse().unwrap(),
            confirmation_number: confirmation.parse().unwrap(),
            category: category.map(|c| c.parse().unwrap()),
        },
    )
}

fn channel() -> impl Strategy<Value = Channel> {
    prop_oneof![Just(Channel::InternetBanking), Just(Channel::Counter)]
}

fn amount(least: i64) -> impl Strategy<Value = Yen> {
    (least..=99_999_999_999).prop_map(Yen::new)
}

/// Visible characters of many scripts, with what XML escapes, and spaces anywhere.
const SHOWN: &str = r#"[ -~ぁ-んァ-ヶ一-龠ｦ-ﾟ！-～&<>"'𠮷\u{a0}\u{fffd}]"#;

fn bill() -> impl Strategy<Value = Bill> {
    let shown = |chars_max: usize| prop::string::string_regex(&format!("{SHOWN}{{1,{chars_max}}}")).unwrap();
    let texts = (shown(40), shown(60));
    let amounts = amount(1).prop_flat_map(|a| (Just(a), amount(0), (0..=a.get()).prop_map(Yen::new)));
    (texts, amounts, option::of(date()), option::of(date())).prop_map(
        |((payer, contents), (amount, fee, late_charge), due, clear_by)| Bill {
            id: "B".parse().unwrap(),
            payer,
            contents,
            amount,
            fee,
            late_charge,
            due,
            clear_by,
        },
    )
}

fn code() -> impl Strategy<Value = ResponseCode> {
    prop::sample::select(ResponseCode::ALL)
        .prop_filter("another than normal", |code| *code != ResponseCode::Normal)
}

fn body() -> impl Strategy<Value = Body> {
    let inquiry = (bill_key(), "[0-9]{4}", channel(), option::of(amount(1))).prop_map(
        |(bill, bank, channel, amount)| {
            Body::Inquiry(Inquiry { bill, bank: bank.parse().unwrap(), channel, amount })
        },
    );
    let bills = vec(bill(), 1..4).prop_map(|mut bills| {
        for (number, bill) in bills.iter_mut().enumerate() {
            bill.id = format!("!{number}~").parse().unwrap();
        }
        Body::InquiryAnswer(InquiryAnswer::Bills(bills))
    });
    let refused = code().prop_map(|code| Body::InquiryAnswer(InquiryAnswer::Refused(code)));
    let entry = prop_oneof![Just(EntryKind::Typed), Just(EntryKind::Linked)];
    let clearing = (
        (bill_key(), "[!-~]{1,20}", "[0-9]{4}"),
        (amount(1), amount(0)),
        (channel(), entry, date(), option::of(date())),
    )
        .prop_map(|((bill, id, bank), (amount, fee), (channel, entry_kind, receipt_date, clear_by))| {
            let bill_id = id.parse().unwrap();
            let bank = bank.parse().unwrap();
            Body::Clearing(Clearing {
                bill,
                bill_id,
                amount,
                fee,
                bank,
                channel,
                entry_kind,
                receipt_date,
                clear_by,
            })
        });
    let resend = vec(any::<u8>(), 1..200)
        .prop_map(|original| Body::ResendConfirmation(ResendConfirmation { original }));
    let reference = || option::of("[!-~]{1,30}".prop_map(|r| r.parse::<Reference>().unwrap()));
    let normal = (option::of(code()), reference()).prop_map(|(provisional, reference)| {
        Body::ClearingAnswer(ClearingAnswer::Normal { provisional, reference })
    });
    let refusal = (code(), reference())
        .prop_map(|(code, reference)| Body::ClearingAnswer(ClearingAnswer::Refused { code, reference }));
    prop_oneof![inquiry, bills, refused, clearing, resend, normal, refusal, body_of_the_day()]
}

fn listed() -> impl Strategy<Value = ResponseCode> {
    prop::sample::select(ResponseCode::ALL)
}

fn serial() -> impl Strategy<Value = Serial> {
    (1..=Serial::MAX).prop_map(|n| Serial::new(n).unwrap())
}

fn service() -> impl Strategy<Value = Service> {
    let kind = prop_oneof![Just(Kind::National), Just(Kind::Local), Just(Kind::Private)];
    ("[0-9]{4}", kind).prop_map(|(bank, kind)| Service { bank: bank.parse().unwrap(), kind })
}

fn tally() -> impl Strategy<Value = Tally> {
    (0u32..=99_999_999, 0i64..=9_999_999_999_999_999)
        .prop_map(|(count, amount)| Tally { count, amount: Yen::new(amount) })
}

fn counters() -> impl Strategy<Value = Counters> {
    (tally(), tally(), tally()).prop_map(|(cleared, provisional, cancelled)| Counters {
        cleared,
        provisional,
        cancelled,
    })
}

fn body_of_the_day() -> impl Strategy<Value = Body> {
    let cancellation = ((bill_key(), "[!-~]{1,20}", "[0-9]{4}"), (amount(1), channel(), date(), serial()))
        .prop_map(|((bill, id, bank), (amount, channel, clearing_date, clearing_serial))| {
            Body::Cancellation(Cancellation {
                bill,
                bill_id: id.parse().unwrap(),
                amount,
                bank: bank.parse().unwrap(),
                channel,
                clearing_date,
                clearing_serial,
            })
        });
    let cancelled = (listed(), option::of("[!-~]{1,30}")).prop_map(|(code, reference)| {
        let reference = reference.map(|r| r.parse().unwrap());
        Body::CancellationAnswer(CancellationAnswer { code, reference })
    });
    let close =
        (service(), date(), counters()).prop_map(|(Service { bank, kind }, counted_date, counters)| {
            Body::Close(Close { bank, kind, counted_date, counters })
        });
    let counter = (service(), date()).prop_map(|(Service { bank, kind }, counted_date)| {
        Body::Counter(Counter { bank, kind, counted_date })
    });
    let lines = (service(), date(), option::of(serial())).prop_map(
        |(Service { bank, kind }, counted_date, after)| {
            Body::Lines(Lines { bank, kind, counted_date, after })
        },
    );
    let line = (serial(), prop::sample::select(LineStatus::ALL.as_slice()), amount(1))
        .prop_map(|(serial, status, amount)| Line { serial, status, amount });
    let page = (vec(line, 0..5), any::<bool>()).prop_map(|(lines, more)| {
        let more = more && !lines.is_empty();
        Body::LinesAnswer(LinesAnswer::Page { lines, more })
    });
    let advice = ("[0-9]{4}", "[!-~]{1,30}", date(), date(), tally()).prop_map(
        |(bank, settlement, window_date, pay_date, Tally { count, amount })| {
            let (bank, settlement) = (bank.parse().unwrap(), settlement.parse().unwrap());
            Body::SettlementAdvice(SettlementAdvice {
                bank,
                settlement,
                window_date,
                pay_date,
                count,
                amount,
            })
        },
    );
    prop_oneof![
        cancellation,
        cancelled,
        service().prop_map(Body::Open),
        service().prop_map(Body::PreClose),
        listed().prop_map(|code| Body::ServiceAnswer(ServiceAnswer { code })),
        close,
        counter,
        counters().prop_map(|counters| Body::CounterAnswer(CounterAnswer::Counted(counters))),
        code().prop_map(|code| Body::CounterAnswer(CounterAnswer::Refused(code))),
        lines,
        page,
        code().prop_map(|code| Body::LinesAnswer(LinesAnswer::Refused(code))),
        advice,
        listed().prop_map(|code| Body::SettlementAdviceAnswer(SettlementAdviceAnswer { code })),
    ]
}

proptest! {
    #[test]
    fn every_message_round_trips((header, body) in (header(), body())) {
        let message = Message { header, body };
        let bytes = encode(&message);
        prop_assert_eq!(decode(&bytes), Ok(message.clone()));
        prop_assert_eq!(encode(&message), bytes);
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in vec(any::<u8>(), 0..300)) {
        let _ = decode(&bytes);
    }

    /// One changed byte behind the declaration is refused or gives another message: nothing is ignored.
    #[test]
    fn every_byte_counts(at in 0usize..700, byte in any::<u8>()) {
        let message = samples::clearing();
        let mut bytes = encode(&message);
        let declaration = bytes.windows(2).position(|pair| pair == b"?>").unwrap() + 2;
        let at = declaration + at % (bytes.len() - declaration);
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        if let Ok(other) = decode(&bytes) {
            // white space and quotes of the markup itself are free
            let markup = bytes[at].is_ascii_whitespace() || matches!(byte, b'"' | b'\'');
            prop_assert!(markup || other != message, "byte {}: {:?}", at, char::from(byte));
        }
    }
}
