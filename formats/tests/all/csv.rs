//! The same businesses as CSV.

use formats::Fault;
use formats::csv::{CsvKind, CsvReader, CsvReport, write_heading, write_line};
use formats::zengin::{Debits, LocalTax, Payroll, Rules, Transfers};

use crate::bulk::sample::{self, rules};
use crate::golden::assert_golden;

fn read_by<K: CsvKind>(
    kind: K,
    rules: Rules<'_>,
    bytes: &[u8],
    part: usize,
) -> (CsvReport<K>, Vec<(usize, K::Line)>) {
    let mut lines = Vec::new();
    let mut reader = CsvReader::new(kind, rules);
    for part in bytes.chunks(part) {
        let _ = reader.push(part, &mut |number, _, line| lines.push((number, *line)));
    }
    let report = reader.end(&mut |number, _, line| lines.push((number, *line)));
    (report, lines)
}

fn told<K: CsvKind>(kind: K, bytes: &[u8]) -> Vec<String> {
    let (report, lines) = read_by(kind, rules(), bytes, 100);
    assert!(!report.findings.is_empty() || !lines.is_empty());
    report.findings.kept().iter().map(ToString::to_string).collect()
}

fn written<K: CsvKind>(kind: &K, lines: &[K::Line]) -> String {
    write_heading(kind) + &lines.iter().map(|line| write_line(kind, line)).collect::<String>()
}

#[track_caller]
fn reads_back<K: CsvKind + Clone>(name: &str, kind: &K, lines: &[K::Line])
where
    K::Line: PartialEq,
{
    let text = written(kind, lines);
    assert_golden(name, text.as_bytes());
    for part in [1, 7, 10_000] {
        let (report, found) = read_by(kind.clone(), rules(), text.as_bytes(), part);
        assert_eq!(report.findings.kept(), []);
        assert_eq!(report.total.count, u64::try_from(lines.len()).unwrap());
        assert!(found.iter().map(|(_, line)| line).eq(lines), "{found:?}");
        assert_eq!(found[0].0, 2, "lines are counted with the headings");
    }
}

#[test]
fn lines_of_every_business_read_back_as_they_were_written() {
    let plain = |line: formats::zengin::transfer::Line| formats::zengin::transfer::Line {
        clearing_house: Default::default(),
        newness: formats::zengin::Code(b'0'),
        ..line
    };
    let transfers: Vec<_> = sample::transfers().into_iter().map(plain).collect();
    reads_back("transfers.csv", &Transfers, &transfers);
    reads_back("salaries.csv", &Payroll::Salaries, &sample::salaries());
    reads_back("debits.csv", &Debits::Request, &sample::debits());
    reads_back("debit-results.csv", &Debits::Result, &sample::answered());
    reads_back("local-tax.csv", LocalTax::embedded(), &sample::taxes());
}

const TYPED: &str = "銀行番号,店番,科目,口座番号,受取人名,金額\n\
    125,100,普通預金,1234567,\"カ）ミホンショウジ\",\"１,０８０,０００円\"\n\
    9900,18,4,1,やまだ　たろう,500\n";

/// What people type: full-width, hiragana, zeros that a spreadsheet took away; a page shows both.
#[test]
fn what_was_typed_is_read_and_stands_beside_what_it_became() {
    let (shift_jis, _, is_lossy) = encoding_rs::SHIFT_JIS.encode(TYPED);
    assert!(!is_lossy);
    let with_mark = format!("\u{feff}{}", TYPED.replace('\n', "\r\n"));
    for bytes in [TYPED.as_bytes(), &shift_jis, with_mark.as_bytes(), TYPED.replace('\n', "\r").as_bytes()] {
        let mut reader = CsvReader::new(Transfers, rules());
        let mut rows = Vec::new();
        let mut sink =
            |number: usize, cells: &formats::csv::Cells<'_>, line: &formats::zengin::transfer::Line| {
                let both = (cells.typed("受取人名").to_owned(), line.name.to_string());
                rows.push((number, line.bank.to_string(), line.branch.to_string(), both, line.amount.get()));
            };
        for byte in bytes {
            let _ = reader.push(&[*byte], &mut sink);
        }
        let report = reader.end(&mut sink);
        assert_eq!(report.findings.kept(), []);
        assert_eq!((report.total.count, report.total.amount), (2, 1_080_500));
        let both = |typed: &str, became: &str| (typed.to_owned(), became.to_owned());
        assert_eq!(
            rows,
            [
                (2, "0125".to_owned(), "100".to_owned(), both("カ）ミホンショウジ", "ｶ)ﾐﾎﾝｼﾖｳｼﾞ"), 1_080_000),
                (3, "9900".to_owned(), "018".to_owned(), both("やまだ　たろう", "ﾔﾏﾀﾞ ﾀﾛｳ"), 500),
            ]
        );
    }
}

#[test]
fn everything_that_is_wrong_is_told_by_line_and_heading() {
    let line = |line: &str| format!("{}{line}\n", TYPED.split_inclusive('\n').next().unwrap());
    for (cells, expected) in [
        ("9998,100,普通,1,ア,1", "2行目の銀行番号: 「9998」 この番号の銀行はありません"),
        ("0125,999,普通,1,ア,1", "2行目の店番: 「999」 七十七にこの番号の支店はありません"),
        ("0125,100,定期,1,ア,1", "2行目の科目: 「定期」 決められた値ではありません"),
        ("0125,100,普通,12345678,ア,1", "2行目の口座番号: 「12345678」 長すぎます"),
        ("0125,100,普通,1x,ア,1", "2行目の口座番号: 「1x」 数字ではない文字があります"),
        (
            "0125,100,普通,1,山田,1",
            "2行目の受取人名: 「山田」 漢字など、カナの読みが分からない文字があります",
        ),
        ("0125,100,普通,1,ア・イ,1", "2行目の受取人名: 「ア・イ」 使えない記号です"),
        ("0125,100,普通,1,,1", "2行目の受取人名: 入っていません"),
        ("0125,100,普通,1,ア,0", "2行目の金額: 「0」 金額が0円です"),
        ("0125,100,普通,1,ア,-5", "2行目の金額: 「-5」 数字ではない文字があります"),
        ("0125,100,普通,1,ア,1.5", "2行目の金額: 「1.5」 数字ではない文字があります"),
        ("0125,100,普通,1,ア,10000000000", "2行目の金額: 「10000000000」 長すぎます"),
        ("0125,100,普通,1,ア,1,2", "2行目: 見出しより項目が多い行です"),
        (
            "\"=HYPERLINK(1)\",100,普通,1,ア,1",
            "2行目の銀行番号: 「=HYPERLINK(1)」 表計算ソフトの数式になる文字で始まっています",
        ),
        (
            "0125,100,普通,1,\"@SUM(A1)\",1",
            "2行目の受取人名: 「@SUM(A1)」 表計算ソフトの数式になる文字で始まっています",
        ),
        ("0125,100,普通,1,ア,\"1", "2行目: ここから始まる「\"」が閉じていません"),
    ] {
        assert_eq!(told(Transfers, line(cells).as_bytes()), [expected], "{cells}");
    }
    let long = format!("0125,100,普通,1,{},1", "ア".repeat(31));
    assert!(told(Transfers, line(&long).as_bytes())[0].ends_with("長すぎます"));
    let all = told(Transfers, line("x,y,z,w,山,v").as_bytes());
    assert_eq!(all.len(), 6, "every cell at once: {all:?}");
}

#[test]
fn headings_are_known_needed_and_there_once() {
    let of = |headings: &str| told(Transfers, format!("{headings}\n0125\n").as_bytes());
    assert_eq!(of("銀行番号,店番,科目,口座番号,受取人名,金額,電話"), ["1行目: 「電話」 知らない見出しです"]);
    assert_eq!(
        of("銀行番号,店番,科目,口座番号,受取人名,金額,金額"),
        ["1行目: 「金額」 同じ見出しが二つあります"]
    );
    assert_eq!(of("銀行番号,店番,科目,口座番号,受取人名"), ["1行目: 「金額」 必要な見出しがありません"]);
    assert_eq!(told(Transfers, b""), ["ファイル全体: 中身がありません"]);
    let only = TYPED.split_inclusive('\n').next().unwrap();
    assert_eq!(told(Transfers, only.as_bytes()), ["ファイル全体: データ・レコードがありません"]);
    assert_eq!(told(Transfers, b"\x83\x00,\xff\n"), ["ファイル全体: 文字コードを読み取れません"]);
    assert_eq!(told(Transfers, ",".repeat(80).as_bytes()), ["1行目: 見出しより項目が多い行です"]);
}

/// The line behind the last that may be.
///
/// Proves R113.
/// Proves SEC-36.
#[test]
fn more_lines_than_may_be_are_refused() {
    let lines = |count: usize| written(&Payroll::Salaries, &vec![sample::salaries()[0]; count]);
    let limited = Rules { lines_max: 200, ..rules() };
    let (report, found) = read_by(Payroll::Salaries, limited, lines(200).as_bytes(), 999);
    assert_eq!((report.findings.count(), found.len()), (0, 200));
    let (report, found) = read_by(Payroll::Salaries, limited, lines(201).as_bytes(), 999);
    assert_eq!((report.findings.count(), found.len()), (1, 200));
    assert_eq!(report.findings.kept()[0].fault, Fault::TooMany { most: 200 });
}

#[test]
fn a_line_of_local_tax_is_added_up() {
    let text = "市区町村コード,指定番号,給与件数,給与金額,退職件数,退職金額\n\
        041009,123,2,3000,1,500\n041008,123,2,3000,,\n";
    let (report, lines) = read_by(LocalTax::embedded().clone(), rules(), text.as_bytes(), 50);
    let found: Vec<String> = report.findings.kept().iter().map(ToString::to_string).collect();
    assert_eq!(found, ["3行目の市区町村コード: 「041008」 検査数字(最後の1けた)が合いません"]);
    assert_eq!((lines.len(), lines[0].1.total.amount, lines[0].1.total.count), (1, 3_500, 3));
}
