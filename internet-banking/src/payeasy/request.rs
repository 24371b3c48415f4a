//! 外部システムからの払込依頼: what the contract's own systems asked for over the hub's API, and what a user does with
//! it. Rights are checked here; the money moves on the review page as always.

use domain::{PaymentId, Timestamp};
use gateway::{Decline, Operator, PaymentRequest};

use super::draft::{Choice, Draft};
use super::operation;
use super::problem::Problem;
use super::store::Drafts;
use crate::Bank;
use crate::contracts::Business;
use crate::policy;
use crate::sign_in::SignedIn;

/// What became of a request, as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It waits for a user.
    Waits,
    /// It was authorised.
    Paid(PaymentId),
    /// It was turned down or waited in vain.
    Over,
}

/// The requests that the user may authorise, the oldest first.
pub async fn waiting(bank: &Bank, by: &SignedIn, limit: u32) -> Result<Vec<PaymentRequest>, Problem> {
    policy::require(by, Business::PayEasy).map_err(|_| Problem::NotPermitted)?;
    let accounts = by.user.rights.accounts(Business::PayEasy);
    let found = bank.gateway.payment_requests(by.contract.id, &accounts, limit).await;
    found.map_err(|error| operation::unavailable(&error))
}

/// A request from an account that the user may use; another does not exist for the user (SEC-34).
pub async fn find(
    bank: &Bank,
    by: &SignedIn,
    id: PaymentId,
) -> Result<Option<(PaymentRequest, Standing)>, Problem> {
    policy::require(by, Business::PayEasy).map_err(|_| Problem::NotPermitted)?;
    let found = bank.gateway.payment_request(by.contract.id, id).await;
    let found = found.map_err(|error| operation::unavailable(&error))?;
    let Some(request) = found.filter(|r| by.user.rights.may_use(Business::PayEasy, r.account)) else {
        return Ok(None);
    };
    let standing = match operation::existing(bank, by, id).await? {
        Some(payment) => Standing::Paid(payment.facts.id),
        None if request.may_be_authorised_at(bank.clock.now()) => Standing::Waits,
        None => Standing::Over,
    };
    Ok(Some((request, standing)))
}

/// Asks the collector anew and begins an entry at its last step: what was asked for must still be owed.
pub async fn open(bank: &Bank, by: &SignedIn, request: &PaymentRequest) -> Result<Draft, Problem> {
    policy::require_account(by, Business::PayEasy, request.account).map_err(|_| Problem::NotPermitted)?;
    operation::require_not_stopped(bank, by).await?;
    let now: Timestamp = bank.clock.now();
    if !request.may_be_authorised_at(now) {
        return Err(Problem::RequestOver);
    }
    let collector = operation::collector(&bank.gateway, &request.collector)?;
    let asked = bank.gateway.inquire_for_request(operation::payer(by), request).await;
    let inquiry = asked.map_err(|error| operation::inquiry_problem(&error, collector, now))?;
    let inquiry = inquiry.ok_or(Problem::RequestOver)?;
    let bill = inquiry.bill(&request.bill.id).ok_or(Problem::BillUnavailable)?;
    if (bill.amount, bill.fee) != (request.bill.amount, request.bill.fee) {
        return Err(Problem::AmountChanged);
    }
    let choice =
        Choice { bill: bill.id.clone(), account: request.account, amount: bill.amount, payment: request.id };
    let drafts = Drafts::of(&bank.database, by.contract.id, by.user.id);
    let begun = drafts.begin_with(&request.collector, inquiry.id, choice, now).await;
    begun.map_err(|error| operation::unavailable(&error))
}

/// Turns a request down. Says whether it was still open.
pub async fn decline(bank: &Bank, by: &SignedIn, request: &PaymentRequest) -> Result<Decline, Problem> {
    policy::require_account(by, Business::PayEasy, request.account).map_err(|_| Problem::NotPermitted)?;
    let operator = Operator { name: by.user.id.to_string() };
    let declined = bank.gateway.decline_request(request, &operator).await;
    declined.map_err(|error| operation::unavailable(&error))
}
