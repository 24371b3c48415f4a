//! 操作履歴: what everybody of a contract did, for those who supervise it, and for everybody what they did themselves
//! (R17, SEC-42). It is the audit log, as far as it has to do with the contract, in the customer's words.

mod pages;
#[cfg(test)]
mod samples;
mod shown;
mod words;

use ledger::{AuditRecord, Commit};

use crate::Bank;
use crate::answer::{Stop, failed};
use crate::contracts::User;
use crate::sign_in::SignedIn;

pub use pages::routes;
pub(crate) use shown::{About, refused};

/// Writes down what somebody looked at or took away. What cannot be written down is not shown.
pub(crate) async fn note(
    bank: &Bank,
    by: &SignedIn,
    action: &'static str,
    subject: String,
    detail: String,
) -> Result<(), Stop> {
    let record = AuditRecord {
        contract: Some(by.contract.id),
        actor: by.user.id.to_string(),
        action,
        subject,
        detail,
    };
    let commit = Commit { audit: vec![record], ..Commit::default() };
    bank.ledger.commit(commit).await.map(drop).map_err(failed)
}

/// Writes down that somebody typed a second password or a code wrongly, and how many tries are left. The count itself
/// stands in its own row, so what cannot be written here lets nobody through.
pub(crate) async fn wrong(bank: &Bank, by: &User, action: &'static str, subject: &str, left: i64) {
    let record = AuditRecord {
        contract: Some(by.contract),
        actor: by.id.to_string(),
        action,
        subject: subject.to_owned(),
        detail: format!("left {left}"),
    };
    if let Err(error) = bank.ledger.commit(Commit { audit: vec![record], ..Commit::default() }).await {
        tracing::error!(%error, user = %by.id, action, "a wrong try is not in the audit log");
    }
}
