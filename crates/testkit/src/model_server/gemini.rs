//! Google Gemini, `generateContent` and `streamGenerateContent`.

use serde_json::{Value, json};

use super::answer::{Answering, Event};
use super::check::{self, Last, is_object_schema, list, text};
use super::record::State;
use super::script::{LastRole, Reply, Stop};

const FIELDS: [&str; 9] = [
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "generationConfig",
    "safetySettings",
    "cachedContent",
    "labels",
    "model",
];

const PART_FIELDS: [&str; 8] = [
    "text",
    "thought",
    "thoughtSignature",
    "functionCall",
    "functionResponse",
    "inlineData",
    "fileData",
    "mediaResolution",
];

/// Stands for the signature of a call that was made elsewhere.
const MADE_ELSEWHERE: &str = "skip_thought_signature_validator";

/// What the vendor would refuse, in its words.
pub(super) fn check(body: &Value, state: &State) -> Result<Last, String> {
    let unknown =
        |name: &str| format!("Invalid JSON payload received. Unknown name \"{name}\": Cannot find field.");
    check::only(body, &FIELDS, unknown)?;
    for tool in list(body, "/tools") {
        for declaration in list(tool, "/functionDeclarations") {
            let name = text(declaration, "/name");
            if !check::is_tool_name(name) {
                return Err("* GenerateContentRequest.tools[0].function_declarations[0].name: Invalid function name. Must \
                            start with a letter or an underscore."
                    .to_owned());
            }
            // Both spellings are taken, as in all of Google's JSON.
            let json_schema =
                declaration.get("parametersJsonSchema").or_else(|| declaration.get("parameters_json_schema"));
            let own_schema = text(declaration, "/parameters/type").eq_ignore_ascii_case("object");
            if json_schema.is_some() && !is_object_schema(json_schema)
                || json_schema.is_none() && declaration.get("parameters").is_some() && !own_schema
            {
                return Err(format!(
                    "* GenerateContentRequest.tools[0].function_declarations[0].parameters: schema of {name} should be \
                     of type OBJECT"
                ));
            }
        }
    }
    let contents = list(body, "/contents");
    let Some(last) = contents.last() else {
        return Err("* GenerateContentRequest.contents: contents is not specified".to_owned());
    };
    conversation(contents, state)?;
    let parts = list(last, "/parts").iter();
    Ok(check::last(parts, |part| match part.pointer("/functionResponse/response") {
        Some(Value::Object(response)) => {
            let words = response
                .values()
                .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            (LastRole::Tool, words.collect::<Vec<_>>().join("\n"))
        }
        _ => (LastRole::User, text(part, "/text").to_owned()),
    }))
}

fn conversation(contents: &[Value], state: &State) -> Result<(), String> {
    let mut open: Vec<(&str, &str)> = Vec::new();
    for (at, content) in contents.iter().enumerate() {
        let role = text(content, "/role");
        if !matches!(role, "user" | "model" | "") {
            return Err("Please use a valid role: user, model.".to_owned());
        }
        let parts = list(content, "/parts");
        if parts.is_empty() {
            return Err(format!(
                "* GenerateContentRequest.contents[{at}].parts: contents.parts must not be empty."
            ));
        }
        let answers: Vec<&Value> = parts.iter().filter_map(|part| part.get("functionResponse")).collect();
        if !open.is_empty() && answers.len() != open.len() || open.is_empty() && !answers.is_empty() {
            return Err("Please ensure that the number of function response parts is equal to the number of function \
                        call parts of the function call turn."
                .to_owned());
        }
        for answer in answers {
            let (name, id) = (text(answer, "/name"), text(answer, "/id"));
            let Some(found) = open.iter().position(|call| *call == (name, id)) else {
                return Err(format!("Function response `{name}` with id `{id}` answers no function call."));
            };
            open.swap_remove(found);
            if !answer["response"].is_object() {
                return Err("Invalid value at 'function_response.response' (type.googleapis.com/google.protobuf.Struct)".to_owned());
            }
        }
        for part in parts {
            check::only(part, &PART_FIELDS, |name| {
                format!(
                    "Invalid JSON payload received. Unknown name \"{name}\" at 'contents[{at}].parts[0]': Cannot find field."
                )
            })?;
            if part.get("functionCall").is_some() {
                if role != "model" || at == 0 {
                    return Err("Please ensure that function call turn comes immediately after a user turn or after a \
                                function response turn."
                        .to_owned());
                }
                call(part, state)?;
                open.push((text(part, "/functionCall/name"), text(part, "/functionCall/id")));
            } else if let Some(signature) = part.get("thoughtSignature").and_then(Value::as_str)
                && !state.gave_out(signature)
            {
                return Err("Thought signature is not valid.".to_owned());
            }
        }
    }
    if open.is_empty() {
        Ok(())
    } else {
        Err("Please ensure that the number of function response parts is equal to the number of function call parts of \
             the function call turn."
            .to_owned())
    }
}

fn call(part: &Value, state: &State) -> Result<(), String> {
    let function = &part["functionCall"];
    if !function["args"].is_object() {
        return Err(
            "Invalid value at 'function_call.args' (type.googleapis.com/google.protobuf.Struct)".to_owned()
        );
    }
    let signature = text(part, "/thoughtSignature");
    if !signature.is_empty() && signature != MADE_ELSEWHERE && !state.gave_out(signature) {
        return Err("Thought signature is not valid.".to_owned());
    }
    let wanted = state.bound_to(&mark(text(function, "/name"), &function["args"]));
    if wanted.is_some_and(|wanted| wanted != signature) {
        return Err(format!(
            "Function call is missing a thought_signature in functionCall parts. This is required for tools to work \
             correctly, and missing thought_signature may lead to degraded model performance. Function call \
             `default_api:{}`",
            text(function, "/name")
        ));
    }
    Ok(())
}

/// What a call is known by, since many have no id.
fn mark(name: &str, arguments: &Value) -> String {
    format!("{name} {arguments}")
}

fn answering<'a>(model: &'a str, body: &'a Value, reply: &'a Reply, state: &'a State) -> Answering<'a> {
    // Only the first of parallel calls is signed.
    Answering::new(model, body, reply, state, "", |at, id| match (at, reply.calls.first()) {
        (0, Some(call)) => mark(&call.name, &call.json()),
        _ => format!("unsigned {id}"),
    })
}

/// This vendor counts reasoning apart from the rest of the output.
fn usage(answering: &Answering<'_>) -> Value {
    let usage = answering.usage();
    let mut counted = json!({
        "promptTokenCount": usage.input,
        "candidatesTokenCount": usage.output.saturating_sub(usage.reasoning),
        "totalTokenCount": usage.input + usage.output,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": usage.input}],
    });
    if usage.reasoning > 0 {
        counted["thoughtsTokenCount"] = json!(usage.reasoning);
    }
    if usage.cache_read > 0 {
        counted["cachedContentTokenCount"] = json!(usage.cache_read);
    }
    counted
}

fn finish_reason(reply: &Reply) -> &'static str {
    match reply.stop {
        _ if reply.calls.iter().any(|call| call.arguments_text.is_some()) => "MALFORMED_FUNCTION_CALL",
        Stop::End => "STOP",
        Stop::MaxTokens => "MAX_TOKENS",
        Stop::Refused => "SAFETY",
    }
}

/// The parts of each event; of a whole answer, all of them.
fn parts(answering: &Answering<'_>, pieces: bool) -> Vec<Vec<Value>> {
    let reply = answering.reply;
    let cut = |text: &str| match (text.is_empty(), pieces) {
        (true, _) => Vec::new(),
        (false, true) => answering.pieces(text),
        (false, false) => vec![text.to_owned()],
    };
    let mut events: Vec<Vec<Value>> = Vec::new();
    events.extend(cut(&reply.reasoning).iter().map(|piece| vec![json!({"text": piece, "thought": true})]));
    events.extend(cut(&reply.text).iter().map(|piece| vec![json!({"text": piece})]));
    if reply.calls.is_empty() {
        // Without calls, the signature comes with an empty text at the end.
        let signed = answering
            .signature
            .iter()
            .map(|signature| vec![json!({"text": "", "thoughtSignature": signature})]);
        events.extend(signed);
        return events;
    }
    let readable = reply.calls.iter().filter(|call| call.arguments_text.is_none());
    let calls = readable.enumerate().map(|(at, call)| {
        let mut function = json!({"name": call.name, "args": call.json()});
        if let Some(id) = &call.id {
            function["id"] = json!(id);
        }
        let mut part = json!({"functionCall": function});
        if let Some(signature) = answering.signature.as_ref().filter(|_| at == 0) {
            part["thoughtSignature"] = json!(signature);
        }
        part
    });
    events.push(calls.collect());
    events
}

pub(super) fn whole(model: &str, body: &Value, reply: &Reply, state: &State) -> Value {
    let answering = answering(model, body, reply, state);
    let parts: Vec<Value> = parts(&answering, false).into_iter().flatten().collect();
    json!({
        "candidates": [{
            "content": {"parts": parts, "role": "model"},
            "finishReason": finish_reason(reply),
            "index": 0,
        }],
        "usageMetadata": usage(&answering),
        "modelVersion": model,
        "responseId": answering.id("resp"),
    })
}

pub(super) fn events(model: &str, body: &Value, reply: &Reply, state: &State) -> Vec<Event> {
    let answering = answering(model, body, reply, state);
    let id = answering.id("resp");
    let mut parts = parts(&answering, true);
    if parts.is_empty() {
        parts.push(vec![json!({"text": ""})]);
    }
    let last = parts.len() - 1;
    parts
        .into_iter()
        .enumerate()
        .map(|(at, parts)| {
            let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
            let mut counted = usage(&answering);
            if at == last {
                candidate["finishReason"] = json!(finish_reason(reply));
            } else if let Some(counted) = counted.as_object_mut() {
                // Before the end only the prompt is counted.
                counted.retain(|name, _| name.starts_with("prompt") || name.starts_with("total"));
            }
            Event::unnamed(&json!({
                "candidates": [candidate],
                "usageMetadata": counted,
                "modelVersion": model,
                "responseId": id,
            }))
        })
        .collect()
}
