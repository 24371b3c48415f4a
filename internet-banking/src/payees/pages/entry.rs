//! A payee is registered: the form, the last look, the one-time password. What is looked over is sent again and read
//! anew in full, so nothing depends on what came in between.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use edge::{CsrfForm, Errors, Frame};
use secrecy::SecretString;
use serde::Deserialize;

use super::{admit, page_frame};
use crate::Bank;
use crate::answer::{Answer, again, shown};
use crate::payeasy::views::Trouble;
use crate::payees::links::ListPage;
use crate::payees::operation::{self, Details, TypedNames};
use crate::payees::problem::Problem;
use crate::payees::{AccountForm, Checked, List, Payee, TypedAccount, name_check};
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
    /// 顧客コード1, 社員番号.
    pub first_code: String,
    /// 顧客コード2, 所属コード.
    pub second_code: String,
    /// Which version of a payee is changed.
    pub seen: String,
    /// What a check of the holder came to before, as [`Checked::kept`].
    pub checked: String,
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
    /// Which list the payee is in.
    pub list: List,
    /// Where the form goes.
    pub action: String,
    /// The controls of the account.
    pub account: AccountForm,
    /// 登録名.
    pub called: String,
    /// グループ.
    pub group: String,
    /// Both codes.
    pub codes: [String; 2],
    /// Which version of a payee is changed; empty for a new one.
    pub seen: String,
}

impl EntryPage {
    fn code_label(&self, place: usize) -> String {
        let [first, second] = self.list.code_labels();
        format!("{} 任意", if place == 0 { first } else { second })
    }
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
    /// Which list the payee is in.
    pub list: List,
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

impl ReviewPage {
    fn kept(&self) -> String {
        self.checked.as_ref().and_then(Checked::kept).unwrap_or_default()
    }
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

/// `GET /payees/new`, `GET /employees/new`
pub async fn show(by: SignedIn, Extension(list): Extension<List>) -> Answer {
    admit(&by, list)?;
    let action = list.link(ListPage::New).to_string();
    shown(&form(&by, list, action, AccountForm::default(), &Typed::default(), None))
}

/// `POST /payees/new`, `POST /employees/new`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Extension(list): Extension<List>,
    CsrfForm(typed): CsrfForm<Typed>,
) -> Answer {
    admit(&by, list)?;
    let went = go(&bank, &by, list, None, &typed).await;
    answer(&by, list, list.link(ListPage::New).to_string(), &typed, went, "added")
}

/// What a form asks for: a look, the way back, or to be done with it.
pub async fn go(bank: &Bank, by: &SignedIn, list: List, one: Option<&Payee>, typed: &Typed) -> Went {
    let entered = match typed.account.read() {
        Ok(entered) => entered,
        Err(asked) => return Went::Again(asked.form, Problem::Input(asked.errors)),
    };
    let form = AccountForm::of(entered.typed());
    let names = TypedNames {
        name: &typed.name,
        group: &typed.group,
        first_code: &typed.first_code,
        second_code: &typed.second_code,
    };
    let details = match Details::read(list, entered, names) {
        Ok(details) => details,
        Err(errors) => return Went::Again(form, Problem::Input(errors)),
    };
    let done = match (typed.action.as_str(), one) {
        ("back", _) => return Went::Again(form, Problem::Input(Errors::none())),
        ("register", None) => {
            operation::register(bank, by, list, &details, &typed.one_time_password).await.map(drop)
        }
        ("register", Some(one)) => {
            operation::change(bank, by, list, one, &details, &typed.one_time_password).await
        }
        (action, _) => match looked(bank, by, list, one, &details, action == "look").await {
            Ok(checked) => return Went::Review(details, checked, None),
            Err(problem) => Err(problem),
        },
    };
    match done {
        Ok(()) => Went::Done,
        Err(problem @ (Problem::There(_) | Problem::TooMany)) => Went::Again(form, problem),
        Err(problem) => Went::Review(details, Checked::from_kept(&typed.checked), Some(problem)),
    }
}

/// Whether it could be done, and the holder of the account where that is asked for.
async fn looked(
    bank: &Bank,
    by: &SignedIn,
    list: List,
    one: Option<&Payee>,
    details: &Details,
    asks: bool,
) -> Result<Option<Checked>, Problem> {
    operation::check(bank, by, list, one, details).await?;
    match asks {
        true => name_check::check(bank, by, list, &details.entered).await.map(Some),
        false => Ok(None),
    }
}

/// The page of it.
pub fn answer(by: &SignedIn, list: List, action: String, typed: &Typed, went: Went, done: &str) -> Answer {
    match went {
        Went::Again(account, Problem::Input(errors)) if errors.is_empty() => {
            shown(&form(by, list, action, account, typed, None))
        }
        Went::Again(account, problem) => {
            again(&form(by, list, action, account, typed, Some(problem.trouble())))
        }
        Went::Review(details, checked, None) => {
            shown(&review(by, list, action, (details, checked), typed, None))
        }
        Went::Review(details, checked, Some(problem)) => {
            again(&review(by, list, action, (details, checked), typed, Some(problem.trouble())))
        }
        Went::Done => Ok(Redirect::to(&format!("{}?done={done}", list.link(ListPage::All))).into_response()),
    }
}

/// The form with what was typed.
pub fn form(
    by: &SignedIn,
    list: List,
    action: String,
    account: AccountForm,
    typed: &Typed,
    trouble: Option<Trouble>,
) -> EntryPage {
    EntryPage {
        frame: page_frame(by, list, trouble.as_ref()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        list,
        action,
        account,
        called: typed.name.clone(),
        group: typed.group.clone(),
        codes: [typed.first_code.clone(), typed.second_code.clone()],
        seen: typed.seen.clone(),
    }
}

fn review(
    by: &SignedIn,
    list: List,
    action: String,
    (details, checked): (Details, Option<Checked>),
    typed: &Typed,
    trouble: Option<Trouble>,
) -> ReviewPage {
    ReviewPage {
        frame: page_frame(by, list, trouble.as_ref()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        list,
        action,
        typed: details.entered.typed(),
        details,
        checked,
        seen: typed.seen.clone(),
    }
}
