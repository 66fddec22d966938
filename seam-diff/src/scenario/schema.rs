//! The JSON Schema of scenario files.

use serde_json::{Map, Value, json};

use super::shape::{Key, Kind, SCENARIO, SCHEMA, Shape};

/// Returns the JSON Schema of scenario files, for editors that check TOML.
#[must_use]
pub fn json_schema() -> String {
    let mut schema = table(&SCENARIO);
    if let Value::Object(root) = &mut schema {
        root.insert(
            "$schema".into(),
            json!("https://json-schema.org/draft/2020-12/schema"),
        );
        root.insert(
            "title".into(),
            json!(format!("seam scenario, version {SCHEMA}")),
        );
    }
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    format!("{text}\n")
}

fn table(shape: &Shape) -> Value {
    let properties: Map<String, Value> = shape
        .keys
        .iter()
        .map(|key| (key.name.to_string(), property(key)))
        .collect();
    let required: Vec<&str> = shape
        .keys
        .iter()
        .filter(|key| key.required)
        .map(|key| key.name)
        .collect();
    let mut table = json!({
        "type": "object",
        "description": shape.about,
        "properties": properties,
        "additionalProperties": false,
    });
    let Value::Object(object) = &mut table else {
        return table;
    };
    if !required.is_empty() {
        object.insert("required".into(), json!(required));
    }
    let mut all: Vec<Value> = shape
        .one_of
        .iter()
        .map(|set| {
            let one = set.iter().map(|name| json!({ "required": [name] }));
            json!({ "oneOf": one.collect::<Vec<_>>() })
        })
        .collect();
    for (index, one) in shape.at_most_one_of.iter().enumerate() {
        for other in shape.at_most_one_of.iter().skip(index + 1) {
            all.push(json!({ "not": { "required": [one, other] } }));
        }
    }
    if !all.is_empty() {
        object.insert("allOf".into(), json!(all));
    }
    table
}

fn property(key: &Key) -> Value {
    let mut value = kind(&key.kind);
    if let Value::Object(object) = &mut value {
        object.insert("description".into(), json!(key.about));
    }
    value
}

fn kind(kind: &Kind) -> Value {
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Count(least, most) if least == most => json!({ "const": least }),
        Kind::Count(least, i64::MAX) => json!({ "type": "integer", "minimum": least }),
        Kind::Count(least, most) => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Kind::True => json!({ "const": true }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Map(of) => json!({ "type": "object", "additionalProperties": self::kind(of) }),
        Kind::Table(shape) => table(shape),
        Kind::Tables(shape) => json!({ "type": "array", "minItems": 1, "items": table(shape) }),
        Kind::TextOr(shape) => json!({ "anyOf": [{ "type": "string" }, table(shape)] }),
        Kind::TextOrCount => {
            json!({ "anyOf": [{ "type": "string" }, { "type": "integer", "minimum": 0 }] })
        }
        Kind::Time => json!({ "type": "string" }),
    }
}
