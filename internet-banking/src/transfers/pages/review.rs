//! The third step: the last look, and the button that takes the order.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::Yen;
use edge::CsrfForm;
use serde::Deserialize;

use super::{
    Answer, EntryPage, OrderLink, Stop, again, details, drafts, failed, open, page_frame, shown, stopped,
    wanted_facts,
};
use crate::Bank;
use crate::approvals::{self, ApprovalLink, Secrets};
use crate::payeasy::views::Trouble;
use crate::sign_in::SignedIn;
use crate::transfers::approval;
use crate::transfers::draft::{Body, Draft};
use crate::transfers::operation::{self, Wanted, Who};
use crate::transfers::payee;
use crate::transfers::problem::Problem;
use crate::transfers::views::ReviewPage;
use crate::transfers::words;

/// What the form holds.
#[derive(Deserialize)]
pub struct Confirmed {
    /// The order that the page showed.
    #[serde(default)]
    order: String,
    /// Which button.
    #[serde(default)]
    action: String,
    /// `yes` where the person has confirmed a name that differs from the holder's.
    #[serde(default)]
    name_differs: String,
    #[serde(flatten)]
    secrets: Secrets,
}

/// `GET /transfers/new/{entry}/review`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let draft = open(&bank, &by, &id, EntryPage::Review).await?;
    match looked(&bank, &by, &draft).await {
        Ok(wanted) => {
            let draft = with_fee(&bank, &by, draft, &wanted).await?;
            shown(&page(&bank, &by, &draft, &wanted, (None, false)).await?)
        }
        Err(problem) => told(&bank, &by, &draft, (&problem, false)).await,
    }
}

/// `POST /transfers/new/{entry}/review`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Confirmed>,
) -> Answer {
    let draft = open(&bank, &by, &id, EntryPage::Review).await?;
    let reviewed = draft.order.to_string() == form.order;
    let confirmed = reviewed && form.name_differs == "yes";
    if reviewed && (form.action == "ask" || form.action == "keep") {
        let typed = (form.action == "ask").then_some(&form.secrets.confirmation_password);
        return match approval::ask(&bank, &by, &draft, typed, confirmed).await {
            Ok(asked) => Ok(Redirect::to(&ApprovalLink(asked).to_string()).into_response()),
            Err(approvals::Problem::Transfer(problem)) => {
                told(&bank, &by, &draft, (&problem, confirmed)).await
            }
            Err(problem) => match looked(&bank, &by, &draft).await {
                Ok(wanted) => {
                    let trouble = Some(problem.trouble());
                    again(&page(&bank, &by, &draft, &wanted, (trouble, confirmed)).await?)
                }
                Err(other) => told(&bank, &by, &draft, (&other, confirmed)).await,
            },
        };
    }
    let outcome = match reviewed {
        true => operation::place(&bank, &by, &draft, &form.secrets, confirmed).await,
        // the page was shown before the entry was changed elsewhere: it authorises nothing (SEC-15)
        false => Err(Problem::ReviewOutdated),
    };
    match outcome {
        Ok(order) => {
            let path = format!("{}{}", OrderLink(order.facts.id), OrderLink::PLACED);
            Ok(Redirect::to(&path).into_response())
        }
        Err(problem) => told(&bank, &by, &draft, (&problem, confirmed)).await,
    }
}

/// What the entry asks for, as it can be taken now.
async fn looked(bank: &Bank, by: &SignedIn, draft: &Draft) -> Result<Wanted, Problem> {
    let (Some(payee), Some(details)) = (&draft.body.payee, &draft.body.details) else {
        return Err(Problem::ReviewOutdated);
    };
    let wanted = operation::wanted(bank, Who::of(by), payee, details).await?;
    operation::check(bank, Who::of(by), &wanted).await?;
    Ok(wanted)
}

/// The problem where it can be put right: at the fields of the step before, on this page, or on one of its own; with
/// what was confirmed beside it.
async fn told(bank: &Bank, by: &SignedIn, draft: &Draft, (problem, confirmed): (&Problem, bool)) -> Answer {
    if problem.is_of_details() {
        return details::wrong(bank, by, draft, problem).await;
    }
    if matches!(
        problem,
        Problem::NotPermitted
            | Problem::PayeeGone
            | Problem::NoSuchAccount
            | Problem::Unavailable
            | Problem::Unclear
    ) {
        return Err(stopped(by, problem));
    }
    let (Some(payee), Some(found)) = (&draft.body.payee, &draft.body.details) else {
        return Err(stopped(by, problem));
    };
    match operation::wanted(bank, Who::of(by), payee, found).await {
        Ok(wanted) => {
            let draft = &with_fee(bank, by, draft.clone(), &wanted).await?;
            again(&page(bank, by, draft, &wanted, (Some(problem.trouble()), confirmed)).await?)
        }
        Err(other) => Err(stopped(by, &other)),
    }
}

/// The entry with the fee of now. With another one it is another order: the page that showed the former takes none.
async fn with_fee(bank: &Bank, by: &SignedIn, draft: Draft, wanted: &Wanted) -> Result<Draft, Stop> {
    let fee = operation::fee(bank, wanted);
    if draft.body.fee == fee {
        return Ok(draft);
    }
    let body = Body { fee, ..draft.body.clone() };
    drafts(bank, by).change(&draft, body, bank.clock.now()).await.map_err(failed)
}

async fn page(
    bank: &Bank,
    by: &SignedIn,
    draft: &Draft,
    wanted: &Wanted,
    (trouble, name_confirmed): (Option<Trouble>, bool),
) -> Result<ReviewPage, Stop> {
    let because = |problem: Problem| stopped(by, &problem);
    let now = bank.clock.now();
    let (need, _) = operation::need(bank, Who::of(by), wanted.details.amount).await.map_err(because)?;
    let available = operation::available(bank, wanted.details.account).await.map_err(because)?;
    // what is reserved for the same day and account is needed too
    let reserved = operation::reserved_of(bank, by, &wanted.details).await.map_err(because)?;
    let needed = wanted.details.amount.checked_add(reserved).unwrap_or(Yen::new(i64::MAX));
    let short = needed.checked_sub(available).filter(|short| *short > Yen::ZERO);
    let method = wanted.payee.way.method();
    let relation = match method {
        transfers::Method::OwnAccount => transfers::Relation::OwnAccount,
        transfers::Method::Filed | transfers::Method::Typed => transfers::Relation::OtherBank,
    };
    Ok(ReviewPage {
        frame: page_frame(by, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        action: draft.path(EntryPage::Review),
        change: draft.path(EntryPage::Details),
        change_payee: if draft.body.own { String::new() } else { draft.path(EntryPage::Payee) },
        order: draft.order,
        entry: draft.id.clone(),
        kind: words::kind(relation),
        facts: wanted_facts(wanted, draft.body.fee, now),
        checked: draft.body.checked.clone(),
        reserves: wanted.details.day > now.date(),
        name_differs: payee::name_differs(bank, &wanted.payee, draft.body.checked.as_ref())
            .await
            .map_err(because)?,
        name_confirmed,
        one_time_password: need.is_none() && operation::demands_code(&wanted.payee.way),
        approval: (!need.is_none()).then(|| approvals::need_words(need)),
        short,
    })
}
