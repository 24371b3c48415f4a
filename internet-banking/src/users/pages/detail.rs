//! One user: what is registered, and what can be done.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, Query, State};
use edge::{CsrfForm, Frame};
use serde::Deserialize;

use super::list::Nothing;
use super::{because, drafts, find, page_frame, to};
use crate::Bank;
use crate::answer::{Answer, Stop, failed, shown};
use crate::contracts::{Business, DepositAccount, Duty, Rights, Role};
use crate::frame::year_day_and_time;
use crate::history::note;
use crate::limits::LimitOf;
use crate::limits::links::LimitLink;
use crate::links::{Link, UserLimitLink};
use crate::policy;
use crate::sign_in::SignedIn;
use crate::users::acts::{self, Act};
use crate::users::draft::Draft;
use crate::users::links::{ActLink, ChangeLink, UserPage};
use crate::users::operation::{self, Known};
use crate::users::store::{Member, UserState};

/// What a business may be done with.
pub struct RightLine {
    /// The business.
    pub business: &'static str,
    /// The accounts.
    pub accounts: Vec<String>,
    /// The steps at which the user approves it.
    pub steps: Vec<&'static str>,
}

/// A user as the pages show one.
pub struct Shown {
    /// What the person types to sign in.
    pub login_id: String,
    /// The person's name.
    pub name: String,
    /// The person's role.
    pub role: &'static str,
    /// Where mails go.
    pub email: String,
    /// Whether the person can sign in.
    pub state: UserState,
    /// What the person may do.
    pub rights: Vec<RightLine>,
    /// What an administrator was given.
    pub duties: Vec<&'static str>,
}

/// A step that can be taken.
pub struct ActLine {
    /// The words of the link.
    pub title: &'static str,
    /// Where it leads.
    pub link: ActLink,
}

/// The page of a user.
#[derive(Template)]
#[template(path = "users/user.html")]
pub struct MemberPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// The user.
    pub user: Shown,
    /// Whether wrong passwords have locked the sign-in.
    pub is_locked: bool,
    /// When each password was last chosen.
    pub passwords: [String; 2],
    /// The last sign-in.
    pub last: String,
    /// The token in use.
    pub token: String,
    /// Begins a change, for those who may.
    pub change: Option<ChangeLink>,
    /// The words of that button.
    pub change_words: &'static str,
    /// The steps.
    pub acts: Vec<ActLine>,
    /// Sets the limits of a day, of transfers and of payments, for those who may.
    pub limits: Option<(LimitLink, UserLimitLink)>,
}

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
}

/// What was done, in the words of the page's notice.
const CHANGED: &str = "change";

/// `GET /admin/users/{user}`
pub async fn show(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    let known = find(&bank, &by, &id).await?;
    note(&bank, &by, "user.view", known.member.id.to_string(), String::new()).await?;
    let notice = match Act::from_code(&asked.done) {
        Some(act) => Some(format!("{}。", act.words().done)),
        None if asked.done == CHANGED => Some("利用者の登録内容を変更しました。".to_owned()),
        None => None,
    };
    let accounts = bank.contracts.accounts(by.contract.id).await.map_err(failed)?;
    let Member { state, .. } = known.member;
    let is_there = state != UserState::Removed;
    let is_locked =
        is_there && bank.sign_ins.throttle().is_locked(&known.member.login_id).await.map_err(failed)?;
    let acts = Act::ALL.iter().copied().filter(|act| act.fits(state) && acts::may(&by, *act, &known));
    let acts = acts.map(|act| ActLine { title: act.words().title, link: ActLink(known.member.id, act) });
    let at = |at: Option<domain::Timestamp>| at.map_or_else(|| "記録なし".to_owned(), year_day_and_time);
    shown(&MemberPage {
        frame: Frame { notice, ..page_frame(&by, None) },
        csrf: by.csrf.clone(),
        user: shown_user(&by, &known, &accounts),
        is_locked,
        passwords: [at(known.member.password_changed_at), at(known.member.confirmation_changed_at)],
        last: known.member.last_sign_in.map(|last| year_day_and_time(last.at)).unwrap_or_default(),
        token: known.member.token_serial.clone().unwrap_or_default(),
        change: may_change(&by, &known).then_some(ChangeLink(known.member.id)),
        change_words: if known.member.role == Role::Master {
            "権限を変更する"
        } else {
            "変更する"
        },
        acts: acts.collect(),
        limits: (is_there && policy::has(&by.user, Duty::Limits))
            .then_some((LimitLink(LimitOf::User(known.member.id)), UserLimitLink(known.member.id))),
    })
}

/// `POST /admin/users/{user}/change`: begins an entry with what is registered.
pub async fn change(
    State(bank): State<Bank>,
    by: SignedIn,
    Path(id): Path<String>,
    _: CsrfForm<Nothing>,
) -> Answer {
    let known = find(&bank, &by, &id).await?;
    let draft = Draft {
        subject: known.member.id,
        seen: Some(known.seen()),
        login_id: known.member.login_id.clone(),
        name: known.member.name.clone(),
        email: known.member.email.clone().unwrap_or_default(),
        role: known.member.role,
        rights: Some(known.rights.clone()),
        duties: known.duties.clone(),
        ..Draft::new()
    };
    if known.member.state == UserState::Removed {
        return Err(Stop::not_found());
    }
    operation::permit(&by, &draft, Some(&known)).map_err(|problem| because(&by, &problem))?;
    drafts(&bank, &by).put(&draft, bank.clock.now()).await.map_err(failed)?;
    let first = if known.member.role == Role::Master { UserPage::Rights } else { UserPage::Basics };
    Ok(to(&draft, first))
}

/// The address of the user's page, telling of the change.
pub(super) fn changed(user: domain::UserId) -> String {
    format!("{}?done={CHANGED}", crate::users::links::MemberLink(user))
}

fn may_change(by: &SignedIn, known: &Known) -> bool {
    let (user, of) = (&by.user, known.user(&by.contract));
    known.member.state != UserState::Removed
        && match of.role {
            Role::Master => of.id == user.id,
            Role::Admin => policy::has(user, Duty::Administrators),
            Role::General => policy::has(user, Duty::Users),
        }
}

fn shown_user(by: &SignedIn, known: &Known, accounts: &[DepositAccount]) -> Shown {
    let Member { login_id, name, role, email, state, .. } = &known.member;
    Shown {
        login_id: login_id.clone(),
        name: name.clone(),
        role: role.label(),
        email: email.clone().unwrap_or_default(),
        state: *state,
        rights: right_lines(by, &known.rights, accounts),
        duties: duty_words(&known.duties),
    }
}

/// The rights, by business of the plan.
pub(super) fn right_lines(by: &SignedIn, rights: &Rights, accounts: &[DepositAccount]) -> Vec<RightLine> {
    let of = |business: Business| RightLine {
        business: business.label(),
        accounts: accounts
            .iter()
            .filter(|account| rights.may_use(business, account.account))
            .map(ToString::to_string)
            .collect(),
        steps: rights.steps(business).iter().map(|step| step.label()).collect(),
    };
    policy::served(by.contract.plan).map(of).collect()
}

/// The duties that were given, in their words.
pub(super) fn duty_words(duties: &BTreeSet<Duty>) -> Vec<&'static str> {
    duties.iter().map(|duty| duty.label()).collect()
}
