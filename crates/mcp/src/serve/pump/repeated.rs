//! Arguments that a tool wants repeated in headers (`x-mcp-header`): a client over stdio knows nothing of headers, so
//! they are learned from the lists of tools that pass by.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::{HeaderName, HeaderValue};
use serde_json::Value;
use serde_json::value::RawValue;

use super::names;

/// By tool: where the argument lies, and its header.
#[derive(Default)]
pub(super) struct Repeated(Mutex<HashMap<String, Vec<Argument>>>);

struct Argument {
    pointer: String,
    header: HeaderName,
}

impl Repeated {
    /// Takes note of the tools in an answer to `tools/list`.
    pub(super) fn learn(&self, message: &str) {
        let Ok(message) = serde_json::from_str::<Value>(message) else { return };
        let tools = message["result"]["tools"].as_array().into_iter().flatten();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for tool in tools {
            let Some(name) = tool["name"].as_str() else { continue };
            let mut arguments = Vec::new();
            find(&tool["inputSchema"], "", &mut arguments);
            if arguments.is_empty() {
                all.remove(name);
            } else {
                all.insert(name.to_owned(), arguments);
            }
        }
    }

    /// The headers for the parameters of a `tools/call`.
    pub(super) fn headers(&self, params: Option<&RawValue>) -> Vec<(HeaderName, HeaderValue)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.is_empty() {
            return Vec::new();
        }
        let params: Value =
            params.and_then(|params| serde_json::from_str(params.get()).ok()).unwrap_or_default();
        let repeated = params["name"].as_str().and_then(|name| all.get(name)).into_iter().flatten();
        let header = |argument: &Argument| {
            let text = match params["arguments"].pointer(&argument.pointer)? {
                Value::String(text) => names::encode(text),
                value @ (Value::Number(_) | Value::Bool(_)) => value.to_string(),
                _ => return None,
            };
            Some((argument.header.clone(), HeaderValue::try_from(text).ok()?))
        };
        repeated.filter_map(header).collect()
    }
}

/// Marked properties, reached through `properties` alone as the specification wants it.
fn find(schema: &Value, pointer: &str, found: &mut Vec<Argument>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        match property["x-mcp-header"].as_str() {
            Some(header) => {
                let header = HeaderName::try_from(format!("mcp-param-{}", header.to_ascii_lowercase()));
                found.extend(header.ok().map(|header| Argument { pointer, header }));
            }
            None => find(property, &pointer, found),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::serve::members::raw;

    #[test]
    fn arguments_are_repeated_where_a_tool_wants_it() {
        let repeated = Repeated::default();
        let schema = json!({"properties": {
            "region": {"x-mcp-header": "Region"},
            "a/b": {"properties": {"n": {"x-mcp-header": "N"}, "none": {"x-mcp-header": "None"}}},
            "bad": {"x-mcp-header": "no header"},
        }});
        repeated.learn(&json!({"result": {"tools": [{"name": "t", "inputSchema": schema}]}}).to_string());
        let params = json!({"name": "t", "arguments": {"region": "é", "a/b": {"n": 7}, "bad": "x"}});
        let mut headers = repeated.headers(Some(&raw(params.to_string())));
        headers.sort_by_key(|(name, _)| name.as_str().to_owned());
        let shown: Vec<_> =
            headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(shown, [("mcp-param-n", "7"), ("mcp-param-region", "=?base64?w6k=?=")]);
        repeated.learn(&json!({"result": {"tools": [{"name": "t", "inputSchema": {}}]}}).to_string());
        assert!(repeated.headers(Some(&raw(params.to_string()))).is_empty());
    }
}
