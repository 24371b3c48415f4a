//! The keys: what a key to the API is, and the public keys behind the signatures as they are now.

use askama::Template;
use axum::Router;
use axum::routing::get;
use edge::Frame;
use gateway::proof::PublicKey;

use crate::{Config, site};

#[derive(Template)]
#[template(path = "keys.html")]
struct KeysPage {
    frame: Frame,
    keys: Vec<PublicKey>,
}

/// The page.
pub fn routes(config: &Config) -> Router {
    let keys = config.keys.clone();
    let show =
        move || async move { site::page(&KeysPage { frame: site::frame("/keys"), keys: keys().keys }) };
    Router::new().route("/keys", get(show))
}
