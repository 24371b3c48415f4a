//! What is wrong is told with its field, line, column and remedy; what is no message is refused.

use formats::Fault;
use formats::swift::credit::*;
use formats::swift::{self, Charset, Message, Notation};

use super::sample::{credit, fin, long_credit, receiver, sender};

fn wrong(credit: &Credit) -> Vec<(String, String)> {
    let findings = credit.messages(&sender(), &receiver()).unwrap_err();
    findings.kept().iter().map(|finding| (finding.to_string(), finding.fault.remedy())).collect()
}

#[track_caller]
fn first(credit: &Credit, what: &str, remedy: &str) {
    assert_eq!(wrong(credit)[0], (what.to_owned(), remedy.to_owned()));
}

#[test]
fn what_is_typed_is_told_with_its_place_and_its_remedy() {
    let of = |change: &dyn Fn(&mut Credit)| {
        let mut credit = credit();
        change(&mut credit);
        credit
    };
    first(
        &of(&|c| c.applicant = "MIHON SHOJI\n仙台市青葉区".to_owned()),
        "50 発行依頼人の2行目、1文字目: 「仙」 SWIFTの電文で送れない文字です",
        "英語かローマ字に直すか、取り除いてください",
    );
    first(
        &of(&|c| c.applicant = "MIHON & SHOJI".to_owned()),
        "50 発行依頼人の1行目、7文字目: 「&」 SWIFTの電文で送れない文字です",
        "「AND」に直してください",
    );
    first(
        &of(&|c| c.goods = "BOXES\n- 20 PIECES".to_owned()),
        "45A 商品の2行目、1文字目: 「- 20 PIECES」 行が「:」または「-」で始まっています",
        "行の先頭を「+」や番号にするか、前の行とつないでください",
    );
    first(
        &of(&|c| c.beneficiary = "ONE\nTWO\nTHREE\nFOUR\nFIVE".to_owned()),
        "59 受益者の6行目: 5行を超えています",
        "行をつなぐか、短くしてください",
    );
    first(
        &of(&|c| c.applicant = "ONE\nTWO\nTHREE\nFOUR\nFIVE".to_owned()),
        "50 発行依頼人の5行目: 4行を超えています",
        "行をつなぐか、短くしてください",
    );
    first(
        &of(&|c| c.number = "LC2026-0000000123".to_owned()),
        "20 信用状番号、17文字目: 「LC2026-0000000123」 1行が16文字を超えています",
        "語の切れ目で改行するか、短くしてください",
    );
    first(&of(&|c| c.applicant.clear()), "50 発行依頼人の1行目: 入っていません", "値を入れてください");
    first(
        &of(&|c| c.expiry_place.clear()),
        "31D 有効期限・場所、7文字目: 「270228」 決められた形ではありません",
        "元のデータを直して、出し直してください",
    );
    first(
        &of(&|c| c.confirmation = Confirmation::Confirm),
        "58a 確認銀行: 確認を求めるのに、確認銀行がありません",
        "確認銀行を入れるか、確認なしにしてください",
    );
}

#[test]
fn a_line_of_a_later_message_keeps_its_number_in_the_text() {
    let mut credit = long_credit();
    credit.goods = credit.goods.replacen("140 PART", "140 PÄRT", 1);
    first(
        &credit,
        "45A 商品の140行目、6文字目: 「Ä」 SWIFTの電文で送れない文字です",
        "「A」に直してください",
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once_and_once() {
    let numbered = Credit { number: "番号".to_owned(), ..long_credit() };
    assert_eq!(wrong(&numbered).len(), 1, "{:?}", wrong(&numbered));
    let mut credit = credit();
    credit.number = "番号".to_owned();
    credit.goods = "商品\n品名".to_owned();
    credit.amount.minor_units = 0;
    let told: Vec<String> = wrong(&credit).into_iter().map(|(what, _)| what).collect();
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told[0].starts_with("20 ") && told[1].starts_with("32B "), "{told:?}");
    assert!(told[2].starts_with("45A 商品の1行目") && told[3].starts_with("45A 商品の2行目"), "{told:?}");
}

/// Two messages, the first of which has room for more.
fn messages() -> Vec<Message> {
    let credit = Credit { documents: credit().documents, ..long_credit() };
    credit.messages(&sender(), &receiver()).unwrap()
}

#[track_caller]
fn refused(from: &str, to: &str) -> Fault {
    let fin = fin(&messages());
    assert!(fin.contains(from), "{from}");
    let changed = fin.replacen(from, to, 1);
    let findings = swift::read(changed.as_bytes()).and_then(|read| Credit::read(&read)).unwrap_err();
    findings.kept()[0].fault.clone()
}

#[test]
fn what_is_no_message_is_refused() {
    let form = |form: &str| Fault::Form(Notation::parse(form).unwrap().words());
    for (from, to, fault) in [
        ("{1:F01", "{1:F02", Fault::NotFin("{1:")),
        ("{2:I700", "{2:I999", Fault::NotFin("{2:")),
        ("{4:\r\n", "{4:\n", Fault::NotFin("{4:")),
        ("\r\n-}", "\r\n-", Fault::LineStart),
        (":27:1/2", ":27:1/3", Fault::Sequence),
        (":20:LC2026", ":20:XX2026", Fault::Sequence),
        (":27:1/2\r\n", "", Fault::Missing),
        (":49:WITHOUT", ":49:NEVER", form("7x")),
        (":49:WITHOUT", ":99:WITHOUT", Fault::NoSuchField),
        (":32B:EUR125000,00", ":32B:EUR125000.00", form("3!a15d")),
        (":32B:EUR125000,00", ":32B:XXX125000,00", form("3!a15d")),
        (":31C:261127", ":31C:261327", form("6!n")),
        (":31C:261127", ":31C:270301", Fault::Breach(Breach::ExpiryBeforeIssue)),
        (":44C:270131", ":44C:270131\r\n:44D:IN JANUARY", Fault::Breach(Breach::ShipmentTwice)),
        (":42C:AT SIGHT\r\n", "", Fault::Breach(Breach::DraweeWithoutDrafts)),
        (":49:WITHOUT", ":4\u{feff}9:WITHOUT", Fault::NotFin(":")),
        (":49:WITHOUT", ":499:WITHOUT", Fault::NotFin(":")),
        (":42C:", ":42M:HALF\r\n:42C:", Fault::Misplaced),
        ("AT SIGHT", "AT\nSIGHT", Fault::NotCarried { set: Charset::X, instead: None }),
        (":40A:IRREVOCABLE", ":40A:REVOCABLE", form("24x")),
        (":40A:IRREVOCABLE", ":40A:IRREVOCABLE\r\n:40A:IRREVOCABLE", Fault::FieldTwice),
    ] {
        assert_eq!(refused(from, to), fault, "{from} to {to}");
    }
    let one = |bytes: &[u8]| swift::read(bytes).unwrap_err().kept()[0].fault.clone();
    assert_eq!(one(b""), Fault::Empty);
    assert_eq!(one(b"\xff"), Fault::NoCharacter);
    assert_eq!(
        one(&vec![b'x'; swift::reader::BYTES_MAX + 1]),
        Fault::TooLarge { most: swift::reader::BYTES_MAX }
    );
    let last = &messages()[1..];
    assert_eq!(Credit::read(last).unwrap_err().kept()[0].fault, Fault::Sequence);
}

/// What the network adds to a message: another direction, a user header, a trailer.
#[test]
fn messages_are_read_as_the_network_delivers_them() {
    let message = &credit().messages(&sender(), &receiver()).unwrap()[0];
    let fin = message.to_fin();
    let delivered = fin
        .replace("{4:", "{3:{108:ABC}{121:30313233-3435-4637-b839-616263646566}}{4:")
        .replace("-}", "-}{5:{CHK:0123456789AB}{TNG:}}");
    let read = swift::read(delivered.as_bytes()).unwrap();
    assert_eq!(read[0].fields(), message.fields());
    assert_eq!(read[0].uetr().unwrap().to_string(), "30313233-3435-4637-b839-616263646566");
}
