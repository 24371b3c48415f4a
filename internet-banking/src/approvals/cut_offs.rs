//! A cut-off that two people of the bank set anew ends what already waits for approvers too: a request is as long open
//! as the order would be taken, and no longer.

use uuid::Uuid;

use super::bounds::Bounds;
use super::operation::by_itself;
use super::problem::Problem;
use super::request::{Matter, Request};
use super::store;
use crate::Bank;
use crate::registration::Registration;
use crate::transfers;

/// Gives the transfers that wait for approvers the end that the terms of this moment say. Says whether none is left
/// with another.
pub async fn follow(bank: &Bank) -> Result<bool, Problem> {
    let (mut behind, mut all) = (Uuid::nil(), true);
    while let Some((last, page)) = store::waiting_transfers(&bank.database, behind).await? {
        behind = last;
        for request in &page {
            all &= follow_one(bank, request).await?;
        }
    }
    Ok(all)
}

/// Says whether it has the right end now. Whoever approves it at this very moment is faster; the next look sees it.
async fn follow_one(bank: &Bank, request: &Request) -> Result<bool, Problem> {
    let Matter::Transfer(asked) = &request.matter else { return Ok(true) };
    let Some(contract) = bank.contracts.contract(request.contract).await? else { return Ok(true) };
    let until = transfers::approval::last_moment(bank, &contract, &asked.payee, &asked.details).await?;
    // what has waited too long ends before the transfer's day, whatever the cut-off is
    let waits_less = request.until.date() < until.date();
    if until == request.until || waits_less {
        return Ok(true);
    }
    // where even its last hour has come, they are reminded at once
    let now = bank.clock.now();
    let remind_at = Bounds::embedded().reminds_at(until, now).unwrap_or(now);
    let what = Registration {
        action: "approval.until",
        subject: request.id.to_string(),
        detail: format!("{} to {until}", request.until),
        changes: vec![store::ends_at(request, until, remind_at)],
        ..Registration::default()
    };
    by_itself(bank, &contract, what).await
}
