//! The last look at a batch before approvers are asked for it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use bulk::Batch;
use edge::{CsrfForm, Errors, Frame};
use secrecy::SecretString;
use serde::Deserialize;

use super::batch::facts;
use super::{Totals, because, find, page_frame};
use crate::Bank;
use crate::answer::{Answer, Stop, again, shown};
use crate::approvals::{self, ApprovalLink, need_words};
use crate::bulk::approval;
use crate::bulk::links::{BatchLink, BatchPage};
use crate::bulk::problem::Problem;
use crate::payeasy::views::Trouble;
use crate::secrets::secret_field;
use crate::sign_in::SignedIn;

/// The page.
#[derive(Template)]
#[template(path = "bulk/review.html")]
pub struct ReviewView {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// What it comes to.
    pub totals: Totals,
    /// What else it says of itself.
    pub facts: Vec<(&'static str, String)>,
    /// Where the form goes.
    pub action: BatchLink,
    /// Who must approve.
    pub need: String,
    /// Whether it can be asked for.
    pub is_ready: bool,
}

/// What the form holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Form {
    seen: String,
    #[serde(deserialize_with = "secret_field")]
    confirmation_password: SecretString,
}

/// `GET /bulk/{batch}/review`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let batch = find(&bank, &by, &id).await?;
    let problem = match batch.state.is_editable() {
        true => bank.bulk.check(&batch).err().map(Problem::from),
        false => Some(Problem::NotPossible(batch.state)),
    };
    shown(&page(&bank, &by, &batch, problem.map(|problem| problem.trouble())).await?)
}

/// `POST /bulk/{batch}/review`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Form>,
) -> Answer {
    let batch = find(&bank, &by, &id).await?;
    let asked = match batch.version.to_string() == form.seen {
        true => approval::ask(&bank, &by, &batch, &form.confirmation_password).await,
        false => Err(approvals::Problem::Bulk(Problem::Changed)),
    };
    match asked {
        Ok(id) => Ok(Redirect::to(&ApprovalLink(id).to_string()).into_response()),
        Err(problem) => {
            let batch = find(&bank, &by, &id).await?;
            again(&page(&bank, &by, &batch, Some(problem.trouble())).await?)
        }
    }
}

async fn page(
    bank: &Bank,
    by: &SignedIn,
    batch: &Batch,
    trouble: Option<Trouble>,
) -> Result<ReviewView, Stop> {
    let need = approval::need(bank, by, batch).await.map_err(|problem| because(by, &problem))?;
    Ok(ReviewView {
        frame: page_frame(by, trouble.is_some()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        totals: Totals::of(bank, batch),
        facts: facts(bank, by, batch).await?,
        action: BatchLink(batch.id, BatchPage::Review),
        need: need_words(need),
        is_ready: batch.state.is_editable() && bank.bulk.check(batch).is_ok(),
    })
}
