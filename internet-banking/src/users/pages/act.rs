//! One step that is done to a user: what it does, the one-time password, and what it came to.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use edge::{CsrfForm, Errors, Frame};
use secrecy::SecretString;
use serde::Deserialize;

use super::review::AddedPage;
use super::{find, page_frame, stop};
use crate::Bank;
use crate::answer::{Answer, Stop, again, shown};
use crate::approvals::ApprovalLink;
use crate::help::Code;
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::secrets::secret_field;
use crate::sign_in::SignedIn;
use crate::users::acts::{self, Act, ActWords, Did};
use crate::users::links::{ActLink, DoneLink, MemberLink};
use crate::users::operation::Known;

/// The page.
#[derive(Template)]
#[template(path = "users/act.html")]
pub struct ActPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// The words of the step.
    pub words: ActWords,
    /// Where the form goes.
    pub action: ActLink,
    /// The user's page.
    pub user: MemberLink,
    /// What the person types to sign in.
    pub login_id: String,
    /// The person's name.
    pub name: String,
    /// The person's role.
    pub role: &'static str,
}

/// What the form holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    #[serde(deserialize_with = "secret_field")]
    one_time_password: SecretString,
}

/// `GET /admin/users/{user}/do/{act}`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path((id, act)): Path<(String, String)>) -> Answer {
    let (known, act) = step(&bank, &by, &id, &act).await?;
    shown(&page(&by, &known, act, None))
}

/// `POST /admin/users/{user}/do/{act}`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path((id, act)): Path<(String, String)>,
    CsrfForm(form): CsrfForm<Typed>,
) -> Answer {
    let (known, act) = step(&bank, &by, &id, &act).await?;
    let user = known.member.id;
    match acts::carry_out(&bank, &by, user, act, &form.one_time_password).await {
        Ok(Did::Asked(asked)) => Ok(Redirect::to(&ApprovalLink(asked).to_string()).into_response()),
        Ok(Did::Password(temporary)) => shown(&AddedPage {
            frame: page_frame(&by, None),
            title: act.words().done,
            whose: format!("{}({})", known.member.name, known.member.login_id),
            password: temporary.shown(),
            next: Vec::new(),
            user: MemberLink(user),
        }),
        Ok(Did::Done) if act == Act::Remove => {
            let list = format!("{}?done={}", Link::AdminUsers, act.code());
            Ok(Redirect::to(&list).into_response())
        }
        Ok(Did::Done) => Ok(Redirect::to(&DoneLink(user, act).to_string()).into_response()),
        Err(problem) => again(&page(&by, &known, act, Some(problem.trouble()))),
    }
}

/// The user and the step, where the person may take it.
async fn step(bank: &Bank, by: &SignedIn, id: &str, act: &str) -> Result<(Known, Act), Stop> {
    let known = find(bank, by, id).await?;
    let act = Act::from_code(act).ok_or_else(Stop::not_found)?;
    if acts::may(by, act, &known) { Ok((known, act)) } else { Err(stop(by, Code::NotPermitted)) }
}

fn page(by: &SignedIn, known: &Known, act: Act, trouble: Option<Trouble>) -> ActPage {
    ActPage {
        frame: page_frame(by, trouble.as_ref()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        words: act.words(),
        action: ActLink(known.member.id, act),
        user: MemberLink(known.member.id),
        login_id: known.member.login_id.clone(),
        name: known.member.name.clone(),
        role: known.member.role.label(),
    }
}
