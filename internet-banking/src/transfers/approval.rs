//! A transfer that others approve: what is asked for, and what is done with it once it is approved. The engine takes
//! the order with the request's guard in its commit, on the day and within the limits of the last approval (F8).

use domain::time::TimeOfDay;
use domain::{ApprovalId, OrderId, Timestamp, Yen};
use gateway::Guard;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use transfers::Method;

use super::draft::{Body, Details, Draft, Payee, TypedDetails};
use super::links::EntryPage;
use super::operation::{self, Taking, Who};
use super::payee;
use super::problem::Problem;
use super::store::Drafts;
use super::templates::Content;
use super::words;
use crate::Bank;
use crate::approvals::{self, Asking, Ending, Matter, Need, Request};
use crate::contracts::{Business, Contract, StoreError};
use crate::hours;
use crate::payeasy::operation::confirm;
use crate::policy;
use crate::sign_in::SignedIn;

/// Tries of an approved transfer that meets changes of the contract's users or policy.
const TRIES_MAX: u32 = 8;

/// A transfer as it is asked for, approved and carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedTransfer {
    /// Who is paid.
    pub payee: Payee,
    /// Account, amount and day.
    pub details: Details,
    /// 振込手数料 of the day, as it was shown.
    pub fee: Yen,
    /// The order that it becomes.
    pub order: OrderId,
}

impl AskedTransfer {
    /// 振込 or 振替.
    pub const fn kind(&self) -> &'static str {
        if self.is_own() { "振替" } else { "振込" }
    }

    /// Whether it is 振替.
    pub const fn is_own(&self) -> bool {
        matches!(self.payee.way.method(), Method::OwnAccount)
    }

    /// Whether its approval costs a one-time password (R52, R57).
    pub fn demands_code(&self) -> bool {
        operation::demands_code(&self.payee.way)
    }
}

/// Asks for the approval of an entry, or keeps it to be asked for later. It is about the order, so what its author
/// sends again is one request.
pub async fn ask(
    bank: &Bank,
    by: &SignedIn,
    draft: &Draft,
    confirmation_password: Option<&SecretString>,
    name_confirmed: bool,
) -> Result<ApprovalId, approvals::Problem> {
    if let Some(open) = asked(bank, by, draft).await? {
        return Ok(open);
    }
    let before = match draft.body.request {
        Some(id) => approvals::find(&bank.database, by.contract.id, id).await?,
        None => None,
    };
    // what was deleted meanwhile is asked for as something new
    let before = before.filter(|one| one.is_of(&by.user) && one.state != approvals::State::Deleted);
    let about = before.as_ref().map_or_else(|| draft.order.to_string(), |one| one.about.clone());
    let (Some(payee), Some(details)) = (&draft.body.payee, &draft.body.details) else {
        return Err(Problem::ReviewOutdated.into());
    };
    let asking = asking(bank, by, about, (payee, details, Some(draft.body.fee)), draft.order).await?;
    match confirmation_password {
        Some(typed) => {
            if !name_confirmed && payee::name_differs(bank, payee, draft.body.checked.as_ref()).await? {
                return Err(Problem::NameUnconfirmed.into());
            }
            confirm(bank, by, typed).await.map_err(Problem::Confirmation)?;
            approvals::ask(bank, by, asking, before.as_ref(), None).await
        }
        None => approvals::keep(bank, by, asking, before.as_ref()).await,
    }
}

/// The request that an entry has become.
pub async fn asked(bank: &Bank, by: &SignedIn, draft: &Draft) -> Result<Option<ApprovalId>, StoreError> {
    let Some(id) = draft.body.request else {
        let about = draft.order.to_string();
        return approvals::about(&bank.database, by.contract.id, by.user.id, &about).await;
    };
    let found = approvals::find(&bank.database, by.contract.id, id).await?;
    let is_this = |matter: &Matter| matches!(matter, Matter::Transfer(of) if of.order == draft.order);
    Ok(found.filter(|one| one.is_of(&by.user) && is_this(&one.matter)).map(|one| one.id))
}

/// Begins an entry with what came back, was taken back, expired or was only kept, to be put right and asked for again.
/// Answers its address.
pub async fn put_right(
    bank: &Bank,
    by: &SignedIn,
    request: &Request,
    asked: &AskedTransfer,
) -> Result<String, approvals::Problem> {
    let now = bank.clock.now();
    if !request.is_of(&by.user) || request.state_at(now).after(approvals::Event::Ask).is_none() {
        return Err(approvals::Problem::Changed);
    }
    policy::require(by, Business::Transfer).map_err(|_| Problem::NotPermitted)?;
    let body = Content::of(&asked.payee, &asked.details).body();
    let typed = TypedDetails { day: asked.details.day.to_string(), ..body.typed };
    let body = Body { typed, request: Some(request.id), ..body };
    let drafts = Drafts::of(&bank.database, by.contract.id, by.user.id);
    let begun = drafts.begin(body, now).await.map_err(|error| Problem::unavailable(&error))?;
    Ok(begun.path(EntryPage::Details))
}

/// Asks again for what came back, was taken back or was only kept, as it was.
pub async fn ask_again(
    bank: &Bank,
    by: &SignedIn,
    request: &Request,
    asked: &AskedTransfer,
    confirmation_password: &SecretString,
) -> Result<(), approvals::Problem> {
    confirm(bank, by, confirmation_password).await.map_err(Problem::Confirmation)?;
    let (about, order) = (request.about.clone(), OrderId::generate());
    // the fee is that of now: where it has changed, the request came back with those words
    let asking = asking(bank, by, about, (&asked.payee, &asked.details, None), order).await?;
    approvals::ask(bank, by, asking, Some(request), None).await?;
    Ok(())
}

/// What is asked for, looked at as if it were taken now; with the fee that was shown, where one was.
async fn asking(
    bank: &Bank,
    by: &SignedIn,
    about: String,
    (payee, details, shown): (&Payee, &Details, Option<Yen>),
    order: OrderId,
) -> Result<Asking, Problem> {
    let who = Who::of(by);
    let wanted = operation::wanted(bank, who, payee, details).await?;
    operation::not_stopped(bank, who.contract).await?;
    operation::check(bank, who, &wanted).await?;
    if let Some(shown) = shown {
        operation::charges_as_shown(bank, &wanted, shown)?;
    }
    let (need, _) = operation::need(bank, who, details.amount).await?;
    let asked = AskedTransfer {
        payee: payee.clone(),
        details: details.clone(),
        fee: operation::fee(bank, &wanted),
        order,
    };
    Ok(Asking {
        about,
        until: Some(last_moment(bank, who.contract, payee, details).await?),
        matter: Matter::Transfer(Box::new(asked)),
        secret: None,
        need: if need.is_none() { Need::ONE } else { need },
    })
}

/// Until when a transfer can be approved: the cut-off of its day as it is set now, and where the payee is not paid on
/// the same day, its eve; no later than anybody is signed in before that.
pub async fn last_moment(
    bank: &Bank,
    contract: &Contract,
    payee: &Payee,
    details: &Details,
) -> Result<Timestamp, Problem> {
    let occasion = operation::occasion(bank, contract, Some(payee)).await?;
    let waits = occasion.method == Method::Typed && !occasion.same_day_typed;
    let until = bank.transfers.terms().get().hours(details.day).until(occasion.relation.is_own_bank());
    let until = Timestamp::from_jst(details.day, if waits { TimeOfDay::MIN } else { until });
    let hours = hours::now_of(bank).await.map_err(|error| Problem::unavailable(&error))?;
    Ok(hours.last_sign_in(until))
}

/// Takes the order that was approved, once: whoever comes twice finds it. What cannot be taken is said, and what is not
/// known is tried again until the request's time is over.
pub async fn carry_out(bank: &Bank, request: &Request, asked: &AskedTransfer) -> Ending {
    for _ in 1..TRIES_MAX {
        match tried(bank, request, asked).await {
            // users or policy have changed meanwhile, which may be nothing to it: it is judged by those of now
            Err(approvals::Problem::Transfer(Problem::ReviewOutdated)) => {}
            ended => return ended.unwrap_or_else(|problem| Ending::Refused(problem.words())),
        }
    }
    let ended = tried(bank, request, asked).await;
    ended.unwrap_or_else(|problem| Ending::Refused(problem.words()))
}

/// One try; an error is why it cannot be taken.
async fn tried(bank: &Bank, request: &Request, asked: &AskedTransfer) -> Result<Ending, approvals::Problem> {
    match bank.transfers.find(request.contract, asked.order).await {
        Ok(Some(order)) => return Ok(Ending::Done(words::number(&order.facts))),
        Ok(None) => {}
        Err(_) => return Ok(Ending::Unclear),
    }
    match try_once(bank, request, asked).await {
        Ok(number) => Ok(Ending::Done(number)),
        // a failure of ours says nothing about the request
        Err(approvals::Problem::Unavailable) => Ok(Ending::Unclear),
        Err(approvals::Problem::Transfer(Problem::Unavailable | Problem::Unclear))
            if !approvals::is_over(bank, request) =>
        {
            Ok(Ending::Unclear)
        }
        Err(problem) => Err(problem),
    }
}

async fn try_once(
    bank: &Bank,
    request: &Request,
    asked: &AskedTransfer,
) -> Result<String, approvals::Problem> {
    let barred_by = approvals::still_may(bank, request).await?;
    let gone = approvals::Problem::AuthorMayNot;
    let contract = bank.contracts.contract(request.contract).await?;
    let Some(contract) = contract else { return Err(gone) };
    let Some(user) = bank.contracts.user(contract.id, request.author.user).await? else { return Err(gone) };
    let who = Who { contract: &contract, user: &user };
    operation::not_stopped(bank, &contract).await?;
    let wanted = operation::wanted(bank, who, &asked.payee, &asked.details).await?;
    let guards = vec![Guard::approval_act(request.id, request.round).key()];
    let taking = Taking { guards, barred_by, authorised_at: request.last_given_at() };
    let order = operation::take(bank, who, (asked.order, asked.fee), &wanted, taking).await?;
    tracing::info!(order = %order.facts.id, request = %request.id, "an approved transfer was taken");
    Ok(words::number(&order.facts))
}
