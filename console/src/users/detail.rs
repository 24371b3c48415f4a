//! One user of a customer: what wrong numbers have stopped, and how two people lift it.

use askama::Template;
use axum::extract::{Path, State};
use domain::{Timestamp, UserId};
use edge::{CsrfForm, Errors, Frame};
use internet_banking::answer::{Answer, Stop, again, failed, shown};
use serde::Deserialize;

use super::proposal::LiftStop;
use super::standing::Line;
use super::{standing, stop_tag, store};
use crate::Console;
use crate::contracts::procedure::document;
use crate::frame::{self, Area};
use crate::links::{ConsoleLink, ContractLink, LiftStopLink, UserLink};
use crate::page::note;
use crate::problem::Trouble;
use crate::requests::pages::{self, RequestRow};
use crate::requests::{self, Proposal};
use crate::sign_in::StaffSignedIn;
use crate::staff::StaffRole;
use crate::words::{Names, Tag, stamp};

/// 起票.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Proposed {
    /// The stop that the page showed, in microseconds.
    stopped: i64,
    document: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "users/user.html")]
pub(crate) struct UserPage {
    pub frame: Frame,
    pub csrf: String,
    pub trouble: Option<Trouble>,
    pub errors: Errors,
    pub id: UserId,
    pub login_id: String,
    pub name: String,
    pub role: &'static str,
    pub contract: String,
    pub contract_link: ContractLink,
    pub tag: Tag,
    /// Everything that may stand in the way.
    pub lines: Vec<Line>,
    /// Wrong numbers in a row.
    pub wrong: i64,
    pub wrong_max: i64,
    /// Days on which it was stopped.
    pub stops: i64,
    pub stops_max: i64,
    pub stopped_at: String,
    /// The last stop, where there is one to lift.
    pub liftable: Option<i64>,
    pub may_propose: bool,
    pub requests: Vec<RequestRow>,
    pub document: String,
    pub reason: String,
}

/// `GET /users/{id}`
pub async fn show(State(console): State<Console>, by: StaffSignedIn, Path(id): Path<String>) -> Answer {
    let id = parse(&id)?;
    let page = page(&console, &by, id, None, Proposed::default()).await?;
    note(&console, &by, "console.user_view", id.to_string(), "").await?;
    shown(&page)
}

/// `POST /users/{id}/lift`
pub async fn propose(
    State(console): State<Console>,
    by: StaffSignedIn,
    Path(id): Path<String>,
    CsrfForm(form): CsrfForm<Proposed>,
) -> Answer {
    let id = parse(&id)?;
    let document = match document(&form.document) {
        Ok(document) => document,
        Err(message) => {
            let trouble = Trouble::input(Errors::one("document", message));
            return again(&page(&console, &by, id, Some(trouble), form).await?);
        }
    };
    let proposal = LiftStop { user: id, stopped_at: Timestamp::from_micros(form.stopped), document };
    let (back, reason) = ((Area::Users, UserLink(id).to_string()), form.reason.clone());
    requests::propose(&console, &by, Proposal::LiftStop(proposal), &reason, back, async |trouble| {
        page(&console, &by, id, Some(trouble), form).await
    })
    .await
}

fn parse(id: &str) -> Result<UserId, Stop> {
    id.parse().map_err(|_| Stop::not_found())
}

async fn page(
    console: &Console,
    by: &StaffSignedIn,
    id: UserId,
    trouble: Option<Trouble>,
    typed: Proposed,
) -> Result<UserPage, Stop> {
    let user = store::find(&console.database, id).await.map_err(failed)?.ok_or_else(Stop::not_found)?;
    let wrong = console.wrong_numbers.standing(id).await.map_err(failed)?;
    let now = console.clock.now();
    let limits = console.wrong_numbers.limits_on(now.date()).await.map_err(failed)?;
    let names = Names::of(&console.staff.everybody().await.map_err(failed)?);
    let stopped_at = wrong.as_ref().and_then(|s| s.stopped_at);
    let numbers = stop_tag(wrong.as_ref().and_then(|s| s.stopped(now.date(), &limits)));
    let lines = standing::lines(console, &user, numbers).await?;
    Ok(UserPage {
        frame: Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Users) },
        csrf: by.csrf.clone(),
        errors: trouble.as_ref().map(|t| t.errors.clone()).unwrap_or_default(),
        trouble,
        id,
        login_id: user.login_id,
        name: user.name,
        role: user.role.map(internet_banking::contracts::Role::label).unwrap_or_default(),
        contract: user.contract_name,
        contract_link: ContractLink(user.contract),
        tag: standing::worst(&lines),
        lines,
        wrong: wrong.as_ref().map_or(0, |s| s.wrong),
        wrong_max: limits.in_a_row_max,
        stops: wrong.as_ref().map_or(0, |s| s.stops),
        stops_max: limits.stops_max,
        stopped_at: stopped_at.map(stamp).unwrap_or_default(),
        liftable: stopped_at.map(Timestamp::micros),
        may_propose: by.staff.role == StaffRole::Maker,
        requests: pages::about(console, &names, LiftStop::subject_of(id)).await?,
        document: typed.document,
        reason: typed.reason,
    })
}
