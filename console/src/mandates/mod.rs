//! 預金口座振替依頼書: whose account a contract may debit, as papers say and two people register.

pub mod pages;
pub mod proposal;

use axum::Router;
use axum::routing::{get, post};

use super::Console;
use super::links::{ContractMandatesLink, MandateProposeLink};

/// The pages of this folder.
pub fn routes() -> Router<Console> {
    Router::new()
        .route(ContractMandatesLink::ROUTE, get(pages::show))
        .route(MandateProposeLink::ROUTE, post(pages::propose_paper))
}
