//! A call of the API, as its page tells it.

use serde_json::Value;

use super::schema::{self, Field, address, referred};
use super::{example, pretty};
use crate::markdown::{self, Html};

/// What is sent in a body.
#[derive(Clone, Debug)]
pub struct Body {
    /// Its schema: name and address.
    pub schema: Option<(String, String)>,
    /// Its properties.
    pub fields: Vec<Field>,
    /// One of it.
    pub example: String,
}

/// What comes back under a status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: String,
    /// When it comes.
    pub description: Html,
    /// Content type; empty where there is no body.
    pub kind: String,
    /// The body's schema: name and address.
    pub schema: Option<(String, String)>,
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its id, which is the end of its address.
    pub id: String,
    /// `POST`.
    pub method: String,
    /// `/v1/payments/{id}`.
    pub path: String,
    /// The group that it belongs to.
    pub tag: String,
    /// What it does, in a line.
    pub summary: String,
    /// What else is to be known.
    pub description: Html,
    /// Whether it needs a key.
    pub needs_key: bool,
    /// The scopes of that key.
    pub scopes: String,
    /// What goes into path, query and headers.
    pub parameters: Vec<Field>,
    /// What goes into the body.
    pub body: Option<Body>,
    /// What may come back.
    pub answers: Vec<Answer>,
    /// What the first success carries.
    pub answer_example: String,
    /// The call on a command line.
    pub curl: String,
}

/// Every call, in the order of the document.
pub fn all(document: &Value) -> Vec<Call> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let calls = paths.flat_map(|(path, item)| {
        item.as_object().into_iter().flatten().map(move |(method, call)| (path, method, call))
    });
    calls.map(|(path, method, call)| one(document, path, method, call)).collect()
}

fn one(document: &Value, path: &str, method: &str, call: &Value) -> Call {
    let text = |name: &str| call[name].as_str().unwrap_or_default();
    let security = call["security"].as_array().and_then(|needed| needed.first());
    let scopes = security.and_then(|needed| needed["key"].as_array()).map(Vec::as_slice).unwrap_or_default();
    let scopes: Vec<_> = scopes.iter().filter_map(Value::as_str).collect();
    let parameters = call["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let body = body(document, &call["requestBody"]);
    let answers = answers(call);
    let success = call["responses"].as_object().into_iter().flatten();
    let success =
        success.filter(|(status, _)| status.starts_with('2')).find_map(|(_, answer)| content(answer));
    let mut summary = text("summary");
    let mut description = text("description");
    if summary.is_empty() {
        (summary, description) = (description, "");
    }
    let needs_key = security.is_some();
    Call {
        id: text("operationId").to_owned(),
        method: method.to_uppercase(),
        path: path.to_owned(),
        tag: call["tags"][0].as_str().unwrap_or_default().to_owned(),
        summary: summary.to_owned(),
        description: markdown::inline(description),
        needs_key,
        scopes: scopes.join(", "),
        parameters: parameters.iter().map(parameter).collect(),
        curl: curl(method, path, needs_key, parameters, body.as_ref()),
        body,
        answers,
        answer_example: success.map(|(_, schema)| pretty(&example::of(document, schema))).unwrap_or_default(),
    }
}

fn parameter(parameter: &Value) -> Field {
    let text = |name: &str| parameter[name].as_str().unwrap_or_default();
    let place = match text("in") {
        "query" => "query",
        "header" => "header",
        _ => "path",
    };
    let name = format!("{} ({place})", text("name"));
    Field::of(&name, parameter["required"] == true, &parameter["schema"], text("description"))
}

/// The content type and the schema of a body or an answer.
fn content(body: &Value) -> Option<(&str, &Value)> {
    let (kind, content) = body["content"].as_object()?.iter().next()?;
    Some((kind, &content["schema"]))
}

fn named(schema: &Value) -> Option<(String, String)> {
    referred(schema).map(|name| (name.to_owned(), address(name)))
}

fn body(document: &Value, body: &Value) -> Option<Body> {
    let (_, schema) = content(body)?;
    let whole = referred(schema).map_or(schema, |name| &document["components"]["schemas"][name]);
    Some(Body {
        schema: named(schema),
        fields: schema::fields(whole),
        example: pretty(&example::of(document, schema)),
    })
}

fn answers(call: &Value) -> Vec<Answer> {
    let answers = call["responses"].as_object().into_iter().flatten();
    let one = |(status, answer): (&String, &Value)| {
        let content = content(answer);
        Answer {
            status: status.clone(),
            description: markdown::inline(answer["description"].as_str().unwrap_or_default()),
            kind: content.map(|(kind, _)| kind.to_owned()).unwrap_or_default(),
            schema: content.and_then(|(_, schema)| named(schema)),
        }
    };
    answers.map(one).collect()
}

fn curl(method: &str, path: &str, needs_key: bool, parameters: &[Value], body: Option<&Body>) -> String {
    let mut lines = vec![format!("curl -s -X {} \"$api{path}\"", method.to_uppercase())];
    if needs_key {
        lines.push("-H \"Authorization: Bearer $key\"".to_owned());
    }
    for header in parameters.iter().filter(|one| one["in"] == "header") {
        lines.push(format!("-H '{}: invoice-4711'", header["name"].as_str().unwrap_or_default()));
    }
    if let Some(body) = body {
        lines.push("-H 'Content-Type: application/json'".to_owned());
        lines.push(format!("-d '{}'", body.example));
    }
    lines.join(" \\\n  ")
}
