//! 全銀協規定フォーマット: records of 200 bytes of JIS X 0201, a file of header (1), data (2), trailer (8) and end (9).
//!
//! Written with CRLF behind every record; read with it or with nothing. Numbers stand right with zeros before them,
//! texts left with spaces behind them.

pub mod incoming;
mod record;
pub mod statement;

pub use record::{ReadError, WriteError};

use domain::Date;

use crate::kana::ZenginText;

/// Bytes of a record.
pub const RECORD_BYTES: usize = 200;

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
