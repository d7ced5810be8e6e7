//! What has to be remembered of a server's tools to call them by the rules.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use http::{HeaderMap, HeaderName};
use serde_json::{Value, json};

use super::headers;
use crate::message::{self, Json, RpcError};

/// Annotation of a parameter that is repeated in a header.
const ANNOTATION: &str = "x-mcp-header";
/// Integers beyond this are not the same everywhere, and are not repeated (2^53 − 1).
const INTEGER_MAX: u64 = (1 << 53) - 1;
/// Deeper schemas are taken for invalid instead of being looked through.
const DEPTH_MAX: usize = 64;

/// Tools with something to remember; most have nothing.
#[derive(Debug, Default)]
pub(crate) struct Catalogue(RwLock<HashMap<String, Arc<Tool>>>);

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tool {
    /// Headers with the way to the argument that each repeats.
    headers: Vec<(HeaderName, Vec<String>)>,
    /// The tool can only be called as a task (2025-11-25).
    pub is_task: bool,
}

impl Catalogue {
    pub fn tool(&self, name: &str) -> Option<Arc<Tool>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Learns from one page of `tools/list`. Over HTTP a tool whose annotations break the rules is taken out, as the
    /// protocol demands: then the changed page is returned.
    ///
    /// `tools_max`: of all pages.
    pub fn learn(&self, page: &Json, over_http: bool, tools_max: u32) -> Result<Option<Json>, RpcError> {
        let text = page.get();
        let is_marked = text.contains(ANNOTATION) || text.contains("taskSupport");
        if !is_marked && self.0.read().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return Ok(None);
        }
        let mut page: Value = serde_json::from_str(text).map_err(|error| {
            RpcError::internal(format!("`tools/list` of the server cannot be read: {error}"))
        })?;
        let Some(tools) = page.get_mut("tools").and_then(Value::as_array_mut) else { return Ok(None) };
        let before = tools.len();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        tools.retain(|tool| {
            let name = tool["name"].as_str().unwrap_or_default();
            let is_task = tool.pointer("/execution/taskSupport") == Some(&json!("required"));
            known.remove(name);
            match annotated(&tool["inputSchema"]) {
                Ok(headers) => {
                    let tool = Tool { headers, is_task };
                    if tool != Tool::default() && known.len() < tools_max as usize {
                        known.insert(name.to_owned(), Arc::new(tool));
                    }
                    true
                }
                Err(why) if over_http => {
                    tracing::warn!(tool = name, why, "a tool is left out because of its header annotations");
                    false
                }
                Err(_) => true,
            }
        });
        if tools.len() == before { Ok(None) } else { message::json(&page).map(Some) }
    }
}

impl Tool {
    /// The headers for a call with these arguments.
    pub fn headers(&self, arguments: &Value, into: &mut HeaderMap) {
        for (name, way) in &self.headers {
            let argument = way.iter().try_fold(arguments, |value, step| value.get(step));
            let text = match argument {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Bool(yes)) => yes.to_string(),
                Some(Value::Number(number)) if is_safe(number) => number.to_string(),
                _ => continue,
            };
            into.insert(name.clone(), headers::value(&text));
        }
    }

    pub fn has_headers(&self) -> bool {
        !self.headers.is_empty()
    }
}

fn is_safe(number: &serde_json::Number) -> bool {
    number.as_i64().is_none_or(|number| number.unsigned_abs() <= INTEGER_MAX)
}

/// The annotated parameters of a schema, or which rule an annotation breaks.
fn annotated(schema: &Value) -> Result<Vec<(HeaderName, Vec<String>)>, &'static str> {
    let mut found = Vec::new();
    collect(schema, &mut Vec::new(), &mut found)?;
    if count(schema, 0)? != found.len() {
        return Err("an annotation stands where no parameter is reached by `properties` alone");
    }
    for (at, (name, _)) in found.iter().enumerate() {
        if found[..at].iter().any(|(other, _)| other == name) {
            return Err("two parameters have the same header");
        }
    }
    Ok(found)
}

fn collect(
    schema: &Value,
    way: &mut Vec<String>,
    found: &mut Vec<(HeaderName, Vec<String>)>,
) -> Result<(), &'static str> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Ok(()) };
    if way.len() >= DEPTH_MAX {
        return Err("the schema is too deep");
    }
    for (name, property) in properties {
        way.push(name.clone());
        if let Some(annotation) = property.get(ANNOTATION) {
            found.push((header(annotation, property)?, way.clone()));
        }
        collect(property, way, found)?;
        way.pop();
    }
    Ok(())
}

fn header(annotation: &Value, property: &Value) -> Result<HeaderName, &'static str> {
    let name = annotation.as_str().ok_or("an annotation is not a string")?;
    if !matches!(property["type"].as_str(), Some("string" | "integer" | "boolean")) {
        return Err("only strings, integers and booleans can be repeated in a header");
    }
    if name.is_empty() {
        return Err("an annotation is empty");
    }
    HeaderName::from_bytes(format!("mcp-param-{name}").as_bytes())
        .map_err(|_| "an annotation is no header name")
}

/// Annotations anywhere in a schema. Names of parameters that happen to be called the same do not count.
fn count(schema: &Value, depth: usize) -> Result<usize, &'static str> {
    if depth > DEPTH_MAX * 2 {
        return Err("the schema is too deep");
    }
    match schema {
        Value::Object(members) => {
            let own = usize::from(members.contains_key(ANNOTATION));
            let mut sum = own;
            for (name, value) in members {
                sum += match (name.as_str(), value) {
                    // Data, not schemas.
                    ("default" | "const" | "enum" | "examples" | ANNOTATION, _) => 0,
                    // The keys are names of parameters.
                    (
                        "properties" | "$defs" | "definitions" | "patternProperties" | "dependentSchemas",
                        Value::Object(named),
                    ) => all(named.values(), depth)?,
                    (_, value) => count(value, depth + 1)?,
                };
            }
            Ok(sum)
        }
        Value::Array(items) => all(items.iter(), depth),
        _ => Ok(0),
    }
}

fn all<'a>(values: impl Iterator<Item = &'a Value>, depth: usize) -> Result<usize, &'static str> {
    let mut sum = 0;
    for value in values {
        sum += count(value, depth + 1)?;
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learn(tools: Value) -> (Catalogue, Vec<String>) {
        let catalogue = Catalogue::default();
        let page = message::json(&json!({"tools": tools})).unwrap();
        let page = catalogue.learn(&page, true, 100).unwrap().unwrap_or(page);
        let page: Value = serde_json::from_str(page.get()).unwrap();
        let names = page["tools"].as_array().unwrap().iter().map(|tool| tool["name"].to_string()).collect();
        (catalogue, names)
    }

    fn tool(properties: Value) -> Value {
        json!([{"name": "t", "inputSchema": {"type": "object", "properties": properties}}])
    }

    #[test]
    fn annotated_arguments_become_headers() {
        let (catalogue, names) = learn(tool(json!({
            "region": {"type": "string", "x-mcp-header": "Region"},
            "deep": {"type": "object", "properties": {"n": {"type": "integer", "x-mcp-header": "N"}}},
            "x-mcp-header": {"type": "string"},
            "off": {"type": "boolean", "x-mcp-header": "Off"},
        })));
        assert_eq!(names, ["\"t\""]);
        let mut headers = HeaderMap::new();
        let arguments = json!({"region": "süd", "deep": {"n": 42}, "off": null});
        catalogue.tool("t").unwrap().headers(&arguments, &mut headers);
        assert_eq!(headers["mcp-param-region"], "=?base64?c8O8ZA==?=");
        assert_eq!(headers["mcp-param-n"], "42");
        assert_eq!(headers.len(), 2);
    }

    #[test]
    fn tools_with_annotations_against_the_rules_are_left_out() {
        for properties in [
            json!({"a": {"type": "string", "x-mcp-header": ""}}),
            json!({"a": {"type": "number", "x-mcp-header": "A"}}),
            json!({"a": {"type": "object", "x-mcp-header": "A"}}),
            json!({"a": {"type": "string", "x-mcp-header": "A b"}}),
            json!({"a": {"type": "string", "x-mcp-header": "É"}}),
            json!({"a": {"type": "string", "x-mcp-header": "A"}, "b": {"type": "string", "x-mcp-header": "a"}}),
            json!({"a": {"type": "array", "items": {"type": "string", "x-mcp-header": "A"}}}),
            json!({"a": {"anyOf": [{"type": "string", "x-mcp-header": "A"}]}}),
        ] {
            assert_eq!(learn(tool(properties.clone())).1, [""; 0], "{properties}");
        }
    }
}
