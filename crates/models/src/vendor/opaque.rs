//! What a vendor wants back unchanged with the next request: signatures, encrypted reasoning.
//!
//! It travels through the journal as one JSON value that names the API and the model it came from. Signatures
//! of one model mean nothing to another, and a vendor refuses what it did not make; so what was made by
//! another model, or no longer fits the calls of its message, is left out.

use domain::model::ModelCall;
use serde_json::{Value, json};

use crate::config::Api;

/// Wraps what came.
pub(crate) fn wrap(api: Api, model: &str, items: Value) -> Value {
    json!({"api": api, "model": model, "items": items})
}

/// The items, when this API and model made them.
pub(crate) fn items<'a>(opaque: Option<&'a Value>, api: Api, model: &str) -> Option<&'a Vec<Value>> {
    let opaque = opaque?;
    let same_api = opaque.get("api") == Some(&json!(api));
    let same_model = opaque.get("model").and_then(Value::as_str) == Some(model);
    (same_api && same_model).then(|| opaque.get("items")?.as_array())?
}

/// Whether the ids found in the items are those of the calls, in order.
pub(crate) fn fits<'a>(ids: impl Iterator<Item = &'a str>, calls: &[ModelCall]) -> bool {
    ids.eq(calls.iter().map(|call| call.provider_call_id.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_model_gets_nothing() {
        let opaque = wrap(Api::Gemini, "gemini-a", json!([1]));
        assert!(items(Some(&opaque), Api::Gemini, "gemini-a").is_some());
        assert!(items(Some(&opaque), Api::Gemini, "gemini-b").is_none());
        assert!(items(Some(&opaque), Api::AnthropicMessages, "gemini-a").is_none());
        assert!(items(Some(&json!("odd")), Api::Gemini, "gemini-a").is_none());
        assert!(items(None, Api::Gemini, "gemini-a").is_none());
    }
}
