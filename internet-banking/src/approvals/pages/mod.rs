//! The pages about approvals: extract, authorise, call one operation, render.

pub(super) mod detail;
pub(super) mod list;
pub(super) mod review;
pub(super) mod settings;
pub mod words;

use axum::Router;
use axum::routing::get;
use domain::ApprovalId;
use edge::Frame;
use http::StatusCode;

use super::links::ApprovalLink;
use super::problem::Problem;
use super::request::Request;
use super::store;
use crate::Bank;
use crate::answer::{Stop, failed};
use crate::frame::{self, Area};
use crate::help::Code;
use crate::links::Link;
use crate::sign_in::SignedIn;

/// The pages of this folder.
pub fn routes() -> Router<Bank> {
    Router::new()
        .route(Link::Approvals.path(), get(list::show).post(list::submit))
        .route(ApprovalLink::ROUTE, get(detail::show).post(detail::submit))
        .route(Link::AdminApprovals.path(), get(settings::show).post(settings::submit))
}

fn page_frame(by: &SignedIn, area: Area, has_errors: bool) -> Frame {
    Frame { has_errors, ..frame::page(by, area) }
}

/// A page of its own for what cannot be put right in a form.
fn because(by: &SignedIn, problem: &Problem) -> Stop {
    let code = problem.code();
    let status = match code {
        Code::NotPermitted => StatusCode::FORBIDDEN,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::CONFLICT,
    };
    Stop::told(frame::page(by, Area::Approvals), code, status)
}

/// A request that the person may see; another is not there (SEC-34).
async fn find(bank: &Bank, by: &SignedIn, id: &str) -> Result<Request, Stop> {
    let id: ApprovalId = id.parse().map_err(|_| Stop::not_found())?;
    let found = store::find(&bank.database, by.contract.id, id).await.map_err(failed)?;
    found.filter(|one| one.is_shown_to(by)).ok_or_else(Stop::not_found)
}
