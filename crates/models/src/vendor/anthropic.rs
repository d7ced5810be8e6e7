//! Anthropic Messages.

use domain::model::{Message, ModelCall, ModelRequest, StopReason};
use domain::tool::{Tool, ToolOutcome};
use serde_json::{Map, Value, json};

use crate::config::Api;
use crate::vendor::wire::{
    Answer, Arguments, CALLS_MAX, Complaint, Decoder, Piece, RawCall, count, say, text, think,
};
use crate::vendor::{opaque, outcome};

const API: Api = Api::AnthropicMessages;

pub(crate) fn encode(model: &str, request: &ModelRequest) -> Value {
    let mut messages = encode_messages(model, &request.messages);
    cache_up_to_here(messages.last_mut().and_then(|last| last["content"].as_array_mut()?.last_mut()));
    let mut body = json!({
        "model": model,
        "max_tokens": request.max_output_tokens,
        "messages": messages,
        "stream": true,
    });
    if !request.system.trim().is_empty() {
        let mut system = json!({"type": "text", "text": request.system});
        cache_up_to_here(Some(&mut system));
        body["system"] = json!([system]);
    }
    if !request.tools.is_empty() {
        body["tools"] = request.tools.iter().map(encode_tool).collect();
    }
    body
}

/// Asks the vendor to keep everything up to this block: each turn sends the whole conversation again, and what
/// was kept costs a tenth.
fn cache_up_to_here(block: Option<&mut Value>) {
    // Thinking blocks cannot be marked.
    if let Some(block) = block.filter(|block| !text(block, "/type").ends_with("thinking")) {
        block["cache_control"] = json!({"type": "ephemeral"});
    }
}

/// Messages take turns: what follows from the same side is one message, and results come before text.
fn encode_messages(model: &str, messages: &[Message]) -> Vec<Value> {
    let mut turns: Vec<(&str, Vec<Value>)> = Vec::new();
    for message in messages {
        let (role, blocks) = match message {
            Message::User { text } => ("user", text_block(text).into_iter().collect()),
            Message::Assistant { text, calls, opaque } => {
                ("assistant", encode_assistant(model, text, calls, opaque.as_ref()))
            }
            Message::ToolResult { provider_call_id, outcome, .. } => {
                ("user", vec![encode_result(provider_call_id, outcome)])
            }
        };
        match turns.last_mut() {
            Some((last, turn)) if *last == role => turn.extend(blocks),
            _ => turns.push((role, blocks)),
        }
    }
    turns
        .into_iter()
        .map(|(role, mut blocks)| {
            if blocks.is_empty() {
                blocks.push(json!({"type": "text", "text": "(nothing)"}));
            }
            json!({"role": role, "content": blocks})
        })
        .collect()
}

/// Empty text is refused.
fn text_block(text: &str) -> Option<Value> {
    (!text.trim().is_empty()).then(|| json!({"type": "text", "text": text}))
}

fn encode_assistant(model: &str, text: &str, calls: &[ModelCall], kept: Option<&Value>) -> Vec<Value> {
    if let Some(blocks) = opaque::items(kept, API, model)
        && opaque::fits(call_ids(blocks), calls)
    {
        return blocks.iter().map(|block| replayed(block, calls)).collect();
    }
    text_block(text).into_iter().chain(calls.iter().map(encode_call)).collect()
}

fn call_ids(blocks: &[Value]) -> impl Iterator<Item = &str> {
    blocks.iter().filter(|block| text(block, "/type") == "tool_use").map(|block| text(block, "/id"))
}

/// A block as it goes back: a call with the arguments that were carried out, everything else as it came.
fn replayed(block: &Value, calls: &[ModelCall]) -> Value {
    let id = text(block, "/id");
    match calls.iter().find(|call| text(block, "/type") == "tool_use" && call.provider_call_id == id) {
        Some(call) => encode_call(call),
        None => block.clone(),
    }
}

fn encode_call(call: &ModelCall) -> Value {
    // The format takes only objects; text that never was one is shown as what it is.
    let input = match &call.arguments {
        Value::Object(_) => call.arguments.clone(),
        other => json!({"not_valid_json": other}),
    };
    json!({"type": "tool_use", "id": tidy_id(&call.provider_call_id), "name": call.name, "input": input})
}

/// Ids of other vendors may hold characters that are refused here.
fn tidy_id(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

fn encode_result(id: &str, outcome: &ToolOutcome) -> Value {
    /// The kinds of picture that are taken.
    const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];
    let mut content = vec![json!({"type": "text", "text": outcome::text(outcome)})];
    content.extend(outcome::images(outcome).filter(|image| PICTURES.contains(&image.mime_type)).map(
        |image| {
            json!({
                "type": "image",
                "source": {"type": "base64", "media_type": image.mime_type, "data": image.data},
            })
        },
    ));
    let mut result = json!({"type": "tool_result", "tool_use_id": tidy_id(id), "content": content});
    if outcome.is_error {
        result["is_error"] = json!(true);
    }
    result
}

fn encode_tool(tool: &Tool) -> Value {
    json!({"name": tool.name, "description": tool.description, "input_schema": tool.input_schema})
}

/// Reads the events of one answer.
pub(crate) struct Reader {
    model: String,
    answer: Answer,
    /// Content blocks as they grow. `input` of a call stays text until it is whole.
    blocks: Vec<Value>,
    usage: Map<String, Value>,
    complete: bool,
}

impl Reader {
    pub fn new(model: &str) -> Self {
        Self {
            model: model.to_owned(),
            answer: Answer::default(),
            blocks: Vec::new(),
            usage: Map::new(),
            complete: false,
        }
    }

    fn start(&mut self, block: &Value, out: &mut Vec<Piece>) {
        let mut block = block.clone();
        match text(&block, "/type") {
            "text" => say(&mut self.answer, out, text(&block, "/text")),
            "thinking" => think(&mut self.answer, out, text(&block, "/thinking")),
            "tool_use" => block["input"] = json!(""),
            _ => {}
        }
        self.blocks.push(block);
    }

    /// Blocks come one after the other: what grows is always the last.
    fn grow(&mut self, delta: &Value, out: &mut Vec<Piece>) {
        let Some(block) = self.blocks.last_mut() else { return };
        let (field, more) = match text(delta, "/type") {
            "text_delta" => ("text", text(delta, "/text")),
            "thinking_delta" => ("thinking", text(delta, "/thinking")),
            "signature_delta" => ("signature", text(delta, "/signature")),
            "input_json_delta" => ("input", text(delta, "/partial_json")),
            _ => return,
        };
        match &mut block[field] {
            Value::String(grown) => grown.push_str(more),
            other => *other = json!(more),
        }
        match field {
            "text" => say(&mut self.answer, out, more),
            "thinking" => think(&mut self.answer, out, more),
            _ => {}
        }
    }

    fn read_usage(&mut self, usage: Option<&Value>) {
        // Later counts are totals and replace the earlier.
        for (name, value) in usage.and_then(Value::as_object).into_iter().flatten() {
            if !value.is_null() {
                self.usage.insert(name.clone(), value.clone());
            }
        }
    }

    /// Blocks are kept only when something in them cannot be told from text and calls.
    fn kept(&self) -> Option<Value> {
        if self.answer.stop == Some(StopReason::Refused) {
            return None;
        }
        let sendable = |block: &&Value| match text(block, "/type") {
            // Sent by the vendor and refused by it.
            "text" => !text(block, "/text").trim().is_empty(),
            // Cut before it was signed.
            "thinking" => !text(block, "/signature").is_empty(),
            _ => true,
        };
        let mut blocks: Vec<Value> = self.blocks.iter().filter(sendable).cloned().collect();
        // Thoughts that led to nothing, as in an answer that was cut, are refused.
        while blocks.last().is_some_and(|block| text(block, "/type").ends_with("thinking")) {
            blocks.pop();
        }
        let plain = |block: &Value| matches!(text(block, "/type"), "text" | "tool_use");
        (!blocks.iter().all(plain)).then(|| opaque::wrap(API, &self.model, Value::Array(blocks)))
    }
}

impl Decoder for Reader {
    fn event(&mut self, name: &str, data: &Value, out: &mut Vec<Piece>) -> Result<(), Complaint> {
        let kind = match text(data, "/type") {
            "" => name,
            kind => kind,
        };
        match kind {
            "message_start" => self.read_usage(data.pointer("/message/usage")),
            "content_block_start" => {
                if let Some(block) = data.get("content_block") {
                    self.start(block, out);
                }
            }
            "content_block_delta" => {
                if let Some(delta) = data.get("delta") {
                    self.grow(delta, out);
                }
            }
            "message_delta" => {
                self.read_usage(data.get("usage"));
                if let Some(reason) = data.pointer("/delta/stop_reason").and_then(Value::as_str) {
                    self.answer.stop = Some(match reason {
                        "end_turn" | "tool_use" | "stop_sequence" => StopReason::End,
                        "max_tokens" | "model_context_window_exceeded" => StopReason::MaxTokens,
                        "refusal" => StopReason::Refused,
                        _ => StopReason::Other,
                    });
                }
            }
            "message_stop" => self.complete = true,
            "error" => return Err(Complaint(data.clone())),
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> Option<Answer> {
        if !self.complete {
            return None;
        }
        let calls = self.blocks.iter().filter(|block| text(block, "/type") == "tool_use").take(CALLS_MAX);
        self.answer.calls = calls
            .map(|block| RawCall {
                id: text(block, "/id").to_owned(),
                name: text(block, "/name").to_owned(),
                arguments: Arguments::Text(text(block, "/input").to_owned()),
            })
            .collect();
        let usage = Value::Object(std::mem::take(&mut self.usage));
        let used = &mut self.answer.usage;
        used.cache_read = count(&usage, "/cache_read_input_tokens");
        used.cache_write = count(&usage, "/cache_creation_input_tokens");
        // This vendor counts the cached parts apart.
        used.input = count(&usage, "/input_tokens") + used.cache_read + used.cache_write;
        used.output = count(&usage, "/output_tokens");
        used.reasoning = count(&usage, "/output_tokens_details/thinking_tokens");
        self.answer.opaque = self.kept();
        Some(std::mem::take(&mut self.answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assistant(calls: Vec<ModelCall>) -> Message {
        Message::Assistant { text: String::new(), calls, opaque: None }
    }

    fn call(id: &str) -> ModelCall {
        ModelCall { provider_call_id: id.into(), name: "f".into(), arguments: json!({}), repaired: None }
    }

    #[test]
    fn turns_alternate_and_results_come_together() {
        let result = |id: &str, outcome| Message::ToolResult {
            provider_call_id: id.into(),
            name: "f".into(),
            outcome,
        };
        let turns = encode_messages(
            "m",
            &[
                Message::User { text: "go".into() },
                assistant(vec![call("a#1"), call("b")]),
                result("a#1", ToolOutcome::text("")),
                result("b", ToolOutcome::error("no")),
                Message::User { text: "and?".into() },
                assistant(vec![]),
            ],
        );
        let roles: Vec<&str> = turns.iter().map(|turn| text(turn, "/role")).collect();
        assert_eq!(roles, ["user", "assistant", "user", "assistant"]);
        assert_eq!(turns[1]["content"][0]["id"], "a_1");
        assert_eq!(turns[2]["content"][0]["tool_use_id"], "a_1");
        assert_eq!(turns[2]["content"][1]["is_error"], true);
        assert_eq!(turns[2]["content"][2]["text"], "and?");
        assert_eq!(turns[3]["content"][0]["text"], "(nothing)");
    }

    #[test]
    fn pictures_of_a_result_are_sent() {
        let outcome = ToolOutcome {
            content: vec![
                domain::tool::Content::image("aGk=", "image/png"),
                domain::tool::Content::image("aGk=", "image/tiff"),
            ],
            ..ToolOutcome::default()
        };
        let result = encode_result("a", &outcome);
        assert_eq!(result["content"][0]["text"], "[image: image/png]\n[image: image/tiff]");
        assert_eq!(result["content"][1]["source"]["media_type"], "image/png");
        assert_eq!(result["content"].as_array().map(Vec::len), Some(2));
    }
}
