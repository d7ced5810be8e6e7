//! OpenAI Responses, with nothing stored: reasoning comes and goes encrypted.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::answer::{Answering, Event, now};
use super::check::{self, Last, all_text, is_object_schema, list, text};
use super::record::State;
use super::script::{LastRole, Reply, Stop};

const FIELDS: [&str; 24] = [
    "model",
    "input",
    "instructions",
    "stream",
    "store",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "max_output_tokens",
    "include",
    "reasoning",
    "text",
    "temperature",
    "top_p",
    "metadata",
    "user",
    "truncation",
    "previous_response_id",
    "service_tier",
    "prompt_cache_key",
    "background",
    "safety_identifier",
    "stream_options",
    "max_tool_calls",
];

/// What the vendor would refuse, in its words.
pub(super) fn check(body: &Value, state: &State) -> Result<Last, String> {
    check::only(body, &FIELDS, |name| format!("Unknown parameter: '{name}'."))?;
    if text(body, "/model").is_empty() {
        return Err("Missing required parameter: 'model'.".to_owned());
    }
    if let Some(limit) = body.get("max_output_tokens").and_then(Value::as_u64).filter(|limit| *limit < 16) {
        return Err(format!(
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got {limit} instead."
        ));
    }
    let not_reasoning = ["gpt-4", "gpt-3"].iter().any(|old| text(body, "/model").starts_with(old));
    if not_reasoning && list(body, "/include").contains(&json!("reasoning.encrypted_content")) {
        return Err("Encrypted content is not supported with this model.".to_owned());
    }
    for (at, tool) in list(body, "/tools").iter().enumerate() {
        let name = text(tool, "/name");
        if text(tool, "/type") != "function" || !check::is_tool_name(name) {
            return Err(format!(
                "Invalid 'tools[{at}].name': string does not match pattern '^[a-zA-Z0-9_-]+$'."
            ));
        }
        if !is_object_schema(tool.get("parameters")) {
            return Err(format!(
                "Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"'."
            ));
        }
    }
    if let Some(Value::String(text)) = body.get("input") {
        return Ok(Last { role: LastRole::User, text: text.clone() });
    }
    let items = list(body, "/input");
    if items.is_empty() {
        return Err("Missing required parameter: 'input'.".to_owned());
    }
    conversation(items, state)?;
    Ok(check::last(items.iter(), |item| match text(item, "/type") {
        "function_call_output" => (LastRole::Tool, all_text(&item["output"])),
        _ => (LastRole::User, all_text(&item["content"])),
    }))
}

fn conversation(items: &[Value], state: &State) -> Result<(), String> {
    let mut calls: BTreeMap<&str, bool> = BTreeMap::new();
    let mut signatures: BTreeSet<&str> = BTreeSet::new();
    for (at, item) in items.iter().enumerate() {
        match (text(item, "/type"), text(item, "/role")) {
            ("" | "message", "user" | "assistant" | "system" | "developer") => {
                if !matches!(item["content"], Value::String(_) | Value::Array(_)) {
                    return Err(format!(
                        "Invalid type for 'input[{at}].content': expected a string or an array."
                    ));
                }
            }
            ("reasoning", _) => {
                let signature = text(item, "/encrypted_content");
                if !state.gave_out(signature) {
                    return Err("The encrypted content could not be verified. Reason: Encrypted content could not be \
                                decrypted or parsed."
                        .to_owned());
                }
                if at + 1 == items.len() {
                    return Err(format!(
                        "Item 'rs_{at}' of type 'reasoning' was provided without its required following item."
                    ));
                }
                signatures.insert(signature);
            }
            ("function_call", _) => {
                let id = text(item, "/call_id");
                if id.is_empty() || text(item, "/name").is_empty() || !item["arguments"].is_string() {
                    return Err(format!("Missing required parameter: 'input[{at}].call_id'."));
                }
                if state.bound_to(id).is_some_and(|wanted| !signatures.contains(wanted.as_str())) {
                    return Err(format!(
                        "Item '{id}' of type 'function_call' was provided without its required 'reasoning' item."
                    ));
                }
                calls.insert(id, false);
            }
            ("function_call_output", _) => {
                let id = text(item, "/call_id");
                match calls.get_mut(id) {
                    Some(answered) => *answered = true,
                    None => {
                        return Err(format!(
                            "No tool call found for function call output with call_id {id}."
                        ));
                    }
                }
            }
            (kind, role) => {
                return Err(format!("Invalid value: '{kind}{role}'. (input[{at}])"));
            }
        }
    }
    match calls.iter().find(|(_, answered)| !**answered) {
        Some((id, _)) => Err(format!("No tool output found for function call {id}.")),
        None => Ok(()),
    }
}

fn answering<'a>(model: &'a str, body: &'a Value, reply: &'a Reply, state: &'a State) -> Answering<'a> {
    Answering::new(model, body, reply, state, "call_", |_, id| id.to_owned())
}

fn usage(answering: &Answering<'_>) -> Value {
    let usage = answering.usage();
    json!({
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cache_read},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    })
}

/// All items of the answer, complete.
fn items(answering: &Answering<'_>) -> Vec<Value> {
    let reply = answering.reply;
    let mut items = Vec::new();
    if let Some(signature) = &answering.signature {
        let wanted = list(answering.body, "/include").contains(&json!("reasoning.encrypted_content"));
        let mut item = json!({
            "id": answering.id("rs_"),
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": reply.reasoning}],
        });
        if wanted {
            item["encrypted_content"] = json!(signature);
        }
        items.push(item);
    }
    if !reply.text.is_empty() || reply.calls.is_empty() {
        let part = if reply.stop == Stop::Refused {
            json!({"type": "refusal", "refusal": reply.text})
        } else {
            json!({"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []})
        };
        items.push(json!({
            "id": answering.id("msg_"),
            "type": "message",
            "status": "completed",
            "role": "assistant",
            "content": [part],
        }));
    }
    for (call, id) in reply.calls.iter().zip(&answering.ids) {
        items.push(json!({
            "id": answering.id("fc_"),
            "type": "function_call",
            "status": "completed",
            "call_id": id,
            "name": call.name,
            "arguments": call.text(),
        }));
    }
    items
}

/// The response object in one of its states.
fn response(answering: &Answering<'_>, id: &str, status: &str, output: &[Value], used: Value) -> Value {
    let body = answering.body;
    let or = |name: &str, default: Value| body.get(name).cloned().unwrap_or(default);
    let incomplete =
        if status == "incomplete" { json!({"reason": "max_output_tokens"}) } else { Value::Null };
    json!({
        "id": id,
        "object": "response",
        "created_at": now(),
        "status": status,
        "background": false,
        "error": null,
        "incomplete_details": incomplete,
        "instructions": or("instructions", Value::Null),
        "max_output_tokens": or("max_output_tokens", Value::Null),
        "model": answering.model,
        "output": output,
        "parallel_tool_calls": true,
        "previous_response_id": null,
        "reasoning": {"effort": "medium", "summary": null},
        "service_tier": "default",
        "store": or("store", json!(true)),
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": or("tools", json!([])),
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": used,
        "user": null,
        "metadata": {},
    })
}

fn end_status(reply: &Reply) -> &'static str {
    if reply.stop == Stop::MaxTokens { "incomplete" } else { "completed" }
}

pub(super) fn whole(model: &str, body: &Value, reply: &Reply, state: &State) -> Value {
    let answering = answering(model, body, reply, state);
    let items = items(&answering);
    response(&answering, &answering.id("resp_"), end_status(reply), &items, usage(&answering))
}

pub(super) fn events(model: &str, body: &Value, reply: &Reply, state: &State) -> Vec<Event> {
    let answering = answering(model, body, reply, state);
    let id = answering.id("resp_");
    let begun = response(&answering, &id, "in_progress", &[], Value::Null);
    let mut steps = vec![
        json!({"type": "response.created", "response": begun}),
        json!({"type": "response.in_progress", "response": begun}),
    ];
    let items = items(&answering);
    for (index, item) in items.iter().enumerate() {
        grow(&answering, index, item, &mut steps);
    }
    let status = end_status(reply);
    let ended = response(&answering, &id, status, &items, usage(&answering));
    steps.push(json!({"type": format!("response.{status}"), "response": ended}));
    steps
        .into_iter()
        .enumerate()
        .map(|(number, mut step)| {
            step["sequence_number"] = json!(number);
            Event::typed(&step)
        })
        .collect()
}

/// How one item comes to be.
fn grow(answering: &Answering<'_>, index: usize, item: &Value, steps: &mut Vec<Value>) {
    let id = text(item, "/id");
    let place = |kind: &str, more: Value| {
        let mut step = json!({"type": kind, "item_id": id, "output_index": index});
        if let (Some(step), Some(more)) = (step.as_object_mut(), more.as_object()) {
            step.extend(more.clone());
        }
        step
    };
    let added =
        |item: Value| json!({"type": "response.output_item.added", "output_index": index, "item": item});
    match text(item, "/type") {
        "reasoning" => {
            let whole = text(item, "/summary/0/text");
            let part =
                |text: &str| json!({"summary_index": 0, "part": {"type": "summary_text", "text": text}});
            steps.push(added(json!({"id": id, "type": "reasoning", "summary": []})));
            steps.push(place("response.reasoning_summary_part.added", part("")));
            for piece in answering.pieces(whole) {
                let delta = json!({"summary_index": 0, "delta": piece});
                steps.push(place("response.reasoning_summary_text.delta", delta));
            }
            let done = json!({"summary_index": 0, "text": whole});
            steps.push(place("response.reasoning_summary_text.done", done));
            steps.push(place("response.reasoning_summary_part.done", part(whole)));
        }
        "message" => {
            let kind = if text(item, "/content/0/type") == "refusal" { "refusal" } else { "output_text" };
            let field = if kind == "refusal" { "refusal" } else { "text" };
            let whole = text(item, &format!("/content/0/{field}"));
            let mut empty = item["content"][0].clone();
            empty[field] = json!("");
            let begun = json!({"id": id, "type": "message", "status": "in_progress", "role": "assistant", "content": []});
            steps.push(added(begun));
            steps.push(place("response.content_part.added", json!({"content_index": 0, "part": empty})));
            for piece in answering.pieces(whole) {
                let delta = json!({"content_index": 0, "delta": piece, "logprobs": []});
                steps.push(place(&format!("response.{kind}.delta"), delta));
            }
            let done = json!({"content_index": 0, field: whole, "logprobs": []});
            steps.push(place(&format!("response.{kind}.done"), done));
            let part = json!({"content_index": 0, "part": item["content"][0]});
            steps.push(place("response.content_part.done", part));
        }
        _ => {
            let mut begun = item.clone();
            begun["status"] = json!("in_progress");
            begun["arguments"] = json!("");
            steps.push(added(begun));
            for piece in answering.pieces(text(item, "/arguments")) {
                steps.push(place("response.function_call_arguments.delta", json!({"delta": piece})));
            }
            let done = json!({"name": item["name"], "arguments": item["arguments"]});
            steps.push(place("response.function_call_arguments.done", done));
        }
    }
    steps.push(json!({"type": "response.output_item.done", "output_index": index, "item": item}));
}
