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
use crate::sign_in::SignedIn;

pub use pages::routes;

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
