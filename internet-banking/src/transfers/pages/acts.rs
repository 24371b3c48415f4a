//! What is done with an order: taken back, recalled, made again.

use axum::extract::{Path, State as Of};
use axum::response::{IntoResponse as _, Redirect};
use domain::Yen;
use edge::CsrfForm;
use transfers::{Order, State};

use super::{
    Answer, EntryPage, OrderAct, OrderLink, Stop, accounts, again, drafts, failed, find, order_facts,
    page_frame, shown, stopped, stopped_of,
};
use crate::Bank;
use crate::approvals::Secrets;
use crate::sign_in::SignedIn;
use crate::transfers::problem::Problem;
use crate::transfers::templates::Content;
use crate::transfers::views::ActPage;
use crate::transfers::{operation, words};

/// `GET /transfers/orders/{order}/cancel`
pub async fn show_cancel(Of(bank): Of<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let order = find(&bank, &by, &id).await?;
    if order.state == State::Cancelled {
        return Err(Stop::redirect(&OrderLink(order.facts.id).to_string()));
    }
    if !order.may_cancel(bank.clock.now()) {
        return Err(stopped(&by, &Problem::TooLate(order.state)));
    }
    shown(&page(&bank, &by, &order, OrderAct::Cancel(order.facts.id), None, None).await?)
}

/// `POST /transfers/orders/{order}/cancel`
pub async fn cancel(
    Of(bank): Of<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(secrets): CsrfForm<Secrets>,
) -> Answer {
    let order = find(&bank, &by, &id).await?;
    if order.state == State::Cancelled {
        // sent again: its page says that it is cancelled
        return Err(Stop::redirect(&OrderLink(order.facts.id).to_string()));
    }
    let outcome = operation::cancel(&bank, &by, &order, &secrets).await;
    done(&bank, &by, &order, OrderAct::Cancel(order.facts.id), None, outcome).await
}

/// `GET /transfers/orders/{order}/recall`
pub async fn show_recall(Of(bank): Of<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let order = find(&bank, &by, &id).await?;
    if bank.transfers.recall_of(order.facts.id).await.map_err(failed)?.is_some() {
        return Err(Stop::redirect(&OrderLink(order.facts.id).to_string()));
    }
    if !order.may_recall() {
        return Err(stopped(&by, &Problem::NotSent));
    }
    let fee = Some(bank.transfers.recall_fee());
    shown(&page(&bank, &by, &order, OrderAct::Recall(order.facts.id), fee, None).await?)
}

/// `POST /transfers/orders/{order}/recall`
pub async fn recall(
    Of(bank): Of<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(secrets): CsrfForm<Secrets>,
) -> Answer {
    let order = find(&bank, &by, &id).await?;
    let outcome = operation::recall(&bank, &by, &order, &secrets).await.map(drop);
    let fee = Some(bank.transfers.recall_fee());
    done(&bank, &by, &order, OrderAct::Recall(order.facts.id), fee, outcome).await
}

/// `POST /transfers/orders/{order}/again`: an entry that begins with what the order was about.
pub async fn again_with(
    Of(bank): Of<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(_): CsrfForm<Empty>,
) -> Answer {
    let order = find(&bank, &by, &id).await?;
    let content = Content::of_order(&bank, &by, &order).await;
    let body = content.map_err(|problem| stopped(&by, &problem))?.body();
    let draft = drafts(&bank, &by).begin(body, bank.clock.now()).await.map_err(failed)?;
    Ok(Redirect::to(&draft.path(EntryPage::Details)).into_response())
}

/// A form with a button alone.
#[derive(serde::Deserialize)]
pub struct Empty {}

async fn done(
    bank: &Bank,
    by: &SignedIn,
    order: &Order,
    act: OrderAct,
    fee: Option<Yen>,
    outcome: Result<(), Problem>,
) -> Answer {
    match outcome {
        Ok(()) => Ok(Redirect::to(&OrderLink(order.facts.id).to_string()).into_response()),
        Err(problem) if problem.field().is_none() => Err(stopped_of(by, &problem)),
        Err(problem) => again(&page(bank, by, order, act, fee, Some(&problem)).await?),
    }
}

async fn page(
    bank: &Bank,
    by: &SignedIn,
    order: &Order,
    action: OrderAct,
    recall_fee: Option<Yen>,
    problem: Option<&Problem>,
) -> Result<ActPage, Stop> {
    let all = accounts(bank, by).await?;
    let trouble = problem.map(|problem| problem.trouble().of_made());
    Ok(ActPage {
        frame: page_frame(by, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        action,
        back: OrderLink(order.facts.id),
        kind: words::kind(order.facts.relation),
        facts: order_facts(&all, order),
        recall_fee,
    })
}
