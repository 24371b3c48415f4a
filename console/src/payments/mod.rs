//! 払込: the search, and one payment with everything that happened to it, whoever's it is.

pub(super) mod detail;
pub(super) mod search;
pub(super) mod views;
pub(super) mod words;

use axum::Router;
use axum::routing::{get, post};

use super::Console;
use super::links::{CancelLink, ConsoleLink, ProposeLink, ResendLink, StaffPaymentLink};

/// The pages of this folder.
pub fn routes() -> Router<Console> {
    Router::new()
        .route(ConsoleLink::Payments.path(), get(search::show))
        .route(StaffPaymentLink::ROUTE, get(detail::show))
        .route(ResendLink::ROUTE, post(detail::resend))
        .route(ProposeLink::ROUTE, post(detail::propose))
        .route(CancelLink::ROUTE, post(detail::cancel))
}
