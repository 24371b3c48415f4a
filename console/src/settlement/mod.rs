//! 資金決済: the windows, what each pays to whom and when, and what is left on the accounts on the way.

pub(super) mod accounts;
pub(super) mod detail;
pub(super) mod list;
pub(super) mod proposal;
pub(super) mod words;

use axum::Router;
use axum::routing::{get, post};

use super::Console;
use super::links::{CloseWindowLink, ConsoleLink, PayNetLink, SettlementLink};

/// The pages of this folder.
pub fn routes() -> Router<Console> {
    Router::new()
        .route(ConsoleLink::Settlement.path(), get(list::show))
        .route(ConsoleLink::ClearingAccounts.path(), get(accounts::show))
        .route(SettlementLink::ROUTE, get(detail::show))
        .route(CloseWindowLink::ROUTE, post(detail::close))
        .route(PayNetLink::ROUTE, post(detail::pay))
}
