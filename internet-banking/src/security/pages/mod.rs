//! The pages under `/security`: extract, call one operation, render.

pub(super) mod email;
pub(super) mod first;
pub(super) mod overview;
pub(super) mod password;

use axum::Router;
use axum::routing::get;
use edge::Frame;

use crate::Bank;
use crate::frame::{self, Area};
use crate::links::Link;
use crate::payeasy::views::Trouble;
use crate::sign_in::SignedIn;

/// The pages of this folder.
pub fn routes() -> Router<Bank> {
    Router::new()
        .route(Link::Security.path(), get(overview::show))
        .route(Link::SecurityReminder.path(), get(overview::back).post(overview::remind))
        .route(Link::SecurityPassword.path(), get(password::show_login).post(password::submit_login))
        .route(
            Link::SecurityConfirmation.path(),
            get(password::show_confirmation).post(password::submit_confirmation),
        )
        .route(Link::SecurityEmail.path(), get(email::show).post(email::submit))
        .route(Link::SecurityFirst.path(), get(first::show).post(first::submit))
}

fn page_frame(by: &SignedIn, trouble: Option<&Trouble>) -> Frame {
    Frame { has_errors: trouble.is_some(), ..frame::page(by, Area::Security) }
}

/// The overview, telling what was done.
fn done(what: &str) -> String {
    format!("{}?done={what}", Link::Security)
}
