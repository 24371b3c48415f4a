//! 開局・閉局: the processing days of the collectors, their counters, and what holds a close up.

pub(super) mod detail;
pub(super) mod list;
pub(super) mod proposal;
pub(super) mod words;

use axum::Router;
use axum::routing::{get, post};

use super::Console;
use super::links::{ConsoleLink, DayCountersLink, DayLink, DayProposeLink};

/// The pages of this folder.
pub fn routes() -> Router<Console> {
    Router::new()
        .route(ConsoleLink::Days.path(), get(list::show))
        .route(DayLink::ROUTE, get(detail::show))
        .route(DayProposeLink::ROUTE, post(detail::propose))
        .route(DayCountersLink::ROUTE, post(detail::counters))
}
