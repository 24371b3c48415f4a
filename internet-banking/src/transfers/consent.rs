//! What a payee of the contract answers to another bank that asks for a transfer back. The engine moves the money.

use domain::{RecallId, Timestamp};
use gateway::{Service, stops_against};
use ledger::GuardKey;
use transfers::{Consent, ConsentError, ConsentQuery, ConsentState, NewConsent, StoreError};

use super::operation::{self, Who};
use super::problem::Problem;
use crate::Bank;
use crate::approvals::Secrets;
use crate::contracts::Business;
use crate::payeasy::operation::confirm;
use crate::policy;
use crate::sign_in::SignedIn;

/// A case about an account that the user may debit.
pub async fn find(bank: &Bank, by: &SignedIn, id: RecallId) -> Result<Option<Consent>, Problem> {
    policy::require(by, Business::Transfer).map_err(|_| Problem::NotPermitted)?;
    let accounts = by.user.rights.accounts(Business::Transfer);
    bank.transfers.consent(&accounts, id).await.map_err(|error| Problem::unavailable(&error))
}

/// How many cases the user may still answer.
pub async fn waiting(bank: &Bank, by: &SignedIn, now: Timestamp) -> Result<usize, StoreError> {
    let mine = by.user.rights.accounts(Business::Transfer);
    let waiting = ConsentQuery {
        accounts: Some(&mine),
        states: vec![ConsentState::Asked],
        asked: None,
        before: None,
        limit: u32::MAX,
    };
    let found = bank.transfers.consents_found(&waiting).await?;
    Ok(found.iter().filter(|case| case.may_answer(now)).count())
}

/// Takes the answer. Giving back moves money, so that everything that keeps a transfer back keeps it back too; a
/// refusal moves none, and is kept back by what keeps the person back.
pub async fn answer(
    bank: &Bank,
    by: &SignedIn,
    case: &Consent,
    consents: bool,
    secrets: &Secrets,
) -> Result<(), Problem> {
    policy::require_account(by, Business::Transfer, case.account).map_err(|_| Problem::NotPermitted)?;
    let mut barred_by = by.barred_by();
    if consents {
        if let Some(until) = by.cooling_off {
            return Err(Problem::CoolingOff { until });
        }
        operation::not_stopped(bank, &by.contract).await?;
        let (need, next_policy) = operation::need(bank, Who::of(by), case.amount).await?;
        if !need.is_none() {
            return Err(Problem::ApprovalNeeded);
        }
        barred_by.push(next_policy);
    }
    confirm(bank, by, &secrets.confirmation_password).await.map_err(Problem::Confirmation)?;
    take(bank, Who::of(by), case, consents, (Vec::new(), barred_by)).await
}

/// Has the engine take the answer, with the guards and the bars of whoever gives it. What keeps transfers back bars a
/// consent.
pub async fn take(
    bank: &Bank,
    who: Who<'_>,
    case: &Consent,
    consents: bool,
    (guards, mut barred_by): (Vec<GuardKey>, Vec<GuardKey>),
) -> Result<(), Problem> {
    if consents {
        barred_by.extend(stops_against(who.contract.id, who.contract.plan.code(), &[Service::Transfer]));
    }
    let new = NewConsent {
        id: case.id,
        contract: who.contract.id,
        accounts: who.user.rights.accounts(Business::Transfer),
        consents,
        guards,
        barred_by,
        actor: who.user.id.to_string(),
    };
    match bank.transfers.answer_recall(&new).await {
        Ok(case) => {
            tracing::info!(recall = %case.id, state = %case.state, "a recall of another bank was answered");
            Ok(())
        }
        Err(ConsentError::NoSuchCase) => Err(Problem::NotPermitted),
        Err(ConsentError::Over(state)) => Err(Problem::RecallOver(state)),
        Err(ConsentError::Shortage) => {
            Err(operation::shortage(case.amount, operation::available(bank, case.account).await?))
        }
        Err(ConsentError::Closed) => Err(Problem::AccountClosed),
        Err(ConsentError::Guarded(key)) => Err(operation::barred(&key)),
        Err(ConsentError::Store(error)) => {
            tracing::error!(recall = %case.id, %error, "whether a recall was answered is not known");
            Err(Problem::Unclear)
        }
    }
}
