//! The last look, the cash, and the button that collects.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::{CollectorNumber, PaymentId, Yen};
use edge::{CsrfForm, Failure, Frame};
use internet_banking::answer::{Answer, Stop, again, failed, shown};
use internet_banking::payeasy::draft::{Draft, Step};
use internet_banking::payeasy::slip_words::{BillWords, NumberRow};
use serde::Deserialize;

use super::{drafts, open, path, row, stop, valid_inquiry};
use crate::Console;
use crate::counter::operation;
use crate::counter::problem::may_try_again;
use crate::frame::{self, Area};
use crate::help::ConsoleCode;
use crate::links::ReceiptLink;
use crate::problem::Trouble;
use crate::sign_in::StaffSignedIn;

/// What the form holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Confirmed {
    /// The payment that the page showed.
    order: String,
}

#[derive(Template)]
#[template(path = "counter/review.html")]
pub(crate) struct ReviewPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub action: String,
    pub change_numbers: String,
    pub change_bill: String,
    pub collector: String,
    pub collector_number: CollectorNumber,
    pub contents: String,
    pub payer: String,
    pub numbers: Vec<NumberRow>,
    pub amount: Yen,
    pub fee: Yen,
    /// Amount and fee: what the payer hands over.
    pub cash: Yen,
    pub words: BillWords,
    /// Whether a payment to the same number was accepted before, whoever made it.
    pub repeats_paid: bool,
    /// The payment that the button makes, exactly as shown.
    pub order: PaymentId,
}

/// `GET /counter/new/{draft}/review`
pub async fn show(State(console): State<Console>, by: StaffSignedIn, Path(id): Path<String>) -> Answer {
    let draft = open(&console, &by, &id, Step::Review).await?;
    shown(&page(&console, &by, &draft, None).await?)
}

/// `POST /counter/new/{draft}/review`
pub async fn submit(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Confirmed>,
) -> Answer {
    let draft = open(&console, &by, &id, Step::Review).await?;
    let Some(payment) = draft.choice.as_ref().map(|choice| choice.payment) else {
        return Err(Stop::redirect(&path(&draft, draft.reached())));
    };
    let outcome = match form.order == payment.to_string() {
        true => operation::collect(&console, &by.staff, &draft).await,
        // the page was shown before the bill was changed elsewhere: it collects nothing
        false => Err(ConsoleCode::ReviewOutdated.into()),
    };
    let problem = match outcome {
        Ok(paid) if paid.facts.id != payment => {
            return Ok(Redirect::to(&format!("{}?before=true", ReceiptLink(paid.facts.id))).into_response());
        }
        Ok(paid) => return Ok(Redirect::to(&ReceiptLink(paid.facts.id).to_string()).into_response()),
        Err(problem) => problem,
    };
    if problem.code == ConsoleCode::CashUnclear {
        return Err(stop(&by, &problem));
    }
    // the refused id stays refused; the next try is a payment of its own
    if problem.code != ConsoleCode::ReviewOutdated {
        drafts(&console, &by).renew(&draft.id, payment).await.map_err(failed)?;
    }
    if !may_try_again(problem.code) {
        return Err(stop(&by, &problem));
    }
    let draft = open(&console, &by, &id, Step::Review).await?;
    again(&page(&console, &by, &draft, Some(Trouble::of(&problem, ""))).await?)
}

async fn page(
    console: &Console,
    by: &StaffSignedIn,
    draft: &Draft,
    trouble: Option<Trouble>,
) -> Result<ReviewPage, Stop> {
    let inquiry = valid_inquiry(console, by, draft).await?;
    let Some(choice) = draft.choice.as_ref() else { return Err(Stop::redirect(&path(draft, Step::Bills))) };
    let bill = inquiry.bill(&choice.bill).ok_or_else(|| stop(by, &ConsoleCode::BillChanged.into()))?;
    let too_large = || Stop::from(Failure::internal("a bill's total does not fit"));
    let collector = row(console, by, draft)?;
    let category = inquiry.request.category.as_ref();
    Ok(ReviewPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Counter) },
        csrf: by.csrf.clone(),
        trouble,
        action: path(draft, Step::Review),
        change_numbers: path(draft, Step::Numbers),
        change_bill: path(draft, Step::Bills),
        collector: collector.shown_name(),
        collector_number: collector.number.clone(),
        contents: bill.contents.clone(),
        payer: bill.payer.clone(),
        numbers: NumberRow::of(Some(collector), &inquiry.request.customer_number, category),
        amount: bill.amount,
        fee: bill.fee,
        cash: bill.total().ok_or_else(too_large)?,
        words: BillWords::of(Some(collector), category, bill, console.clock.now().date()),
        repeats_paid: inquiry.was_accepted_before(&bill.id),
        order: choice.payment,
    })
}
