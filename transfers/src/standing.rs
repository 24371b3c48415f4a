//! What keeps things back that the engine does not know: of whoever acts, and of the contracts whose reservations fall
//! due.

use std::future::Future;

use domain::ContractId;
use ledger::GuardKey;

use crate::StoreError;

/// Who does something to an order, and what goes with the commit that does it.
#[derive(Clone, Debug, Default)]
pub struct By {
    /// Who it is, for the audit log.
    pub actor: String,
    /// Taken in the same commit: a one-time password's step, a request of the staff.
    pub guards: Vec<GuardKey>,
    /// Bars that nobody may have taken when it is committed.
    pub barred_by: Vec<GuardKey>,
}

impl By {
    /// Somebody whom nothing bars.
    pub fn actor(actor: impl Into<String>) -> Self {
        Self { actor: actor.into(), ..Self::default() }
    }
}

/// Whether a contract's reservations may be carried out now.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// 解約: none of them is carried out any more.
    pub is_over: bool,
    /// Bars that nobody may have taken when one is carried out: the emergency stops of the contract, its plan and the
    /// service, and whatever would change this answer.
    pub barred_by: Vec<GuardKey>,
}

/// The contracts, as the engine asks for them before it carries out what was reserved.
pub trait Contracts: Send + Sync {
    /// How a contract stands at this moment.
    fn standing(&self, contract: ContractId) -> impl Future<Output = Result<Standing, StoreError>> + Send;
}
