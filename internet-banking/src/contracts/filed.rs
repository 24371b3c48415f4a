//! 事前登録: payees that a contract has filed on paper, each under a number (R81).

use database::{Row, Table};
use domain::{ContractId, Timestamp};
use ledger::{EntityId, GuardKey};
use uuid::Uuid;

use super::registry::FiledPayee;

static PAYEE: Table = Table {
    name: "contract_payee",
    columns: &[
        "id",
        "contract",
        "number",
        "bank",
        "branch",
        "kind",
        "account_number",
        "name",
        "registered_us",
    ],
};

impl FiledPayee {
    /// What files it, for a commit: its row, and the guard that gives its number to one payee.
    pub fn filing(&self, id: Uuid, contract: ContractId, now: Timestamp) -> (Row, (GuardKey, EntityId)) {
        let values = vec![
            id.into(),
            contract.uuid().into(),
            self.number.as_str().into(),
            self.bank.as_str().into(),
            self.branch.as_str().into(),
            self.kind.code().into(),
            self.account_number.as_str().into(),
            self.name.as_str().into(),
            now.micros().into(),
        ];
        (Row { table: &PAYEE, values }, (guard(contract, &self.number), EntityId(contract.uuid())))
    }
}

/// The guard of a 受取人番号, released when its payee ends.
pub fn guard(contract: ContractId, number: &str) -> GuardKey {
    GuardKey(format!("payee|{contract}|{number}"))
}
