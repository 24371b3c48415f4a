//! Who may see which account.

use domain::AccountId;
use http::StatusCode;

use crate::Bank;
use crate::answer::{Stop, failed};
use crate::contracts::{Business, DepositAccount};
use crate::frame::{self, Area};
use crate::help::Code;
use crate::policy;
use crate::sign_in::SignedIn;

/// Lets the user on to the inquiry, or not.
pub fn admit(by: &SignedIn) -> Result<(), Stop> {
    policy::require(by, Business::Inquiry)
        .map_err(|_| Stop::told(frame::page(by, Area::Inquiry), Code::NotPermitted, StatusCode::FORBIDDEN))
}

/// The accounts that the user may see, the main one first.
pub async fn accounts(bank: &Bank, by: &SignedIn) -> Result<Vec<DepositAccount>, Stop> {
    admit(by)?;
    bank.contracts.accounts_for(&by.user, Business::Inquiry).await.map_err(failed)
}

/// The account, if the user may see it. One that is another contract's, or that the user has no right to, is not there.
pub async fn account(bank: &Bank, by: &SignedIn, id: &str) -> Result<DepositAccount, Stop> {
    let accounts = accounts(bank, by).await?;
    let id = id.parse().map(AccountId::new).map_err(|_| Stop::not_found())?;
    accounts.into_iter().find(|account| account.account == id).ok_or_else(Stop::not_found)
}
