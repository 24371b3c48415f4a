//! 設定: the values that hold for everybody, each from a day on, set by two people.

pub(super) mod calendar;
pub(super) mod collectors;
pub(super) mod pages;
pub(super) mod proposal;
pub(super) mod typed;

use axum::Router;
use axum::routing::get;

use super::Console;
use super::links::{ConsoleLink, SettingLink};

/// The pages of this folder.
pub fn routes() -> Router<Console> {
    Router::new()
        .route(ConsoleLink::Settings.path(), get(pages::list))
        .route(ConsoleLink::Calendar.path(), get(calendar::show))
        .route(ConsoleLink::Collectors.path(), get(collectors::list))
        .route(SettingLink::ROUTE, get(pages::show).post(pages::propose))
        .route(SettingLink::OF_COLLECTOR, get(pages::show_of_collector).post(pages::propose_of_collector))
}
