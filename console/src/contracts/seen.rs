//! A contract as whoever acts on it sees it, and the procedures that it takes as it is.

use domain::time::year_month_day;
use domain::{ContractId, Date, StaffRequestId};
use internet_banking::contracts::registry::{Master, Papers};
use internet_banking::contracts::{Contract, ContractState, SignInMethod, Store, StoreError};

use super::act::Procedure;
use super::store;

/// `2026年11月24日(火)`, or nothing.
pub(super) fn day_words(day: Option<Date>) -> String {
    day.map(year_month_day).unwrap_or_default()
}

/// A contract as it is now.
pub(crate) struct Seen {
    pub contract: Contract,
    pub papers: Papers,
    pub master: Option<Master>,
    /// The 初期設定番号 that two people have granted and nobody has printed.
    pub granted: Option<StaffRequestId>,
}

impl Seen {
    /// Looks it up.
    pub async fn of(contracts: &Store, id: ContractId) -> Result<Option<Self>, StoreError> {
        let Some(contract) = contracts.contract(id).await? else { return Ok(None) };
        let Some(papers) = contracts.papers(id).await? else { return Ok(None) };
        let master = contracts.master(id).await?;
        let granted = store::open_notice(contracts.database(), id).await?;
        Ok(Some(Self { contract, papers, master, granted }))
    }

    /// Whether the procedure is one of a contract that has come so far.
    pub fn takes(&self, procedure: Procedure) -> bool {
        let active = self.contract.state == ContractState::Active;
        let before_end = self.contract.state != ContractState::Ended;
        match procedure {
            // until the customer has set it up, the day may still be another one
            Procedure::Usable => {
                matches!(self.contract.state, ContractState::Applied | ContractState::Usable)
            }
            // what was granted is printed first: one approval is one number
            Procedure::Notice => self.awaits_number() && self.granted.is_none(),
            Procedure::ResetMaster => active && self.master.is_some() && self.printable().is_none(),
            Procedure::MasterMail | Procedure::UnlockSignIn => active && self.master.is_some(),
            Procedure::Payee
            | Procedure::PayeeEnd
            | Procedure::UnlockConfirmation
            | Procedure::UnlockNameCheck
            | Procedure::SingleAdministrator
            | Procedure::CancelTransfer
            | Procedure::RevokeCertificate => active,
            Procedure::SameDay => {
                before_end && (self.papers.same_day || self.contract.sign_in == SignInMethod::Certificate)
            }
            Procedure::SignIn
            | Procedure::Plan
            | Procedure::Limit
            | Procedure::TransferLimit
            | Procedure::Address
            | Procedure::Phrase
            | Procedure::End => before_end,
        }
    }

    /// The 初期設定番号 that may be printed now.
    pub fn printable(&self) -> Option<StaffRequestId> {
        self.granted.filter(|_| self.awaits_number())
    }

    /// Whether a 初期設定番号 would be of use: nothing is set up yet, or the master begins anew.
    fn awaits_number(&self) -> bool {
        match self.contract.state {
            ContractState::Usable => true,
            ContractState::Active => self.master.as_ref().is_some_and(|master| master.reset_at.is_some()),
            ContractState::Applied | ContractState::Ended => false,
        }
    }
}
