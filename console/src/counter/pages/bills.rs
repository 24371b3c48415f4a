//! Which of the payer's bills.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::{Bill, BillId, PaymentId};
use edge::{CsrfForm, Errors, Frame};
use gateway::{INQUIRY_VALID_S, Inquiry, chart};
use internet_banking::answer::{Answer, Stop, again, failed, shown};
use internet_banking::payeasy::draft::{Choice, Draft, Step};
use internet_banking::payeasy::operation::chosen_as_printed;
use internet_banking::payeasy::slip_words::BillWords;
use internet_banking::payeasy::views::BillRow;
use internet_banking::payeasy::words::clock_time;
use serde::Deserialize;

use super::{drafts, open, path, row, valid_inquiry};
use crate::Console;
use crate::counter::problem::refusal;
use crate::frame::{self, Area};
use crate::problem::Trouble;
use crate::sign_in::StaffSignedIn;

/// What the form holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Chosen {
    bill: String,
}

#[derive(Template)]
#[template(path = "counter/bills.html")]
pub(crate) struct BillsPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub action: String,
    /// The page before.
    pub back: String,
    pub collector: String,
    /// Until when the answer may be used.
    pub valid_until: String,
    pub bills: Vec<BillRow>,
}

/// `GET /counter/new/{draft}/bills`
pub async fn show(State(console): State<Console>, by: StaffSignedIn, Path(id): Path<String>) -> Answer {
    let draft = open(&console, &by, &id, Step::Bills).await?;
    let inquiry = valid_inquiry(&console, &by, &draft).await?;
    shown(&page(&console, &by, &draft, &inquiry, None)?)
}

/// `POST /counter/new/{draft}/bills`
pub async fn submit(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Chosen>,
) -> Answer {
    let draft = open(&console, &by, &id, Step::Bills).await?;
    let inquiry = valid_inquiry(&console, &by, &draft).await?;
    let bill = form.bill.parse::<BillId>().ok().and_then(|id| inquiry.bill(&id));
    let Some(bill) = bill else {
        let errors = Errors::one("bill", "払い込む請求を選んでください。");
        return again(&page(&console, &by, &draft, &inquiry, Some(Trouble::slip(errors)))?);
    };
    if let Err(problem) = chosen_as_printed(&draft, bill) {
        let trouble = Trouble::from(&refusal(&problem));
        return again(&page(&console, &by, &draft, &inquiry, Some(trouble))?);
    }
    let choice = Choice {
        bill: bill.id.clone(),
        account: chart::COUNTER_CASH,
        amount: bill.amount,
        payment: PaymentId::generate(),
    };
    drafts(&console, &by).chosen(&draft.id, inquiry.id, &choice).await.map_err(failed)?;
    Ok(Redirect::to(&path(&draft, Step::Review)).into_response())
}

fn page(
    console: &Console,
    by: &StaffSignedIn,
    draft: &Draft,
    inquiry: &Inquiry,
    trouble: Option<Trouble>,
) -> Result<BillsPage, Stop> {
    let chosen = draft.choice.as_ref().map(|choice| &choice.bill);
    let is_checked = |bill: &Bill| inquiry.bills.len() == 1 || chosen.is_some_and(|id| *id == bill.id);
    let collector = row(console, by, draft)?;
    let category = inquiry.request.category.as_ref();
    let words = |bill: &Bill| BillWords::of(Some(collector), category, bill, console.clock.now().date());
    Ok(BillsPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Counter) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        action: path(draft, Step::Bills),
        back: path(draft, Step::Numbers),
        collector: collector.shown_name(),
        valid_until: clock_time(inquiry.answered_at.plus_seconds(INQUIRY_VALID_S).min(draft.expires_at)),
        bills: inquiry.bills.iter().map(|bill| BillRow::of(bill, words(bill), is_checked(bill))).collect(),
    })
}
