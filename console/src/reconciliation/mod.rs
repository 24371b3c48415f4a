//! 照合: what the comparisons of a date came to, and the breaks, each with what to do about it.

pub(super) mod breaks;
pub(super) mod detail;
pub(super) mod list;
pub(super) mod proposal;
pub(super) mod words;

use axum::Router;
use axum::routing::{get, post};

use super::Console;
use super::links::{BreakLink, ConsoleLink, ResolveLink};

/// The pages of this folder.
pub fn routes() -> Router<Console> {
    Router::new()
        .route(ConsoleLink::Reconciliation.path(), get(list::show))
        .route(ConsoleLink::Compare.path(), post(list::compare))
        .route(ConsoleLink::Breaks.path(), get(breaks::show))
        .route(BreakLink::ROUTE, get(detail::show))
        .route(ResolveLink::ROUTE, post(detail::propose))
}
