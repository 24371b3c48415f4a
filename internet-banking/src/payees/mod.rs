//! 振込先: who is paid. Payees filed on paper and paid by their number (事前登録方式, R81), payees that a contract's users
//! register, and accounts that are typed (都度指定方式, R82). Those registered are in one of two lists: of transfers, single
//! and in bulk, and of wages ([`List`]).
//!
//! A page that asks for an account takes [`TypedAccount`] into its form, shows it by `payees/parts.html` and reads it
//! by [`TypedAccount::read`]. [`Payees`] finds what is registered, [`recent`] who was paid last, and
//! [`name_check`] asks who holds an account.

pub mod bounds;
pub mod counters;
pub mod import;
pub mod likeness;
pub mod links;
pub mod list;
pub mod master;
pub mod name_check;
pub mod operation;
mod pages;
pub(crate) mod problem;
#[cfg(test)]
mod samples;
pub mod store;
pub mod typed;

use domain::{AccountRef, PayeeId};
use transfers::Method;

pub use likeness::Likeness;
pub use list::{Codes, List};
pub use master::Master;
pub use name_check::Checked;
pub use pages::routes;
pub use store::{PAGE, PayeeQuery, Payees, Recent, recent};
pub use typed::{AccountForm, Asked, Choice, Entered, TypedAccount};

/// Somebody who can be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payee {
    /// Its id.
    pub id: PayeeId,
    /// How it came to be registered.
    pub source: Source,
    /// The account.
    pub account: AccountRef,
    /// 受取人名 as it is sent: half-width kana.
    pub holder: String,
    /// 登録名, what the company calls it; 受取人名 of one filed on paper.
    pub name: String,
    /// グループ; empty where it is in none.
    pub group: String,
    /// What the company calls it by.
    pub codes: Codes,
    /// Grows with every change; 0 of one filed on paper.
    pub version: i64,
}

/// How a payee came to be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// 事前登録: on paper, under this number (R81).
    Filed {
        /// 受取人番号, four digits.
        number: String,
    },
    /// By the contract's users, on screen.
    Screen,
}

impl Payee {
    /// How a transfer to it names its payee: only what was filed on paper needs no one-time password (R52, R57).
    pub const fn method(&self) -> Method {
        match self.source {
            Source::Filed { .. } => Method::Filed,
            Source::Screen => Method::Typed,
        }
    }

    /// 受取人番号 of one that was filed on paper.
    pub fn number(&self) -> Option<&str> {
        match &self.source {
            Source::Filed { number } => Some(number),
            Source::Screen => None,
        }
    }

    /// The account with the names of bank and branch.
    pub fn entered(&self) -> Entered {
        Entered::of(self.account.clone(), self.holder.clone())
    }
}
