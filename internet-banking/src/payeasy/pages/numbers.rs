//! The first step: the collector, then the numbers of the slip.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use edge::{CsrfForm, Errors};
use serde::Deserialize;

use super::purpose::{go_on, path};
use super::{Answer, Stop, admit, again, drafts, failed, open, page_frame, row, shown};
use crate::Bank;
use crate::links::EntryPage;
use crate::payeasy::draft::{Draft, Step};
use crate::payeasy::operation;
use crate::payeasy::problem::Problem;
use crate::payeasy::purpose::{self, Purpose};
use crate::payeasy::rules::{Questions, TypedNumbers, read_collector};
use crate::payeasy::views::{Near, NumbersPage, StartPage, Trouble};
use crate::sign_in::SignedIn;

/// What the first form holds.
#[derive(Deserialize)]
pub struct Begin {
    #[serde(default)]
    collector: String,
}

/// `GET /payeasy/new`
pub async fn start(State(bank): State<Bank>, by: SignedIn) -> Answer {
    admit(&by)?;
    let stopped = operation::require_not_stopped(&bank, &by).await.err();
    shown(&start_page(&by, String::new(), stopped.as_ref().map(Trouble::from)))
}

/// `POST /payeasy/new`
pub async fn begin(State(bank): State<Bank>, by: SignedIn, CsrfForm(form): CsrfForm<Begin>) -> Answer {
    admit(&by)?;
    let number = match read_collector(&form.collector) {
        Ok(number) => number,
        Err(errors) => {
            return again(&start_page(&by, form.collector, Some(Trouble::input(errors))));
        }
    };
    operation::require_not_stopped(&bank, &by).await.map_err(|problem| Stop::because(&by, &problem))?;
    if let Err(problem) = operation::collector(&bank.gateway, &number) {
        let near = Near::of(&problem);
        return again(&StartPage { near, ..start_page(&by, form.collector, Some(Trouble::from(&problem))) });
    }
    let draft = drafts(&bank, &by).begin(&number, bank.clock.now()).await.map_err(failed)?;
    Ok(Redirect::to(&draft.path(Step::Numbers)).into_response())
}

/// `GET /payeasy/new/{draft}/numbers`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let draft = open(&bank, &by, &id, Step::Numbers).await?;
    let typed = earlier(&bank, &by, &draft).await?;
    shown(&numbers_page(&bank, &by, &draft, typed, None)?)
}

/// `POST /payeasy/new/{draft}/numbers`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(typed): CsrfForm<TypedNumbers>,
) -> Answer {
    let draft = open(&bank, &by, &id, Step::Numbers).await?;
    let collector = row(&bank, &draft)?;
    let today = bank.clock.now().date();
    let read = match purpose::typed_as_category(collector, &typed.payment_category, today) {
        // a 納付目的コード where 納付区分 belongs: its own page explains it, and asks for the amount
        Some(Ok(code)) => {
            return go_on(&bank, &by, &draft, &Purpose::of_code(&code), EntryPage::Amount).await;
        }
        Some(Err(parts)) => {
            Questions::of(collector).read(&typed).map_err(|errors| purpose::with_parts(&errors, &parts))
        }
        None => Questions::of(collector).read(&typed),
    };
    let numbers = match read {
        Ok(numbers) => numbers,
        Err(errors) => return again(&numbers_page(&bank, &by, &draft, typed, Some(Trouble::input(errors)))?),
    };
    let printed = numbers.printed;
    match operation::inquire(&bank, &by, collector, numbers).await {
        Ok(inquiry) => {
            drafts(&bank, &by).inquired(&draft.id, inquiry.id, printed).await.map_err(failed)?;
            Ok(Redirect::to(&draft.path(Step::Bills)).into_response())
        }
        Err(problem @ Problem::Stopped(_)) => Err(Stop::because(&by, &problem)),
        Err(problem) => again(&numbers_page(&bank, &by, &draft, typed, Some(Trouble::from(&problem)))?),
    }
}

/// What was typed for the inquiry before, for somebody who comes back to change it; without the 確認番号.
pub(super) async fn earlier(bank: &Bank, by: &SignedIn, draft: &Draft) -> Result<TypedNumbers, super::Stop> {
    let Some(inquiry) = draft.inquiry else {
        let kept = draft.prefill.as_ref().map(TypedNumbers::kept).unwrap_or_default();
        let confirmation_number = handed_confirmation(bank, by, draft).await?;
        return Ok(TypedNumbers { confirmation_number, ..kept });
    };
    let inquiry = bank.gateway.inquiry(by.contract.id, inquiry).await.map_err(failed)?;
    Ok(inquiry.map(|inquiry| TypedNumbers::of(&inquiry.request)).unwrap_or_default())
}

/// The 確認番号 of the hand-off whose numbers are filled in; empty where there is none.
async fn handed_confirmation(bank: &Bank, by: &SignedIn, draft: &Draft) -> Result<String, super::Stop> {
    let (Some(link), Some(kept)) = (&draft.link, &draft.prefill) else { return Ok(String::new()) };
    let arrival = bank.gateway.hand_off(link).await.map_err(failed)?;
    let own = arrival.filter(|one| one.claim.is_some_and(|(payer, _)| payer == operation::payer(by)));
    let handed = own.and_then(|one| {
        let mut bills = one.hand_off.bills.into_iter();
        bills.find(|bill| bill.customer_number == kept.customer_number && bill.category == kept.category)
    });
    Ok(handed.map(|bill| bill.confirmation_number.as_str().to_owned()).unwrap_or_default())
}

fn start_page(by: &SignedIn, collector: String, trouble: Option<Trouble>) -> StartPage {
    StartPage {
        frame: page_frame(by, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: errors(trouble.as_ref()),
        trouble,
        collector,
        near: Vec::new(),
    }
}

fn numbers_page(
    bank: &Bank,
    by: &SignedIn,
    draft: &Draft,
    typed: TypedNumbers,
    trouble: Option<Trouble>,
) -> Result<NumbersPage, super::Stop> {
    let collector = row(bank, draft)?;
    Ok(NumbersPage {
        frame: page_frame(by, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: errors(trouble.as_ref()),
        trouble,
        action: draft.path(Step::Numbers),
        entry_method: purpose::is_offered(collector).then(|| path(draft, EntryPage::Purpose)),
        collector: collector.shown_name(),
        collector_number: collector.number.clone(),
        notice: collector.notice.clone(),
        has_el_number: collector.numbers.category.as_ref().is_some_and(|rule| rule.municipality),
        handed: draft.link.is_some(),
        to_type: draft.prefill.as_ref().map(|kept| Questions::of(collector).to_type(kept)),
        questions: Questions::of(collector),
        typed,
    })
}

fn errors(trouble: Option<&Trouble>) -> Errors {
    trouble.map(|t| t.errors.clone()).unwrap_or_default()
}
