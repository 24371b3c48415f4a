//! 利用者: the customers' users, found by login ID or contract, and the lifting of what wrong numbers stopped.

pub(super) mod detail;
pub(super) mod list;
pub(super) mod proposal;
pub(super) mod standing;
pub(super) mod store;

use axum::Router;
use axum::routing::{get, post};
use internet_banking::payeasy::wrong_numbers::Stopped;

use super::Console;
use super::links::{ConsoleLink, LiftStopLink, UserLink};
use super::words::Tag;

/// The pages of this folder.
pub fn routes() -> Router<Console> {
    Router::new()
        .route(ConsoleLink::Users.path(), get(list::show))
        .route(UserLink::ROUTE, get(detail::show))
        .route(LiftStopLink::ROUTE, post(detail::propose))
}

/// Whether Pay-easy is stopped for a user.
pub(super) const fn stop_tag(stopped: Option<Stopped>) -> Tag {
    match stopped {
        None => Tag::ok("利用できます"),
        Some(Stopped::Until(_)) => Tag::bad("本日停止"),
        Some(Stopped::UntilLifted) => Tag::bad("停止(解除が必要)"),
    }
}
