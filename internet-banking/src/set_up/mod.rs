//! 初期設定: the customer sets the contract up, or acquires the master's login ID and passwords anew (R7, R49).

mod operation;
mod pages;

use crate::contracts::DepositAccount;
use crate::contracts::registry::AccountName;

pub use pages::routes;

/// What wrong numbers for an account are counted under.
pub fn throttled(account: &AccountName) -> String {
    format!("{}-{}-{}", account.branch, account.kind.code(), account.number)
}

impl From<&DepositAccount> for AccountName {
    fn from(of: &DepositAccount) -> Self {
        Self { branch: of.branch.clone(), kind: of.kind, number: of.number.clone() }
    }
}
