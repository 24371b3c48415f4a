//! One payee: what is registered, its change, and its end.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use edge::{CsrfForm, Errors, Frame};
use secrecy::SecretString;
use serde::Deserialize;

use super::entry::{self, Typed};
use super::{because, find, page_frame};
use crate::Bank;
use crate::answer::{Answer, again, shown};
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::payees::links::{PayeeDeleteLink, PayeeLink};
use crate::payees::operation;
use crate::payees::pages::list::PayeeRow;
use crate::payees::problem::Problem;
use crate::payees::{AccountForm, Payee, Source};
use crate::secrets::secret_field;
use crate::sign_in::SignedIn;

/// One that was filed on paper: nothing can be changed here.
#[derive(Template)]
#[template(path = "payees/filed.html")]
pub struct FiledPage {
    /// The frame.
    pub frame: Frame,
    /// The payee.
    pub row: PayeeRow,
}

/// The last look before one is deleted.
#[derive(Template)]
#[template(path = "payees/delete.html")]
pub struct DeletePage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where the form goes.
    pub action: PayeeDeleteLink,
    /// The payee.
    pub row: PayeeRow,
    /// Which version of it is shown.
    pub seen: String,
}

/// What the form of the end holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Ended {
    seen: String,
    #[serde(deserialize_with = "secret_field")]
    one_time_password: SecretString,
}

/// `GET /payees/{payee}`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let one = find(&bank, &by, &id).await?;
    if one.source != Source::Screen {
        return shown(&FiledPage { frame: page_frame(&by, None), row: PayeeRow::of(one) });
    }
    let typed = Typed {
        name: one.name.clone(),
        group: one.group.clone(),
        seen: one.version.to_string(),
        ..Typed::default()
    };
    let account = AccountForm::of(one.entered().typed());
    shown(&entry::form(&by, PayeeLink(one.id).to_string(), account, &typed, None))
}

/// `POST /payees/{payee}`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(typed): CsrfForm<Typed>,
) -> Answer {
    let one = as_seen(find(&bank, &by, &id).await?, &typed.seen);
    let one = one.map_err(|problem| because(&by, &problem))?;
    let went = entry::go(&bank, &by, Some(&one), &typed).await;
    entry::answer(&by, PayeeLink(one.id).to_string(), &typed, went, "changed")
}

/// `GET /payees/{payee}/delete`
pub async fn ask(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let one = find(&bank, &by, &id).await?;
    if one.source != Source::Screen {
        return Err(because(&by, &Problem::NotPermitted));
    }
    shown(&page(&by, one, None))
}

/// `POST /payees/{payee}/delete`
pub async fn delete(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Ended>,
) -> Answer {
    let one = as_seen(find(&bank, &by, &id).await?, &form.seen);
    let one = one.map_err(|problem| because(&by, &problem))?;
    match operation::delete(&bank, &by, &one, &form.one_time_password).await {
        Ok(()) => Ok(Redirect::to(&format!("{}?done=deleted", Link::Payees)).into_response()),
        Err(problem) => again(&page(&by, one, Some(problem.trouble()))),
    }
}

/// The payee, where it is still the one that the page showed.
fn as_seen(one: Payee, seen: &str) -> Result<Payee, Problem> {
    match (&one.source, one.version.to_string() == seen) {
        (Source::Filed { .. }, _) => Err(Problem::NotPermitted),
        (Source::Screen, false) => Err(Problem::Changed),
        (Source::Screen, true) => Ok(one),
    }
}

fn page(by: &SignedIn, one: Payee, trouble: Option<Trouble>) -> DeletePage {
    DeletePage {
        frame: page_frame(by, trouble.as_ref()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        action: PayeeDeleteLink(one.id),
        seen: one.version.to_string(),
        row: PayeeRow::of(one),
    }
}
