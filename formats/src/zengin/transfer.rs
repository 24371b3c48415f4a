//! 総合振込, kind 21: transfers of one day from one account.

use domain::Date;

use super::explain::Wrong;
use super::kind::{Dated, Headline, Kind, Rules, Sum, account_rules, day_without_year};
use super::layout::{Layout, record};
use super::value::{Blank, Code, Digits, Free, Is, Label, Name, Number, Optional};
use super::{End, Record};
use crate::finding::Fault;

record! {
    /// ヘッダー・レコード of 総合振込, 給与振込 and 賞与振込.
    Header, "ヘッダー・レコード" {
        record: "データ区分" Is<b'1'>,
        kind: "種別コード" Digits<2>,
        code_division: "コード区分" Digits<1>,
        originator: "委託者コード" Digits<10>,
        originator_name: "委託者名" Name<40>,
        day: "振込指定日" Digits<4>,
        bank: "仕向銀行番号" Digits<4>,
        bank_name: "仕向銀行名" Label<15>,
        branch: "仕向支店番号" Digits<3>,
        branch_name: "仕向支店名" Label<15>,
        account_kind: "預金種目" Code = b"129",
        number: "口座番号" Digits<7>,
        filler: "ダミー" Blank<17>,
    }
}

record! {
    /// データ・レコード.
    Line, "データ・レコード" {
        record: "データ区分" Is<b'2'>,
        bank: "被仕向銀行番号" Digits<4>,
        bank_name: "被仕向銀行名" Label<15>,
        branch: "被仕向支店番号" Digits<3>,
        branch_name: "被仕向支店名" Label<15>,
        clearing_house: "手形交換所番号" Optional<4>,
        account_kind: "預金種目" Code = b"1249",
        number: "口座番号" Digits<7>,
        name: "受取人名" Name<30>,
        amount: "振込金額" Number<10>,
        newness: "新規コード" Code = b" 012",
        customer_codes: "顧客コード(EDI情報)" Free<20>,
        method: "振込指定区分" Code = b" 078",
        identification: "識別表示" Code = b" Y",
        filler: "ダミー" Blank<7>,
    }
}

record! {
    /// トレーラー・レコード of 総合振込, 給与振込 and 賞与振込.
    Trailer, "トレーラー・レコード" {
        record: "データ区分" Is<b'8'>,
        count: "合計件数" Number<6>,
        amount: "合計金額" Number<12>,
        filler: "ダミー" Blank<101>,
    }
}

impl Line {
    /// EDI情報: with 識別表示 Y the two customer codes are one text of 20 bytes.
    pub fn edi(&self) -> Option<Free<20>> {
        (self.identification == Code(b'Y')).then_some(self.customer_codes)
    }

    /// 顧客コード1 and 2; empty where they are left out, and with 識別表示 Y.
    pub fn codes(&self) -> (String, String) {
        let text = if self.edi().is_none() { self.customer_codes.bytes().as_slice() } else { &[] };
        let half = |from: usize| {
            let digits = text.get(from..from + 10).unwrap_or_default();
            String::from_utf8_lossy(digits).trim_end().to_owned()
        };
        (half(0), half(10))
    }
}

/// 総合振込.
#[derive(Clone, Copy, Debug, Default)]
pub struct Transfers;

static LAYOUTS: [Layout; 4] = [Header::LAYOUT, Line::LAYOUT, Trailer::LAYOUT, End::LAYOUT];

impl Kind for Transfers {
    type Header = Header;
    type Line = Line;
    type Sums = Sum;

    fn name(&self) -> &'static str {
        "総合振込"
    }

    fn codes(&self) -> &'static [&'static str] {
        &["21"]
    }

    fn layouts(&self) -> &[Layout; 4] {
        &LAYOUTS
    }

    fn header(&self, record: &Record) -> Header {
        Header::read(record)
    }

    fn header_bytes(&self, header: &Header) -> Record {
        header.write()
    }

    fn headline(&self, header: &Header, today: Date) -> Headline {
        headline(header, today)
    }

    fn header_rules(&self, header: &Header, rules: &Rules<'_>, wrong: &mut Wrong<'_>) {
        header_rules(header, rules, wrong);
    }

    fn line(&self, record: &Record) -> Line {
        Line::read(record)
    }

    fn line_bytes(&self, line: &Line) -> Record {
        line.write()
    }

    fn line_rules(&self, line: &Line, rules: &Rules<'_>, wrong: &mut Wrong<'_>) {
        account_rules(
            line.bank.bytes(),
            line.branch.bytes(),
            ["被仕向銀行番号", "被仕向支店番号"],
            rules,
            wrong,
        );
        amount_rule(line.amount.get(), "振込金額", rules, wrong);
        // without Y these are two numbers, each of them digits or left out
        if line.identification != Code(b'Y') {
            let is_number =
                |half: &[u8]| half.iter().all(u8::is_ascii_digit) || half.iter().all(|byte| *byte == b' ');
            if !line.customer_codes.bytes().chunks(10).all(is_number) {
                wrong.field("顧客コード(EDI情報)", Fault::CustomerCode);
            }
        }
    }

    fn add(&self, sums: &mut Sum, line: &Line) {
        sums.add(line.amount.get());
    }

    fn total(&self, sums: &Sum) -> Sum {
        *sums
    }

    fn trailer_bytes(&self, sums: &Sum) -> Option<Record> {
        trailer_bytes(sums)
    }

    fn trailer_rules(&self, record: &Record, sums: &Sum, wrong: &mut Wrong<'_>) {
        trailer_rules(record, sums, wrong);
    }
}

/// What the header says that three businesses share.
pub(super) fn headline(header: &Header, today: Date) -> Headline {
    Headline {
        originator: header.originator.to_string(),
        name: header.originator_name.to_string(),
        day_name: "振込指定日",
        day: day_without_year(header.day.as_str(), today, Dated::Ahead),
    }
}

/// What holds for the header that three businesses share.
pub(super) fn header_rules(header: &Header, rules: &Rules<'_>, wrong: &mut Wrong<'_>) {
    rules.day(header.day.as_str(), "振込指定日", Dated::Ahead, wrong);
}

/// An amount is more than nothing.
pub(super) fn amount_rule(amount: u64, field: &'static str, rules: &Rules<'_>, wrong: &mut Wrong<'_>) {
    if amount == 0 && !rules.tolerance.zero_amounts {
        wrong.field(field, Fault::Zero);
    }
}

/// The trailer that three businesses share; nothing where a sum is too large for it.
pub(super) fn trailer_bytes(sums: &Sum) -> Option<Record> {
    let trailer = Trailer {
        count: Number::of(sums.count).ok()?,
        amount: Number::of(sums.amount).ok()?,
        ..Trailer::default()
    };
    Some(trailer.write())
}

/// What holds for it.
pub(super) fn trailer_rules(record: &Record, sums: &Sum, wrong: &mut Wrong<'_>) {
    let trailer = Trailer::read(record);
    wrong.count("合計件数", trailer.count.get(), sums.count);
    wrong.total("合計金額", trailer.amount.get(), sums.amount);
}
