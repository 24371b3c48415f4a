//! The collectors' own web sites: where bills come from in life. Each is data (`site.toml`); what the pages do is
//! the same for all: a form, an act that issues bills, the bill's page, the choice of a bank.

mod banks;
pub mod data;
mod default;
pub mod fields;
pub mod issue;
mod pages;
mod rules;
mod views;

use axum::Router;
use axum::routing::get;

use crate::institutions::Institution;
use crate::mocks::Mocks;

pub use data::Site;

/// The site of an institution: its own where it has one, else one of its charges.
pub fn site(text: Option<&str>, row: &Institution) -> Result<Site, String> {
    text.map_or_else(|| Ok(default::site(row)), |text| data::read(text, row))
}

/// The sites' routes.
pub fn routes() -> Router<Mocks> {
    Router::new()
        .route("/sites/{number}", get(pages::home))
        .route("/sites/{number}/look.css", get(pages::look))
        .route("/sites/{number}/lookup", get(pages::ask).post(pages::look_up))
        .route("/sites/{number}/bills/{page}", get(pages::bill))
        .route("/sites/{number}/bills/{page}/banks", get(pages::banks))
        .route("/sites/{number}/bills/{page}/banks/{bank}", get(pages::hand_off))
        .route("/sites/{number}/{service}", get(pages::form).post(pages::act))
}
