//! 基本情報: login ID, name, address, role; and whether somebody who was removed comes back.

use askama::Template;
use axum::extract::{Path, State};
use domain::UserId;
use edge::{CsrfForm, Errors, Frame};
use serde::Deserialize;

use super::{drafts, link, open, page_frame, to};
use crate::Bank;
use crate::answer::{Answer, Stop, again, failed, shown};
use crate::contracts::{Duty, Role};
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::policy;
use crate::sign_in::SignedIn;
use crate::users::draft::Draft;
use crate::users::links::{UserEntryLink, UserPage};
use crate::users::operation;
use crate::users::problem::Problem;
use crate::users::rules;
use crate::users::store::Members;

/// What the form holds.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// ログインID.
    pub login_id: String,
    /// 利用者名.
    pub name: String,
    /// メールアドレス.
    pub email: String,
    /// 区分.
    pub role: String,
    /// Whether a removed user of the login ID is meant: `same`, `other`, or nothing yet.
    pub person: String,
}

/// The page.
#[derive(Template)]
#[template(path = "users/basics.html")]
pub struct BasicsPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// The same, for the controls.
    pub errors: Errors,
    /// Where the form goes.
    pub action: UserEntryLink,
    /// What was typed.
    pub typed: Typed,
    /// Whether the login ID can be chosen: it stays once somebody has it.
    pub is_new: bool,
    /// The roles that the person may give.
    pub roles: Vec<Role>,
    /// Somebody who had the login ID before.
    pub removed: Option<String>,
}

/// `GET /admin/users/entry/{draft}/basics`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Path(id): Path<String>) -> Answer {
    let draft = open(&bank, &by, &id).await?;
    if draft.role == Role::Master {
        return Ok(to(&draft, UserPage::Rights));
    }
    let person = if draft.returning { "same" } else { "" };
    let typed = Typed {
        login_id: draft.login_id.clone(),
        name: draft.name.clone(),
        email: draft.email.clone(),
        role: draft.role.code().to_owned(),
        person: person.to_owned(),
    };
    let removed = match draft.returning {
        true => removed(&bank, &by, &draft.login_id).await?.map(|one| one.1),
        false => None,
    };
    shown(&page(&by, &draft, typed, removed, None))
}

/// `POST /admin/users/entry/{draft}/basics`
pub async fn submit(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    CsrfForm(typed): CsrfForm<Typed>,
) -> Answer {
    let mut draft = open(&bank, &by, &id).await?;
    if draft.role == Role::Master {
        return Ok(to(&draft, UserPage::Rights));
    }
    let is_new = draft.adds();
    let read = match read(&by, &draft, &typed) {
        Ok(read) => read,
        Err(errors) => {
            let trouble = Problem::Input(errors).trouble();
            return again(&page(&by, &draft, typed, None, Some(trouble)));
        }
    };
    (draft.login_id, draft.name, draft.email, draft.role) = read;
    if draft.role != Role::Admin {
        draft.duties.clear();
    }
    if is_new {
        let taken = Members::of(&bank.database, by.contract.id).is_taken(&draft.login_id).await;
        if taken.map_err(failed)? {
            let trouble = Problem::LoginIdTaken.trouble();
            return again(&page(&by, &draft, typed, None, Some(trouble)));
        }
        match (removed(&bank, &by, &draft.login_id).await?, typed.person.as_str()) {
            (Some((user, _)), "same") => {
                let seen = seen_of(&bank, &by, user).await?;
                (draft.subject, draft.seen, draft.returning) = (user, Some(seen), true);
            }
            (Some((_, words)), person) if person != "other" => {
                let errors = Errors::one("person", "以前の利用者と同じ方かどうかを選んでください。");
                let trouble = Problem::Input(errors).trouble();
                return again(&page(&by, &draft, typed, Some(words), Some(trouble)));
            }
            (None | Some(_), _) if draft.returning => {
                (draft.subject, draft.seen, draft.returning) = (UserId::generate(), None, false);
            }
            (None | Some(_), _) => {}
        }
    }
    drafts(&bank, &by).put(&draft, bank.clock.now()).await.map_err(failed)?;
    let may_give = policy::has(&by.user, Duty::Rights) || draft.role == Role::Admin;
    Ok(to(&draft, if may_give { UserPage::Rights } else { UserPage::Review }))
}

/// The roles that the person may give.
fn roles(by: &SignedIn) -> Vec<Role> {
    match policy::has(&by.user, Duty::Administrators) {
        true => vec![Role::General, Role::Admin],
        false => vec![Role::General],
    }
}

fn read(by: &SignedIn, draft: &Draft, typed: &Typed) -> Result<(String, String, String, Role), Errors> {
    let mut errors = Errors::none();
    let login_id = if draft.adds() { rules::login_id(&typed.login_id) } else { Ok(draft.login_id.clone()) };
    let (name, email) = (rules::name(&typed.name), rules::email(&typed.email));
    let role = Role::from_code(&typed.role).filter(|role| roles(by).contains(role));
    for (field, message) in [
        ("login_id", login_id.as_ref().err()),
        ("name", name.as_ref().err()),
        ("email", email.as_ref().err()),
    ] {
        if let Some(message) = message {
            errors.add(field, *message);
        }
    }
    if role.is_none() {
        errors.add("role", "区分を選んでください。");
    }
    match (login_id, name, email, role) {
        (Ok(login_id), Ok(name), Ok(email), Some(role)) => Ok((login_id, name, email, role)),
        _ => Err(errors),
    }
}

/// Who had the login ID before, and who that is in words.
async fn removed(bank: &Bank, by: &SignedIn, login_id: &str) -> Result<Option<(UserId, String)>, Stop> {
    let found = Members::of(&bank.database, by.contract.id).removed(login_id).await.map_err(failed)?;
    Ok(found.map(|one| (one.id, one.name)))
}

async fn seen_of(bank: &Bank, by: &SignedIn, user: UserId) -> Result<String, Stop> {
    let known = operation::known(bank, &by.contract, user).await;
    let known = known.map_err(|problem| super::because(by, &problem))?.ok_or_else(Stop::not_found)?;
    Ok(known.seen())
}

fn page(
    by: &SignedIn,
    draft: &Draft,
    typed: Typed,
    removed: Option<String>,
    trouble: Option<Trouble>,
) -> BasicsPage {
    BasicsPage {
        frame: page_frame(by, trouble.as_ref()),
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        action: link(draft, UserPage::Basics),
        typed,
        is_new: draft.adds(),
        roles: roles(by),
        removed,
    }
}
