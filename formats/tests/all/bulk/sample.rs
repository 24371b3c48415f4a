//! Files of every business, from which those of these tests are made.

use std::sync::LazyLock;

use domain::Date;
use formats::kana::{Class, ZenginText};
use formats::zengin::{
    Code, Debits, Digits, Free, Kind, Label, LocalTax, Name, Number, Optional, Payroll, Reader, Report,
    Rules, Sum, Tolerance, Transfers, Writer, debit, local_tax, payroll, transfer,
};
use formats::{Banks, Directory};

static DIRECTORY: LazyLock<Directory> = LazyLock::new(|| Directory::of(Banks::embedded()));

pub fn today() -> Date {
    "2026-11-24".parse().unwrap()
}

pub fn rules() -> Rules<'static> {
    Rules {
        today: today(),
        tolerance: Tolerance::default(),
        directory: Some(&DIRECTORY),
        lines_max: 50_000,
        findings_max: 100,
    }
}

pub fn name<const N: usize>(typed: &str) -> Name<N> {
    Name::of(&ZenginText::typed(typed, Class::Party).unwrap()).unwrap()
}

pub fn label<const N: usize>(typed: &str) -> Label<N> {
    Label::of(&ZenginText::typed(typed, Class::Branch).unwrap()).unwrap()
}

pub fn free<const N: usize>(typed: &str) -> Free<N> {
    Free::of(&ZenginText::typed(typed, Class::Edi).unwrap()).unwrap()
}

pub fn digits<const N: usize>(digits: &str) -> Digits<N> {
    Digits::of(digits).unwrap()
}

pub fn header(kind: &str) -> transfer::Header {
    transfer::Header {
        kind: digits(kind),
        originator: digits("1234567890"),
        originator_name: name("カ)ミホンショウジ"),
        day: digits("1130"),
        bank: digits("0125"),
        bank_name: label("シチジユウシチ"),
        branch: digits("100"),
        branch_name: label("ホンテン"),
        account_kind: Code(b'1'),
        number: digits("123456"),
        ..transfer::Header::default()
    }
}

pub fn transfers() -> Vec<transfer::Line> {
    let line = transfer::Line {
        bank: digits("0125"),
        bank_name: label("シチジユウシチ"),
        branch: digits("100"),
        branch_name: label("ホンテン"),
        clearing_house: Optional::of("0000").unwrap(),
        account_kind: Code(b'1'),
        number: digits("1234567"),
        name: name("ユ)レイジ"),
        amount: Number::of(1_080_000).unwrap(),
        newness: Code(b'1'),
        customer_codes: free("00000000010000000002"),
        method: Code(b'7'),
        ..transfer::Line::default()
    };
    vec![
        line,
        transfer::Line {
            bank: digits("9900"),
            branch: digits("018"),
            account_kind: Code(b'4'),
            name: name("ﾔﾏﾀﾞ ﾀﾛｳ"),
            amount: Number::of(1).unwrap(),
            newness: Code(b'0'),
            customer_codes: free("INV-2026/11 ヲ"),
            identification: Code(b'Y'),
            ..line
        },
        transfer::Line {
            amount: Number::of(9_999_999_999).unwrap(),
            customer_codes: Free::default(),
            ..line
        },
    ]
}

pub fn salaries() -> Vec<payroll::Line> {
    let line = payroll::Line {
        bank: digits("0125"),
        branch: digits("100"),
        account_kind: Code(b'1'),
        number: digits("7654321"),
        name: name("サトウ ハナコ"),
        amount: Number::of(234_567).unwrap(),
        newness: Code(b'0'),
        employee: free("0000001001"),
        department: free("0000000020"),
        ..payroll::Line::default()
    };
    vec![line, payroll::Line { name: name("スズキ ｲﾁﾛｳ"), amount: Number::of(198_000).unwrap(), ..line }]
}

pub fn debit_header() -> debit::Header {
    debit::Header {
        kind: digits("91"),
        originator: digits("9876543210"),
        originator_name: name("ミホンデンリヨク(カ"),
        day: digits("1127"),
        bank: digits("0125"),
        bank_name: label("シチジユウシチ"),
        branch: digits("100"),
        branch_name: label("ホンテン"),
        account_kind: Code(b'2'),
        number: digits("1"),
        ..debit::Header::default()
    }
}

pub fn debits() -> Vec<debit::Line> {
    let line = debit::Line {
        bank: digits("0125"),
        bank_name: label("シチジユウシチ"),
        branch: digits("100"),
        branch_name: label("ホンテン"),
        account_kind: Code(b'1'),
        number: digits("1111111"),
        name: name("タナカ ジロウ"),
        amount: Number::of(5_500).unwrap(),
        newness: Code(b'0'),
        customer: free("CUST-0001"),
        result: Code(b'0'),
        ..debit::Line::default()
    };
    vec![line, debit::Line { amount: Number::of(7_700).unwrap(), customer: free("CUST-0002"), ..line }]
}

pub fn answered() -> Vec<debit::Line> {
    let results = [debit::DebitResult::Collected, debit::DebitResult::Funds];
    debits().into_iter().zip(results).map(|(line, result)| line.answered(result)).collect()
}

pub fn tax_header() -> local_tax::Header {
    let parts = local_tax::HeaderParts {
        originator: "1234567890".to_owned(),
        branch: "100".to_owned(),
        due: "2026-12-10".parse().unwrap(),
        month: "2026-11-01".parse().unwrap(),
        agent: ZenginText::typed("カ)ミホンショウジ", Class::Party).unwrap(),
        address: ZenginText::typed("ミヤギケンセンダイシ", Class::Party).unwrap(),
    };
    LocalTax::embedded().new_header(&parts).unwrap()
}

pub fn taxes() -> Vec<local_tax::Line> {
    let line = |municipality: &str, name: &str, salary, retirement| {
        let parts = local_tax::Parts {
            municipality: municipality.to_owned(),
            municipality_name: ZenginText::typed(name, Class::Party).unwrap(),
            designation: ZenginText::typed("12345-6", Class::Edi).unwrap(),
            salary,
            retirement,
        };
        LocalTax::embedded().new_line(&parts).unwrap()
    };
    let sum = |count, amount| Sum { count, amount };
    vec![
        line("041009", "センダイシ", sum(12, 345_600), sum(1, 50_000)),
        line("042021", "イシノマキシ", sum(3, 41_200), Sum::default()),
    ]
}

/// A whole file, CRLF behind each record.
pub fn file<K: Kind>(kind: K, header: &K::Header, lines: &[K::Line]) -> Vec<u8> {
    let (mut writer, mut bytes) = Writer::begin(kind, rules(), header).unwrap();
    for line in lines {
        bytes.extend(writer.line(line).unwrap());
    }
    bytes.extend(writer.end().unwrap());
    bytes
}

/// A file of every business, with the name of its golden file.
pub fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("transfers.21", file(Transfers, &header("21"), &transfers())),
        ("salaries.11", file(Payroll::Salaries, &header("11"), &salaries())),
        ("bonuses.12", file(Payroll::Bonuses, &header("12"), &salaries())),
        ("debits.91", file(Debits::Request, &debit_header(), &debits())),
        (
            "debit-results.91",
            file(Debits::Result, &debit::Header { day: digits("1120"), ..debit_header() }, &answered()),
        ),
        ("local-tax.99", file(LocalTax::embedded().clone(), &tax_header(), &taxes())),
    ]
}

/// Reads a file in parts of a length.
pub fn read_by<K: Kind>(kind: K, rules: Rules<'_>, bytes: &[u8], part: usize) -> (Report<K>, Vec<K::Line>) {
    let mut lines = Vec::new();
    let mut reader = Reader::new(kind, rules);
    for part in bytes.chunks(part) {
        let _ = reader.push(part, &mut |_, line| lines.push(*line));
    }
    let report = reader.end(&mut |_, line| lines.push(*line));
    (report, lines)
}

pub fn read<K: Kind>(kind: K, bytes: &[u8]) -> (Report<K>, Vec<K::Line>) {
    read_by(kind, rules(), bytes, 4_096)
}

/// What is found, as it is told.
pub fn told<K: Kind>(report: &Report<K>) -> Vec<String> {
    report.findings.kept().iter().map(ToString::to_string).collect()
}
