//! pain.001 as ZEDI takes it, and pain.002 back.

use domain::Timestamp;
use formats::Fault;
use formats::iso20022::{pain001, pain002};
use formats::zengin::{Code, Rules, transfer};
use proptest::prelude::*;

use crate::bulk::sample::{self as bulk, rules};
use crate::golden::assert_golden;
use crate::xsd::validated;

/// The EDI of a payment as its sender's software wrapped it: three lines of MIME and base64.
fn edi() -> Vec<String> {
    let lines = [
        "MIME-Version: 1.0",
        "Content-Type: text/xml",
        "Content-Transfer-Encoding: base64",
        "PD94bWwgdmVyc2lvbj0iMS4wIiBlbmNvZGluZz0iVVRGLTgiPz48U1pFREk+PHBheW1lbnQ+MTwv",
        "cGF5bWVudD48L1NaRURJPg==",
    ];
    lines.map(str::to_owned).to_vec()
}

pub fn message() -> pain001::Message {
    let payment = |end_to_end: &str, line: transfer::Line, edi| {
        let plain = transfer::Line { clearing_house: Default::default(), ..line };
        pain001::Payment {
            end_to_end: end_to_end.to_owned(),
            line: plain,
            to_bank: " :       :0000".trim_start().to_owned(),
            edi,
        }
    };
    let [first, second, third] = bulk::transfers().try_into().unwrap();
    // EDI of 20 bytes has no place beside the attached data
    let second = transfer::Line { identification: Code(b' '), customer_codes: Default::default(), ..second };
    pain001::Message {
        id: "MSG-20261124-0001".to_owned(),
        created: "2026-11-24T10:00:00".to_owned(),
        batch: "BATCH-1".to_owned(),
        day: "2026-11-30".parse().unwrap(),
        header: bulk::header("21"),
        payments: vec![
            payment("E2E-1", first, edi()),
            payment("E2E-2", second, Vec::new()),
            payment("E2E-3", third, vec!["ﾌﾂｳﾉ 文".to_owned()]),
        ],
    }
}

pub fn report() -> Vec<u8> {
    let message = message();
    let answer = |end_to_end: &str, status, reason: Option<(&'static str, &str)>| pain002::Answer {
        end_to_end: end_to_end.to_owned(),
        status,
        reason: reason.map(|(code, words)| (code, words.to_owned())),
    };
    let report = pain002::Report {
        id: "RPT-1".to_owned(),
        created: Timestamp::parse_rfc3339("2026-11-30T10:00:00+09:00").unwrap(),
        to: &message,
        answers: vec![
            answer("E2E-1", pain002::Status::Settled, None),
            answer(
                "E2E-2",
                pain002::Status::Rejected,
                Some(("no-such-branch", "この番号の支店はありません")),
            ),
            answer("E2E-3", pain002::Status::Settled, None),
        ],
    };
    assert_eq!(report.status(), pain002::Status::Partly);
    pain002::write(&report).unwrap()
}

fn xml() -> String {
    String::from_utf8(pain001::write(&message()).unwrap()).unwrap()
}

#[test]
fn messages_stay_as_they_are_and_keep_their_schemas() {
    assert_golden("pain.001.xml", xml().as_bytes());
    assert_golden("pain.002.xml", &report());
    validated(pain001::MESSAGE, xml().as_bytes());
    validated(pain002::MESSAGE, &report());
}

/// The attached data come out byte for byte as they went in, line by line.
#[test]
fn a_message_reads_back_as_it_was_written() {
    let read = pain001::read(xml().as_bytes(), &rules()).unwrap();
    assert_eq!(read, message());
    assert_eq!(read.payments[0].edi, edi());
    assert_eq!(pain001::write(&read).unwrap(), xml().as_bytes());
}

#[track_caller]
fn refused(from: &str, to: &str) -> Vec<String> {
    let text = xml();
    assert!(text.contains(from), "{from}");
    let findings = pain001::read(text.replacen(from, to, 1).as_bytes(), &rules()).unwrap_err();
    findings.kept().iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_wrong_is_told_with_its_element() {
    let wrong = "決められた値ではありません";
    for (from, to, path, what) in [
        ("<MmbId>9900<", "<MmbId>9998<", "2 被仕向銀行番号", "「9998」 この番号の銀行はありません"),
        (
            "<MmbId>9900<",
            "<MmbId>990<",
            "2 CdtrAgt/FinInstnId/ClrSysMmbId/MmbId",
            "「990」 数字ではない文字があります",
        ),
        (
            "<Nm>ﾔﾏﾀﾞ ﾀﾛｳ<",
            "<Nm>山田太郎<",
            "2 Cdtr/Nm",
            "「山田太郎」 漢字など、カナの読みが分からない文字があります",
        ),
        (
            "<Nm>ﾔﾏﾀﾞ ﾀﾛｳ<",
            "<Nm>ヤマダ タロウ<",
            "2 Cdtr/Nm",
            "「ヤマダ タロウ」 全角の文字、または全角文字の片割れがあります",
        ),
        ("Ccy=\"JPY\">1<", "Ccy=\"USD\">1<", "2 Amt/InstdAmt", wrong),
        ("Ccy=\"JPY\">1<", "Ccy=\"JPY\">1.50<", "2 Amt/InstdAmt", "「1.50」 決められた値ではありません"),
        ("<PmtMtd>TRF", "<PmtMtd>CHK", "PmtInf/PmtMtd", wrong),
        ("<NbOfTxs>3", "<NbOfTxs>4", "PmtInf/NbOfTxs", "データの件数と合いません"),
        ("<CtrlSum>10001080000", "<CtrlSum>1", "PmtInf/CtrlSum", "データの金額の合計と合いません"),
        ("2026-11-30<", "2026-11-29<", "PmtInf/ReqdExctnDt", "「2026-11-29」 銀行の休業日です"),
        ("2026-11-30<", "2026-11-20<", "PmtInf/ReqdExctnDt", "「2026-11-20」 すでに過ぎた日(2026-11-20)です"),
        ("<EndToEndId>E2E-2</EndToEndId>", "", "2 PmtId/EndToEndId", "必要な要素がありません"),
        ("<Amt>", "<ChrgBr>DEBT</ChrgBr><Amt>", "1 Amt", "必要な要素がありません"),
        (
            "<Cd>JPZGN",
            "<Cd>USABA",
            "PmtInf/DbtrAgt/FinInstnId/ClrSysMmbId/ClrSysId/Cd",
            "「USABA」 決められた値ではありません",
        ),
        ("</CstmrCdtTrfInitn>", "<PmtInf/></CstmrCdtTrfInitn>", "PmtInf", "ヘッダー・レコードが二つあります"),
    ] {
        let path = match path.split_once(' ') {
            Some((number, field)) if field.is_ascii() => {
                format!("{number}件目のDocument/CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/{field}")
            }
            Some((number, field)) => format!("{number}件目の{field}"),
            None => format!("Document/CstmrCdtTrfInitn/{path}"),
        };
        assert_eq!(refused(from, to)[0], format!("{path}: {what}"));
    }
    let other = refused("pain.001.001.03\">", "pain.001.001.09\">");
    assert!(other[0].starts_with("Document: 「urn:iso:std:iso:20022:tech:xsd:pain.001."), "{other:?}");
}

/// SEC-36: nothing from outside is fetched, resolved or grown.
///
/// Proves SEC-36.
#[test]
fn a_hostile_document_is_refused() {
    let one = |text: &str| {
        let findings = pain001::read(text.as_bytes(), &rules()).unwrap_err();
        findings.kept()[0].fault.clone()
    };
    let is_refused = |fault: Fault| matches!(fault, Fault::NotXml(_));
    assert!(is_refused(one("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>")));
    assert!(is_refused(one(&"<a>".repeat(17))));
    assert!(is_refused(one(&format!("<a>{}</a>", "<b/>".repeat(400_000)))));
    assert!(is_refused(one("<?xml version='1.0' encoding='Shift_JIS'?><a/>")));
    let huge = " ".repeat(pain001::LIMITS.bytes_max + 1);
    assert_eq!(one(&huge), Fault::TooLarge { most: 10_000_000 });
    let limited = Rules { lines_max: 2, ..rules() };
    let findings = pain001::read(xml().as_bytes(), &limited).unwrap_err();
    assert_eq!(findings.kept()[0].fault, Fault::TooMany { most: 2 });
}

proptest! {
    #[test]
    fn edi_is_kept_whatever_it_is(
        edi in prop::collection::vec("[^\u{0}-\u{1f}\u{7f}-\u{9f}\u{fffe}\u{ffff}]{1,140}", 0..6),
    ) {
        let mut message = message();
        message.payments[0].edi = edi;
        let bytes = pain001::write(&message).unwrap();
        prop_assert_eq!(pain001::read(&bytes, &rules()).unwrap(), message);
    }

    #[test]
    fn no_text_breaks_the_reader(at in 0_usize..6_000, with in "[<>/&a-zA-Z0-9 \"=]{0,8}", length in 0_usize..30) {
        let text = xml();
        let mut chars: Vec<char> = text.chars().collect();
        let at = at.min(chars.len());
        let end = (at + length).min(chars.len());
        chars.splice(at..end, with.chars());
        let changed: String = chars.into_iter().collect();
        match pain001::read(changed.as_bytes(), &rules()) {
            Ok(message) => prop_assert!(!message.payments.is_empty()),
            Err(findings) => prop_assert!(!findings.is_empty()),
        }
    }
}
