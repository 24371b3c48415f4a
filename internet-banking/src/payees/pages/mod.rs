//! The pages under `/payees`: extract, authorise, call one operation, render.

pub(super) mod detail;
pub(super) mod entry;
pub(super) mod file;
pub(super) mod list;

use axum::Router;
use axum::routing::get;
use domain::PayeeId;
use edge::Frame;
use http::StatusCode;

use super::links::{ImportLink, PayeeDeleteLink, PayeeLink};
use super::problem::Problem;
use super::{Payee, Payees, operation};
use crate::Bank;
use crate::answer::{Stop, failed};
use crate::frame::{self, Area};
use crate::help::Code;
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::sign_in::SignedIn;

/// The pages of this folder.
pub fn routes() -> Router<Bank> {
    Router::new()
        .route(Link::Payees.path(), get(list::show))
        .route(Link::PayeesNew.path(), get(entry::show).post(entry::submit))
        .route(Link::PayeesCsv.path(), get(file::download))
        .route(Link::PayeesImport.path(), get(file::show).post(file::upload))
        .route(ImportLink::ROUTE, get(file::plan).post(file::confirm))
        .route(PayeeLink::ROUTE, get(detail::show).post(detail::submit))
        .route(PayeeDeleteLink::ROUTE, get(detail::ask).post(detail::delete))
}

fn page_frame(by: &SignedIn, trouble: Option<&Trouble>) -> Frame {
    Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Transfers) }
}

/// A page of its own for what cannot be put right in a form.
fn because(by: &SignedIn, problem: &Problem) -> Stop {
    let status = match problem.code() {
        Code::NotPermitted => StatusCode::FORBIDDEN,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::CONFLICT,
    };
    Stop::told(frame::page(by, Area::Transfers), problem.code(), status)
}

/// Whoever may not transfer gets no page about payees.
fn admit(by: &SignedIn) -> Result<(), Stop> {
    operation::permit(by).map_err(|problem| because(by, &problem))
}

/// A payee of the own contract; another's is not there (SEC-34).
async fn find(bank: &Bank, by: &SignedIn, id: &str) -> Result<Payee, Stop> {
    admit(by)?;
    let id: PayeeId = id.parse().map_err(|_| Stop::not_found())?;
    let found = Payees::of(&bank.database, by.contract.id).find(id).await.map_err(failed)?;
    found.ok_or_else(Stop::not_found)
}
