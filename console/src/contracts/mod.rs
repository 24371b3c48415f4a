//! 契約: what the bank has agreed with one customer, and what papers change of it (R5 to R8).

mod account;
pub(super) mod act;
pub(super) mod application;
mod apply;
mod audit;
pub(super) mod detail;
pub(super) mod list;
pub(super) mod notice;
pub(super) mod others;
pub(super) mod procedure;
pub(super) mod procedures;
mod reservation;
mod rows;
mod seen;
pub(super) mod store;

use axum::Router;
use axum::routing::{get, post};

use super::Console;
pub use audit::audit_limits;

use super::links::{ConsoleLink, ContractLink, EndOtherLink, PrintNoticeLink, ProcedureLink};

/// The pages of this folder.
pub fn routes() -> Router<Console> {
    Router::new()
        .route(ConsoleLink::Contracts.path(), get(list::show))
        .route(ConsoleLink::NewContract.path(), get(application::show).post(application::propose))
        .route(ConsoleLink::OtherFb.path(), get(others::show).post(others::add))
        .route(EndOtherLink::ROUTE, post(others::end))
        .route(ContractLink::ROUTE, get(detail::show))
        .route(ProcedureLink::ROUTE, get(procedures::show).post(procedures::propose))
        .route(PrintNoticeLink::ROUTE, post(notice::print))
}
