//! OpenAI Chat Completions.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::answer::{Answering, Event, now};
use super::check::{self, Last, all_text, is_object_schema, list, text};
use super::record::State;
use super::script::{LastRole, Reply, Stop};

const FIELDS: [&str; 24] = [
    "model",
    "messages",
    "stream",
    "stream_options",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "n",
    "stop",
    "seed",
    "user",
    "response_format",
    "reasoning_effort",
    "metadata",
    "store",
    "service_tier",
    "verbosity",
    "logprobs",
    "presence_penalty",
    "frequency_penalty",
];

/// What the vendor would refuse, in its words.
pub(super) fn check(body: &Value) -> Result<Last, String> {
    check::only(body, &FIELDS, |name| format!("Unrecognized request argument supplied: {name}"))?;
    if text(body, "/model").is_empty() {
        return Err("you must provide a model parameter".to_owned());
    }
    if body.get("max_tokens").is_some() && body.get("max_completion_tokens").is_some() {
        return Err(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.".to_owned()
        );
    }
    if body.get("stream_options").is_some() && body.get("stream") != Some(&Value::Bool(true)) {
        return Err("The 'stream_options' parameter is only allowed when 'stream' is enabled.".to_owned());
    }
    tools(body)?;
    let messages = list(body, "/messages");
    if messages.is_empty() {
        return Err(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead."
                .to_owned(),
        );
    }
    conversation(messages)?;
    Ok(check::last(messages.iter(), |message| {
        let role = if text(message, "/role") == "tool" { LastRole::Tool } else { LastRole::User };
        (role, all_text(&message["content"]))
    }))
}

fn tools(body: &Value) -> Result<(), String> {
    let Some(given) = body.get("tools") else { return Ok(()) };
    if list(body, "/tools").is_empty() {
        return Err(format!("Invalid 'tools': {given}. Expected an array with minimum length 1."));
    }
    for (at, tool) in list(body, "/tools").iter().enumerate() {
        let name = text(tool, "/function/name");
        if text(tool, "/type") != "function" {
            return Err(format!("Invalid value for 'tools[{at}].type'. Supported values are: 'function'."));
        }
        if !check::is_tool_name(name) {
            return Err(format!(
                "Invalid 'tools[{at}].function.name': string does not match pattern. Expected a string that matches \
                 the pattern '^[a-zA-Z0-9_-]+$'."
            ));
        }
        if !is_object_schema(tool.pointer("/function/parameters")) {
            return Err(format!(
                "Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"'."
            ));
        }
    }
    Ok(())
}

fn conversation(messages: &[Value]) -> Result<(), String> {
    let mut open: BTreeSet<&str> = BTreeSet::new();
    let unanswered = |open: &BTreeSet<&str>| {
        let ids: Vec<&str> = open.iter().copied().collect();
        format!(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each \
             'tool_call_id'. The following tool_call_ids did not have response messages: {}",
            ids.join(", ")
        )
    };
    for (at, message) in messages.iter().enumerate() {
        let role = text(message, "/role");
        if role == "tool" {
            if !open.remove(text(message, "/tool_call_id")) {
                return Err(format!(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with \
                     'tool_calls'. (messages.[{at}].role)"
                ));
            }
        } else if !open.is_empty() {
            return Err(unanswered(&open));
        }
        match role {
            "system" | "developer" | "user" | "tool" => {
                if !matches!(message["content"], Value::String(_) | Value::Array(_)) {
                    return Err(format!(
                        "Invalid value for 'content': expected a string, got null. (messages.[{at}])"
                    ));
                }
            }
            "assistant" => {
                let calls = list(message, "/tool_calls");
                if message.get("tool_calls").is_some() && calls.is_empty() {
                    return Err(format!(
                        "Invalid 'messages[{at}].tool_calls': empty array. Expected an array with minimum length 1, \
                         but got an empty array instead."
                    ));
                }
                if calls.is_empty() && message["content"].is_null() {
                    return Err(format!(
                        "Invalid value for 'content': expected a string, got null. (messages.[{at}])"
                    ));
                }
                for call in calls {
                    let id = text(call, "/id");
                    let whole = text(call, "/type") == "function"
                        && !text(call, "/function/name").is_empty()
                        && call.pointer("/function/arguments").is_some_and(Value::is_string);
                    if id.is_empty() || !whole {
                        return Err(format!(
                            "Invalid type for 'messages[{at}].tool_calls[0].function.arguments'."
                        ));
                    }
                    if !open.insert(id) {
                        return Err(format!(
                            "Duplicate value for 'tool_call_id' of '{id}' in message[{at}]."
                        ));
                    }
                }
            }
            _ => {
                return Err(format!(
                    "Invalid value: '{role}'. Supported values are: 'system', 'assistant', 'user', 'function', \
                     'tool', and 'developer'. (messages[{at}].role)"
                ));
            }
        }
    }
    if open.is_empty() { Ok(()) } else { Err(unanswered(&open)) }
}

fn answering<'a>(model: &'a str, body: &'a Value, reply: &'a Reply, state: &'a State) -> Answering<'a> {
    // This format signs nothing.
    Answering::new(model, body, reply, state, "call_", |_, _| String::new())
}

fn finish_reason(reply: &Reply) -> &'static str {
    match reply.stop {
        Stop::MaxTokens => "length",
        Stop::Refused => "content_filter",
        Stop::End if reply.calls.is_empty() => "stop",
        Stop::End => "tool_calls",
    }
}

fn usage(answering: &Answering<'_>) -> Value {
    let usage = answering.usage();
    json!({
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}

pub(super) fn whole(model: &str, body: &Value, reply: &Reply, state: &State) -> Value {
    let answering = answering(model, body, reply, state);
    let content =
        if reply.text.is_empty() && !reply.calls.is_empty() { Value::Null } else { json!(reply.text) };
    let mut message = json!({"role": "assistant", "content": content, "refusal": null, "annotations": []});
    if !reply.reasoning.is_empty() {
        message["reasoning_content"] = json!(reply.reasoning);
    }
    if !reply.calls.is_empty() {
        let calls = reply.calls.iter().zip(&answering.ids).map(|(call, id)| {
            json!({"id": id, "type": "function", "function": {"name": call.name, "arguments": call.text()}})
        });
        message["tool_calls"] = calls.collect();
    }
    json!({
        "id": answering.id("chatcmpl-"),
        "object": "chat.completion",
        "created": now(),
        "model": model,
        "choices": [{
            "index": 0,
            "message": message,
            "logprobs": null,
            "finish_reason": finish_reason(reply),
        }],
        "usage": usage(&answering),
        "service_tier": "default",
        "system_fingerprint": "fp_testkit",
    })
}

pub(super) fn events(model: &str, body: &Value, reply: &Reply, state: &State) -> Vec<Event> {
    let answering = answering(model, body, reply, state);
    let with_usage = body.pointer("/stream_options/include_usage") == Some(&Value::Bool(true));
    let (id, created) = (answering.id("chatcmpl-"), now());
    let chunk = |choices: Value, used: Value| {
        let mut chunk = json!({
            "id": id,
            "object": "chat.completion.chunk",
            "created": created,
            "model": model,
            "service_tier": "default",
            "system_fingerprint": "fp_testkit",
            "choices": choices,
        });
        if with_usage {
            chunk["usage"] = used;
        }
        Event::unnamed(&chunk)
    };
    let delta = |delta: Value| {
        let choice = json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": null}]);
        chunk(choice, Value::Null)
    };
    let mut events = vec![delta(json!({"role": "assistant", "content": "", "refusal": null}))];
    let thoughts = answering.pieces(&reply.reasoning);
    events.extend(thoughts.iter().map(|piece| delta(json!({"reasoning_content": piece}))));
    events.extend(answering.pieces(&reply.text).iter().map(|piece| delta(json!({"content": piece}))));
    for (index, (call, id)) in reply.calls.iter().zip(&answering.ids).enumerate() {
        let function = json!({"name": call.name, "arguments": ""});
        let first = json!({"index": index, "id": id, "type": "function", "function": function});
        events.push(delta(json!({"tool_calls": [first]})));
        events.extend(
            answering.pieces(&call.text()).iter().map(|piece| {
                delta(json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}))
            }),
        );
    }
    let end = json!([{"index": 0, "delta": {}, "logprobs": null, "finish_reason": finish_reason(reply)}]);
    events.push(chunk(end, Value::Null));
    if with_usage {
        events.push(chunk(json!([]), usage(&answering)));
    }
    events.push(Event { name: None, data: "[DONE]".to_owned() });
    events
}
