//! The third step: the last look, and the button that moves the money.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::Yen;
use edge::{CsrfForm, Failure};
use serde::Deserialize;

use super::{
    Answer, Stop, again, numbers_path, open, page_frame, payable, result_path, row, shown, valid_inquiry,
};
use crate::Bank;
use crate::approvals::{self, ApprovalLink};
use crate::links::RequestLink;
use crate::payeasy::approval;
use crate::payeasy::draft::{Draft, Step};
use crate::payeasy::operation::{self, Consent, Secrets};
use crate::payeasy::problem::Problem;
use crate::payeasy::repeats;
use crate::payeasy::slip_words::{BillWords, NumberRow};
use crate::payeasy::views::{EarlierRow, ReviewPage, Trouble};
use crate::sign_in::SignedIn;
use crate::tokens::Operation;

/// Earlier payments under the same numbers that the page shows.
const EARLIER_SHOWN_MAX: usize = 5;

/// What the form holds.
#[derive(Deserialize)]
pub struct Confirmed {
    /// The payment that the page showed.
    #[serde(default)]
    order: String,
    /// `yes`, where the payer means to pay under the same numbers again.
    #[serde(default)]
    repeat: String,
    /// Which button.
    #[serde(default)]
    action: String,
    #[serde(flatten)]
    secrets: Secrets,
}

/// `GET /payeasy/new/{draft}/review`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let draft = open(&bank, &by, &id, Step::Review).await?;
    shown(&page(&bank, &by, &draft, (None, false)).await?)
}

/// `POST /payeasy/new/{draft}/review`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Confirmed>,
) -> Answer {
    let draft = open(&bank, &by, &id, Step::Review).await?;
    let reviewed = draft.choice.as_ref().is_some_and(|choice| choice.payment.to_string() == form.order);
    let consent = Consent { repeats: form.repeat == "yes" };
    let confirmed = reviewed && consent.repeats;
    if reviewed && (form.action == "ask" || form.action == "keep") {
        let typed = (form.action == "ask").then_some(&form.secrets.confirmation_password);
        return match approval::ask(&bank, &by, &draft, consent, typed).await {
            Ok(asked) => Ok(Redirect::to(&ApprovalLink(asked).to_string()).into_response()),
            Err(approvals::Problem::Payeasy(problem)) if problem.ends_the_entry() => {
                Err(Stop::because(&by, &problem))
            }
            Err(problem) => again(&page(&bank, &by, &draft, (Some(problem.trouble()), confirmed)).await?),
        };
    }
    let outcome = match reviewed {
        true => operation::pay(&bank, &by, &draft, consent, &form.secrets).await,
        // the page was shown before bill or account were changed elsewhere: it authorises nothing (SEC-15)
        false => Err(Problem::ReviewOutdated),
    };
    match outcome {
        Ok(_) => Ok(Redirect::to(&result_path(&draft.id)).into_response()),
        Err(problem) if problem.ends_the_entry() => Err(Stop::because(&by, &problem)),
        Err(problem) => {
            // read anew: a refused payment has got another id for the next try
            let draft = open(&bank, &by, &id, Step::Review).await?;
            again(&page(&bank, &by, &draft, (Some(Trouble::from(&problem)), confirmed)).await?)
        }
    }
}

async fn page(
    bank: &Bank,
    by: &SignedIn,
    draft: &Draft,
    (trouble, repeat_confirmed): (Option<Trouble>, bool),
) -> Result<ReviewPage, Stop> {
    let inquiry = valid_inquiry(bank, by, draft).await?;
    let Some(choice) = draft.choice.as_ref() else { return Err(Stop::redirect(&draft.path(Step::Bills))) };
    let bill = inquiry.bill(&choice.bill).ok_or_else(|| Stop::because(by, &Problem::BillUnavailable))?;
    let accounts = payable(bank, by).await?;
    let account = accounts.into_iter().find(|a| a.account == choice.account);
    let account = account.ok_or_else(|| Stop::because(by, &Problem::NotPermitted))?;
    let too_large = || Stop::from(Failure::internal("a bill's total does not fit"));
    let total = bill.total().ok_or_else(too_large)?;
    let collector = row(bank, draft)?;
    let earlier = repeats::earlier(bank, by, collector, &inquiry.request).await;
    let earlier = earlier.map_err(|problem| Stop::because(by, &problem))?;
    let category = inquiry.request.category.as_ref();
    let (need, _) = approval::need(bank, by, draft).await.map_err(|problem| Stop::because(by, &problem))?;
    Ok(ReviewPage {
        frame: page_frame(by, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        action: draft.path(Step::Review),
        change_numbers: match (draft.request, draft.linked()) {
            (None, None) => numbers_path(draft, collector, &inquiry.request),
            _ => String::new(),
        },
        change_choice: draft.path(Step::Bills),
        request: draft.request.map(|id| RequestLink(id).to_string()),
        linked: draft.linked().is_some(),
        collector: collector.shown_name(),
        collector_number: collector.number.clone(),
        contact: collector.contact.clone(),
        contents: bill.contents.clone(),
        amount: bill.amount,
        fee: bill.fee,
        has_fee: bill.fee > Yen::ZERO,
        total,
        words: BillWords::of(Some(collector), category, bill, bank.clock.now().date()),
        payer: bill.payer.clone(),
        numbers: NumberRow::of(Some(collector), &inquiry.request.customer_number, category),
        account: account.details.to_string(),
        balance_after: account.balance.checked_sub(total).ok_or_else(too_large)?,
        repeats: earlier.len(),
        earlier: earlier.iter().take(EARLIER_SHOWN_MAX).map(EarlierRow::of).collect(),
        repeat_confirmed,
        repeats_paid: inquiry.was_accepted_before(&bill.id),
        one_time_password: need.is_none() && Operation::payment_to(collector).demands_one(),
        approval: (!need.is_none()).then(|| approvals::need_words(need)),
        order: choice.payment,
    })
}
