//! Money that another bank asks back, where others must approve that it is given: what is asked for, and what is done
//! with it once it is approved. A refusal moves no money and needs nobody's approval.

use domain::{AccountId, ApprovalId, BankCode, RecallId, Timestamp, Yen};
use gateway::Guard;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use transfers::{Consent, ConsentState};

use super::consent;
use super::operation::{self, Who};
use super::problem::Problem;
use crate::Bank;
use crate::approvals::{self, Asking, Ending, Matter, Need, Request};
use crate::contracts::{Business, StoreError};
use crate::payeasy::operation::confirm;
use crate::policy;
use crate::sign_in::SignedIn;

/// A consent as it is asked for, approved and carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedReturn {
    /// The case.
    pub case: RecallId,
    /// The account that was credited, and is debited.
    pub account: AccountId,
    /// How much.
    pub amount: Yen,
    /// Who had paid, in kana as it was sent.
    pub payer: String,
    /// The bank that asks.
    pub bank: BankCode,
    /// When it was credited.
    pub credited_at: Timestamp,
    /// Until when the case can be answered.
    pub until: Timestamp,
}

impl AskedReturn {
    fn of(case: &Consent) -> Self {
        Self {
            case: case.id,
            account: case.account,
            amount: case.amount,
            payer: case.payer.clone(),
            bank: case.from.clone(),
            credited_at: case.credited_at,
            until: case.until,
        }
    }
}

/// What the user has asked for about a case.
pub async fn asked(bank: &Bank, by: &SignedIn, case: RecallId) -> Result<Option<ApprovalId>, StoreError> {
    approvals::about(&bank.database, by.contract.id, by.user.id, &case.to_string()).await
}

/// Asks for the approval of giving back. What its author sends again is one request, and what came back is asked for
/// anew as the same one.
pub async fn ask(
    bank: &Bank,
    by: &SignedIn,
    case: &Consent,
    confirmation_password: &SecretString,
) -> Result<ApprovalId, approvals::Problem> {
    policy::require_account(by, Business::Transfer, case.account).map_err(|_| Problem::NotPermitted)?;
    let mut before = None;
    if let Some(id) = asked(bank, by, case.id).await? {
        let request = approvals::find(&bank.database, by.contract.id, id).await?;
        let Some(request) = request else { return Err(Problem::ReviewOutdated.into()) };
        if request.state_at(bank.clock.now()).after(approvals::Event::Ask).is_none() {
            return Ok(id);
        }
        before = Some(request);
    }
    if !case.may_answer(bank.clock.now()) {
        return Err(Problem::RecallOver(case.state).into());
    }
    if let Some(until) = by.cooling_off {
        return Err(Problem::CoolingOff { until }.into());
    }
    operation::not_stopped(bank, &by.contract).await?;
    let available = operation::available(bank, case.account).await?;
    if case.amount > available {
        return Err(operation::shortage(case.amount, available).into());
    }
    let (need, _) = operation::need(bank, Who::of(by), case.amount).await?;
    confirm(bank, by, confirmation_password).await.map_err(Problem::Confirmation)?;
    let asking = Asking {
        about: case.id.to_string(),
        until: Some(case.until),
        matter: Matter::Return(AskedReturn::of(case)),
        secret: None,
        need: if need.is_none() { Need::ONE } else { need },
    };
    approvals::ask(bank, by, asking, before.as_ref(), None).await
}

/// Gives back what was approved, once: whoever comes twice finds it given. What cannot be given is said, and what is
/// not known is tried again until the request's time is over.
pub async fn carry_out(bank: &Bank, request: &Request, asked: &AskedReturn) -> Ending {
    match bank.transfers.consent_for_operator(asked.case).await {
        Ok(Some(case)) => match case.state {
            ConsentState::Asked => {}
            ConsentState::Given | ConsentState::Returned | ConsentState::Settled | ConsentState::Rejected => {
                return Ending::Done(String::new());
            }
            ConsentState::Refused | ConsentState::Answered => {
                return Ending::Refused(Problem::RecallOver(case.state).words());
            }
        },
        Ok(None) => return Ending::Refused(Problem::ReviewOutdated.words()),
        Err(_) => return Ending::Unclear,
    }
    match try_once(bank, request, asked).await {
        Ok(()) => Ending::Done(String::new()),
        // a failure of ours says nothing about the request
        Err(approvals::Problem::Unavailable) => Ending::Unclear,
        Err(approvals::Problem::Transfer(Problem::Unavailable | Problem::Unclear))
            if !approvals::is_over(bank, request) =>
        {
            Ending::Unclear
        }
        Err(problem) => Ending::Refused(problem.words()),
    }
}

async fn try_once(bank: &Bank, request: &Request, asked: &AskedReturn) -> Result<(), approvals::Problem> {
    let barred_by = approvals::still_may(bank, request).await?;
    let gone = approvals::Problem::AuthorMayNot;
    let Some(contract) = bank.contracts.contract(request.contract).await? else { return Err(gone) };
    let Some(user) = bank.contracts.user(contract.id, request.author.user).await? else { return Err(gone) };
    operation::not_stopped(bank, &contract).await?;
    let found = bank.transfers.consent(&[asked.account], asked.case).await;
    let found = found.map_err(|error| Problem::unavailable(&error))?;
    // what is given back is what was approved, and nothing else
    let case = found.filter(|case| AskedReturn::of(case) == *asked).ok_or(Problem::ReviewOutdated)?;
    let guards = vec![Guard::approval_act(request.id, request.round).key()];
    consent::take(bank, Who { contract: &contract, user: &user }, &case, true, (guards, barred_by)).await?;
    tracing::info!(recall = %case.id, request = %request.id, "an approved return was made");
    Ok(())
}
