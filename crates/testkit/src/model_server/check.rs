//! Requests are checked as the strictest of servers would: what passes here passes at the vendor.

use axum::http::HeaderMap;
use serde_json::Value;

use super::problem::Problem;
use super::record::State;
use super::script::{Api, LastRole};
use super::{anthropic, gemini, openai_chat, openai_responses};

/// The last message, as turns are chosen by it.
#[derive(Debug)]
pub(super) struct Last {
    pub role: LastRole,
    pub text: String,
}

/// Key, model and body; gives the last message of the conversation.
pub(super) fn request(
    api: Api,
    model: &str,
    headers: &HeaderMap,
    body: &Value,
    state: &State,
) -> Result<Last, Problem> {
    key(api, headers, state.script.key.as_deref())?;
    if !state.script.models.is_empty() && !state.script.models.iter().any(|known| known == model) {
        return Err(Problem::UnknownModel(model.to_owned()));
    }
    let checked = match api {
        Api::OpenaiChat => openai_chat::check(body),
        Api::OpenaiResponses => openai_responses::check(body, state),
        Api::Anthropic => anthropic::check(headers, body, state),
        Api::Gemini => gemini::check(body, state),
    };
    checked.map_err(Problem::Invalid)
}

/// The key lies where the vendor looks for it.
pub(super) fn key(api: Api, headers: &HeaderMap, expected: Option<&str>) -> Result<(), Problem> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let given = match api {
        Api::OpenaiChat | Api::OpenaiResponses => {
            header("authorization").and_then(|value| value.strip_prefix("Bearer "))
        }
        // The vendor takes either; its own client sends the second since 2026.
        Api::Anthropic => header("x-api-key").or_else(|| header("authorization")?.strip_prefix("Bearer ")),
        Api::Gemini => header("x-goog-api-key"),
    };
    match (given.filter(|key| !key.is_empty()), expected) {
        (Some(given), Some(expected)) if given != expected => Err(Problem::WrongKey),
        (None, None) if api == Api::OpenaiChat => Ok(()),
        (None, _) => Err(Problem::MissingKey),
        _ => Ok(()),
    }
}

/// The fields of an object are among those the vendor knows.
pub(super) fn only(value: &Value, known: &[&str], complaint: impl Fn(&str) -> String) -> Result<(), String> {
    let unknown = value.as_object().into_iter().flatten().find(|(name, _)| !known.contains(&name.as_str()));
    unknown.map_or(Ok(()), |(name, _)| Err(complaint(name)))
}

/// A schema of arguments is an object schema.
pub(super) fn is_object_schema(schema: Option<&Value>) -> bool {
    schema.and_then(|schema| schema.get("type")).and_then(Value::as_str) == Some("object")
}

/// Names of tools are short and plain.
pub(super) fn is_tool_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// The last message: what the last speaker said without a break. Results of several tools are one message, and what
/// the person adds after them is another.
pub(super) fn last<'a>(
    said: impl DoubleEndedIterator<Item = &'a Value>,
    read: impl Fn(&'a Value) -> (LastRole, String),
) -> Last {
    let mut texts = Vec::new();
    let mut speaker = None;
    for (role, text) in said.rev().map(read) {
        if *speaker.get_or_insert(role) != role {
            break;
        }
        texts.push(text);
    }
    texts.reverse();
    Last { role: speaker.unwrap_or(LastRole::User), text: texts.join("\n") }
}

/// The text at a pointer.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The list at a pointer; what is none is empty.
pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// All text inside of a content that is a string or a list of blocks.
pub(super) fn all_text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks.iter().map(all_text).collect::<Vec<_>>().join("\n"),
        Value::Object(fields) => {
            fields.get("text").or_else(|| fields.get("content")).map(all_text).unwrap_or_default()
        }
        _ => String::new(),
    }
}
