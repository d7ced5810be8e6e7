//! Google Gemini, `streamGenerateContent`.

use std::collections::HashMap;

use domain::limits::Usage;
use domain::model::{Message, ModelCall, ModelRequest, StopReason};
use domain::tool::{Tool, ToolOutcome};
use serde_json::{Value, json};

use crate::config::Api;
use crate::vendor::wire::{
    Answer, Arguments, CALLS_MAX, Complaint, Decoder, Piece, RawCall, count, say, text, think,
};
use crate::vendor::{opaque, outcome};

const API: Api = Api::Gemini;

pub(crate) fn encode(model: &str, request: &ModelRequest) -> Value {
    let mut body = json!({
        "contents": encode_messages(model, &request.messages),
        "generationConfig": {"maxOutputTokens": request.max_output_tokens},
    });
    if !request.system.is_empty() {
        body["systemInstruction"] = json!({"parts": [{"text": request.system}]});
    }
    if !request.tools.is_empty() {
        let declarations: Vec<Value> = request.tools.iter().map(encode_tool).collect();
        body["tools"] = json!([{"functionDeclarations": declarations}]);
    }
    body
}

fn encode_tool(tool: &Tool) -> Value {
    json!({
        "name": tool.name,
        "description": tool.description,
        "parametersJsonSchema": tool.input_schema,
    })
}

/// What follows from the same side is one content; all results of a turn have to be.
fn encode_messages(model: &str, messages: &[Message]) -> Vec<Value> {
    let mut contents: Vec<(&str, Vec<Value>)> = Vec::new();
    // The ids that the vendor itself gave, by ours: only those may go back.
    let mut given: HashMap<&str, Option<String>> = HashMap::new();
    for message in messages {
        let (role, parts) = match message {
            Message::User { text } => ("user", vec![json!({"text": text})]),
            Message::Assistant { text, calls, opaque } => {
                let parts = encode_assistant(model, text, calls, opaque.as_ref());
                let ids = parts.iter().filter_map(|part| part.get("functionCall"));
                for (call, function) in calls.iter().zip(ids) {
                    let id = function.get("id").and_then(Value::as_str).map(str::to_owned);
                    given.insert(&call.provider_call_id, id);
                }
                ("model", parts)
            }
            Message::ToolResult { provider_call_id, name, outcome } => {
                let id = given.get(provider_call_id.as_str()).cloned().flatten();
                ("user", encode_result(id, name, outcome))
            }
        };
        match contents.last_mut() {
            Some((last, content)) if *last == role => content.extend(parts),
            _ => contents.push((role, parts)),
        }
    }
    contents.into_iter().map(|(role, parts)| json!({"role": role, "parts": parts})).collect()
}

fn encode_assistant(model: &str, said: &str, calls: &[ModelCall], kept: Option<&Value>) -> Vec<Value> {
    if let Some(parts) = opaque::items(kept, API, model)
        && parts.iter().filter(|part| part.get("functionCall").is_some()).count() == calls.len()
    {
        return replayed(parts, calls);
    }
    let mut parts: Vec<Value> = Vec::new();
    if !said.is_empty() || calls.is_empty() {
        parts.push(json!({"text": said}));
    }
    for (at, call) in calls.iter().enumerate() {
        let mut part = json!({"functionCall": {"name": call.name, "args": object(&call.arguments)}});
        // Newer models refuse a call without its signature; this word stands for "it was made elsewhere".
        if at == 0 && wants_signatures(model) {
            part["thoughtSignature"] = json!("skip_thought_signature_validator");
        }
        parts.push(part);
    }
    parts
}

fn wants_signatures(model: &str) -> bool {
    !["gemini-1", "gemini-2"].iter().any(|old| model.trim_start_matches("models/").starts_with(old))
}

/// Parts as they go back: calls with the arguments that were carried out, everything else as it came.
fn replayed(parts: &[Value], calls: &[ModelCall]) -> Vec<Value> {
    let mut calls = calls.iter();
    let replay = |part: &Value| {
        let mut part = part.clone();
        if let Some(function) = part.get_mut("functionCall")
            && let Some(call) = calls.next()
        {
            function["args"] = object(&call.arguments);
        }
        part
    };
    parts.iter().map(replay).collect()
}

/// The format takes only objects; text that never was one is shown as what it is.
fn object(arguments: &Value) -> Value {
    if arguments.is_object() { arguments.clone() } else { json!({"not_valid_json": arguments}) }
}

fn encode_result(id: Option<String>, name: &str, outcome: &ToolOutcome) -> Vec<Value> {
    let key = if outcome.is_error { "error" } else { "output" };
    let mut response = json!({"name": name, "response": {key: outcome::text(outcome)}});
    if let Some(id) = id {
        response["id"] = json!(id);
    }
    let images = outcome::images(outcome)
        .map(|image| json!({"inlineData": {"mimeType": image.mime_type, "data": image.data}}));
    let images: Vec<Value> = images.collect();
    if !images.is_empty() {
        // Pictures lie inside of the result they belong to.
        response["parts"] = Value::Array(images);
    }
    vec![json!({"functionResponse": response})]
}

/// Reads the events of one answer.
pub(crate) struct Reader {
    model: String,
    answer: Answer,
    /// Parts as they go back, texts joined.
    parts: Vec<Value>,
    complete: bool,
}

impl Reader {
    pub fn new(model: &str) -> Self {
        Self { model: model.to_owned(), answer: Answer::default(), parts: Vec::new(), complete: false }
    }

    fn part(&mut self, part: &Value, out: &mut Vec<Piece>) {
        let said = text(part, "/text");
        if part.get("thought").and_then(Value::as_bool) == Some(true) {
            // Summaries of thoughts are for reading; only signatures go back.
            return think(&mut self.answer, out, said);
        }
        if let Some(function) = part.get("functionCall") {
            if self.answer.calls.len() >= CALLS_MAX {
                return;
            }
            self.answer.calls.push(RawCall {
                id: text(function, "/id").to_owned(),
                name: text(function, "/name").to_owned(),
                arguments: Arguments::Json(function.get("args").cloned().unwrap_or_else(|| json!({}))),
            });
        }
        say(&mut self.answer, out, said);
        self.keep(part);
    }

    /// Text goes to the text before it, unless one of them is signed: a signature stands for exactly its part.
    fn keep(&mut self, part: &Value) {
        let only_text =
            |part: &Value| part.as_object().is_some_and(|fields| fields.keys().all(|name| name == "text"));
        match self.parts.last_mut() {
            Some(last) if only_text(last) && only_text(part) => {
                let joined = format!("{}{}", text(last, "/text"), text(part, "/text"));
                last["text"] = json!(joined);
            }
            _ => self.parts.push(part.clone()),
        }
    }

    /// Parts are kept only when something in them cannot be told from text and calls.
    fn kept(&mut self) -> Option<Value> {
        let plain = |part: &Value| {
            part.get("thoughtSignature").is_none() && part.pointer("/functionCall/id").is_none()
        };
        if self.parts.iter().all(plain) || self.answer.stop == Some(StopReason::Refused) {
            return None;
        }
        Some(opaque::wrap(API, &self.model, Value::Array(std::mem::take(&mut self.parts))))
    }
}

impl Decoder for Reader {
    fn event(&mut self, _: &str, data: &Value, out: &mut Vec<Piece>) -> Result<(), Complaint> {
        if data.get("error").is_some() {
            return Err(Complaint(data.clone()));
        }
        if let Some(usage) = data.get("usageMetadata") {
            self.answer.usage = read_usage(usage);
        }
        if data.pointer("/promptFeedback/blockReason").is_some() {
            self.complete = true;
            self.answer.stop = Some(StopReason::Refused);
        }
        let Some(candidate) = data.pointer("/candidates/0") else { return Ok(()) };
        for part in candidate.pointer("/content/parts").and_then(Value::as_array).into_iter().flatten() {
            self.part(part, out);
        }
        if let Some(reason) = candidate.get("finishReason").and_then(Value::as_str) {
            self.complete = true;
            self.answer.stop = Some(match reason {
                "STOP" => StopReason::End,
                "MAX_TOKENS" => StopReason::MaxTokens,
                "SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" => StopReason::Refused,
                "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" => {
                    let message = format!("The model wrote a tool call that is none ({reason}).");
                    return Err(Complaint(json!({"error": {"status": "INTERNAL", "message": message}})));
                }
                _ => StopReason::Other,
            });
        }
        Ok(())
    }

    fn finish(&mut self) -> Option<Answer> {
        if !self.complete {
            return None;
        }
        self.answer.opaque = self.kept();
        Some(std::mem::take(&mut self.answer))
    }
}

fn read_usage(usage: &Value) -> Usage {
    let reasoning = count(usage, "/thoughtsTokenCount");
    Usage {
        input: count(usage, "/promptTokenCount") + count(usage, "/toolUsePromptTokenCount"),
        // This vendor counts reasoning apart.
        output: count(usage, "/candidatesTokenCount") + reasoning,
        cache_read: count(usage, "/cachedContentTokenCount"),
        cache_write: 0,
        reasoning,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_parts_stay_whole_and_go_back_with_the_vendors_ids() {
        let mut reader = Reader::new("gemini-4-argon");
        let mut out = Vec::new();
        for parts in [
            json!([{"text": "Let"}]),
            json!([{"text": " me"}, {"text": "", "thoughtSignature": "s1"}]),
            json!([{"functionCall": {"id": "x1", "name": "f", "args": {}}, "thoughtSignature": "s2"},
                   {"functionCall": {"name": "g", "args": {"a": 1}}}]),
        ] {
            let event = json!({"candidates": [{"content": {"parts": parts}}]});
            reader.event("", &event, &mut out).expect("event");
        }
        reader.event("", &json!({"candidates": [{"finishReason": "STOP"}]}), &mut out).expect("event");
        let answer = reader.finish().expect("complete");
        assert_eq!(answer.text, "Let me");

        let calls: Vec<ModelCall> = [("x1", "f", json!({})), ("call_1", "g", json!({"a": 1}))]
            .map(|(id, name, arguments)| ModelCall {
                provider_call_id: id.into(),
                name: name.into(),
                arguments,
                repaired: None,
            })
            .into();
        let result = |id: &str, name: &str| Message::ToolResult {
            provider_call_id: id.into(),
            name: name.into(),
            outcome: ToolOutcome::text("ok"),
        };
        let contents = encode_messages(
            "gemini-4-argon",
            &[
                Message::User { text: "go".into() },
                Message::Assistant { text: answer.text, calls, opaque: answer.opaque },
                result("x1", "f"),
                result("call_1", "g"),
            ],
        );
        let parts = &contents[1]["parts"];
        assert_eq!(parts[0], json!({"text": "Let me"}));
        assert_eq!(parts[1], json!({"text": "", "thoughtSignature": "s1"}));
        assert_eq!(parts[2]["thoughtSignature"], "s2");
        let answers = contents[2]["parts"].as_array().expect("parts");
        assert_eq!(answers[0]["functionResponse"]["id"], "x1");
        assert_eq!(answers[1]["functionResponse"].get("id"), None);
    }

    #[test]
    fn a_call_made_elsewhere_says_so_to_the_models_that_ask() {
        let call = [ModelCall {
            provider_call_id: "a".into(),
            name: "f".into(),
            arguments: json!("oops"),
            repaired: None,
        }];
        let new = encode_assistant("gemini-3.8-flash", "", &call, None);
        assert_eq!(new[0]["thoughtSignature"], "skip_thought_signature_validator");
        assert_eq!(new[0]["functionCall"]["args"], json!({"not_valid_json": "oops"}));
        let old = encode_assistant("gemini-2.5-pro", "", &call, None);
        assert_eq!(old[0].get("thoughtSignature"), None);
    }
}
