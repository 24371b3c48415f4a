//! What the document says of data, in words.

use serde_json::Value;

use super::{example, pretty};
use crate::markdown::{self, Html};

/// Where a schema of the document has its page.
pub fn address(name: &str) -> String {
    format!("/reference/schemas/{name}")
}

/// The named schema that a reference leads to.
pub fn referred(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

/// A part of the data: a property, or a parameter of a call.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Whether it has to be there.
    pub required: bool,
    /// What it is, `integer, at least 1`.
    pub kind: String,
    /// The schema that has a page of its own: its name and address.
    pub link: Option<(String, String)>,
    /// What it means.
    pub description: Html,
}

impl Field {
    /// Of a property or a parameter's schema.
    pub fn of(name: &str, required: bool, schema: &Value, description: &str) -> Self {
        let link = target(schema).map(|name| (name.to_owned(), address(name)));
        Self {
            name: name.to_owned(),
            required,
            kind: kind(schema),
            link,
            description: markdown::inline(description),
        }
    }
}

/// A schema with a page.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: Html,
    /// Its properties, of an object.
    pub fields: Vec<Field>,
    /// Its words, of a list of words.
    pub words: Vec<String>,
    /// One of it.
    pub example: String,
}

/// Every schema, in the order of the document.
pub fn all(document: &Value) -> Vec<Schema> {
    let schemas = document["components"]["schemas"].as_object();
    schemas.into_iter().flatten().map(|(name, schema)| one(document, name, schema)).collect()
}

fn one(document: &Value, name: &str, schema: &Value) -> Schema {
    let words = schema["enum"].as_array().map(Vec::as_slice).unwrap_or_default();
    Schema {
        name: name.to_owned(),
        description: markdown::inline(schema["description"].as_str().unwrap_or_default()),
        fields: fields(schema),
        words: words.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        example: pretty(&example::of(document, schema)),
    }
}

/// The properties of an object.
pub fn fields(schema: &Value) -> Vec<Field> {
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_required = |name: &str| required.iter().any(|one| one == name);
    let properties = schema["properties"].as_object();
    let field = |(name, schema): (&String, &Value)| {
        let description = schema["description"].as_str();
        // a part that may be null has its words on the other choice
        let description = description.or_else(|| choice(schema)?["description"].as_str());
        Field::of(name, is_required(name), schema, description.unwrap_or_default())
    };
    properties.into_iter().flatten().map(field).collect()
}

/// The choice besides null of a part that may be null.
fn choice(schema: &Value) -> Option<&Value> {
    schema["oneOf"].as_array()?.iter().find(|one| one["type"] != "null")
}

/// The named schema that a part is, or has many of.
fn target(schema: &Value) -> Option<&str> {
    referred(schema).or_else(|| referred(&schema["items"])).or_else(|| choice(schema).and_then(referred))
}

/// What a part is, in words; of a schema with a page whether it is one, many or perhaps none.
fn kind(schema: &Value) -> String {
    if schema["oneOf"].is_array() {
        return "or null".to_owned();
    }
    if referred(schema).is_some() {
        return String::new();
    }
    let mut words = match &schema["type"] {
        Value::String(name) => name.clone(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "any".to_owned(),
    };
    if schema["type"] == "array" {
        let items = &schema["items"];
        words =
            if referred(items).is_some() { "list of".to_owned() } else { format!("list of {}", kind(items)) };
    }
    let mut add = |text: String| words.push_str(&format!(", {text}"));
    if let Some(format) = schema["format"].as_str().filter(|format| !format.starts_with("int")) {
        add(format.to_owned());
    }
    for (name, says) in [
        ("minimum", "at least"),
        ("maximum", "at most"),
        ("minLength", "characters at least"),
        ("maxLength", "characters at most"),
    ] {
        if let Some(number) = schema[name].as_i64() {
            let comes_after = name.ends_with("Length");
            add(if comes_after { format!("{number} {says}") } else { format!("{says} {number}") });
        }
    }
    if let Some(pattern) = schema["pattern"].as_str() {
        add(format!("matches {pattern}"));
    }
    if let Some(default) = schema.get("default").filter(|default| !default.is_null()) {
        add(format!("{default} where it is left out"));
    }
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_part_is_told_in_words() {
        for (schema, words) in [
            (
                json!({"type": "integer", "format": "int64", "minimum": 1, "maximum": 9}),
                "integer, at least 1, at most 9",
            ),
            (json!({"type": ["string", "null"], "format": "date"}), "string or null, date"),
            (json!({"type": "array", "items": {"type": "string"}}), "list of string"),
            (json!({"type": "array", "items": {"$ref": "#/components/schemas/Bill"}}), "list of"),
            (json!({"oneOf": [{"$ref": "#/components/schemas/Bill"}, {"type": "null"}]}), "or null"),
            (json!({"type": "string", "pattern": "^[0-9]{3}$"}), "string, matches ^[0-9]{3}$"),
        ] {
            assert_eq!(kind(&schema), words, "{schema}");
        }
    }

    #[test]
    fn a_part_leads_to_the_page_of_its_schema() {
        let many = json!({"type": "array", "items": {"$ref": "#/components/schemas/Bill"}});
        assert_eq!(target(&many), Some("Bill"));
        assert_eq!(target(&json!({"type": "string"})), None);
    }
}
