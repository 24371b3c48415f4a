//! 契約: what the bank has agreed with one customer, and what two people change of it.

pub(super) mod detail;
pub(super) mod proposal;

use axum::Router;
use axum::routing::{get, post};

use super::Console;
use super::links::{ContractLimitLink, ContractLink};

/// The pages of this folder.
pub fn routes() -> Router<Console> {
    Router::new()
        .route(ContractLink::ROUTE, get(detail::show))
        .route(ContractLimitLink::ROUTE, post(detail::propose_limit))
}
