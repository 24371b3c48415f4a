//! 操作履歴: what everybody of a contract did, for those who supervise it, and for everybody what they did themselves
//! (R17, SEC-42). It is the audit log, as far as it has to do with the contract, in the customer's words.

mod pages;
#[cfg(test)]
mod samples;
mod shown;
mod words;

use domain::Timestamp;
use ledger::{AuditRecord, Commit, TrailQuery};

use crate::Bank;
use crate::answer::{Stop, failed};
use crate::contracts::User;
use crate::sign_in::SignedIn;

pub use pages::routes;
pub(crate) use shown::{About, refused};
pub(crate) use words::Kind;

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

/// When something was last done to a thing of the contract, and by whom, as the log has it.
pub(crate) async fn who(
    bank: &Bank,
    by: &SignedIn,
    action: &'static str,
    subject: String,
    since: Timestamp,
) -> Result<Option<(Timestamp, String)>, Stop> {
    let query = TrailQuery {
        from: since,
        until: bank.clock.now().plus_seconds(1),
        contract: Some(by.contract.id),
        actor: String::new(),
        action: action.to_owned(),
        among: Vec::new(),
        except: Vec::new(),
        subjects: vec![subject],
        before: None,
        limit: 1,
    };
    let found = bank.ledger.trail(&query).await.map_err(failed)?;
    match found.first() {
        Some(record) => {
            let who = shown::Words::new(bank, by).actor(&record.actor).await?;
            Ok(Some((record.place.at, who)))
        }
        None => Ok(None),
    }
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
