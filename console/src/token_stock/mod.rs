//! トークンの在庫: what makers have delivered, and 起票 of taking it into stock.

pub(super) mod pages;
pub(super) mod proposal;

use axum::Router;
use axum::routing::get;

use super::Console;
use super::links::ConsoleLink;

/// The page of this folder.
pub fn routes() -> Router<Console> {
    Router::new().route(ConsoleLink::TokenStock.path(), get(pages::show).post(pages::propose))
}
