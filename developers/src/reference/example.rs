//! One of what a schema describes: the document's own examples, and for what has none a value of the right form.

use serde_json::{Map, Value, json};

use super::schema::referred;

/// Schemas inside of each other at most; ours end long before.
const DEPTH_MAX: usize = 12;

/// What a property of that name holds, where the document has no example of it.
const BY_NAME: &[(&str, &str)] = &[
    ("bill_id", "NTA-0001"),
    ("collector", "00200"),
    ("code", "00200"),
    ("contents", "申告所得税 令和8年分"),
    ("customer_number", "2013000987654321"),
    ("entry_kind", "typed"),
    ("name", "国税庁"),
    ("payer", "株式会社見本商事"),
    ("payment_category", "7000004567"),
    ("receipt_number", "20261124-000001"),
];

/// One of it.
pub fn of(document: &Value, schema: &Value) -> Value {
    value(document, schema, "", 0)
}

fn value(document: &Value, schema: &Value, name: &str, depth: usize) -> Value {
    if depth > DEPTH_MAX {
        return Value::Null;
    }
    if let Some(given) = schema["examples"].as_array().and_then(|given| given.first()) {
        return given.clone();
    }
    if let Some(target) = referred(schema) {
        return value(document, &document["components"]["schemas"][target], name, depth + 1);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let first = choices.iter().find(|choice| choice["type"] != "null");
        return first.map_or(Value::Null, |choice| value(document, choice, name, depth + 1));
    }
    if let Some(word) = schema["enum"].as_array().and_then(|words| words.first()) {
        return word.clone();
    }
    let is = |kind: &str| match &schema["type"] {
        Value::String(one) => one == kind,
        Value::Array(many) => many.iter().any(|one| one == kind),
        _ => false,
    };
    if is("object") {
        let properties = schema["properties"].as_object();
        let members = properties.into_iter().flatten();
        let member =
            |(name, schema): (&String, &Value)| (name.clone(), value(document, schema, name, depth + 1));
        return Value::Object(members.map(member).collect::<Map<_, _>>());
    }
    if is("array") {
        return json!([value(document, &schema["items"], name, depth + 1)]);
    }
    if is("string") { text(schema, name) } else { number(schema, name, &is) }
}

fn text(schema: &Value, name: &str) -> Value {
    let by_name = BY_NAME.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
    json!(match schema["format"].as_str() {
        Some("uuid") => "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
        Some("date") => "2026-11-24",
        Some("date-time") => "2026-11-24T10:00:00+09:00",
        _ => by_name.unwrap_or("…"),
    })
}

fn number(schema: &Value, name: &str, is: &dyn Fn(&str) -> bool) -> Value {
    if is("boolean") {
        return json!(false);
    }
    if name == "amount" {
        return json!(12_300);
    }
    if is("integer") || is("number") { json!(schema["minimum"].as_i64().unwrap_or(0)) } else { Value::Null }
}
