//! 緊急停止 by the bank (SEC-43): one person stops, at once; two lift it.

pub(super) mod pages;
pub(super) mod proposal;
mod store;

use axum::Router;
use axum::routing::{get, post};

use super::Console;
use super::links::{ConsoleLink, LiftEmergencyLink, StopContractLink};

/// The pages of this folder.
pub fn routes() -> Router<Console> {
    Router::new()
        .route(ConsoleLink::Stops.path(), get(pages::show).post(pages::stop))
        .route(StopContractLink::ROUTE, post(pages::stop_contract))
        .route(LiftEmergencyLink::ROUTE, post(pages::lift))
}
