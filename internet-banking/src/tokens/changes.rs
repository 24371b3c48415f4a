//! What happens to a token, as changes of rows that hold only where it is still as it was seen. Screen and console do
//! the same things by them.

use database::{Change, Value};
use domain::{ContractId, Timestamp, UserId};

/// 失効.
pub fn revoke(serial: &str, contract: ContractId, now: Timestamp) -> Change {
    let values = vec![now.micros().into(), serial.into(), contract.uuid().into()];
    Change::one(
        "UPDATE token SET state = 'revoked', changed_us = $1
         WHERE serial = $2 AND contract = $3 AND state IN ('shipped', 'in_use')",
        values,
    )
}

/// 利用停止解除: the lock that was seen, and none that came later.
pub fn unlock(serial: &str, contract: ContractId, locked_at: Timestamp) -> Change {
    let values = vec![serial.into(), contract.uuid().into(), locked_at.micros().into()];
    Change::one(
        "UPDATE token SET failures = 0, locked_us = NULL
         WHERE serial = $1 AND contract = $2 AND locked_us = $3 AND state IN ('shipped', 'in_use')",
        values,
    )
}

/// 紛失届.
pub fn lose(serial: &str, contract: ContractId, now: Timestamp) -> Change {
    let values = vec![now.micros().into(), serial.into(), contract.uuid().into()];
    Change::one(
        "UPDATE token SET state = 'lost', changed_us = $1
         WHERE serial = $2 AND contract = $3 AND state IN ('shipped', 'in_use')",
        values,
    )
}

/// The end of a token in whose place another is sent out, whatever it was good for.
pub fn end(serial: &str, contract: ContractId, now: Timestamp) -> Change {
    let values = vec![now.micros().into(), serial.into(), contract.uuid().into()];
    Change::any(
        "UPDATE token SET state = 'revoked', changed_us = $1
         WHERE serial = $2 AND contract = $3 AND state IN ('shipped', 'in_use')",
        values,
    )
}

/// 発送: out of stock to a contract, in the place of another token where there is one.
pub fn ship(serial: &str, contract: ContractId, replaces: Option<&str>, now: Timestamp) -> Change {
    let replaces = Value::Text(replaces.map(str::to_owned));
    let values = vec![contract.uuid().into(), now.micros().into(), replaces, serial.into()];
    Change::one(
        "UPDATE token SET state = 'shipped', contract = $1, changed_us = $2, replaces = $3
         WHERE serial = $4 AND state = 'stock'",
        values,
    )
}

/// 利用開始: the first registration of a shipped token; of one in use nothing changes but that it still is.
pub fn begin(serial: &str, contract: ContractId, now: Timestamp) -> Change {
    let values = vec![now.micros().into(), serial.into(), contract.uuid().into()];
    Change::one(
        "UPDATE token SET changed_us = CASE WHEN state = 'shipped' THEN $1 ELSE changed_us END, state = 'in_use'
         WHERE serial = $2 AND contract = $3 AND state IN ('shipped', 'in_use') AND locked_us IS NULL",
        values,
    )
}

/// A user's token becomes another one.
pub fn hold(user: UserId, contract: ContractId, before: Option<&str>, serial: &str) -> Change {
    let before = Value::Text(before.map(str::to_owned));
    Change::one(
        "UPDATE app_user SET token_serial = $1
         WHERE id = $2 AND contract = $3 AND token_serial IS NOT DISTINCT FROM $4 AND disabled_us IS NULL",
        vec![serial.into(), user.uuid().into(), contract.uuid().into(), before],
    )
}
