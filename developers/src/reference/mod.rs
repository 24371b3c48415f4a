//! The reference, made of the OpenAPI document when the process starts: a page for each call and each schema.

mod call;
mod example;
mod schema;

use std::sync::LazyLock;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Html;
use axum::routing::get;
use edge::{Failure, Frame};
use serde_json::Value;

use self::call::Call;
use self::schema::Schema;
use crate::site;

/// Calls of one tag.
struct Group {
    name: String,
    description: String,
    calls: Vec<Call>,
}

/// All of it.
struct Reference {
    groups: Vec<Group>,
    schemas: Vec<Schema>,
}

static REFERENCE: LazyLock<Reference> = LazyLock::new(|| {
    let document = serde_json::to_value(gateway::api::document()).unwrap_or_default();
    Reference::of(&document)
});

impl Reference {
    fn of(document: &Value) -> Self {
        let calls = call::all(document);
        let tags = document["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
        let group = |tag: &Value| {
            let text = |name: &str| tag[name].as_str().unwrap_or_default().to_owned();
            let name = text("name");
            let calls = calls.iter().filter(|call| call.tag == name).cloned().collect();
            Group { name, description: text("description"), calls }
        };
        Self { groups: tags.iter().map(group).collect(), schemas: schema::all(document) }
    }

    fn call(&self, id: &str) -> Option<&Call> {
        self.groups.iter().flat_map(|group| &group.calls).find(|call| call.id == id)
    }
}

#[derive(Template)]
#[template(path = "reference/index.html")]
struct IndexPage {
    frame: Frame,
    reference: &'static Reference,
    document: &'static str,
}

#[derive(Template)]
#[template(path = "reference/call.html")]
struct CallPage {
    frame: Frame,
    call: &'static Call,
}

#[derive(Template)]
#[template(path = "reference/schema.html")]
struct SchemaPage {
    frame: Frame,
    schema: &'static Schema,
}

/// The pages.
pub fn routes() -> Router {
    let index = || async {
        let frame = site::frame("/reference");
        site::page(&IndexPage { frame, reference: &REFERENCE, document: gateway::api::DOCUMENT_PATH })
    };
    Router::new()
        .route("/reference", get(index))
        .route("/reference/{call}", get(show_call))
        .route("/reference/schemas/{name}", get(show_schema))
}

async fn show_call(Path(id): Path<String>) -> Result<Html<String>, Failure> {
    let call = REFERENCE.call(&id).ok_or(Failure::NotFound)?;
    site::page(&CallPage { frame: site::frame(&format!("/reference/{id}")), call })
}

async fn show_schema(Path(name): Path<String>) -> Result<Html<String>, Failure> {
    let schema = REFERENCE.schemas.iter().find(|schema| schema.name == name).ok_or(Failure::NotFound)?;
    site::page(&SchemaPage { frame: site::frame(&format!("/reference/schemas/{name}")), schema })
}

/// JSON as it is written for people.
fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_of_the_document_is_in_a_group_and_every_schema_has_a_page() {
        let document = serde_json::to_value(gateway::api::document()).unwrap();
        let listed = document["paths"].as_object().unwrap().values();
        let listed = listed.flat_map(|item| item.as_object().unwrap().values());
        let ids: Vec<_> = listed.map(|call| call["operationId"].as_str().unwrap()).collect();
        assert!(ids.len() > 30);
        for id in ids {
            assert!(REFERENCE.call(id).is_some(), "{id}");
        }
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            assert!(REFERENCE.schemas.iter().any(|schema| schema.name == *name), "{name}");
        }
    }

    #[test]
    fn a_body_has_an_example_that_reads_as_the_guide_does() {
        let call = REFERENCE.call("create_payment").unwrap();
        let example: Value = serde_json::from_str(&call.body.as_ref().unwrap().example).unwrap();
        assert_eq!(example["account"]["branch"], "100");
        assert!(
            call.curl.contains("-H 'Idempotency-Key: ") && call.curl.contains("-X POST"),
            "{}",
            call.curl
        );
    }
}
