//! What is told of files, sound ones and others.

use std::io::Cursor;

use formats::check::{Format, Options, check};
use formats::zengin::Tolerance;
use formats::{Banks, Directory, Route};

use crate::bulk::sample as bulk;
use crate::golden::assert_golden;
use crate::sample;

fn told(bytes: Vec<u8>, format: Option<Format>, route: Option<Route>) -> (String, serde_json::Value) {
    let directory = Directory::of(Banks::embedded());
    let options = Options {
        format,
        route,
        today: bulk::today(),
        directory: Some(&directory),
        tolerance: Tolerance::default(),
        findings_max: 5,
    };
    let checked = check(&mut Cursor::new(bytes), &options).unwrap();
    (checked.to_text(), checked.to_json())
}

fn golden(name: &str, bytes: Vec<u8>) {
    assert_golden(&format!("check/{name}.txt"), told(bytes, None, None).0.as_bytes());
}

#[test]
fn sound_files_are_named_and_summed_up() {
    for (name, bytes) in bulk::files() {
        let (text, json) = told(bytes.clone(), None, None);
        assert!(text.ends_with("誤りはありません。\n"), "{text}");
        assert_eq!(json["sound"], true);
        golden(name, bytes);
    }
    golden("pain.001.xml", formats::iso20022::pain001::write(&crate::pain::message()).unwrap());
    for name in ["transfers.csv", "salaries.csv", "debits.csv", "local-tax.csv"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
        golden(name, std::fs::read(path).unwrap());
    }
    for name in ["credit.700", "credit-long.700", "amendment.707", "remittance.103"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
        golden(name, std::fs::read(path).unwrap());
    }
    golden("statement.03", sample::statement_file(&sample::lines()));
    golden("incoming.01", sample::incoming_file(&sample::transfers()));
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_its_remedy() {
    let bytes = bulk::files().remove(0).1;
    let mut wrong = bytes.clone();
    wrong[122 + 50..122 + 52].copy_from_slice(b"\xb1\xac");
    wrong[122 + 80..122 + 90].copy_from_slice(b"          ");
    wrong[54..58].copy_from_slice(b"1129");
    wrong[2 * 122 + 1..2 * 122 + 5].copy_from_slice(b"9998");
    golden("wrong.21", wrong.clone());
    let (_, json) = told(wrong, None, None);
    assert_eq!(json["findings"][1]["code"], "small-kana");
    assert_eq!(json["findings"][1]["record"], 2);
    assert_eq!(json["findings"][1]["columns"], serde_json::json!([51, 80]));
    assert_eq!(json["findings"][1]["column"], 52);
    let every = bytes.iter().map(|byte| if matches!(byte, b' ') { b'_' } else { *byte }).collect();
    golden("many.21", every);
    golden("short.21", bytes[..300].to_vec());
    golden("statement-cut.03", sample::statement_file(&sample::lines())[..700].to_vec());
    golden("letter.xml", b"<letter/>".to_vec());
    let credit = include_str!("../golden/credit.700");
    let wrong = credit.replace("HAMBURG", "HAMBÜRG").replace(":44C:270131", ":44C:270331");
    golden("wrong.700", wrong.replace(":49:WITHOUT\r\n", "").into_bytes());
    golden("late.700", credit.replace(":44C:270131", ":44C:270331").into_bytes());
    golden(
        "wrong.csv",
        "銀行番号,店番,科目,口座番号,受取人名,金額\n125,100,普通,1,山田,=1\n".as_bytes().to_vec(),
    );
    golden("workbook", [b"PK\x03\x04".as_slice(), &[0; 26], b"[Content_Types].xml"].concat());
    golden("empty", Vec::new());
    golden("letter", "拝啓 時下ますます\n".as_bytes().to_vec());
}

#[test]
fn a_file_may_be_checked_as_what_it_is_said_to_be() {
    let bytes = bulk::files().remove(4).1;
    assert!(told(bytes.clone(), None, None).0.starts_with("形式: 口座振替(結果)"));
    assert!(told(bytes.clone(), Some(Format::DebitResults), None).0.ends_with("誤りはありません。\n"));
    assert!(!told(bytes, Some(Format::Debits), None).0.ends_with("誤りはありません。\n"));
}

/// The count of items of each way to the bank, at both sides.
///
/// Proves R113.
/// Proves R114.
/// Proves R116.
#[test]
fn more_items_than_a_plan_has_are_refused() {
    let transfers = |count: usize| {
        let line = bulk::transfers()[0];
        bulk::file(formats::zengin::Transfers, &bulk::header("21"), &vec![line; count])
    };
    let taxes = |count: usize| {
        let line = bulk::taxes()[0];
        let kind = formats::zengin::LocalTax::embedded().clone();
        bulk::file(kind, &bulk::tax_header(), &vec![line; count])
    };
    let is_sound = |bytes, route| told(bytes, None, Some(route)).1["sound"] == true;
    for (route, most) in [(Route::Web, 200), (Route::Type2, 5_000)] {
        assert!(is_sound(transfers(most), route));
        assert!(!is_sound(transfers(most + 1), route));
    }
    for (route, most) in [(Route::Web, 200), (Route::Type2, 500), (Route::File, 10_000)] {
        assert!(is_sound(taxes(most), route));
        assert!(!is_sound(taxes(most + 1), route));
    }
    assert!(is_sound(transfers(50_000), Route::File));
    let debits = bulk::files().remove(3).1;
    let (text, _) = told(debits, None, Some(Route::Web));
    assert!(text.contains("口座振替はWebプランの画面では送れません"), "{text}");
}
