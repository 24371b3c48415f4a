//! Contracts, their users and what these may do, and the deposit accounts.

mod access;
pub mod filed;
pub mod registry;
pub mod rights;
mod store;
pub mod terms;

use std::collections::BTreeSet;
use std::fmt;

use domain::{AccountId, ContractId, Timestamp, UserId};

pub use access::AccessVersion;
pub use rights::{Business, Duty, Rights, Step};
pub use store::{NewAccount, NewUser, Store, StoreError};

/// A list of words of ours: an enum, each with its word in the database and its word on the page.
#[macro_export]
macro_rules! code {
    ($($(#[$doc:meta])* $name:ident {
        $($(#[$variant_doc:meta])* $variant:ident = $code:literal, $label:literal;)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word in the database and in data files.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The word on the page.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),* }
            }

            /// From the word in the database.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.code() == code)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.code())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let code = <String as serde::Deserialize>::deserialize(from)?;
                Self::from_code(&code).ok_or_else(|| serde::de::Error::custom(code))
            }
        }
    )*};
}
pub use code;

code! {
    /// Service plan of a contract (R1–R3). What a plan offers is decided in [`crate::policy`].
    Plan {
        /// Webプラン.
        Web = "web", "Webプラン";
        /// タイプⅡ, with data transmission.
        Type2 = "type2", "タイプⅡ";
        /// ミニ, the small one.
        Mini = "mini", "ミニ";
    }

    /// Who has a contract (R1).
    ContractKind {
        /// 法人.
        Company = "company", "法人";
        /// 個人事業主.
        Sole = "sole", "個人事業主";
    }

    /// How far a contract has come (R7).
    ContractState {
        /// 申込受付.
        Applied = "applied", "申込受付";
        /// 利用可能: from its day on the customer can set it up.
        Usable = "usable", "利用可能";
        /// 初期設定済: its users sign in.
        Active = "active", "利用中";
        /// 解約.
        Ended = "ended", "解約";
    }

    /// How the users of a contract sign in; exactly one way a contract (R22).
    SignInMethod {
        /// 電子証明書方式.
        Certificate = "certificate", "電子証明書";
        /// ID・パスワード方式.
        Password = "password", "ID・パスワード";
    }

    /// Role of a user (R18, C15).
    Role {
        /// マスターユーザ, one a contract.
        Master = "master", "マスター";
        /// 管理者ユーザ.
        Admin = "admin", "管理者";
        /// 一般ユーザ.
        General = "general", "一般";
    }

    /// Kind of a deposit account.
    AccountKind {
        /// 普通預金.
        Ordinary = "ordinary", "普通";
        /// 当座預金.
        Current = "current", "当座";
    }
}

impl From<AccountKind> for domain::AccountKind {
    fn from(kind: AccountKind) -> Self {
        match kind {
            AccountKind::Ordinary => Self::Ordinary,
            AccountKind::Current => Self::Current,
        }
    }
}

impl ContractKind {
    /// What follows the name on a letter.
    pub const fn honorific(self) -> &'static str {
        match self {
            Self::Company => "御中",
            Self::Sole => "様",
        }
    }
}

/// A contract of the bank with a company or sole proprietor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Its id.
    pub id: ContractId,
    /// The company's name.
    pub name: String,
    /// 法人 or 個人事業主.
    pub kind: ContractKind,
    /// Its plan.
    pub plan: Plan,
    /// How its users sign in.
    pub sign_in: SignInMethod,
    /// How far it has come.
    pub state: ContractState,
    /// The company's own words, in every mail; empty where it has chosen none.
    pub mail_phrase: String,
    /// Whether it is there for tests: its API keys debit without a person's authorisation.
    pub sandbox: bool,
}

/// A user of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The person's id, which outlives the login ID.
    pub id: UserId,
    /// The contract that the user belongs to.
    pub contract: ContractId,
    /// What the person types to sign in.
    pub login_id: String,
    /// The person's name, with the department where the company wrote one.
    pub name: String,
    /// The person's role.
    pub role: Role,
    /// Serial of the token that makes the person's one-time passwords; users may share one.
    pub token_serial: Option<String>,
    /// What the person may do, and with which accounts.
    pub rights: Rights,
    /// What an administrator was given beside what every administrator has; empty for everybody else.
    pub duties: BTreeSet<Duty>,
    /// Whether somebody else has set the password: nothing is open until the person has chosen an own one (R14).
    pub must_change: bool,
}

/// A deposit account of a contract. Its money is in the ledger under the same id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepositAccount {
    /// The account in the ledger.
    pub account: AccountId,
    /// 店番, three digits.
    pub branch: String,
    /// 店名.
    pub branch_name: String,
    /// 科目.
    pub kind: AccountKind,
    /// 口座番号, seven digits.
    pub number: String,
    /// 口座名義.
    pub name: String,
    /// 代表口座: one a contract.
    pub main: bool,
}

/// `本店営業部 普通 1234567`.
impl fmt::Display for DepositAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.branch_name, self.kind.label(), self.number)
    }
}

/// A sign-in as it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastSignIn<M = SignInMethod> {
    /// When.
    pub at: Timestamp,
    /// How.
    pub method: M,
}
