//! Everything that can be wrong, with its place and its remedy; and nothing of such a file is taken in.

use formats::Fault;
use formats::zengin::{
    BULK_RECORD_BYTES, Debits, Flow, Kind, LocalTax, Payroll, Reader, Rules, Tolerance, Transfers,
};

use super::sample::{self, read, read_by, rules, told};

const STEP: usize = BULK_RECORD_BYTES + 2;

/// A file with bytes put over it: in a record from 1, at a column from 1.
fn changed(bytes: &[u8], changes: &[(usize, usize, &[u8])]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (record, column, with) in changes {
        let at = (record - 1) * STEP + column - 1;
        bytes[at..at + with.len()].copy_from_slice(with);
    }
    bytes
}

fn file(name: &str) -> Vec<u8> {
    sample::files().into_iter().find(|(known, _)| *known == name).unwrap().1
}

/// What is told of a changed file of transfers: the sentence and the remedy.
#[track_caller]
fn one(record: usize, column: usize, with: &[u8]) -> (String, String) {
    let (report, _) = read(Transfers, &changed(&file("transfers.21"), &[(record, column, with)]));
    let finding = report.findings.kept().first().expect("something is wrong");
    (finding.to_string(), finding.fault.remedy())
}

/// SEC-36: characters that may not be are told one by one, each with its column.
///
/// Proves SEC-36.
#[test]
fn a_wrong_character_is_named_with_its_column_and_its_remedy() {
    for (with, what, remedy) in [
        (b"\xb1\xac".as_slice(), "52文字目: 「ｱｬｼﾞ」 小さいカナは使えません", "大きいカナに直してください"),
        (b"\xb1\xb0", "52文字目: 「ｱｰｼﾞ」 長音の「ｰ」は使えません", "「-」に直してください"),
        (b"\xb1a", "52文字目: 「ｱaｼﾞ」 英小文字は使えません", "英大文字に直してください"),
        (
            b"\xb1\xde",
            "52文字目: 「ｱﾞｼﾞ」 濁点・半濁点の前に、それの付くカナがありません",
            "前のカナが抜けていないか",
        ),
        (b"\xde\xb1", "51文字目: 「ﾞｱｼﾞ」 濁点・半濁点の前に", "前のカナが抜けていないか"),
        (b"\xb1\xa6", "52文字目: 「ｱｦｼﾞ」 「ｦ」は使えません", "「ｵ」に直してください"),
        (b"\xb1,", "52文字目: 「ｱ,ｼﾞ」 使えない記号です", "「.」に直してください"),
        (b"\xb1\xa5", "52文字目: 「ｱ･ｼﾞ」 使えない記号です", "「.」に直してください"),
        (b"\xb1!", "52文字目: 「ｱ!ｼﾞ」 使えない記号です", "取り除いてください"),
        (b"\x8e\x52", "51文字目: 「山ｼﾞ」 全角の文字、または全角文字の片割れがあります", "半角カナの読みに"),
        (b"\xb1\x00", "52文字目: 「ｱ?ｼﾞ」 文字ではないデータがあります", ""),
        (b" \xb1", ": 「 ｱｼﾞ」 左端から始まっていません", ""),
    ] {
        let mut name = with.to_vec();
        name.extend(b"\xbc\xde");
        let padded = [name.as_slice(), &[b' '; 26]].concat();
        let (sentence, told) = one(2, 51, &padded);
        let place = "2件目(データ・レコード)の受取人名(51〜80文字目)";
        let expected =
            if what.starts_with(':') { format!("{place}{what}") } else { format!("{place}、{what}") };
        assert!(sentence.starts_with(&expected), "{sentence} is not {expected}");
        assert!(told.contains(remedy), "{told}");
    }
}

#[test]
fn a_wrong_field_is_named_with_what_it_may_hold() {
    for (record, column, with, told) in [
        (
            2,
            2,
            b"9998".as_slice(),
            "2件目(データ・レコード)の被仕向銀行番号(2〜5文字目): 「9998」 この番号の銀行はありません",
        ),
        (
            2,
            21,
            b"999",
            "2件目(データ・レコード)の被仕向支店番号(21〜23文字目): 「999」 七十七にこの番号の支店はありません",
        ),
        (2, 43, b"3", "2件目(データ・レコード)の預金種目(43文字目): 「3」 決められた値ではありません"),
        (
            2,
            44,
            b"12 4567",
            "2件目(データ・レコード)の口座番号(44〜50文字目)、46文字目: 「12 4567」 数字ではない文字があります",
        ),
        (2, 44, b"       ", "2件目(データ・レコード)の口座番号(44〜50文字目): 入っていません"),
        (2, 51, &[b' '; 30], "2件目(データ・レコード)の受取人名(51〜80文字目): 入っていません"),
        (
            2,
            81,
            b"0000000000",
            "2件目(データ・レコード)の振込金額(81〜90文字目): 「0000000000」 金額が0円です",
        ),
        (2, 91, b"3", "2件目(データ・レコード)の新規コード(91文字目): 「3」 決められた値ではありません"),
        (
            2,
            92,
            b"123       ",
            "2件目(データ・レコード)の顧客コード(EDI情報)(92〜111文字目): 「123       0000000002」 顧客コードが数字でも空白でもありません",
        ),
        (
            2,
            39,
            b"0 00",
            "2件目(データ・レコード)の手形交換所番号(39〜42文字目)、40文字目: 「0 00」 数字ではない文字があります",
        ),
        (
            2,
            120,
            b"x",
            "2件目(データ・レコード)のダミー(114〜120文字目)、120文字目: 「      x」 空白のはずの場所に文字があります",
        ),
        (1, 4, b"1", "1件目(ヘッダー・レコード)のコード区分(4文字目): 「1」 コード区分が「1」(EBCDIC)です"),
        (1, 55, b"1129", "1件目(ヘッダー・レコード)の振込指定日(55〜58文字目): 「1129」 銀行の休業日です"),
        (
            1,
            55,
            b"1120",
            "1件目(ヘッダー・レコード)の振込指定日(55〜58文字目): 「1120」 すでに過ぎた日(2026-11-20)です",
        ),
        (
            1,
            55,
            b"1131",
            "1件目(ヘッダー・レコード)の振込指定日(55〜58文字目): 「1131」 この日付はありません",
        ),
        (
            5,
            2,
            b"000004",
            "5件目(トレーラー・レコード)の合計件数(2〜7文字目): 「000004」 データの件数と合いません",
        ),
        (
            5,
            8,
            b"000000000001",
            "5件目(トレーラー・レコード)の合計金額(8〜19文字目): 「000000000001」 データの金額の合計と合いません",
        ),
    ] {
        assert_eq!(one(record, column, with).0, told);
    }
    let (_, remedy) = one(1, 55, b"1129");
    assert_eq!(remedy, "次の営業日は2026-11-30です");
    // 92 days back is over, 93 days back is next year's, which is a Monday
    assert!(one(1, 55, b"0824").0.contains("すでに過ぎた日(2026-08-24)です"));
    let next_year = changed(&file("transfers.21"), &[(1, 55, b"0823")]);
    assert!(read(Transfers, &next_year).0.findings.is_empty());
}

#[test]
fn the_order_of_records_is_kept() {
    let bytes = file("transfers.21");
    let record = |number: usize| bytes[(number - 1) * STEP..number * STEP].to_vec();
    let of = |numbers: &[usize]| {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| record(*number)).collect();
        let (report, _) = read(Transfers, &bytes);
        report.findings.kept().iter().map(|f| (f.place.record, f.fault.code())).collect::<Vec<_>>()
    };
    assert_eq!(of(&[1, 2, 3, 4, 5, 6]), []);
    assert_eq!(of(&[1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 6]), [(Some(6), "second-header")], "two groups");
    assert_eq!(of(&[1, 2, 1]), [(Some(3), "second-header")]);
    assert_eq!(of(&[2, 3, 4, 5, 6]), [(Some(1), "no-header")]);
    assert_eq!(of(&[1, 2, 3, 4, 6]), [(Some(5), "no-trailer")]);
    assert_eq!(of(&[1, 2, 3, 4]), [(None, "no-trailer")]);
    assert_eq!(of(&[1, 2, 3, 4, 5]), [(None, "no-end")]);
    assert_eq!(of(&[1, 2, 3, 4, 5, 6, 6]), [(Some(7), "after-end")]);
    assert_eq!(of(&[1, 2, 3, 4, 5, 2, 6]), [(Some(6), "misplaced")]);
    assert_eq!(of(&[1]), [(None, "no-trailer")]);
    let none = changed(&bytes, &[(5, 2, b"000000000000000000")]);
    let none = [&none[..STEP], &none[4 * STEP..]].concat();
    let (report, _) = read(Transfers, &none);
    assert_eq!(told(&report), ["ファイル全体: データ・レコードがありません"]);
}

#[test]
fn a_file_of_another_business_is_told_by_its_name() {
    let other = |kind: &dyn Fn(&[u8]) -> Vec<String>, name: &str| kind(&file(name));
    let transfers = |bytes: &[u8]| told(&read(Transfers, bytes).0);
    let salaries = |bytes: &[u8]| told(&read(Payroll::Salaries, bytes).0);
    assert_eq!(
        other(&transfers, "salaries.11"),
        ["1件目(ヘッダー・レコード)の種別コード(2〜3文字目): 「11」 総合振込ではなく、給与振込のデータです"]
    );
    assert_eq!(
        other(&salaries, "bonuses.12"),
        ["1件目(ヘッダー・レコード)の種別コード(2〜3文字目): 「12」 給与振込ではなく、賞与振込のデータです"]
    );
    let (report, _) = read(Debits::Request, &file("debit-results.91"));
    let found: Vec<&str> = report.findings.kept().iter().map(|finding| finding.fault.code()).collect();
    assert!(found.contains(&"not-one-of"), "a result is no request: {found:?}");
}

/// One line more than a transmission may have is refused, and so is whatever follows.
///
/// Proves R113.
/// Proves R114.
/// Proves R116.
#[test]
fn the_line_behind_the_last_that_may_be_is_refused() {
    let line = sample::transfers()[0];
    for most in [200, 500, 5_000, 10_000, 50_000] {
        let bytes = |count: usize| sample::file(Transfers, &sample::header("21"), &vec![line; count]);
        let limited = Rules { lines_max: most, ..rules() };
        let (report, lines) = read_by(Transfers, limited, &bytes(most), 1 << 16);
        assert_eq!((told(&report).len(), lines.len()), (0, most));
        let more = Rules { lines_max: most + 1, ..rules() };
        let many = {
            let (mut writer, mut all) =
                formats::zengin::Writer::begin(Transfers, more, &sample::header("21")).unwrap();
            for _ in 0..=most {
                all.extend(writer.line(&line).unwrap());
            }
            all.extend(writer.end().unwrap());
            all
        };
        let (report, lines) = read_by(Transfers, limited, &many, 1 << 16);
        assert_eq!(report.findings.kept()[0].fault, Fault::TooMany { most });
        assert_eq!((report.findings.count(), lines.len()), (1, most));
        assert_eq!(report.findings.kept()[0].place.record, Some(most + 2));
    }
}

/// SEC-36: what is refused is refused when it is seen, whatever its length; two gigabytes are not read for it.
///
/// Proves SEC-36.
#[test]
fn a_file_is_refused_before_the_rest_of_it_is_read() {
    let refused_after = |mut next: Box<dyn FnMut() -> Vec<u8>>, rules: Rules<'static>| {
        let mut reader = Reader::new(Transfers, rules);
        let mut bytes = 0_usize;
        loop {
            let part = next();
            bytes += part.len();
            if reader.push(&part, &mut |_, _| {}) == Flow::Stop {
                assert_eq!(reader.push(&part, &mut |_, _| unreachable!()), Flow::Stop);
                return (bytes, reader.end(&mut |_, _| {}).findings.kept()[0].fault.code());
            }
            assert!(bytes < 10_000_000, "nothing stops it");
        }
    };
    let part = 1 << 16;
    let zip = || b"PK\x03\x04".repeat(1 << 14);
    assert_eq!(refused_after(Box::new(zip), rules()), (part, "zip"));
    let zeros = move || vec![0; part];
    assert_eq!(refused_after(Box::new(zeros), rules()), (part, "unknown"));
    let bytes = file("transfers.21");
    let mut is_first = true;
    let endless = move || {
        let from = if std::mem::take(&mut is_first) { 0 } else { STEP };
        bytes[from..2 * STEP].to_vec()
    };
    let limited = Rules { lines_max: 1_000, ..rules() };
    let (read, why) = refused_after(Box::new(endless), limited);
    assert_eq!((read, why), (1_002 * STEP, "too-many"));
}

/// SEC-36: an error in every field of every record does not fill the memory.
///
/// Proves SEC-36.
#[test]
fn findings_are_counted_and_the_first_are_kept() {
    let mut bytes = file("transfers.21");
    for at in (STEP..bytes.len()).filter(|at| at % STEP > 0 && at % STEP < BULK_RECORD_BYTES) {
        bytes[at] = b'!';
    }
    let (report, lines) = read_by(Transfers, Rules { findings_max: 3, ..rules() }, &bytes, 1_000);
    assert!(lines.is_empty());
    assert_eq!((report.findings.kept().len(), report.findings.count()), (3, 14 * 3 + 3 + 1));
}

/// Nothing behind the record that ends the reading is told, however the bytes came.
#[test]
fn a_trailer_in_another_encoding_ends_the_file() {
    let bytes = changed(&file("transfers.21"), &[(5, 60, "ア".as_bytes()), (6, 1, b"2")]);
    for part in [1, 100, 10_000] {
        let (report, _) = read_by(Transfers, rules(), &bytes, part);
        assert_eq!(told(&report), ["ファイル全体: 文字コードがUTF-8です"], "{part}");
    }
}

#[test]
fn what_a_bank_lets_pass_it_names() {
    let wo = changed(&file("transfers.21"), &[(2, 51, b"\xa6\xb1")]);
    let zero = changed(&file("transfers.21"), &[(3, 81, b"0000000000"), (5, 8, b"010001079999")]);
    for (bytes, tolerance) in [
        (wo, Tolerance { wo_in_names: true, ..Tolerance::default() }),
        (zero, Tolerance { zero_amounts: true, ..Tolerance::default() }),
    ] {
        assert!(!read(Transfers, &bytes).0.findings.is_empty());
        let (report, lines) = read_by(Transfers, Rules { tolerance, ..rules() }, &bytes, 1_000);
        assert_eq!((told(&report).len(), lines.len()), (0, 3));
    }
}

#[test]
fn sums_of_a_result_are_those_of_its_lines() {
    let bytes = file("debit-results.91");
    let of = |changes: &[(usize, usize, &[u8])]| told(&read(Debits::Result, &changed(&bytes, changes)).0);
    assert_eq!(
        of(&[(2, 112, b"4")]),
        [
            "4件目(トレーラー・レコード)の振替済件数(20〜25文字目): 「000001」 データの件数と合いません",
            "4件目(トレーラー・レコード)の振替済金額(26〜37文字目): 「000000005500」 データの金額の合計と合いません",
            "4件目(トレーラー・レコード)の振替不能件数(38〜43文字目): 「000001」 データの件数と合いません",
            "4件目(トレーラー・レコード)の振替不能金額(44〜55文字目): 「000000007700」 データの金額の合計と合いません",
        ]
    );
    assert_eq!(
        of(&[(2, 112, b"5")]),
        ["2件目(データ・レコード)の振替結果コード(112文字目): 「5」 決められた値ではありません"]
    );
}

#[test]
fn a_line_of_local_tax_adds_up_and_names_a_municipality() {
    let kind = || LocalTax::embedded().clone();
    let bytes = file("local-tax.99");
    let of = |changes: &[(usize, usize, &[u8])]| told(&read(kind(), &changed(&bytes, changes)).0);
    for (record, column, with, told) in [
        (
            2,
            7,
            b"8".as_slice(),
            "2件目(データ・レコード)の市区町村コード(2〜7文字目): 「041008」 検査数字(最後の1けた)が合いません",
        ),
        (
            2,
            67,
            b"00012",
            "2件目(データ・レコード)の合計税額 件数(67〜71文字目): 「00012」 この行の内訳と合いません",
        ),
        (2, 23, &[b' '; 15], "2件目(データ・レコード)の指定番号(23〜37文字目): 入っていません"),
        (
            4,
            9,
            b"00000000000",
            "4件目(トレーラー・レコード)の給与税額合計 金額(9〜19文字目): 「00000000000」 データの金額の合計と合いません",
        ),
        (1, 18, b"081212", "1件目(ヘッダー・レコード)の納付期限(18〜23文字目): 「081212」 銀行の休業日です"),
        (
            1,
            18,
            b"081301",
            "1件目(ヘッダー・レコード)の納付期限(18〜23文字目): 「081301」 この日付はありません",
        ),
        (
            1,
            24,
            b"0810",
            "1件目(ヘッダー・レコード)の納付月分(24〜27文字目): 「0810」 決められた値ではありません",
        ),
    ] {
        assert_eq!(of(&[(record, column, with)])[0], told);
    }
    assert_eq!(kind().name(), "地方税納付");
}
