//! The change of the mail address.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use edge::{CsrfForm, Errors, Frame};
use secrecy::SecretString;
use serde::Deserialize;

use super::{done, page_frame};
use crate::Bank;
use crate::answer::{Answer, again, failed, shown};
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::secrets::secret_field;
use crate::security::operation;
use crate::sign_in::SignedIn;
use crate::users::Members;

/// The page.
#[derive(Template)]
#[template(path = "security/email.html")]
pub struct EmailPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// The address as it is.
    pub current: String,
    /// What was typed.
    pub email: String,
    /// Whether a one-time password is asked.
    pub has_token: bool,
}

/// What the form holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    email: String,
    #[serde(deserialize_with = "secret_field")]
    confirmation_password: SecretString,
    #[serde(deserialize_with = "secret_field")]
    one_time_password: SecretString,
}

/// `GET /security/email`
pub async fn show(State(bank): State<Bank>, by: SignedIn) -> Answer {
    let current = current(&bank, &by).await.map_err(failed)?;
    shown(&page(&by, current, String::new(), None))
}

/// `POST /security/email`
pub async fn submit(State(bank): State<Bank>, by: SignedIn, CsrfForm(form): CsrfForm<Typed>) -> Answer {
    let Typed { email, confirmation_password, one_time_password } = form;
    let changed = operation::change_email(&bank, &by, &email, &confirmation_password, &one_time_password);
    match changed.await {
        Ok(()) => Ok(Redirect::to(&done("email")).into_response()),
        Err(problem) => {
            let current = current(&bank, &by).await.map_err(failed)?;
            again(&page(&by, current, email, Some(problem.trouble())))
        }
    }
}

async fn current(bank: &Bank, by: &SignedIn) -> Result<String, crate::contracts::StoreError> {
    let own = Members::of(&bank.database, by.contract.id).find(by.user.id).await?;
    Ok(own.and_then(|own| own.email).unwrap_or_default())
}

fn page(by: &SignedIn, current: String, email: String, trouble: Option<Trouble>) -> EmailPage {
    EmailPage {
        frame: page_frame(by, trouble.as_ref()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        current,
        email,
        has_token: by.user.token_serial.is_some(),
    }
}
