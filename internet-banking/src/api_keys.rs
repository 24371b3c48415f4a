//! Keys of the hub's API for a contract's own systems: whose accounts they may use and whether they debit at once is
//! decided here, from the contract's own rows.

use domain::{AccountId, ApiKeyId, ContractId};
use gateway::Operator;
use gateway::api::key::{AccountName, AccountType, Holder, KeyAccount, KeyError, NewKey, Scope, Token};

use crate::Bank;
use crate::contracts::{AccountKind, DepositAccount, StoreError};

/// A key that somebody asks for.
#[derive(Clone, Debug)]
pub struct KeyOrder {
    /// The contract.
    pub contract: ContractId,
    /// Its accounts that the key may use.
    pub accounts: Vec<AccountId>,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyOrderError {
    /// There is no such contract.
    #[error("there is no such contract")]
    UnknownContract,
    /// An account is not the contract's.
    #[error("the account {0} does not belong to the contract")]
    ForeignAccount(AccountId),
    /// The bank's tables failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The hub refused it.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Bank {
    /// Makes a key and its token, which is shown this once. Only a sandbox contract's keys debit at once; a payment of
    /// any other waits for a person.
    pub async fn issue_api_key(
        &self,
        order: &KeyOrder,
        by: &Operator,
    ) -> Result<(ApiKeyId, Token), KeyOrderError> {
        let new = self.new_key(order).await?;
        Ok(self.gateway.issue_api_key(&new, by).await?)
    }

    /// The same for a token that exists already, once.
    pub async fn register_api_key(
        &self,
        token: &Token,
        order: &KeyOrder,
        by: &Operator,
    ) -> Result<ApiKeyId, KeyOrderError> {
        let new = self.new_key(order).await?;
        Ok(self.gateway.register_api_key(token, &new, by).await?)
    }

    async fn new_key(&self, order: &KeyOrder) -> Result<NewKey, KeyOrderError> {
        let contract = self.contracts.contract(order.contract).await?;
        let contract = contract.ok_or(KeyOrderError::UnknownContract)?;
        let own = self.contracts.accounts(contract.id).await?;
        let accounts = order.accounts.iter().map(|id| {
            let found = own.iter().find(|account| account.account == *id);
            found.map(key_account).ok_or(KeyOrderError::ForeignAccount(*id))
        });
        Ok(NewKey {
            name: order.name.clone(),
            holder: Holder::Contract {
                contract: contract.id,
                accounts: accounts.collect::<Result<_, _>>()?,
                may_debit: contract.sandbox,
            },
            scopes: order.scopes.clone(),
        })
    }
}

fn key_account(account: &DepositAccount) -> KeyAccount {
    let kind = match account.kind {
        AccountKind::Ordinary => AccountType::Ordinary,
        AccountKind::Current => AccountType::Current,
    };
    let name = AccountName { branch: account.branch.clone(), kind, number: account.number.clone() };
    KeyAccount { name, account: account.account }
}
