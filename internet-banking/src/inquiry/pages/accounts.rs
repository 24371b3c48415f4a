//! 残高照会: all accounts on one page, as of the moment (R79).

use axum::extract::State;
use domain::Yen;
use edge::Failure;

use crate::Bank;
use crate::answer::{Answer, Stop, failed, shown};
use crate::contracts::DepositAccount;
use crate::frame::{self, Area};
use crate::inquiry::access;
use crate::inquiry::page::{AccountRow, AccountsPage};
use crate::sign_in::SignedIn;

/// `GET /accounts`
pub async fn show(State(bank): State<Bank>, by: SignedIn) -> Answer {
    let accounts = access::accounts(&bank, &by).await?;
    let read_at = bank.clock.now().time().format("%H:%M:%S").to_string();
    let accounts = rows(&bank, accounts).await?;
    let total = accounts.iter().try_fold(Yen::ZERO, |sum, row| sum.checked_add(row.balance));
    let total = total.ok_or_else(|| Failure::internal("the sum of the balances does not fit"))?;
    shown(&AccountsPage { frame: frame::page(&by, Area::Inquiry), read_at, accounts, total })
}

/// The accounts with their balances, all of one moment. An account that the ledger does not know is a fault of ours,
/// and showing the others alone would hide it.
pub async fn rows(bank: &Bank, accounts: Vec<DepositAccount>) -> Result<Vec<AccountRow>, Stop> {
    let ids: Vec<_> = accounts.iter().map(|account| account.account).collect();
    let balances = bank.ledger.balances(&ids).await.map_err(failed)?;
    let row = |account: DepositAccount| {
        let found = balances.iter().find(|balance| balance.account == account.account);
        let found = found
            .ok_or_else(|| Failure::internal(format!("account {} is not in the ledger", account.account)))?;
        Ok(AccountRow { account, balance: found.balance, available: found.available })
    };
    accounts.into_iter().map(row).collect()
}
