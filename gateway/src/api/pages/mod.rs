//! The developers' pages, in English and without anything from elsewhere: the calls at `/`, the codes under `/help`.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse as _};
use axum::routing::get;
use edge::Frame;
use serde_json::Value;

use super::problem::{Code, Entry, Problem};
use super::{Answer, Api};

/// Where the document is.
const DOCUMENT_PATH: &str = "/v1/openapi.json";

/// A call as the page lists it.
struct Call {
    method: String,
    path: String,
    summary: String,
    needs_key: bool,
}

#[derive(Template)]
#[template(path = "api/pages/calls.html")]
struct CallsPage {
    frame: Frame,
    calls: Vec<Call>,
    document: &'static str,
}

#[derive(Template)]
#[template(path = "api/pages/codes.html")]
struct CodesPage {
    frame: Frame,
    codes: &'static [Code],
}

#[derive(Template)]
#[template(path = "api/pages/code.html")]
struct CodePage {
    frame: Frame,
    code: Code,
    entry: Entry,
}

/// The pages and the document that they are made of.
pub fn routes(document: &utoipa::openapi::OpenApi) -> Router<Api> {
    let text = super::document_json();
    let index = page(&CallsPage { frame: frame(), calls: calls(document), document: DOCUMENT_PATH });
    let json = move || async move { ([(header::CONTENT_TYPE, "application/json")], text) };
    Router::new()
        .route("/", get(move || async move { index }))
        .route("/help", get(|| async { page(&CodesPage { frame: frame(), codes: Code::ALL }) }))
        .route("/help/{code}", get(help))
        .route(DOCUMENT_PATH, get(json))
        .merge(edge::assets::routes())
}

async fn help(code: Result<Path<String>, axum::extract::rejection::PathRejection>) -> Answer {
    let unknown = || Problem::from(Code::NotFound);
    let Path(code) = code.map_err(|_| unknown())?;
    let code: Code = code.parse().map_err(|_| unknown())?;
    Ok(page(&CodePage { frame: frame(), code, entry: code.entry() }).into_response())
}

fn frame() -> Frame {
    Frame { site: "mpn hub API", home: "/", lang: "en", ..Frame::default() }
}

/// Every page is made of plain data; one that fails is a fault of ours, and says no more.
fn page(template: &impl Template) -> (StatusCode, Html<String>) {
    match template.render() {
        Ok(html) => (StatusCode::OK, Html(html)),
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            (StatusCode::INTERNAL_SERVER_ERROR, Html(String::new()))
        }
    }
}

fn calls(document: &utoipa::openapi::OpenApi) -> Vec<Call> {
    let document = serde_json::to_value(document).unwrap_or_default();
    let empty = serde_json::Map::new();
    let paths = document["paths"].as_object().unwrap_or(&empty);
    let mut calls = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap_or(&empty) {
            let text = |field: &str| operation[field].as_str().unwrap_or_default();
            // the first sentence is the summary where there is more than one
            let summary = if text("summary").is_empty() { text("description") } else { text("summary") };
            calls.push(Call {
                method: method.to_uppercase(),
                path: path.clone(),
                summary: summary.to_owned(),
                needs_key: operation["security"] != Value::Null,
            });
        }
    }
    calls
}
