//! The contract's users.

use askama::Template;
use axum::extract::{Query, State};
use edge::{CsrfForm, Frame};
use serde::Deserialize;

use super::{admit, drafts, due, link, page_frame, to};
use crate::Bank;
use crate::answer::{Answer, failed, shown};
use crate::contracts::Duty;
use crate::frame::year_day_and_time;
use crate::links::Link;
use crate::policy;
use crate::settings::USERS_MAX;
use crate::sign_in::SignedIn;
use crate::users::acts::Act;
use crate::users::draft::Draft;
use crate::users::links::{MemberLink, UserEntryLink, UserPage};
use crate::users::store::{Member, Members, UserState};

/// A user in the list.
pub struct MemberRow {
    /// The user's page.
    pub link: MemberLink,
    /// What the person types to sign in.
    pub login_id: String,
    /// The person's name.
    pub name: String,
    /// The person's role.
    pub role: &'static str,
    /// Whether the person can sign in.
    pub state: UserState,
    /// Whether wrong passwords have locked the sign-in.
    pub is_locked: bool,
    /// The last sign-in.
    pub last: String,
}

/// An entry that was left.
pub struct DraftRow {
    /// Where it goes on.
    pub link: UserEntryLink,
    /// Gives it up.
    pub forget: UserEntryLink,
    /// Whose.
    pub words: String,
}

/// The list.
#[derive(Template)]
#[template(path = "users/list.html")]
pub struct UsersPage {
    /// The frame.
    pub frame: Frame,
    /// The form's token.
    pub csrf: String,
    /// The users.
    pub rows: Vec<MemberRow>,
    /// Entries that were left.
    pub drafts: Vec<DraftRow>,
    /// Users that the contract may have.
    pub users_max: i64,
    /// Whether another one may be added.
    pub has_room: bool,
}

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: String,
}

/// A form whose button is all it says.
#[derive(Deserialize)]
pub struct Nothing {}

/// `GET /admin/users`
pub async fn show(State(bank): State<Bank>, by: SignedIn, Query(asked): Query<Asked>) -> Answer {
    admit(&by)?;
    let members = Members::of(&bank.database, by.contract.id).list().await.map_err(failed)?;
    let users_max = USERS_MAX.number(&bank.database, bank.clock.now().date()).await.map_err(failed)?;
    let has_room = i64::try_from(members.len()).is_ok_and(|count| count < users_max);
    let mut rows = Vec::with_capacity(members.len());
    for member in members {
        let is_locked = bank.sign_ins.throttle().is_locked(&member.login_id).await.map_err(failed)?;
        rows.push(row(member, is_locked));
    }
    let open = drafts(&bank, &by).list(bank.clock.now()).await.map_err(failed)?;
    let done = (asked.done == Act::Remove.code()).then(|| format!("{}。", Act::Remove.words().done));
    shown(&UsersPage {
        frame: Frame { notice: done, ..page_frame(&by, None) },
        csrf: by.csrf.clone(),
        rows,
        // of what was begun and left before anything was typed nothing is lost
        drafts: open.iter().filter(|draft| !draft.login_id.is_empty()).map(draft_row).collect(),
        users_max,
        has_room,
    })
}

/// `POST /admin/users/new`: begins an entry.
pub async fn begin(State(bank): State<Bank>, by: SignedIn, _: CsrfForm<Nothing>) -> Answer {
    admit(&by)?;
    let mut draft = Draft::new();
    if !policy::has(&by.user, Duty::Rights) {
        draft.rights = Some(crate::contracts::Rights::none());
    }
    drafts(&bank, &by).put(&draft, bank.clock.now()).await.map_err(failed)?;
    Ok(to(&draft, UserPage::Basics))
}

fn row(member: Member, is_locked: bool) -> MemberRow {
    MemberRow {
        link: MemberLink(member.id),
        login_id: member.login_id,
        name: member.name,
        role: member.role.label(),
        state: member.state,
        is_locked,
        last: member.last_sign_in.map(|last| year_day_and_time(last.at)).unwrap_or_default(),
    }
}

fn draft_row(draft: &Draft) -> DraftRow {
    let whose = match (draft.login_id.as_str(), draft.adds()) {
        ("", _) => "追加する利用者(入力前)".to_owned(),
        (login_id, true) => format!("{}({login_id})の追加", draft.name),
        (login_id, false) => format!("{}({login_id})の変更", draft.name),
    };
    DraftRow { link: link(draft, due(draft)), forget: link(draft, UserPage::Forget), words: whose }
}
