//! Whether an account may be one of a contract (R6).

use internet_banking::contracts::Store;
use internet_banking::contracts::registry::AccountName;

use crate::help::ConsoleCode;
use crate::problem::Problem;

/// R6: the account is in no other FB contract, ours or another product's.
pub(super) async fn free(
    contracts: &Store,
    name: &AccountName,
    account: domain::AccountId,
) -> Result<(), Problem> {
    let unavailable = |error: internet_banking::contracts::StoreError| Problem::unavailable(&error);
    if let Some(other) = contracts.contract_with(account).await.map_err(unavailable)? {
        let other = contracts.contract(other).await.map_err(unavailable)?;
        let whose = other.map(|contract| contract.name).unwrap_or_default();
        return Err(Problem::new(
            ConsoleCode::AccountInFb,
            format!("口座 {name} は、当行の別の契約({whose})の会計情報・資金移動の対象です。"),
        ));
    }
    match contracts.blocking_fb_account(name).await.map_err(unavailable)? {
        Some(other) => Err(Problem::new(
            ConsoleCode::AccountInFb,
            format!("口座 {name} は、ほかのFB契約({})の会計情報・資金移動の対象です。", other.product),
        )),
        None => Ok(()),
    }
}

/// What is wrong with an account of an application; nothing where it can be one.
pub(super) async fn account_trouble(
    contracts: &Store,
    name: &AccountName,
) -> Result<Option<String>, Problem> {
    let registered = contracts.registered(name).await.map_err(|error| Problem::unavailable(&error))?;
    let Some(account) = registered else { return Ok(Some(unknown_account(name))) };
    match free(contracts, name, account.account).await {
        Ok(()) => Ok(None),
        Err(problem) if problem.code == ConsoleCode::AccountInFb => Ok(Some(problem.words().to_owned())),
        Err(problem) => Err(problem),
    }
}

/// There is none of this name.
pub(super) fn unknown_account(name: &AccountName) -> String {
    format!("当行に {name} の口座はありません。")
}
