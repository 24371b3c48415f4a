//! 全銀協規定フォーマット: records of JIS X 0201, a file of header (1), data (2), trailer (8) and end (9).
//!
//! What the bank tells ([`statement`], [`incoming`]) has records of 200 bytes. What a company sends in bulk
//! ([`transfer`], [`payroll`], [`debit`], [`local_tax`]) has 120; there the [`Reader`] takes bytes as they come and
//! holds no more than a record, and tells everything that is wrong with its place and its remedy.
//!
//! Written with CRLF behind every record; read with it or with nothing. Numbers stand right with zeros before them,
//! texts left with spaces behind them.

mod class;
pub mod debit;
mod explain;
mod framing;
pub mod incoming;
mod kind;
mod layout;
mod line;
pub mod local_tax;
pub mod payroll;
mod reader;
mod record;
pub mod statement;
pub mod transfer;
mod value;
mod writer;

pub use debit::{DebitResult, Debits};
pub use explain::Wrong;
pub use framing::Separator;
pub use kind::{Dated, Headline, Kind, Rules, Sum, Tolerance, day_without_year};
pub use layout::{Field, Holds, Layout};
pub use line::check as check_line;
pub use local_tax::LocalTax;
pub use payroll::Payroll;
pub use reader::{Flow, Reader, Report, business};
pub use record::{ReadError, WriteError};
pub use transfer::Transfers;
pub use value::{Blank, Code, Digits, Filler, Free, Is, Kept, Label, Name, Number, Optional, Unfit, Value};
pub use writer::Writer;

use domain::Date;

use crate::kana::ZenginText;

/// Bytes of a record of what the bank tells.
pub const RECORD_BYTES: usize = 200;

/// Bytes of a record of what a company sends in bulk.
pub const BULK_RECORD_BYTES: usize = 120;

/// A record of what a company sends in bulk.
pub type Record = [u8; BULK_RECORD_BYTES];

layout::record! {
    /// エンド・レコード.
    End, "エンド・レコード" {
        record: "データ区分" Is<b'9'>,
        filler: "ダミー" Blank<119>,
    }
}

/// An account as headers name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// 銀行コード, four digits.
    pub bank: String,
    /// 銀行名.
    pub bank_name: ZenginText,
    /// 支店コード, three digits.
    pub branch: String,
    /// 支店名.
    pub branch_name: ZenginText,
    /// 預金種目: 1 普通, 2 当座, 4 貯蓄.
    pub kind: u8,
    /// 口座番号, seven digits.
    pub number: String,
    /// 口座名.
    pub name: ZenginText,
}

/// What a header says of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// 作成日.
    pub created: Date,
    /// 勘定日(自).
    pub from: Date,
    /// 勘定日(至).
    pub until: Date,
}

/// Who sent an incoming transfer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remitter {
    /// 振込依頼人コード, up to ten digits; empty where there is none.
    pub code: String,
    /// 振込依頼人名.
    pub name: ZenginText,
    /// 仕向銀行名.
    pub bank_name: ZenginText,
    /// 仕向店名.
    pub branch_name: ZenginText,
    /// EDI情報.
    pub edi: ZenginText,
}
