//! The numbers of the slip.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::CollectorNumber;
use edge::{CsrfForm, Errors, Frame};
use internet_banking::answer::{Answer, Stop, again, failed, shown};
use internet_banking::payeasy::draft::{Draft, Step};
use internet_banking::payeasy::rules::{Questions, TypedNumbers};

use super::{drafts, open, path, row};
use crate::Console;
use crate::counter::operation;
use crate::frame::{self, Area};
use crate::links::ConsoleLink;
use crate::problem::Trouble;
use crate::sign_in::StaffSignedIn;

#[derive(Template)]
#[template(path = "counter/numbers.html")]
pub(crate) struct NumbersPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub action: String,
    pub collector: String,
    pub collector_number: CollectorNumber,
    /// What every payer of this collector must be told.
    pub notice: Option<String>,
    pub questions: Questions,
    pub typed: TypedNumbers,
}

/// `GET /counter/new/{draft}/numbers`
pub async fn show(State(console): State<Console>, by: StaffSignedIn, Path(id): Path<String>) -> Answer {
    let draft = open(&console, &by, &id, Step::Numbers).await?;
    let typed = match draft.inquiry {
        Some(inquiry) => console.gateway.counter_inquiry_by_id(inquiry).await.map_err(failed)?,
        None => None,
    };
    let typed = typed.map(|inquiry| TypedNumbers::of(&inquiry.request)).unwrap_or_default();
    shown(&page(&console, &by, &draft, typed, None)?)
}

/// `POST /counter/new/{draft}/numbers`
pub async fn submit(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    CsrfForm(typed): CsrfForm<TypedNumbers>,
) -> Answer {
    let draft = open(&console, &by, &id, Step::Numbers).await?;
    let collector = row(&console, &by, &draft)?;
    let numbers = match Questions::of(collector).read(&typed) {
        Ok(numbers) => numbers,
        Err(errors) => return again(&page(&console, &by, &draft, typed, Some(Trouble::slip(errors)))?),
    };
    let printed = numbers.printed;
    match operation::inquire(&console, &by.staff, collector, numbers).await {
        Ok(inquiry) => {
            drafts(&console, &by).inquired(&draft.id, inquiry.id, printed).await.map_err(failed)?;
            Ok(Redirect::to(&path(&draft, Step::Bills)).into_response())
        }
        Err(refusal) => again(&page(&console, &by, &draft, typed, Some(Trouble::from(&refusal)))?),
    }
}

fn page(
    console: &Console,
    by: &StaffSignedIn,
    draft: &Draft,
    typed: TypedNumbers,
    trouble: Option<Trouble>,
) -> Result<NumbersPage, Stop> {
    let collector = row(console, by, draft)?;
    Ok(NumbersPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Counter) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        action: path(draft, Step::Numbers),
        collector: collector.shown_name(),
        collector_number: collector.number.clone(),
        notice: collector.notice.clone(),
        questions: Questions::of(collector),
        typed,
    })
}
