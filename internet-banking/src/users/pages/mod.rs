//! The pages under `/admin`: extract, authorise, call one operation, render.

pub(super) mod act;
pub(super) mod admin;
pub(super) mod basics;
pub(super) mod detail;
pub(super) mod list;
pub(super) mod review;
pub(super) mod rights;

use axum::Router;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use domain::UserId;
use edge::Frame;
use http::StatusCode;

use super::draft::{Draft, Drafts};
use super::links::{ActLink, ChangeLink, MemberLink, UserEntryLink, UserPage};
use super::operation::{self, Known};
use super::problem::Problem;
use crate::Bank;
use crate::answer::{Stop, failed};
use crate::contracts::Duty;
use crate::frame::{self, Area};
use crate::help::Code;
use crate::links::Link;
use crate::payeasy::views::{Stake, Trouble};
use crate::policy;
use crate::sign_in::SignedIn;

/// The pages of this folder.
pub fn routes() -> Router<Bank> {
    Router::new()
        .route(Link::Admin.path(), get(admin::show))
        .route(Link::AdminUsers.path(), get(list::show))
        .route(Link::AdminUsersNew.path(), post(list::begin))
        .route(MemberLink::ROUTE, get(detail::show))
        .route(ChangeLink::ROUTE, post(detail::change))
        .route(ActLink::ROUTE, get(act::show).post(act::submit))
        .route(UserPage::Basics.route(), get(basics::show).post(basics::submit))
        .route(UserPage::Rights.route(), get(rights::show).post(rights::submit))
        .route(UserPage::Review.route(), get(review::show).post(review::submit))
        .route(UserPage::Forget.route(), post(review::forget))
}

fn page_frame(by: &SignedIn, trouble: Option<&Trouble>) -> Frame {
    Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Admin) }
}

/// A page of its own for what cannot be put right in a form.
fn stop(by: &SignedIn, code: Code) -> Stop {
    let status = match code {
        Code::NotPermitted => StatusCode::FORBIDDEN,
        Code::UserDraftGone => StatusCode::GONE,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::CONFLICT,
    };
    Stop::told_of(Stake::Registration, frame::page(by, Area::Admin), code, status)
}

fn because(by: &SignedIn, problem: &Problem) -> Stop {
    stop(by, problem.code())
}

/// Whoever does not look after users gets no page about them (R4: an address typed in is no way around).
fn admit(by: &SignedIn) -> Result<(), Stop> {
    policy::require_duty(by, Duty::Users).map_err(|_| stop(by, Code::NotPermitted))
}

/// A user of the own contract; another's is not there (SEC-34).
async fn find(bank: &Bank, by: &SignedIn, id: &str) -> Result<Known, Stop> {
    admit(by)?;
    let id: UserId = id.parse().map_err(|_| Stop::not_found())?;
    let known = operation::known(bank, &by.contract, id).await.map_err(|problem| because(by, &problem))?;
    known.ok_or_else(Stop::not_found)
}

/// The person's draft.
async fn open(bank: &Bank, by: &SignedIn, id: &str) -> Result<Draft, Stop> {
    admit(by)?;
    let found = drafts(bank, by).find(id, bank.clock.now()).await.map_err(failed)?;
    found.ok_or_else(|| stop(by, Code::UserDraftGone))
}

fn drafts<'a>(bank: &'a Bank, by: &SignedIn) -> Drafts<'a> {
    Drafts::of(&bank.database, by.contract.id, by.user.id)
}

/// Where an entry goes on: at the first page that is not filled in (SEC-19).
fn due(draft: &Draft) -> UserPage {
    if draft.login_id.is_empty() {
        UserPage::Basics
    } else if draft.rights.is_none() {
        UserPage::Rights
    } else {
        UserPage::Review
    }
}

fn link(draft: &Draft, page: UserPage) -> UserEntryLink {
    UserEntryLink { draft: draft.id.clone(), page }
}

fn to(draft: &Draft, page: UserPage) -> Response {
    Redirect::to(&link(draft, page).to_string()).into_response()
}
