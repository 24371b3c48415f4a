//! トークン: the tokens of one contract, what they cost, and what the papers about them ask of two people.

pub(super) mod pages;
pub(super) mod proposal;

use axum::Router;
use axum::routing::{get, post};

use super::Console;
use super::links::{ContractTokensLink, TokenProposeLink};

/// The pages of this folder.
pub fn routes() -> Router<Console> {
    Router::new()
        .route(ContractTokensLink::ROUTE, get(pages::show))
        .route(TokenProposeLink::ROUTE, post(pages::propose_paper))
}
