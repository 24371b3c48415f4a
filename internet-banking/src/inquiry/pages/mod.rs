//! The pages and files of this folder.

mod accounts;
mod file;
mod lines;
mod print;

use axum::Router;
use axum::routing::get;

use super::links::{FileLink, ListLink, ListPrintLink, NewsLink};
use crate::Bank;
use crate::links::Link;

/// The pages of this folder.
pub fn routes() -> Router<Bank> {
    Router::new()
        .route(Link::Accounts.path(), get(accounts::show))
        .route(ListLink::STATEMENT, get(lines::statement))
        .route(ListLink::INCOMING, get(lines::incoming))
        .route(NewsLink::STATEMENT, get(lines::statement_news))
        .route(NewsLink::INCOMING, get(lines::incoming_news))
        .route(ListPrintLink::STATEMENT, get(print::statement))
        .route(ListPrintLink::INCOMING, get(print::incoming))
        .route(FileLink::ROUTE, get(file::download))
}
