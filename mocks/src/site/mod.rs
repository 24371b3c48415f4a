//! The pages of the mock collectors: what each one has, was told, and is to do wrong.

mod clock;
mod fault_form;
mod mailbox;
mod message;
mod pages;
mod tokens;
pub(crate) mod views;

use axum::Router;
use axum::routing::{get, post};
use domain::random;
use edge::site::FORM_BYTES_MAX;
use edge::{CookieKind, CsrfKey, Frame, Site, Words};

use crate::control;
use crate::mocks::Mocks;
use crate::sites;

/// Name in the bar of the pages.
const NAME: &str = "模擬収納機関";

/// The pages and the JSON controls of all mock collectors.
pub fn site_router(mocks: Mocks) -> Router {
    let pages = Router::new()
        .route("/", get(pages::index))
        .route("/tokens", get(tokens::show))
        .route("/clock", get(clock::show).post(clock::set))
        .route("/mailbox", get(mailbox::list))
        .route("/mailbox/{id}", get(mailbox::one))
        .route("/{number}", get(pages::collector))
        .route("/{number}/messages/{id}", get(message::show))
        .route("/{number}/bills", post(pages::create_bill))
        .route("/{number}/fault", post(fault_form::add))
        .route("/{number}/fault/{id}/remove", post(fault_form::remove))
        .route("/chaos/end", post(fault_form::end_chaos))
        .merge(crate::interbank::page_routes())
        .merge(sites::routes())
        .with_state(mocks.clone());
    let site = Site {
        frame: Frame { site: NAME, home: "/", ..Frame::default() },
        words: Words::of,
        stale_form: Words::STALE_FORM,
        cookie: CookieKind::http("mocks"),
        // forms need not outlive the process
        csrf: CsrfKey::new(&random::bytes()),
        body_bytes_max: FORM_BYTES_MAX,
        foreign_forms: &[],
        languages: None,
    };
    // the controls answer JSON also when they refuse, so they stay outside of the site's error pages
    edge::site(pages, site).merge(edge::security_headers(control::routes(mocks)))
}
