//! What the crate `zengin-fmt` makes of our files, and we of its. It looks at fewer things: not at small kana,
//! lower case, kinds of account, days and banks.

use formats::zengin::{Debits, Kind, Payroll, Transfers};
use zengin_fmt::{FileType, OutputFormat};

use super::sample::{self, file, read, told};

/// The file as the other implementation writes it, from what it read of ours; and ours without line ends.
fn rewritten(bytes: &[u8], kind: FileType) -> (Vec<u8>, Vec<u8>) {
    let parsed: zengin_fmt::ParsedFile = zengin_fmt::parse_as(bytes, kind).unwrap();
    let written = zengin_fmt::to_bytes_as(&parsed, kind, OutputFormat::canonical()).unwrap();
    let bare = bytes.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    (written, bare)
}

#[track_caller]
fn both_ways<K: Kind + Clone>(kind: K, header: &K::Header, lines: &[K::Line], other: FileType) {
    let ours = file(kind.clone(), header, lines);
    let (theirs, bare) = rewritten(&ours, other);
    assert_eq!(String::from_utf8_lossy(&theirs), String::from_utf8_lossy(&bare));
    let (report, read_lines) = read(kind.clone(), &theirs);
    assert_eq!(told(&report), [""; 0]);
    assert_eq!(file(kind, &report.header.unwrap(), &read_lines), ours, "a file of theirs, written again");
}

/// Software that is not ours reads what we write and writes what we read.
///
/// Proves R117.
#[test]
fn another_implementation_reads_and_writes_the_same_bytes() {
    both_ways(Transfers, &sample::header("21"), &sample::transfers(), FileType::GeneralTransfer);
    for kind in ["11", "71"] {
        both_ways(Payroll::Salaries, &sample::header(kind), &sample::salaries(), FileType::PayrollTransfer);
    }
    for kind in ["12", "72"] {
        both_ways(Payroll::Bonuses, &sample::header(kind), &sample::salaries(), FileType::PayrollTransfer);
    }
    both_ways(Debits::Request, &sample::debit_header(), &sample::debits(), FileType::AccountTransfer);
    let header = formats::zengin::debit::Header { day: sample::digits("1120"), ..sample::debit_header() };
    both_ways(Debits::Result, &header, &sample::answered(), FileType::AccountTransferResult);
}

#[test]
fn another_implementation_finds_the_values_where_we_put_them() {
    let parsed =
        zengin_fmt::parse_general_transfer(&file(Transfers, &sample::header("21"), &sample::transfers()))
            .unwrap();
    let header = &parsed.header;
    assert_eq!((header.kind_code, header.transfer_date.as_str()), (21, "1130"));
    assert_eq!((header.remitter_code.as_str(), header.remitter_name.as_str()), ("1234567890", "ｶ)ﾐﾎﾝｼﾖｳｼﾞ"));
    assert_eq!((header.account_type, header.account_number.as_str()), (1, "0123456"));
    for (theirs, ours) in parsed.details.iter().zip(&sample::transfers()) {
        assert_eq!(theirs.bank_code, ours.bank.as_str());
        assert_eq!(theirs.branch_code, ours.branch.as_str());
        assert_eq!(theirs.account_number, ours.number.as_str());
        assert_eq!(theirs.recipient_name, ours.name.to_string());
        assert_eq!(theirs.amount, ours.amount.get());
        assert_eq!(theirs.edi_info, ours.edi().map(|edi| edi.to_string()).unwrap_or_default());
    }
    assert_eq!((parsed.trailer.total_count, parsed.trailer.total_amount), (3, 10_001_080_000));
    let result = sample::files().into_iter().find(|(name, _)| *name == "debit-results.91").unwrap().1;
    let parsed = zengin_fmt::parse_account_transfer_result(&result).unwrap();
    let codes: Vec<u8> = parsed.details.iter().map(|line| line.result_code).collect();
    assert_eq!(codes, [0, 1]);
    assert_eq!((parsed.trailer.success_amount, parsed.trailer.failure_amount), (5_500, 7_700));
    assert_eq!(parsed.details[0].customer_number, "CUST-0001");
}
