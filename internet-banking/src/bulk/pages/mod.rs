//! The pages under `/bulk`: extract, authorise, call one operation, render.

pub(super) mod overview;

use axum::Router;
use axum::routing::get;
use edge::Frame;
use http::StatusCode;

use super::problem::Problem;
use crate::Bank;
use crate::answer::Stop;
use crate::frame::{self, Area};
use crate::help::Code;
use crate::links::Link;
use crate::sign_in::SignedIn;

/// The pages of this folder.
pub fn routes() -> Router<Bank> {
    Router::new().route(Link::Bulk.path(), get(overview::show))
}

fn page_frame(by: &SignedIn, has_errors: bool) -> Frame {
    Frame { has_errors, ..frame::page(by, Area::Bulk) }
}

/// A page of its own for what cannot be put right in a form.
fn because(by: &SignedIn, problem: &Problem) -> Stop {
    let status = match problem.code() {
        Code::NotPermitted => StatusCode::FORBIDDEN,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::CONFLICT,
    };
    Stop::told(page_frame(by, true), problem.code(), status)
}
