//! What separates records, in the wild: files as they are described of other institutions, rebuilt with names that are
//! nobody's.

use formats::Fault;
use formats::zengin::{BULK_RECORD_BYTES, Debits, Rules, Separator, Tolerance, Transfers};

use super::sample::{self, read, read_by, rules, told};

/// The records of a file without what separates them.
fn records(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.chunks(BULK_RECORD_BYTES + 2).map(|record| record[..BULK_RECORD_BYTES].to_vec()).collect()
}

fn transfers() -> Vec<Vec<u8>> {
    records(&sample::files()[0].1)
}

fn tolerant(tolerance: Tolerance) -> Rules<'static> {
    Rules { tolerance, ..rules() }
}

/// As commercial software writes them: CRLF behind every record or between them or nothing, and 0x1A or none.
///
/// Proves R117.
#[test]
fn files_come_with_line_ends_or_without() {
    for (between, separator) in [("\r\n", Separator::CrLf), ("", Separator::None)] {
        for end in ["", "\r\n", "\x1a", "\r\n\x1a"] {
            let bytes = [transfers().join(between.as_bytes()).as_slice(), end.as_bytes()].concat();
            for part in [1, 61, 120, 122, 1 << 16] {
                let (report, lines) = read_by(Transfers, rules(), &bytes, part);
                assert_eq!(told(&report), [""; 0], "{between:?} {end:?} {part}");
                assert_eq!((lines, report.separator), (sample::transfers(), Some(separator)));
            }
        }
    }
}

#[test]
fn single_line_ends_are_explained_or_let_pass() {
    for (end, named) in [("\n", "LF"), ("\r", "CR")] {
        let bytes = [transfers().join(end.as_bytes()).as_slice(), end.as_bytes()].concat();
        let (report, lines) = read(Transfers, &bytes);
        assert_eq!(told(&report), [format!("ファイル全体: レコードの区切りが{named}だけです")]);
        assert_eq!(lines, sample::transfers(), "everything else is looked at");
        let tolerance = Tolerance { single_line_ends: true, ..Tolerance::default() };
        let (report, _) = read_by(Transfers, tolerant(tolerance), &bytes, 100);
        assert!(report.findings.is_empty());
    }
}

/// Lines of 103, 112, 112, 112, 19 and 1 characters with LF and without a last one.
#[test]
fn spaces_that_an_editor_took_away_are_explained_or_let_pass() {
    let cut: Vec<Vec<u8>> = transfers().iter().map(|record| record.trim_ascii_end().to_vec()).collect();
    let bytes = cut.join(b"\n".as_slice());
    let (report, lines) = read(Transfers, &bytes);
    assert!(lines.is_empty());
    let lengths =
        report.findings.kept().iter().filter(|f| matches!(f.fault, Fault::Length { is_cut: true, .. }));
    assert_eq!(lengths.count(), 6);
    assert_eq!(report.findings.count(), 7, "and the line ends");
    assert!(report.findings.kept()[1].fault.remedy().starts_with("行末の空白が取り除かれています"));
    let tolerance = Tolerance { single_line_ends: true, cut_spaces: true, ..Tolerance::default() };
    let (report, lines) = read_by(Transfers, tolerant(tolerance), &bytes, 64);
    assert_eq!((told(&report).len(), lines), (0, sample::transfers()));
}

/// A record of 119 bytes, with line ends and without.
#[test]
fn a_record_of_another_length_is_named() {
    for (keep, bytes, what) in [
        (&[..119_usize], 119, "レコードの長さが119バイトで、1バイト足りません"),
        (&[..118], 118, "レコードの長さが118バイトで、2バイト足りません"),
    ]
    .map(|(range, bytes, what)| (range[0].end, bytes, what))
    {
        let mut records = transfers();
        records[2].truncate(keep);
        let (report, lines) = read(Transfers, &records.join(b"\r\n".as_slice()));
        assert_eq!(told(&report)[0], format!("3件目: {what}"));
        assert_eq!(lines.len(), 2, "the lines before and behind it are read");
        let fused = records.concat();
        let (report, _) = read(Transfers, &fused);
        assert_eq!(told(&report), [format!("3件目: {what}")], "{bytes}");
    }
    let mut records = transfers();
    records[2].push(b' ');
    let (report, _) = read(Transfers, &records.concat());
    assert_eq!(report.findings.kept()[0].fault, Fault::Shifted);
    let (report, _) = read(Transfers, &records.join(b"\r\n".as_slice()));
    assert_eq!(told(&report)[0], "3件目: レコードの長さが121バイトで、1バイト多すぎます");
    let cut = transfers().concat();
    let (report, _) = read(Transfers, &cut[..cut.len() - 5]);
    assert!(matches!(report.findings.kept()[0].fault, Fault::Length { bytes: 115, .. }));
}

#[test]
fn another_encoding_is_told_by_its_name() {
    let text = |bytes: &[u8]| -> String {
        let char = |byte: &u8| match byte {
            0xa1..=0xdf => char::from_u32(0xff61 + u32::from(*byte) - 0xa1).unwrap(),
            ascii => char::from(*ascii),
        };
        bytes.iter().map(char).collect()
    };
    let one = |bytes: &[u8]| {
        let (report, lines) = read(Transfers, bytes);
        assert!(lines.is_empty());
        assert_eq!(report.findings.count(), 1, "{:?}", told(&report));
        report.findings.kept()[0].fault.clone()
    };
    for between in ["", "\r\n"] {
        let utf8 = text(&transfers().join(between.as_bytes()));
        assert_eq!(one(utf8.as_bytes()), Fault::Utf8);
        assert_eq!(one(format!("\u{feff}{utf8}").as_bytes()), Fault::Utf8Mark);
        let utf16: Vec<u8> = format!("\u{feff}{utf8}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(one(&utf16), Fault::Utf16);
    }
    // 1 21 0 in EBCDIC
    assert_eq!(one(&[0xf1, 0xf2, 0xf1, 0xf0].repeat(200)), Fault::Ebcdic);
    assert_eq!(one(b"PK\x03\x04 and so on"), Fault::Zip);
    assert_eq!(one(b"<?xml version=\"1.0\"?><Document/>"), Fault::Xml);
    assert_eq!(one("銀行番号,店番\r\n0125,100\r\n".as_bytes()), Fault::Unknown);
    assert_eq!(one(b""), Fault::Empty);
}

/// 91 has spaces where 総合振込 has 手形交換所番号; programs that write both leave zeros there.
#[test]
fn zeros_of_another_business_are_let_pass_and_kept() {
    let mut records = records(&sample::files()[3].1);
    records[1][38..42].copy_from_slice(b"0000");
    let bytes = records.join(b"\r\n".as_slice());
    let (report, lines) = read(Debits::Request, &bytes);
    assert_eq!(told(&report), [""; 0]);
    assert_eq!(lines[0].between.to_string(), "0000");
    records[1][38..42].copy_from_slice(b"00 0");
    let (report, _) = read(Debits::Request, &records.join(b"\r\n".as_slice()));
    assert_eq!(
        told(&report),
        ["2件目(データ・レコード)のダミー(39〜42文字目): 「00 0」 空白のはずの場所に文字があります"]
    );
}
