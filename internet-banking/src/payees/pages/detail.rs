//! One payee: what is registered, its change, and its end.

use askama::Template;
use axum::Extension;
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
use crate::payees::links::{ListPage, PayeeDeleteLink, PayeeLink};
use crate::payees::operation;
use crate::payees::pages::list::PayeeRow;
use crate::payees::problem::Problem;
use crate::payees::{AccountForm, List, Payee, Source};
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
    /// Which list the payee is in.
    pub list: List,
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

/// `GET /payees/{payee}`, `GET /employees/{payee}`
pub async fn show(
    State(bank): State<Bank>,
    by: SignedIn,
    Extension(list): Extension<List>,
    Path(id): Path<String>,
) -> Answer {
    let one = find(&bank, &by, list, &id).await?;
    if one.source != Source::Screen {
        return shown(&FiledPage { frame: page_frame(&by, list, None), row: PayeeRow::of(list, one) });
    }
    let typed = Typed {
        name: one.name.clone(),
        group: one.group.clone(),
        first_code: one.codes.first.clone(),
        second_code: one.codes.second.clone(),
        seen: one.version.to_string(),
        ..Typed::default()
    };
    let account = AccountForm::of(one.entered().typed());
    shown(&entry::form(&by, list, PayeeLink(list, one.id).to_string(), account, &typed, None))
}

/// `POST /payees/{payee}`, `POST /employees/{payee}`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Extension(list): Extension<List>,
    Path(id): Path<String>,
    CsrfForm(typed): CsrfForm<Typed>,
) -> Answer {
    let one = as_seen(find(&bank, &by, list, &id).await?, &typed.seen);
    let one = one.map_err(|problem| because(&by, list, &problem))?;
    let went = entry::go(&bank, &by, list, Some(&one), &typed).await;
    entry::answer(&by, list, PayeeLink(list, one.id).to_string(), &typed, went, "changed")
}

/// `GET /payees/{payee}/delete`, `GET /employees/{payee}/delete`
pub async fn ask(
    State(bank): State<Bank>,
    by: SignedIn,
    Extension(list): Extension<List>,
    Path(id): Path<String>,
) -> Answer {
    let one = find(&bank, &by, list, &id).await?;
    if one.source != Source::Screen {
        return Err(because(&by, list, &Problem::NotPermitted));
    }
    shown(&page(&by, list, one, None))
}

/// `POST /payees/{payee}/delete`, `POST /employees/{payee}/delete`
pub async fn delete(
    State(bank): State<Bank>,
    by: SignedIn,
    Extension(list): Extension<List>,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Ended>,
) -> Answer {
    let one = as_seen(find(&bank, &by, list, &id).await?, &form.seen);
    let one = one.map_err(|problem| because(&by, list, &problem))?;
    match operation::delete(&bank, &by, list, &one, &form.one_time_password).await {
        Ok(()) => Ok(Redirect::to(&format!("{}?done=deleted", list.link(ListPage::All))).into_response()),
        Err(problem) => again(&page(&by, list, one, Some(problem.trouble()))),
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

fn page(by: &SignedIn, list: List, one: Payee, trouble: Option<Trouble>) -> DeletePage {
    DeletePage {
        frame: page_frame(by, list, trouble.as_ref()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        list,
        action: PayeeDeleteLink(list, one.id),
        seen: one.version.to_string(),
        row: PayeeRow::of(list, one),
    }
}
