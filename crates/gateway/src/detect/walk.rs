//! Every text of a value, base64 left out.

use serde_json::{Map, Value};

/// Calls `change` for every text that is to be read; true when any call said so.
pub(super) fn texts(value: &mut Value, change: &mut impl FnMut(&mut String) -> bool) -> bool {
    match value {
        Value::String(text) => change(text),
        Value::Array(items) => items.iter_mut().fold(false, |found, item| texts(item, change) | found),
        Value::Object(members) => {
            let base64 = base64_member(members);
            members
                .iter_mut()
                .filter(|(key, _)| Some(key.as_str()) != base64)
                .fold(false, |found, (_, member)| texts(member, change) | found)
        }
        _ => false,
    }
}

/// The member that MCP defines as base64: `data` of an image or audio block, `blob` of a resource.
fn base64_member(members: &Map<String, Value>) -> Option<&'static str> {
    let kind = members.get("type").and_then(Value::as_str);
    if matches!(kind, Some("image" | "audio")) && members.contains_key("mimeType") {
        return Some("data").filter(|_| members.get("data").is_some_and(is_base64));
    }
    if members.contains_key("uri") && !members.contains_key("text") {
        return Some("blob").filter(|_| members.get("blob").is_some_and(is_base64));
    }
    None
}

/// A text in such a place that is no base64 is read like any other.
fn is_base64(value: &Value) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_');
    value.as_str().is_some_and(|text| text.bytes().all(legal))
}
