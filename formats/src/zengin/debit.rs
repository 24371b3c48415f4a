//! 預金口座振替, kind 91: what a company collects from its customers' accounts, and the bank's answer in the same layout.
//!
//! The answer has the same records in the same order; only 振替結果コード and four sums of the trailer differ.

use domain::Date;

use super::explain::Wrong;
use super::kind::{Dated, Headline, Kind, Rules, Sum, account_rules, day_without_year};
use super::layout::{Layout, record};
use super::transfer::amount_rule;
use super::value::{Blank, Code, Digits, Filler, Free, Is, Label, Name, Number};
use super::{End, Record};
use crate::finding::Fault;

record! {
    /// ヘッダー・レコード.
    Header, "ヘッダー・レコード" {
        record: "データ区分" Is<b'1'>,
        kind: "種別コード" Digits<2>,
        code_division: "コード区分" Digits<1>,
        originator: "委託者コード" Digits<10>,
        originator_name: "委託者名" Name<40>,
        day: "引落日" Digits<4>,
        bank: "取引銀行番号" Digits<4>,
        bank_name: "取引銀行名" Label<15>,
        branch: "取引支店番号" Digits<3>,
        branch_name: "取引支店名" Label<15>,
        account_kind: "預金種目" Code = b"129",
        number: "口座番号" Digits<7>,
        filler: "ダミー" Blank<17>,
    }
}

record! {
    /// データ・レコード.
    Line, "データ・レコード" {
        record: "データ区分" Is<b'2'>,
        bank: "引落銀行番号" Digits<4>,
        bank_name: "引落銀行名" Label<15>,
        branch: "引落支店番号" Digits<3>,
        branch_name: "引落支店名" Label<15>,
        between: "ダミー" Filler<4>,
        account_kind: "預金種目" Code = b"1239",
        number: "口座番号" Digits<7>,
        name: "預金者名" Name<30>,
        amount: "引落金額" Number<10>,
        newness: "新規コード" Code = b" 012",
        customer: "顧客番号" Free<20>,
        result: "振替結果コード" Code = b"0123489",
        filler: "ダミー" Blank<8>,
    }
}

record! {
    /// トレーラー・レコード.
    Trailer, "トレーラー・レコード" {
        record: "データ区分" Is<b'8'>,
        count: "合計件数" Number<6>,
        amount: "合計金額" Number<12>,
        collected_count: "振替済件数" Number<6>,
        collected_amount: "振替済金額" Number<12>,
        failed_count: "振替不能件数" Number<6>,
        failed_amount: "振替不能金額" Number<12>,
        filler: "ダミー" Blank<65>,
    }
}

/// 振替結果コード: how a debit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DebitResult {
    /// 振替済; in a request, nothing yet.
    Collected,
    /// 資金不足.
    Funds,
    /// 取引なし.
    NoAccount,
    /// 預金者の都合による振替停止.
    StoppedByHolder,
    /// 預金口座振替依頼書なし.
    NoMandate,
    /// 委託者の都合による振替停止.
    StoppedByOriginator,
    /// その他.
    Other,
}

impl DebitResult {
    /// Every one.
    pub const ALL: &[Self] = &[
        Self::Collected,
        Self::Funds,
        Self::NoAccount,
        Self::StoppedByHolder,
        Self::NoMandate,
        Self::StoppedByOriginator,
        Self::Other,
    ];

    /// The code.
    pub const fn code(self) -> Code {
        Code(match self {
            Self::Collected => b'0',
            Self::Funds => b'1',
            Self::NoAccount => b'2',
            Self::StoppedByHolder => b'3',
            Self::NoMandate => b'4',
            Self::StoppedByOriginator => b'8',
            Self::Other => b'9',
        })
    }

    /// From the code.
    pub fn from_code(code: Code) -> Option<Self> {
        Self::ALL.iter().copied().find(|result| result.code() == code)
    }

    /// The words of the standard.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Collected => "振替済",
            Self::Funds => "資金不足",
            Self::NoAccount => "取引なし",
            Self::StoppedByHolder => "預金者の都合による振替停止",
            Self::NoMandate => "預金口座振替依頼書なし",
            Self::StoppedByOriginator => "委託者の都合による振替停止",
            Self::Other => "その他",
        }
    }
}

impl Line {
    /// The line of the answer.
    #[must_use]
    pub fn answered(self, result: DebitResult) -> Self {
        Self { result: result.code(), ..self }
    }

    /// Whether it is the answer to a line of a request: nothing but the result differs.
    pub fn answers(&self, request: &Self) -> bool {
        Self { result: request.result, ..*self } == *request
    }
}

/// All, and which of them were collected and which not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// All.
    pub all: Sum,
    /// 振替済.
    pub collected: Sum,
    /// 振替不能.
    pub failed: Sum,
}

/// 口座振替: the request, or its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Debits {
    /// 依頼: results and their sums are zero.
    Request,
    /// 結果.
    Result,
}

impl Debits {
    const fn dated(self) -> Dated {
        match self {
            Self::Request => Dated::Ahead,
            Self::Result => Dated::Behind,
        }
    }
}

static LAYOUTS: [Layout; 4] = [Header::LAYOUT, Line::LAYOUT, Trailer::LAYOUT, End::LAYOUT];

impl Kind for Debits {
    type Header = Header;
    type Line = Line;
    type Sums = Sums;

    fn name(&self) -> &'static str {
        match self {
            Self::Request => "口座振替(依頼)",
            Self::Result => "口座振替(結果)",
        }
    }

    fn codes(&self) -> &'static [&'static str] {
        &["91"]
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
        Headline {
            originator: header.originator.to_string(),
            name: header.originator_name.to_string(),
            day_name: "引落日",
            day: day_without_year(header.day.as_str(), today, self.dated()),
        }
    }

    fn header_rules(&self, header: &Header, rules: &Rules<'_>, wrong: &mut Wrong<'_>) {
        rules.day(header.day.as_str(), "引落日", self.dated(), wrong);
    }

    fn line(&self, record: &Record) -> Line {
        Line::read(record)
    }

    fn line_bytes(&self, line: &Line) -> Record {
        line.write()
    }

    fn line_rules(&self, line: &Line, rules: &Rules<'_>, wrong: &mut Wrong<'_>) {
        account_rules(line.bank.bytes(), line.branch.bytes(), ["引落銀行番号", "引落支店番号"], rules, wrong);
        amount_rule(line.amount.get(), "引落金額", rules, wrong);
        if *self == Self::Request && line.result != DebitResult::Collected.code() {
            wrong.field("振替結果コード", Fault::NotOneOf("依頼では0".to_owned()));
        }
    }

    fn add(&self, sums: &mut Sums, line: &Line) {
        sums.all.add(line.amount.get());
        match (self, DebitResult::from_code(line.result)) {
            (Self::Request, _) => {}
            (Self::Result, Some(DebitResult::Collected)) => sums.collected.add(line.amount.get()),
            (Self::Result, _) => sums.failed.add(line.amount.get()),
        }
    }

    fn total(&self, sums: &Sums) -> Sum {
        sums.all
    }

    fn trailer_bytes(&self, sums: &Sums) -> Option<Record> {
        let trailer = Trailer {
            count: Number::of(sums.all.count).ok()?,
            amount: Number::of(sums.all.amount).ok()?,
            collected_count: Number::of(sums.collected.count).ok()?,
            collected_amount: Number::of(sums.collected.amount).ok()?,
            failed_count: Number::of(sums.failed.count).ok()?,
            failed_amount: Number::of(sums.failed.amount).ok()?,
            ..Trailer::default()
        };
        Some(trailer.write())
    }

    fn trailer_rules(&self, record: &Record, sums: &Sums, wrong: &mut Wrong<'_>) {
        let trailer = Trailer::read(record);
        wrong.count("合計件数", trailer.count.get(), sums.all.count);
        wrong.total("合計金額", trailer.amount.get(), sums.all.amount);
        wrong.count("振替済件数", trailer.collected_count.get(), sums.collected.count);
        wrong.total("振替済金額", trailer.collected_amount.get(), sums.collected.amount);
        wrong.count("振替不能件数", trailer.failed_count.get(), sums.failed.count);
        wrong.total("振替不能金額", trailer.failed_amount.get(), sums.failed.amount);
    }
}
