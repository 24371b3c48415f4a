//! What names an account at any bank of Japan: bank, branch, kind and number.

use std::fmt;

use crate::numbers::{AccountNumber, BankCode, BranchCode};

/// 預金種目 of an account that a transfer can be credited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// 普通預金.
    Ordinary,
    /// 当座預金.
    Current,
    /// 貯蓄預金.
    Savings,
}

impl AccountKind {
    /// Every one.
    pub const ALL: &[Self] = &[Self::Ordinary, Self::Current, Self::Savings];

    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Current => "current",
            Self::Savings => "savings",
        }
    }

    /// The word on a page.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ordinary => "普通",
            Self::Current => "当座",
            Self::Savings => "貯蓄",
        }
    }

    /// The digit of files and messages (預金種目コード).
    pub const fn digit(self) -> char {
        match self {
            Self::Ordinary => '1',
            Self::Current => '2',
            Self::Savings => '4',
        }
    }

    /// From that digit.
    pub fn from_digit(digit: char) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.digit() == digit)
    }
}

/// A text is no kind of account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no kind of account")]
pub struct AccountKindError;

impl std::str::FromStr for AccountKind {
    type Err = AccountKindError;
    fn from_str(text: &str) -> Result<Self, AccountKindError> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or(AccountKindError)
    }
}

/// An account at a bank.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountRef {
    /// 金融機関コード.
    pub bank: BankCode,
    /// 店番.
    pub branch: BranchCode,
    /// 預金種目.
    pub kind: AccountKind,
    /// 口座番号.
    pub number: AccountNumber,
}

/// `0125-100 普通 1234567`.
impl fmt::Display for AccountRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{} {} {}", self.bank, self.branch, self.kind.label(), self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_back() {
        for kind in AccountKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
            assert_eq!(AccountKind::from_digit(kind.digit()), Some(*kind));
        }
        assert_eq!(AccountKind::from_digit('3'), None);
        assert!("fixed".parse::<AccountKind>().is_err());
    }
}
