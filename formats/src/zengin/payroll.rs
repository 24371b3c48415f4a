//! 給与振込, kinds 11 and 71 (公務員), and 賞与振込, kinds 12 and 72: salaries of one day from one account.
//!
//! Header and trailer are those of 総合振込. The last 29 bytes of a line are as many, and mean something else.

use domain::Date;

use super::explain::Wrong;
use super::kind::{Headline, Kind, Rules, Sum, account_rules};
use super::layout::{Layout, record};
use super::transfer::{self, Header, Trailer};
use super::value::{Blank, Code, Digits, Free, Is, Label, Name, Number, Optional};
use super::{End, Record};

record! {
    /// データ・レコード.
    Line, "データ・レコード" {
        record: "データ区分" Is<b'2'>,
        bank: "被仕向銀行番号" Digits<4>,
        bank_name: "被仕向銀行名" Label<15>,
        branch: "被仕向支店番号" Digits<3>,
        branch_name: "被仕向支店名" Label<15>,
        clearing_house: "手形交換所番号" Optional<4>,
        account_kind: "預金種目" Code = b"12",
        number: "口座番号" Digits<7>,
        name: "受取人名" Name<30>,
        amount: "振込金額" Number<10>,
        newness: "新規コード" Code = b" 012",
        employee: "社員番号" Free<10>,
        department: "所属コード" Free<10>,
        filler: "ダミー" Blank<9>,
    }
}

/// Which payments of a company to its staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payroll {
    /// 給与振込.
    Salaries,
    /// 賞与振込.
    Bonuses,
}

static LAYOUTS: [Layout; 4] = [Header::LAYOUT, Line::LAYOUT, Trailer::LAYOUT, End::LAYOUT];

impl Kind for Payroll {
    type Header = Header;
    type Line = Line;
    type Sums = Sum;

    fn name(&self) -> &'static str {
        match self {
            Self::Salaries => "給与振込",
            Self::Bonuses => "賞与振込",
        }
    }

    fn codes(&self) -> &'static [&'static str] {
        match self {
            Self::Salaries => &["11", "71"],
            Self::Bonuses => &["12", "72"],
        }
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
        transfer::headline(header, today)
    }

    fn header_rules(&self, header: &Header, rules: &Rules<'_>, wrong: &mut Wrong<'_>) {
        transfer::header_rules(header, rules, wrong);
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
        transfer::amount_rule(line.amount.get(), "振込金額", rules, wrong);
    }

    fn add(&self, sums: &mut Sum, line: &Line) {
        sums.add(line.amount.get());
    }

    fn total(&self, sums: &Sum) -> Sum {
        *sums
    }

    fn trailer_bytes(&self, sums: &Sum) -> Option<Record> {
        transfer::trailer_bytes(sums)
    }

    fn trailer_rules(&self, record: &Record, sums: &Sum, wrong: &mut Wrong<'_>) {
        transfer::trailer_rules(record, sums, wrong);
    }
}
