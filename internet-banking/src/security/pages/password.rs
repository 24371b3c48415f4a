//! The change of one of the two passwords.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use edge::{CsrfForm, Errors, Frame};
use secrecy::SecretString;
use serde::Deserialize;

use super::{done, page_frame};
use crate::Bank;
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::frame::year_day_and_time;
use crate::links::Link;
use crate::passwords;
use crate::payeasy::views::Trouble;
use crate::secrets::secret_field;
use crate::security::operation::{self, Chosen, Which};
use crate::sign_in::SignedIn;
use crate::users::Members;

/// The page.
#[derive(Template)]
#[template(path = "security/password.html")]
pub struct PasswordPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// What the password is called.
    pub label: &'static str,
    /// Where the form goes.
    pub action: Link,
    /// Characters that it needs.
    pub chars_min: usize,
    /// When it was last changed.
    pub changed: String,
    /// For password managers: whose it is.
    pub login_id: String,
}

impl PasswordPage {
    /// What managers of passwords are told of a field: the confirmation password is another one than that of the
    /// sign-in, and is kept beside it.
    fn told(&self, purpose: &str) -> String {
        match self.action {
            Link::SecurityConfirmation => format!("section-confirmation {purpose}"),
            _ => purpose.to_owned(),
        }
    }
}

/// What the form holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    #[serde(deserialize_with = "secret_field")]
    current_password: SecretString,
    #[serde(deserialize_with = "secret_field")]
    new_password: SecretString,
    #[serde(deserialize_with = "secret_field")]
    new_again: SecretString,
}

/// `GET /security/password`
pub async fn show_login(State(bank): State<Bank>, by: SignedIn) -> Answer {
    shown(&page(&bank, &by, Which::Login, None).await?)
}

/// `POST /security/password`
pub async fn submit_login(State(bank): State<Bank>, by: SignedIn, CsrfForm(form): CsrfForm<Typed>) -> Answer {
    submit(&bank, &by, Which::Login, form).await
}

/// `GET /security/confirmation-password`
pub async fn show_confirmation(State(bank): State<Bank>, by: SignedIn) -> Answer {
    shown(&page(&bank, &by, Which::Confirmation, None).await?)
}

/// `POST /security/confirmation-password`
pub async fn submit_confirmation(
    State(bank): State<Bank>,
    by: SignedIn,
    CsrfForm(form): CsrfForm<Typed>,
) -> Answer {
    submit(&bank, &by, Which::Confirmation, form).await
}

async fn submit(bank: &Bank, by: &SignedIn, which: Which, form: Typed) -> Answer {
    let chosen = Chosen { new: form.new_password, again: form.new_again };
    match operation::change(bank, by, which, &form.current_password, &chosen).await {
        Ok(()) => {
            let what = if which == Which::Login { "password" } else { "confirmation" };
            Ok(Redirect::to(&done(what)).into_response())
        }
        Err(problem) => again(&page(bank, by, which, Some(problem.trouble())).await?),
    }
}

async fn page(
    bank: &Bank,
    by: &SignedIn,
    which: Which,
    trouble: Option<Trouble>,
) -> Result<PasswordPage, Stop> {
    let own = Members::of(&bank.database, by.contract.id).find(by.user.id).await.map_err(failed)?;
    let own = own.ok_or_else(Stop::not_found)?;
    let (action, changed) = match which {
        Which::Login => (Link::SecurityPassword, own.password_changed_at),
        Which::Confirmation => (Link::SecurityConfirmation, own.confirmation_changed_at),
    };
    Ok(PasswordPage {
        frame: page_frame(by, trouble.as_ref()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        label: which.label(),
        action,
        chars_min: passwords::chars_min(by.contract.sign_in),
        changed: changed.map_or_else(|| "記録なし".to_owned(), year_day_and_time),
        login_id: by.user.login_id.clone(),
    })
}
