//! What of a request is repeated in HTTP headers (2026-07-28, "Request Metadata").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};

const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// The parameter that `Mcp-Name` repeats.
pub(crate) fn name_member(method: &str) -> Option<&'static str> {
    match method {
        "tools/call" | "prompts/get" => Some("name"),
        "resources/read" => Some("uri"),
        "tasks/get" | "tasks/update" | "tasks/cancel" => Some("taskId"),
        _ => None,
    }
}

/// `name` is the value of [`name_member`].
pub(crate) fn of(method: &str, name: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(METHOD, value(method));
    if let Some(name) = name {
        headers.insert(NAME, value(name));
    }
    headers
}

/// As it is where HTTP allows it, else in the form that says that it is encoded.
pub(crate) fn value(text: &str) -> HeaderValue {
    let changes = text.bytes().any(|byte| !matches!(byte, b' '..=b'~')) || text.trim() != text;
    let looks_encoded = text.starts_with("=?base64?") && text.ends_with("?=");
    let encoded = (changes || looks_encoded).then(|| format!("=?base64?{}?=", STANDARD.encode(text)));
    HeaderValue::from_str(encoded.as_deref().unwrap_or(text)).unwrap_or_else(|error| {
        unreachable!("visible characters and inner spaces make a header value: {error}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_http_would_change_are_encoded() {
        for (text, header) in [
            ("us-west1", "us-west1"),
            ("us west 1", "us west 1"),
            ("", ""),
            ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
            (" padded ", "=?base64?IHBhZGRlZCA=?="),
            ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
            ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
        ] {
            assert_eq!(value(text), header, "{text:?}");
        }
    }
}
