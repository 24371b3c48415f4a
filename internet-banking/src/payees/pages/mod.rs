//! The pages under `/payees`: extract, authorise, call one operation, render.

pub(super) mod detail;
pub(super) mod entry;
pub(super) mod file;
pub(super) mod list;

use axum::routing::get;
use axum::{Extension, Router};
use domain::PayeeId;
use edge::Frame;
use http::StatusCode;

use super::links::Routes;
use super::list::List;
use super::problem::Problem;
use super::{Payee, Payees, operation};
use crate::Bank;
use crate::answer::{Stop, failed};
use crate::frame;
use crate::help::Code;
use crate::payeasy::views::{Stake, Trouble};
use crate::sign_in::SignedIn;

/// The pages of this folder: the same for either list, which each page is told of.
pub fn routes() -> Router<Bank> {
    List::ALL.iter().fold(Router::new(), |router, list| router.merge(routes_of(*list)))
}

fn routes_of(list: List) -> Router<Bank> {
    let routes = Routes::of(list);
    Router::new()
        .route(routes.all, get(list::show))
        .route(routes.new, get(entry::show).post(entry::submit))
        .route(routes.csv, get(file::download))
        .route(routes.import, get(file::show).post(file::upload))
        .route(routes.plan, get(file::plan).post(file::confirm))
        .route(routes.payee, get(detail::show).post(detail::submit))
        .route(routes.delete, get(detail::ask).post(detail::delete))
        .layer(Extension(list))
}

fn page_frame(by: &SignedIn, list: List, trouble: Option<&Trouble>) -> Frame {
    Frame { has_errors: trouble.is_some(), ..frame::page(by, list.area()) }
}

/// A page of its own for what cannot be put right in a form.
fn because(by: &SignedIn, list: List, problem: &Problem) -> Stop {
    let status = match problem.code() {
        Code::NotPermitted => StatusCode::FORBIDDEN,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::CONFLICT,
    };
    Stop::told_of(Stake::Registration, frame::page(by, list.area()), problem.code(), status)
}

/// Whoever may do nothing with the payees of a list gets no page about them.
fn admit(by: &SignedIn, list: List) -> Result<(), Stop> {
    operation::permit(by, list).map_err(|problem| because(by, list, &problem))
}

/// A payee of the list of the own contract; another's is not there (SEC-34).
async fn find(bank: &Bank, by: &SignedIn, list: List, id: &str) -> Result<Payee, Stop> {
    admit(by, list)?;
    let id: PayeeId = id.parse().map_err(|_| Stop::not_found())?;
    let found = Payees::of(&bank.database, by.contract.id, list).find(id).await.map_err(failed)?;
    found.ok_or_else(Stop::not_found)
}
