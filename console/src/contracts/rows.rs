//! The rows that the papers of a contract add.

use database::{Row, Table, Value};
use domain::{ContractId, StaffRequestId, Timestamp};
use internet_banking::contracts::ContractState;

use super::act::Application;

static CONTRACT: Table = Table {
    name: "contract",
    columns: &["id", "name", "kind", "plan", "sign_in", "state", "mail_phrase", "address", "created_us"],
};
/// An account of a contract.
pub(super) static ACCOUNT: Table = Table {
    name: "deposit_account",
    columns: &["account", "contract", "branch", "branch_name", "kind", "number", "name", "main"],
};
static NOTICE: Table = Table { name: "contract_notice", columns: &["request", "contract", "granted_us"] };

/// A contract of an application.
pub(super) fn contract_row(id: ContractId, of: &Application, now: Timestamp) -> Row {
    let values: Vec<Value> = vec![
        id.uuid().into(),
        of.name.as_str().into(),
        of.kind.code().into(),
        of.plan.code().into(),
        of.sign_in.code().into(),
        ContractState::Applied.code().into(),
        of.phrase.as_str().into(),
        of.address.as_str().into(),
        now.micros().into(),
    ];
    Row { table: &CONTRACT, values }
}

/// A 初期設定番号 that may be printed.
pub(super) fn notice_row(request: StaffRequestId, contract: ContractId, now: Timestamp) -> Row {
    let values = vec![request.uuid().into(), contract.uuid().into(), now.micros().into()];
    Row { table: &NOTICE, values }
}
