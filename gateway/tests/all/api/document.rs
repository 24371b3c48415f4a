//! The OpenAPI document, as a judge of every answer that a test gets.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use gateway::api::key::Scope;
use serde_json::Value;

/// The committed document, relative to the crate.
const COMMITTED: &str = "../docs/api/openapi.json";

/// The document and what was seen of it.
#[derive(Clone)]
pub struct Document {
    root: Arc<Value>,
    seen: Arc<Mutex<BTreeSet<(String, u16)>>>,
}

impl Document {
    pub fn new() -> Self {
        let root = serde_json::from_str(&gateway::api::document_json()).unwrap();
        Self { root: Arc::new(root), seen: Arc::default() }
    }

    /// Every call with the statuses it may answer: `GET /v1/time` and 200.
    pub fn promised(&self) -> BTreeSet<(String, u16)> {
        let mut all = BTreeSet::new();
        for (path, item) in self.root["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let statuses = operation["responses"].as_object().unwrap().keys();
                let call = format!("{} {path}", method.to_uppercase());
                all.extend(statuses.map(|status| (call.clone(), status.parse().unwrap())));
            }
        }
        all
    }

    /// What was answered so far.
    pub fn seen(&self) -> BTreeSet<(String, u16)> {
        self.seen.lock().unwrap().clone()
    }

    /// The template of a path, if it is one of ours.
    fn template(&self, path: &str) -> Option<&str> {
        let path = path.split('?').next().unwrap_or_default();
        let parts: Vec<_> = path.split('/').collect();
        let fits = |template: &&String| {
            let own: Vec<_> = template.split('/').collect();
            own.len() == parts.len() && own.iter().zip(&parts).all(|(o, p)| o == p || o.starts_with('{'))
        };
        let paths = self.root["paths"].as_object().unwrap();
        // a word comes before a parameter in its place
        let plain = paths.keys().find(|template| template.as_str() == path);
        plain.or_else(|| paths.keys().find(fits)).map(String::as_str)
    }

    /// The answer is one that the document promises, in status, kind and shape.
    #[track_caller]
    pub fn check(&self, method: &str, path: &str, status: u16, kind: &str, body: &Value) {
        let operation = self.template(path).map(|template| (template, &self.root["paths"][template]));
        let found = operation.map(|(template, item)| (template, &item[method.to_lowercase()]));
        let Some((template, operation)) = found.filter(|(_, operation)| !operation.is_null()) else {
            let outside = matches!(body["code"].as_str(), Some("not_found" | "method_not_allowed"));
            assert!(
                outside || path.ends_with("openapi.json"),
                "{method} {path} is not in the document: {body}"
            );
            return;
        };
        let response = &operation["responses"][status.to_string()];
        assert!(!response.is_null(), "{method} {path} answered {status}, which it never promised: {body}");
        self.seen.lock().unwrap().insert((format!("{method} {template}"), status));
        if status == 204 {
            assert!(kind.is_empty() && body.is_null() && response["content"].is_null(), "{method} {path}");
            return;
        }
        let schema = &response["content"][kind]["schema"];
        assert!(!schema.is_null(), "{method} {path} answered {status} as {kind}");
        let fits = self.fits(schema, body, path);
        assert!(fits.is_ok(), "{method} {path} answered {status}: {}\n{body:#}", fits.unwrap_err());
    }

    /// Holds a value against a schema of the document.
    fn fits(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        for (keyword, wanted) in schema.as_object().unwrap() {
            self.obeys(keyword, wanted, value).map_err(|why| format!("{at}: {why}"))?;
        }
        Ok(())
    }

    fn obeys(&self, keyword: &str, wanted: &Value, value: &Value) -> Result<(), String> {
        let list = || wanted.as_array().unwrap().iter();
        let holds = match keyword {
            "$ref" => {
                let pointer = wanted.as_str().unwrap().strip_prefix('#').unwrap();
                return self.fits(self.root.pointer(pointer).unwrap(), value, pointer);
            }
            "type" => {
                wanted == type_of(value)
                    || wanted.as_array().is_some_and(|t| t.contains(&type_of(value).into()))
            }
            "oneOf" => list().filter(|schema| self.fits(schema, value, "").is_ok()).count() == 1,
            "allOf" => return list().try_for_each(|schema| self.fits(schema, value, "")),
            "enum" => list().any(|one| one == value),
            "required" => list().all(|name| value.get(name.as_str().unwrap()).is_some()),
            "properties" => {
                let own = value.as_object().into_iter().flatten();
                return own.into_iter().try_for_each(|(name, inner)| match wanted.get(name) {
                    Some(schema) => self.fits(schema, inner, name),
                    None => Err(format!("{name} is not in the document")),
                });
            }
            "items" => {
                let mut own = value.as_array().into_iter().flatten();
                return own.try_for_each(|inner| self.fits(wanted, inner, "items"));
            }
            "minimum" => value.as_i64().is_none_or(|number| number >= wanted.as_i64().unwrap()),
            "maximum" => value.as_i64().is_none_or(|number| number <= wanted.as_i64().unwrap()),
            "format" => value.as_str().is_none_or(|text| has_format(wanted.as_str().unwrap(), text)),
            // what "properties" does not name is refused anyway
            "additionalProperties" => *wanted == false,
            "description" | "examples" | "pattern" | "minLength" | "maxLength" => true,
            other => return Err(format!("the test knows no keyword {other}")),
        };
        if holds { Ok(()) } else { Err(format!("{value} against {keyword} {wanted}")) }
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn has_format(format: &str, text: &str) -> bool {
    match format {
        "date-time" => domain::Timestamp::parse_rfc3339(text).is_some(),
        "date" => text.parse::<domain::Date>().is_ok(),
        "uuid" => text.parse::<uuid::Uuid>().is_ok(),
        _ => false,
    }
}

#[test]
fn the_committed_document_is_the_codes_own() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(COMMITTED);
    let now = gateway::api::document_json();
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == now,
        "docs/api/openapi.json is not what the code says: `cargo run -p gateway --example openapi` prints it"
    );
}

#[test]
fn every_call_has_a_summary_an_id_and_a_tag() {
    let document = Document::new();
    let mut ids = BTreeSet::new();
    for (path, item) in document.root["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let call = format!("{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{call}");
            assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{call}");
            assert!(
                ids.insert(operation["operationId"].as_str().unwrap().to_owned()),
                "{call}: an id of its own"
            );
            let scope = operation["security"][0]["key"][0].as_str();
            let is_known = scope.is_some_and(|scope| Scope::ALL.iter().any(|one| one.as_str() == scope));
            assert!(
                is_known || operation["tags"][0] == "directory",
                "{call} needs a key, and says of which scope"
            );
        }
    }
}
