//! Results that ask the client something, and states that nobody can forge.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mcp::exchange::Client;
use mcp::message::RpcError;
use serde_json::{Map, Value, json};

use super::fixture::Ask;

/// An `input_required` result. Refused when the client cannot be asked that.
pub(crate) fn ask(
    client: &Client,
    questions: &[(&str, Value)],
    state: Option<String>,
) -> Result<Value, RpcError> {
    for (_, question) in questions {
        let capability = match question["method"].as_str() {
            Some("elicitation/create") => "elicitation",
            Some("sampling/createMessage") => "sampling",
            _ => "roots",
        };
        require(client, capability)?;
    }
    let requests: Map<_, _> =
        questions.iter().map(|(key, question)| ((*key).to_owned(), question.clone())).collect();
    let mut result = json!({"resultType": "input_required", "inputRequests": requests});
    if let Some(state) = state {
        result["requestState"] = state.into();
    }
    Ok(result)
}

pub(crate) fn require(client: &Client, capability: &str) -> Result<(), RpcError> {
    if client.capabilities.get(capability).is_some() {
        return Ok(());
    }
    let data = json!({"requiredCapabilities": {capability: {}}});
    let message = format!("the client lacks the capability {capability}");
    Err(RpcError { code: -32021, message, data: Some(data) })
}

pub(crate) fn form(message: &str, properties: &Value, required: &[&str]) -> Value {
    json!({"method": "elicitation/create", "params": {
        "mode": "form",
        "message": message,
        "requestedSchema": {"type": "object", "properties": properties, "required": required},
    }})
}

pub(crate) fn sampling(prompt: &str) -> Value {
    json!({"method": "sampling/createMessage", "params": {
        "messages": [{"role": "user", "content": {"type": "text", "text": prompt}}],
        "maxTokens": 100,
    }})
}

pub(crate) fn roots() -> Value {
    json!({"method": "roots/list", "params": {}})
}

/// The client's answer to a question, when it is there and an object.
pub(crate) fn answer<'a>(ask: &'a Ask<'_>, key: &str) -> Option<&'a Map<String, Value>> {
    ask.params.get("inputResponses")?.get(key)?.as_object()
}

/// A member of an elicited form that was accepted.
pub(crate) fn field<'a>(ask: &'a Ask<'_>, key: &str, name: &str) -> Option<&'a Value> {
    let answer = answer(ask, key)?;
    answer.get("content")?.get(name).filter(|_| answer.get("action").is_some_and(|action| action == "accept"))
}

/// The key that this process signs its states with.
pub(crate) struct Seal(hmac::Key);

impl Default for Seal {
    fn default() -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, uuid::Uuid::new_v4().as_bytes()))
    }
}

impl Seal {
    pub(crate) fn seal(&self, state: &Value) -> String {
        let text = state.to_string();
        let tag = hmac::sign(&self.0, text.as_bytes());
        format!("{}.{}", URL_SAFE_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(tag))
    }

    /// The state that came back; none when none did.
    pub(crate) fn open(&self, ask: &Ask<'_>) -> Result<Option<Value>, RpcError> {
        let Some(state) = ask.params.get("requestState") else { return Ok(None) };
        let refused = || RpcError::invalid_params("`requestState` is not one that this server gave out");
        let (text, tag) = state.as_str().and_then(|state| state.split_once('.')).ok_or_else(refused)?;
        let text = URL_SAFE_NO_PAD.decode(text).map_err(|_| refused())?;
        let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| refused())?;
        hmac::verify(&self.0, &text, &tag).map_err(|_| refused())?;
        serde_json::from_slice(&text).map(Some).map_err(|_| refused())
    }
}
