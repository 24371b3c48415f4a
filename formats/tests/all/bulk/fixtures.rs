//! What is written stays as it is byte for byte, reads back as it was written, and is written again the same.

use std::fmt::Debug;

use formats::zengin::{Debits, Kind, LocalTax, Payroll, Sum, Transfers, Writer, debit};

use super::sample::{self, file, read, rules};
use crate::golden::assert_golden;

#[test]
fn files_of_bulk_data_stay_as_they_are_byte_for_byte() {
    for (name, bytes) in sample::files() {
        assert_golden(name, &bytes);
    }
}

#[track_caller]
fn reads_back<K: Kind + Clone>(kind: K, header: &K::Header, lines: &[K::Line], total: Sum)
where
    K::Line: PartialEq + Debug,
    K::Header: PartialEq + Debug,
{
    let bytes = file(kind.clone(), header, lines);
    let (report, found) = read(kind.clone(), &bytes);
    assert_eq!(sample::told(&report), [""; 0]);
    assert_eq!(report.header.as_ref(), Some(header));
    assert_eq!((found.as_slice(), report.total), (lines, total));
    assert_eq!(report.records, lines.len() + 3);
    assert_eq!(file(kind, &report.header.unwrap(), &found), bytes);
}

/// Data in 全銀フォーマット, of every kind.
///
/// Proves R117.
#[test]
fn every_business_reads_back_as_it_was_written() {
    let sum = |count, amount| Sum { count, amount };
    reads_back(Transfers, &sample::header("21"), &sample::transfers(), sum(3, 10_001_080_000));
    for kind in ["11", "71"] {
        reads_back(Payroll::Salaries, &sample::header(kind), &sample::salaries(), sum(2, 432_567));
    }
    for kind in ["12", "72"] {
        reads_back(Payroll::Bonuses, &sample::header(kind), &sample::salaries(), sum(2, 432_567));
    }
    reads_back(Debits::Request, &sample::debit_header(), &sample::debits(), sum(2, 13_200));
    let header = debit::Header { day: sample::digits("1120"), ..sample::debit_header() };
    reads_back(Debits::Result, &header, &sample::answered(), sum(2, 13_200));
    let taxes = LocalTax::embedded().clone();
    reads_back(taxes, &sample::tax_header(), &sample::taxes(), sum(2, 436_800));
}

#[test]
fn a_transfer_has_edi_or_two_customer_codes() {
    let [codes, edi, none] = sample::transfers().try_into().unwrap();
    assert_eq!(codes.codes(), ("0000000001".to_owned(), "0000000002".to_owned()));
    assert_eq!(codes.edi(), None);
    assert_eq!(edi.edi().unwrap().to_string(), "INV-2026/11 ｦ");
    assert_eq!(edi.codes(), (String::new(), String::new()));
    assert_eq!(none.codes(), (String::new(), String::new()));
}

#[test]
fn a_result_says_what_was_collected_and_what_not() {
    let header = debit::Header { day: sample::digits("1120"), ..sample::debit_header() };
    let (report, lines) = read(Debits::Result, &file(Debits::Result, &header, &sample::answered()));
    let sum = |count, amount| Sum { count, amount };
    assert_eq!((report.sums.collected, report.sums.failed), (sum(1, 5_500), sum(1, 7_700)));
    for (line, request) in lines.iter().zip(&sample::debits()) {
        assert!(line.answers(request));
    }
    assert!(!lines[0].answers(&sample::debits()[1]));
    let results: Vec<_> =
        lines.iter().map(|line| debit::DebitResult::from_code(line.result).unwrap().label()).collect();
    assert_eq!(results, ["振替済", "資金不足"]);
}

/// Bytes that nobody explains are kept.
#[test]
fn what_no_field_of_local_tax_explains_is_written_again_as_it_stood() {
    let kind = LocalTax::embedded();
    let mut line = sample::taxes()[0];
    line.record[37] = b'1';
    line.record[80..120].copy_from_slice(&[b'Z'; 40]);
    let bytes = file(kind.clone(), &sample::tax_header(), &[line]);
    let (report, lines) = read(kind.clone(), &bytes);
    assert_eq!(sample::told(&report), [""; 0]);
    assert_eq!(lines[0].record, line.record);
    assert_eq!(lines[0].retirement, Sum { count: 1, amount: 50_000 });
    assert_eq!(report.header.unwrap().due(sample::today()).unwrap().to_string(), "2026-12-10");
    assert_eq!(report.header.unwrap().month(sample::today()).unwrap().to_string(), "2026-11-01");
}

#[test]
fn nothing_is_written_that_would_be_refused() {
    let header = sample::header("21");
    let sunday = formats::zengin::transfer::Header { day: sample::digits("1129"), ..header };
    assert!(Writer::begin(Transfers, rules(), &sunday).is_err());
    let (mut writer, _) = Writer::begin(Transfers, rules(), &header).unwrap();
    let mut line = sample::transfers()[0];
    line.amount = formats::zengin::Number::of(0).unwrap();
    let findings = writer.line(&line).unwrap_err();
    assert_eq!(findings.kept()[0].fault.code(), "zero");
    line = sample::transfers()[0];
    line.bank = sample::digits("9998");
    assert_eq!(writer.line(&line).unwrap_err().kept()[0].fault.code(), "no-such-bank");
    assert_eq!(writer.end().unwrap_err().kept()[0].fault.code(), "no-lines");
}
