//! The search, and whom wrong numbers have stopped where nothing is searched for.

use askama::Template;
use axum::extract::{Query, State};
use edge::Frame;
use internet_banking::answer::{Answer, Stop, failed, shown};
use serde::Deserialize;

use super::stop_tag;
use super::store::{self, FoundUser};
use crate::Console;
use crate::frame::{self, Area};
use crate::links::{ConsoleLink, ContractLink, UserLink};
use crate::page::note;
use crate::sign_in::StaffSignedIn;
use crate::words::{Tag, stamp};

/// Users of one list at most.
const USERS_MAX: usize = 100;
/// Characters of a search at most.
const TEXT_CHARS_MAX: usize = 64;

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    text: String,
}

/// A user in the list.
pub(crate) struct UserRow {
    pub link: UserLink,
    pub login_id: String,
    pub name: String,
    pub role: &'static str,
    pub is_removed: bool,
    pub contract: String,
    pub contract_link: ContractLink,
    pub tag: Tag,
    /// When Pay-easy was last stopped.
    pub stopped_at: String,
}

#[derive(Template)]
#[template(path = "users/list.html")]
pub(crate) struct UsersPage {
    pub frame: Frame,
    pub text: String,
    pub rows: Vec<UserRow>,
    pub more: bool,
}

/// `GET /users`
pub async fn show(State(console): State<Console>, by: StaffSignedIn, Query(filter): Query<Filter>) -> Answer {
    let text: String = filter.text.trim().chars().take(TEXT_CHARS_MAX).collect();
    let limit = i64::try_from(USERS_MAX).unwrap_or(i64::MAX) + 1;
    let found = if text.is_empty() {
        store::stopped(&console.database, limit).await
    } else {
        note(&console, &by, "console.user_search", String::new(), &text).await?;
        store::search(&console.database, &text, limit).await
    };
    let mut found = found.map_err(failed)?;
    let more = found.len() > USERS_MAX;
    found.truncate(USERS_MAX);
    let mut rows = Vec::with_capacity(found.len());
    for user in found {
        rows.push(row(&console, user).await?);
    }
    shown(&UsersPage { frame: frame::page(&by, Area::Users), text, rows, more })
}

async fn row(console: &Console, user: FoundUser) -> Result<UserRow, Stop> {
    let standing = console.wrong_numbers.standing(user.id).await.map_err(failed)?;
    let today = console.clock.now().date();
    let stopped = standing.as_ref().and_then(|s| s.stopped(today, console.wrong_numbers.limits()));
    Ok(UserRow {
        link: UserLink(user.id),
        login_id: user.login_id,
        name: user.name,
        role: user.role.map(internet_banking::contracts::Role::label).unwrap_or_default(),
        is_removed: user.is_removed,
        contract: user.contract_name,
        contract_link: ContractLink(user.contract),
        tag: stop_tag(stopped),
        stopped_at: standing.and_then(|s| s.stopped_at).map(stamp).unwrap_or_default(),
    })
}
