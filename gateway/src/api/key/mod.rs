//! Keys of the API: bearer tokens, each for one contract and some of its accounts, for a collector or for an operator.
//! Of a token only its hash is kept.

mod caller;
mod rates;
mod store;
mod token;

use std::fmt;
use std::str::FromStr;

use domain::{AccountId, ApiKeyId, CollectorNumber, ContractId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) use caller::STOPPED;
pub use caller::{Caller, OfContract};
pub use rates::{RateLimits, tell};
pub use store::{KeyError, end_of_contract};
pub use token::{Token, TokenKind};

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Ask collectors for bills.
    Inquire,
    /// Pay them.
    Pay,
    /// See payments and their events.
    Read,
    /// What the bank's operators do.
    Operate,
}

impl Scope {
    /// Every one.
    pub const ALL: &[Self] = &[Self::Inquire, Self::Pay, Self::Read, Self::Operate];

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inquire => "inquire",
            Self::Pay => "pay",
            Self::Read => "read",
            Self::Operate => "operate",
        }
    }
}

/// No scope has this word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such scope")]
pub struct UnlistedScope;

impl FromStr for Scope {
    type Err = UnlistedScope;
    fn from_str(text: &str) -> Result<Self, UnlistedScope> {
        Self::ALL.iter().copied().find(|s| s.as_str() == text).ok_or(UnlistedScope)
    }
}

/// 科目 of an account, as the API names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountType {
    /// 普通.
    Ordinary,
    /// 当座.
    Current,
}

impl AccountType {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Current => "current",
        }
    }
}

/// An account as payers know it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Account)]
pub struct AccountName {
    /// 店番, three digits.
    #[schema(pattern = "^[0-9]{3}$", examples("100"))]
    pub branch: String,
    /// 科目.
    #[serde(rename = "type")]
    pub kind: AccountType,
    /// 口座番号, seven digits.
    #[schema(pattern = "^[0-9]{7}$", examples("1234567"))]
    pub number: String,
}

impl AccountName {
    /// Whether branch and number have their digits.
    pub fn is_well_formed(&self) -> bool {
        let digits = |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
        digits(&self.branch, 3) && digits(&self.number, 7)
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.branch, self.kind.as_str(), self.number)
    }
}

/// An account that a key may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyAccount {
    /// What the caller calls it.
    pub name: AccountName,
    /// The account in the ledger.
    pub account: AccountId,
}

/// Whose key it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A contract's systems.
    Contract {
        /// The contract.
        contract: ContractId,
        /// The accounts that it may use; whoever makes the key has checked that they are the contract's.
        accounts: Vec<KeyAccount>,
        /// Whether a payment debits at once. Only a sandbox contract's key may; of any other a payment waits for a
        /// person's authorisation in the bank's pages.
        may_debit: bool,
    },
    /// A collector's systems.
    Collector(CollectorNumber),
    /// An operator of the bank.
    Operator,
}

impl Holder {
    /// The word.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Contract { .. } => "contract",
            Self::Collector(_) => "collector",
            Self::Operator => "operator",
        }
    }

    /// What keys of such a holder can be given.
    pub const fn scopes(&self) -> &'static [Scope] {
        match self {
            Self::Contract { .. } => &[Scope::Inquire, Scope::Pay, Scope::Read],
            Self::Collector(_) => &[Scope::Read],
            Self::Operator => &[Scope::Read, Scope::Operate],
        }
    }

    /// What the token begins with.
    pub const fn token_kind(&self) -> TokenKind {
        match self {
            Self::Contract { may_debit: true, .. } => TokenKind::Test,
            Self::Contract { may_debit: false, .. } => TokenKind::Live,
            Self::Collector(_) => TokenKind::Collector,
            Self::Operator => TokenKind::Operator,
        }
    }
}

/// A key to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// What people call it.
    pub name: String,
    /// Whose it is.
    pub holder: Holder,
    /// What it may do, of [`Holder::scopes`].
    pub scopes: Vec<Scope>,
}

/// A key as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// The first characters of its token.
    pub prefix: String,
    /// What people call it.
    pub name: String,
    /// Whose it is.
    pub holder: Holder,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}
