//! The codes of the API's problems: each has a page, which is the `type` of every refusal with it.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Html;
use axum::routing::get;
use edge::{Failure, Frame};
use gateway::api::problem::{Code, Entry};

use crate::site;

#[derive(Template)]
#[template(path = "problems.html")]
struct CodesPage {
    frame: Frame,
    codes: &'static [Code],
}

#[derive(Template)]
#[template(path = "problem.html")]
struct CodePage {
    frame: Frame,
    code: Code,
    entry: Entry,
}

/// The list, and the page of each.
pub fn routes() -> Router {
    let list = || async { site::page(&CodesPage { frame: site::frame("/help"), codes: Code::ALL }) };
    Router::new().route("/help", get(list)).route("/help/{code}", get(show))
}

async fn show(Path(code): Path<String>) -> Result<Html<String>, Failure> {
    let code: Code = code.parse().map_err(|_| Failure::NotFound)?;
    site::page(&CodePage { frame: site::frame(&format!("/help/{code}")), code, entry: code.entry() })
}
