//! What keeps a contract's reservations back when their day has come (SEC-43): the engine asks before it carries one
//! out, and names what is answered in the commit.

use domain::ContractId;
use gateway::{Service, stops_against};
use transfers::{Contracts, Standing, StoreError};

use crate::contracts::{AccessVersion, ContractState, Store};

impl Contracts for Store {
    async fn standing(&self, contract: ContractId) -> Result<Standing, StoreError> {
        let unread = |error: crate::contracts::StoreError| match error {
            crate::contracts::StoreError::Database(error) => StoreError::Database(error),
            error => StoreError::Corrupt(error.to_string()),
        };
        // before the contract is looked at: who changes it meanwhile comes first
        let access = AccessVersion::of(self.database(), contract).await?;
        let found = self.contract(contract).await.map_err(unread)?;
        let found = found.ok_or_else(|| StoreError::Corrupt(format!("{contract} is no contract")))?;
        let mut barred_by = stops_against(contract, found.plan.code(), &[Service::Transfer]);
        barred_by.push(access.bar());
        Ok(Standing { is_over: found.state == ContractState::Ended, barred_by })
    }
}
