//! The first sign-in with a password that somebody else has set: nothing else is open until an own one is chosen.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use edge::{CsrfForm, Errors, Frame};
use secrecy::SecretString;
use serde::Deserialize;

use super::done;
use crate::Bank;
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::frame::{self, Area};
use crate::links::Link;
use crate::passwords;
use crate::payeasy::views::Trouble;
use crate::secrets::secret_field;
use crate::security::operation::{self, Chosen};
use crate::sign_in::SignedIn;
use crate::users::{Members, UserState};

/// The page.
#[derive(Template)]
#[template(path = "security/first.html")]
pub struct FirstPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Characters that a password needs.
    pub chars_min: usize,
    /// Whether the confirmation password is chosen too.
    pub both: bool,
    /// Whether it is the own password that has become too short, and not one that somebody else has set.
    pub short: bool,
    /// For password managers: whose they are.
    pub login_id: String,
}

/// What the form holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    #[serde(deserialize_with = "secret_field")]
    new_password: SecretString,
    #[serde(deserialize_with = "secret_field")]
    new_again: SecretString,
    #[serde(deserialize_with = "secret_field")]
    new_confirmation: SecretString,
    #[serde(deserialize_with = "secret_field")]
    confirmation_again: SecretString,
}

/// `GET /security/first-password`
pub async fn show(State(bank): State<Bank>, by: SignedIn) -> Answer {
    let due = due(&bank, &by).await?;
    shown(&page(&by, due, None))
}

/// `POST /security/first-password`
pub async fn submit(State(bank): State<Bank>, by: SignedIn, CsrfForm(form): CsrfForm<Typed>) -> Answer {
    let due = due(&bank, &by).await?;
    let login = Chosen { new: form.new_password, again: form.new_again };
    let confirmation = Chosen { new: form.new_confirmation, again: form.confirmation_again };
    match operation::choose(&bank, &by, &login, due.both.then_some(&confirmation)).await {
        Ok(()) => Ok(Redirect::to(&done("first")).into_response()),
        Err(problem) => again(&page(&by, due, Some(problem.trouble()))),
    }
}

/// What is to be chosen, and why.
#[derive(Clone, Copy, Debug)]
struct Due {
    /// The confirmation password too.
    both: bool,
    /// The own password has become too short.
    short: bool,
}

/// What is due. Whoever has nothing to choose is led on.
async fn due(bank: &Bank, by: &SignedIn) -> Result<Due, Stop> {
    if !by.user.must_change {
        return Err(Stop::redirect(Link::Security.path()));
    }
    let own = Members::of(&bank.database, by.contract.id).find(by.user.id).await.map_err(failed)?;
    Ok(Due {
        both: own.as_ref().is_none_or(|own| own.confirmation_changed_at.is_none()),
        short: own.is_some_and(|own| own.state == UserState::Active),
    })
}

fn page(by: &SignedIn, due: Due, trouble: Option<Trouble>) -> FirstPage {
    FirstPage {
        // no way on but this one
        frame: Frame { has_errors: trouble.is_some(), nav: Vec::new(), ..frame::page(by, Area::Security) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        chars_min: passwords::chars_min(by.contract.sign_in),
        both: due.both,
        short: due.short,
        login_id: by.user.login_id.clone(),
    }
}
