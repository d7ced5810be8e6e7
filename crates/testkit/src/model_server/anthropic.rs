//! Anthropic Messages.

use std::collections::BTreeSet;

use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::answer::{Answering, Event};
use super::check::{self, Last, all_text, is_object_schema, list, text};
use super::record::State;
use super::script::{LastRole, Reply, Stop};

/// Versions of the API, and what each has taken away.
const VERSIONS: [(&str, &[&str]); 2] =
    [("2023-06-01", &[]), ("2026-10-21", &["temperature", "top_p", "top_k"])];

const FIELDS: [&str; 17] = [
    "model",
    "messages",
    "max_tokens",
    "system",
    "stream",
    "tools",
    "tool_choice",
    "temperature",
    "top_p",
    "top_k",
    "stop_sequences",
    "metadata",
    "thinking",
    "service_tier",
    "container",
    "output_config",
    "context_management",
];

/// What the vendor would refuse, in its words.
pub(super) fn check(headers: &HeaderMap, body: &Value, state: &State) -> Result<Last, String> {
    let Some(version) = headers.get("anthropic-version") else {
        return Err("anthropic-version: header is required".to_owned());
    };
    let Some((_, removed)) = VERSIONS.iter().find(|(known, _)| version == known) else {
        return Err(format!("anthropic-version: {version:?} is not a valid version"));
    };
    if let Some(name) = removed.iter().find(|name| body.get(**name).is_some()) {
        return Err(format!("{name}: Extra inputs are not permitted"));
    }
    check::only(body, &FIELDS, |name| format!("{name}: Extra inputs are not permitted"))?;
    for required in ["model", "max_tokens", "messages"] {
        if body.get(required).is_none() {
            return Err(format!("{required}: Field required"));
        }
    }
    if body["max_tokens"].as_u64().is_none_or(|limit| limit == 0) {
        return Err("max_tokens: Input should be greater than or equal to 1".to_owned());
    }
    for (at, tool) in list(body, "/tools").iter().enumerate() {
        if !check::is_tool_name(text(tool, "/name")) {
            return Err(format!(
                "tools.{at}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
            ));
        }
        if !is_object_schema(tool.get("input_schema")) {
            return Err(format!("tools.{at}.custom.input_schema.type: Input should be 'object'"));
        }
    }
    let marks = body.to_string().matches("\"cache_control\"").count();
    if marks > 4 {
        return Err(format!("A maximum of 4 blocks with cache_control may be provided. Found {marks}."));
    }
    let messages = list(body, "/messages");
    let (Some(first), Some(last)) = (messages.first(), messages.last()) else {
        return Err("messages: at least one message is required".to_owned());
    };
    if text(first, "/role") != "user" {
        return Err("messages: first message must use the \"user\" role".to_owned());
    }
    conversation(messages, state)?;
    let content = &last["content"];
    let blocks = content.as_array().map_or(std::slice::from_ref(content), Vec::as_slice);
    Ok(check::last(blocks.iter(), |block| match text(block, "/type") {
        "tool_result" => (LastRole::Tool, all_text(block)),
        _ => (LastRole::User, all_text(block)),
    }))
}

fn conversation(messages: &[Value], state: &State) -> Result<(), String> {
    let mut open: BTreeSet<&str> = BTreeSet::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (at, message) in messages.iter().enumerate() {
        let role = text(message, "/role");
        if !matches!(role, "user" | "assistant") {
            return Err(format!("messages.{at}.role: Input should be 'user' or 'assistant'"));
        }
        let blocks = match &message["content"] {
            Value::String(text) if text.is_empty() => {
                return Err(format!("messages.{at}: all messages must have non-empty content"));
            }
            Value::String(_) => &[][..],
            content => content.as_array().map(Vec::as_slice).unwrap_or_default(),
        };
        if !message["content"].is_string() && blocks.is_empty() {
            return Err(format!("messages.{at}: all messages must have non-empty content"));
        }
        if role == "assistant"
            && blocks.last().is_some_and(|block| text(block, "/type").ends_with("thinking"))
        {
            return Err(format!(
                "messages.{at}: The final block in an assistant message cannot be `thinking`."
            ));
        }
        let mut signed: BTreeSet<&str> = BTreeSet::new();
        for (number, block) in blocks.iter().enumerate() {
            let place = format!("messages.{at}.content.{number}");
            match (role, text(block, "/type")) {
                (_, "text") if text(block, "/text").is_empty() => {
                    return Err("messages: text content blocks must be non-empty".to_owned());
                }
                (_, "text") if text(block, "/text").trim().is_empty() => {
                    return Err("messages: text content blocks must contain non-whitespace text".to_owned());
                }
                (_, "text") | ("user", "image" | "document") => {}
                ("user", "tool_result") => {
                    let id = text(block, "/tool_use_id");
                    if !open.remove(id) {
                        return Err(format!(
                            "{place}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each \
                             `tool_result` block must have a corresponding `tool_use` block in the previous message."
                        ));
                    }
                }
                ("assistant", "tool_use") => tool_use(block, &place, state, &signed, &mut seen, &mut open)?,
                ("assistant", "thinking") => {
                    let signature = text(block, "/signature");
                    if !state.gave_out(signature) {
                        return Err(format!("{place}: Invalid `signature` in `thinking` block"));
                    }
                    signed.insert(signature);
                }
                ("assistant", "redacted_thinking") => {}
                (_, kind) => {
                    return Err(format!(
                        "{place}: Input tag '{kind}' found using 'type' does not match any of the expected tags"
                    ));
                }
            }
        }
        if role == "user" && !open.is_empty() {
            return Err(unanswered(at.saturating_sub(1), &open));
        }
    }
    if open.is_empty() { Ok(()) } else { Err(unanswered(messages.len() - 1, &open)) }
}

fn tool_use<'a>(
    block: &'a Value,
    place: &str,
    state: &State,
    signed: &BTreeSet<&str>,
    seen: &mut BTreeSet<&'a str>,
    open: &mut BTreeSet<&'a str>,
) -> Result<(), String> {
    let id = text(block, "/id");
    if !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') || id.is_empty() {
        return Err(format!("{place}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"));
    }
    if !block["input"].is_object() {
        return Err(format!("{place}.tool_use.input: Input should be a valid dictionary"));
    }
    if !seen.insert(id) {
        return Err("messages: `tool_use` ids must be unique".to_owned());
    }
    if state.bound_to(id).is_some_and(|wanted| !signed.contains(wanted.as_str())) {
        return Err(format!(
            "{place}.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is \
             enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of \
             `tool_use` and `tool_result` blocks)."
        ));
    }
    open.insert(id);
    Ok(())
}

fn unanswered(at: usize, open: &BTreeSet<&str>) -> String {
    let ids: Vec<&str> = open.iter().copied().collect();
    format!(
        "messages.{at}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` \
         block must have a corresponding `tool_result` block in the next message.",
        ids.join(", ")
    )
}

fn answering<'a>(model: &'a str, body: &'a Value, reply: &'a Reply, state: &'a State) -> Answering<'a> {
    Answering::new(model, body, reply, state, "toolu_01", |_, id| id.to_owned())
}

fn stop_reason(reply: &Reply) -> &'static str {
    match reply.stop {
        Stop::MaxTokens => "max_tokens",
        Stop::Refused => "refusal",
        Stop::End if reply.calls.is_empty() => "end_turn",
        Stop::End => "tool_use",
    }
}

/// This vendor counts the cached parts apart from the rest of the input.
fn usage(answering: &Answering<'_>, output: u64) -> Value {
    let usage = answering.usage();
    json!({
        "input_tokens": usage.input.saturating_sub(usage.cache_read + usage.cache_write),
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation": {"ephemeral_5m_input_tokens": usage.cache_write, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output,
        "service_tier": "standard",
    })
}

fn message(answering: &Answering<'_>, content: &[Value], stop: Option<&str>, output: u64) -> Value {
    json!({
        "id": answering.id("msg_01"),
        "type": "message",
        "role": "assistant",
        "model": answering.model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": null,
        "usage": usage(answering, output),
    })
}

/// The blocks of the answer: each empty, and what it grows by.
fn blocks(answering: &Answering<'_>) -> Vec<(Value, Vec<Value>)> {
    let reply = answering.reply;
    let mut blocks = Vec::new();
    if let Some(signature) = &answering.signature {
        let mut deltas: Vec<Value> = answering
            .pieces(&reply.reasoning)
            .iter()
            .map(|piece| json!({"type": "thinking_delta", "thinking": piece}))
            .collect();
        deltas.push(json!({"type": "signature_delta", "signature": signature}));
        blocks.push((json!({"type": "thinking", "thinking": "", "signature": ""}), deltas));
    }
    if !reply.text.is_empty() {
        let deltas = answering.pieces(&reply.text);
        let deltas = deltas.iter().map(|piece| json!({"type": "text_delta", "text": piece})).collect();
        blocks.push((json!({"type": "text", "text": ""}), deltas));
    }
    for (call, id) in reply.calls.iter().zip(&answering.ids) {
        let mut pieces = vec![String::new()];
        pieces.extend(answering.pieces(&call.text()));
        let deltas =
            pieces.iter().map(|piece| json!({"type": "input_json_delta", "partial_json": piece})).collect();
        blocks.push((json!({"type": "tool_use", "id": id, "name": call.name, "input": {}}), deltas));
    }
    blocks
}

pub(super) fn whole(model: &str, body: &Value, reply: &Reply, state: &State) -> Value {
    let answering = answering(model, body, reply, state);
    let mut content = Vec::new();
    if let Some(signature) = &answering.signature {
        content.push(json!({"type": "thinking", "thinking": reply.reasoning, "signature": signature}));
    }
    if !reply.text.is_empty() {
        content.push(json!({"type": "text", "text": reply.text}));
    }
    for (call, id) in reply.calls.iter().zip(&answering.ids) {
        content.push(json!({"type": "tool_use", "id": id, "name": call.name, "input": call.json()}));
    }
    message(&answering, &content, Some(stop_reason(reply)), answering.usage().output)
}

pub(super) fn events(model: &str, body: &Value, reply: &Reply, state: &State) -> Vec<Event> {
    let answering = answering(model, body, reply, state);
    let mut steps = vec![
        json!({"type": "message_start", "message": message(&answering, &[], None, 1)}),
        json!({"type": "ping"}),
    ];
    for (index, (empty, deltas)) in blocks(&answering).into_iter().enumerate() {
        steps.push(json!({"type": "content_block_start", "index": index, "content_block": empty}));
        let grown = deltas
            .into_iter()
            .map(|delta| json!({"type": "content_block_delta", "index": index, "delta": delta}));
        steps.extend(grown);
        steps.push(json!({"type": "content_block_stop", "index": index}));
    }
    steps.push(json!({
        "type": "message_delta",
        "delta": {"stop_reason": stop_reason(reply), "stop_sequence": null},
        "usage": {"output_tokens": answering.usage().output},
    }));
    steps.push(json!({"type": "message_stop"}));
    steps.iter().map(Event::typed).collect()
}
