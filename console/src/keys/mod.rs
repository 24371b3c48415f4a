//! 鍵と認証局: every key that the bank uses, and 起票 of the next one, of its use and of the old one's end.

pub(super) mod pages;
pub(super) mod proposal;

use axum::Router;
use axum::routing::get;

use super::Console;
use super::links::ConsoleLink;

/// The page of this folder.
pub fn routes() -> Router<Console> {
    Router::new().route(ConsoleLink::Keys.path(), get(pages::show).post(pages::propose))
}
