//! 01 as the crate `zengin-fmt` reads it, and both kinds as we read them ourselves.

use domain::Yen;
use formats::zengin::{ReadError, incoming, statement};
use zengin_fmt::payment_notice::Format;

use crate::sample::{self, incoming_file, statement_file};

#[test]
fn incoming_transfers_read_back_by_another_implementation() {
    let wide = incoming::Line { amount: Yen::new(10_000_000_000), ..sample::transfers()[0].clone() };
    for (lines, format) in [(sample::transfers(), Format::A), (vec![wide], Format::B)] {
        let bytes = incoming_file(&lines);
        let file = zengin_fmt::parse_payment_notice(&bytes).unwrap();
        assert_eq!(file.format, format);
        let header = &file.header;
        assert_eq!((header.kind_code, header.creation_date.as_str()), (1, "081124"));
        assert_eq!(
            (header.account_date_from.as_str(), header.account_date_to.as_str()),
            ("080824", "081124")
        );
        assert_eq!((header.bank_code.as_str(), header.branch_code.as_str()), ("9999", "100"));
        assert_eq!((header.account_type, header.account_number.as_str()), (1, "0123456"));
        assert_eq!(header.account_name, "ｶ)ﾐﾎﾝｼﾖｳｼﾞ");
        assert_eq!(file.details.len(), lines.len());
        for (found, line) in file.details.iter().zip(&lines) {
            assert_eq!(found.inquiry_number, format!("{:06}", line.number % 1_000_000));
            assert_eq!(i64::try_from(found.amount).unwrap(), line.amount.get());
            assert_eq!(found.remitter_name, line.remitter.name.as_str());
            assert_eq!(found.remitter_code, line.remitter.code);
            assert_eq!(found.remitting_bank_name, line.remitter.bank_name.as_str());
            assert_eq!(found.remitting_branch_name, line.remitter.branch_name.as_str());
            assert_eq!(found.edi_info, line.remitter.edi.as_str());
        }
    }
}

#[test]
fn ten_thousand_incoming_transfers_read_back_by_another_implementation() {
    let bytes = incoming_file(&sample::many_transfers());
    let file = zengin_fmt::parse_payment_notice(&bytes).unwrap();
    assert_eq!(file.details.len(), 10_000);
    assert_eq!(file.details.iter().map(|one| one.amount).sum::<u64>(), 10_000 * 10_001 / 2);
}

#[test]
fn both_kinds_read_back_as_they_were_written() {
    let file = statement::read(&statement_file(&sample::lines()), sample::today()).unwrap();
    assert_eq!(
        (file.account, file.period, file.opening),
        (sample::account(), sample::period(), sample::OPENING)
    );
    let mut written = sample::lines();
    written[0].number = 1;
    assert_eq!(file.lines, written);
    let sum: i64 = written.iter().map(|line| line.amount.get()).sum();
    assert_eq!(file.closing.get(), sample::OPENING.get() + sum);

    let file = incoming::read(&incoming_file(&sample::transfers()), sample::today()).unwrap();
    let mut written = sample::transfers();
    written[0].number = 1;
    assert_eq!((file.account, file.period, file.lines), (sample::account(), sample::period(), written));
    let none = incoming::read(&incoming_file(&[]), sample::today()).unwrap();
    assert!(none.lines.is_empty());
}

#[test]
fn a_changed_file_is_refused_with_its_record_and_field() {
    let whole = statement_file(&sample::lines());
    let changed = |at: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        statement::read(&bytes, sample::today()).unwrap_err()
    };
    // record, offset in it
    let at = |record: usize, offset: usize| (record - 1) * 202 + offset;
    assert_eq!(changed(at(2, 35), b'1'), ReadError::Sum { record: 5, field: "入金額合計" });
    assert_eq!(changed(at(3, 21), b'3'), ReadError::Field { record: 3, field: "入払区分" });
    assert_eq!(changed(at(1, 2), b'1'), ReadError::Field { record: 1, field: "種別コード" });
    assert_eq!(changed(at(2, 82), b'a'), ReadError::Field { record: 2, field: "振込依頼人名" });
    assert_eq!(changed(at(5, 0), b'2'), ReadError::Order { record: 5 });
    assert_eq!(changed(at(5, 53), b'0'), ReadError::Sum { record: 5, field: "取引後残高" });
    let cut = statement::read(&whole[..whole.len() - 5], sample::today());
    assert_eq!(cut, Err(ReadError::Length { record: 6, bytes: 197 }));
}
