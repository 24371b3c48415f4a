//! The start page: who comes here, and where each begins.

use askama::Template;
use axum::Router;
use axum::routing::get;
use edge::Frame;

use crate::{Config, site};

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    mocks_url: Option<String>,
    bank_url: String,
}

/// The page.
pub fn routes(config: &Config) -> Router {
    let (mocks_url, bank_url) = (config.mocks_url.clone(), config.bank_url.clone());
    let show = move || async move { site::page(&HomePage { frame: site::frame("/"), mocks_url, bank_url }) };
    Router::new().route("/", get(show))
}
