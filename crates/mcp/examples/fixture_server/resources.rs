//! Resources: a text, an image, one that changes, and a template.

use mcp::message::RpcError;
use serde_json::{Value, json};

use super::fixture::Ask;
use super::tools::PNG;

pub(crate) fn list() -> Value {
    let entry = |name: &str, mime: &str| json!({"uri": format!("test://{name}"), "name": name, "description": "A resource of the fixture", "mimeType": mime});
    let resources = [
        entry("static-text", "text/plain"),
        entry("static-binary", "image/png"),
        entry("watched-resource", "text/plain"),
    ];
    json!({"resources": resources, "ttlMs": 60_000, "cacheScope": "public"})
}

pub(crate) fn templates() -> Value {
    let template = json!({
        "uriTemplate": "test://template/{id}/data",
        "name": "template",
        "description": "A resource with an id of your choice",
        "mimeType": "application/json",
    });
    json!({"resourceTemplates": [template], "ttlMs": 60_000, "cacheScope": "public"})
}

pub(crate) fn read(ask: &Ask<'_>) -> Result<Value, RpcError> {
    let uri = ask.params.get("uri").and_then(Value::as_str).unwrap_or_default();
    let id = uri.strip_prefix("test://template/").and_then(|rest| rest.strip_suffix("/data"));
    let content = match (uri, id) {
        ("test://static-text", _) => {
            json!({"mimeType": "text/plain", "text": "This is the content of the static text resource."})
        }
        ("test://static-binary", _) => json!({"mimeType": "image/png", "blob": PNG}),
        ("test://watched-resource", _) => json!({"mimeType": "text/plain", "text": "It may change."}),
        (_, Some(id)) => {
            let text =
                json!({"id": id, "templateTest": true, "data": format!("Data for ID: {id}")}).to_string();
            json!({"mimeType": "application/json", "text": text})
        }
        _ => {
            let message = format!("there is no resource {uri}");
            return Err(RpcError { code: -32602, message, data: Some(json!({"uri": uri})) });
        }
    };
    let mut content = content;
    content["uri"] = uri.into();
    Ok(json!({"contents": [content], "ttlMs": 1_000, "cacheScope": "private"}))
}
