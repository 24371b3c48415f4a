//! What pages of the console share.

use internet_banking::answer::{Stop, failed};
use ledger::{AuditRecord, Commit};
use serde::Deserialize;

use super::Console;
use super::help::ConsoleCode;
use super::problem::{Problem, Trouble};
use super::sign_in::StaffSignedIn;

/// Characters of a note's detail at most.
const DETAIL_CHARS_MAX: usize = 300;

/// A form whose button is all it says.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Pressed {}

/// Why a proposal was refused, on top of its form: what was typed stays in it.
pub(super) fn refused(problem: &Problem) -> Trouble {
    Trouble::of(problem, if problem.code == ConsoleCode::Input { "reason" } else { "" })
}

/// Writes down that somebody looked: without the record there is nothing to see (SEC-42).
pub(super) async fn note(
    console: &Console,
    by: &StaffSignedIn,
    action: &'static str,
    subject: String,
    detail: &str,
) -> Result<(), Stop> {
    let record = AuditRecord {
        contract: None,
        actor: by.staff.actor(),
        action,
        subject,
        detail: detail.chars().take(DETAIL_CHARS_MAX).collect(),
    };
    let commit = Commit { audit: vec![record], ..Commit::default() };
    console.gateway.ledger().commit(commit).await.map(drop).map_err(failed)
}
