//! Day, account and names of a batch, put right.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use bulk::{Batch, Heading};
use edge::{CsrfForm, Errors, Frame};
use serde::Deserialize;

use super::{Totals, as_seen, because, find, page_frame};
use crate::Bank;
use crate::answer::{Answer, Stop, again, shown};
use crate::bulk::fields::HeadingFields;
use crate::bulk::heading::TypedHeading;
use crate::bulk::links::{BatchLink, BatchPage};
use crate::bulk::problem::Problem;
use crate::bulk::{kinds, operation};
use crate::payeasy::views::Trouble;
use crate::sign_in::SignedIn;

/// The page.
#[derive(Template)]
#[template(path = "bulk/heading.html")]
pub struct HeadingPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where the batch stands.
    pub totals: Totals,
    /// Where the form goes.
    pub action: BatchLink,
    /// The controls.
    pub fields: HeadingFields,
}

/// What the form holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Form {
    seen: String,
    #[serde(flatten)]
    typed: TypedHeading,
}

/// `GET /bulk/{batch}/heading`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let batch = find(&bank, &by, &id).await?;
    shown(&page(&bank, &by, &batch, TypedHeading::of(&batch.heading), None).await?)
}

/// `POST /bulk/{batch}/heading`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Form>,
) -> Answer {
    let batch = find(&bank, &by, &id).await?;
    match put(&bank, &by, batch, &form).await {
        Ok(changed) => Ok(Redirect::to(&BatchLink(changed.id, BatchPage::Rows).to_string()).into_response()),
        Err(problem) => {
            let batch = find(&bank, &by, &id).await?;
            again(&page(&bank, &by, &batch, form.typed, Some(problem.trouble())).await?)
        }
    }
}

async fn put(bank: &Bank, by: &SignedIn, batch: Batch, form: &Form) -> Result<Batch, Problem> {
    let batch = as_seen(batch, &form.seen)?;
    let before = &batch.heading;
    let accounts = bank.contracts.accounts_for(&by.user, kinds::business(before.kind)).await?;
    let read = form.typed.read(bank, &accounts, before.kind, before.route).map_err(Problem::Input)?;
    bank.bulk
        .terms()
        .check_day(before.kind, read.day, batch.is_within(), bank.clock.now())
        .map_err(Problem::Day)?;
    // where it came from stays
    let heading = Heading { file: before.file.clone(), ..read };
    operation::set_heading(bank, by, &batch, heading).await
}

async fn page(
    bank: &Bank,
    by: &SignedIn,
    batch: &Batch,
    typed: TypedHeading,
    trouble: Option<Trouble>,
) -> Result<HeadingPage, Stop> {
    let kind = batch.heading.kind;
    let accounts = bank.contracts.accounts_for(&by.user, kinds::business(kind)).await;
    let accounts = accounts.map_err(|error| because(by, &error.into()))?;
    Ok(HeadingPage {
        frame: page_frame(by, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        totals: Totals::of(bank, batch),
        action: BatchLink(batch.id, BatchPage::Heading),
        fields: HeadingFields::of(bank, kind, &accounts, typed),
    })
}
