//! A payee is registered: the form, the last look, the one-time password. What is looked over is sent again and read
//! anew in full, so nothing depends on what came in between.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use edge::{CsrfForm, Errors, Frame};
use secrecy::SecretString;
use serde::Deserialize;

use super::{admit, page_frame};
use crate::Bank;
use crate::answer::{Answer, again, shown};
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::payees::operation::{self, Details};
use crate::payees::problem::Problem;
use crate::payees::{AccountForm, Checked, Payee, TypedAccount, name_check};
use crate::secrets::secret_field;
use crate::sign_in::SignedIn;

/// What the form holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// Which button was pressed.
    pub action: String,
    /// The account.
    #[serde(flatten)]
    pub account: TypedAccount,
    /// 登録名.
    pub name: String,
    /// グループ.
    pub group: String,
    /// Which version of a payee is changed.
    pub seen: String,
    /// The one-time password.
    #[serde(deserialize_with = "secret_field")]
    pub one_time_password: SecretString,
}

/// The form.
#[derive(Template)]
#[template(path = "payees/entry.html")]
pub struct EntryPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where the form goes.
    pub action: String,
    /// The controls of the account.
    pub account: AccountForm,
    /// 登録名.
    pub called: String,
    /// グループ.
    pub group: String,
    /// Which version of a payee is changed; empty for a new one.
    pub seen: String,
}

/// The last look.
#[derive(Template)]
#[template(path = "payees/review.html")]
pub struct ReviewPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where the form goes.
    pub action: String,
    /// What is registered.
    pub details: Details,
    /// The holder of the account, where that was asked for.
    pub checked: Option<Checked>,
    /// The same as it is sent again.
    pub typed: TypedAccount,
    /// Which version of a payee is changed; empty for a new one.
    pub seen: String,
}

/// What became of a form.
pub enum Went {
    /// The form is shown again.
    Again(AccountForm, Problem),
    /// It is looked over.
    Review(Details, Option<Checked>, Option<Problem>),
    /// It is done.
    Done,
}

/// `GET /payees/new`
pub async fn show(by: SignedIn) -> Answer {
    admit(&by)?;
    shown(&form(&by, Link::PayeesNew.to_string(), AccountForm::default(), &Typed::default(), None))
}

/// `POST /payees/new`
pub async fn submit(State(bank): State<Bank>, by: SignedIn, CsrfForm(typed): CsrfForm<Typed>) -> Answer {
    admit(&by)?;
    let went = go(&bank, &by, None, &typed).await;
    answer(&by, Link::PayeesNew.to_string(), &typed, went, "added")
}

/// What a form asks for: a look, the way back, or to be done with it.
pub async fn go(bank: &Bank, by: &SignedIn, one: Option<&Payee>, typed: &Typed) -> Went {
    let entered = match typed.account.read() {
        Ok(entered) => entered,
        Err(asked) => return Went::Again(asked.form, Problem::Input(asked.errors)),
    };
    let form = AccountForm::of(entered.typed());
    let details = match Details::read(entered, &typed.name, &typed.group) {
        Ok(details) => details,
        Err(errors) => return Went::Again(form, Problem::Input(errors)),
    };
    let done = match (typed.action.as_str(), one) {
        ("back", _) => return Went::Again(form, Problem::Input(Errors::none())),
        ("register", None) => {
            operation::register(bank, by, &details, &typed.one_time_password).await.map(drop)
        }
        ("register", Some(one)) => operation::change(bank, by, one, &details, &typed.one_time_password).await,
        (action, _) => match looked(bank, by, one, &details, action == "look").await {
            Ok(checked) => return Went::Review(details, checked, None),
            Err(problem) => Err(problem),
        },
    };
    match done {
        Ok(()) => Went::Done,
        Err(problem @ (Problem::There(_) | Problem::TooMany)) => Went::Again(form, problem),
        Err(problem) => Went::Review(details, None, Some(problem)),
    }
}

/// Whether it could be done, and the holder of the account where that is asked for.
async fn looked(
    bank: &Bank,
    by: &SignedIn,
    one: Option<&Payee>,
    details: &Details,
    asks: bool,
) -> Result<Option<Checked>, Problem> {
    operation::check(bank, by, one, details).await?;
    match asks {
        true => name_check::check(bank, by, &details.entered).await.map(Some),
        false => Ok(None),
    }
}

/// The page of it.
pub fn answer(by: &SignedIn, action: String, typed: &Typed, went: Went, done: &str) -> Answer {
    match went {
        Went::Again(account, Problem::Input(errors)) if errors.is_empty() => {
            shown(&form(by, action, account, typed, None))
        }
        Went::Again(account, problem) => again(&form(by, action, account, typed, Some(problem.trouble()))),
        Went::Review(details, checked, None) => shown(&review(by, action, details, checked, typed, None)),
        Went::Review(details, checked, Some(problem)) => {
            again(&review(by, action, details, checked, typed, Some(problem.trouble())))
        }
        Went::Done => Ok(Redirect::to(&format!("{}?done={done}", Link::Payees)).into_response()),
    }
}

/// The form with what was typed.
pub fn form(
    by: &SignedIn,
    action: String,
    account: AccountForm,
    typed: &Typed,
    trouble: Option<Trouble>,
) -> EntryPage {
    EntryPage {
        frame: page_frame(by, trouble.as_ref()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        action,
        account,
        called: typed.name.clone(),
        group: typed.group.clone(),
        seen: typed.seen.clone(),
    }
}

fn review(
    by: &SignedIn,
    action: String,
    details: Details,
    checked: Option<Checked>,
    typed: &Typed,
    trouble: Option<Trouble>,
) -> ReviewPage {
    ReviewPage {
        frame: page_frame(by, trouble.as_ref()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        action,
        typed: details.entered.typed(),
        details,
        checked,
        seen: typed.seen.clone(),
    }
}
