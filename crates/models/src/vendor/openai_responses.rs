//! OpenAI Responses. Nothing is stored at the vendor; reasoning goes back encrypted.

use domain::limits::Usage;
use domain::model::{Message, ModelCall, ModelRequest, StopReason};
use domain::tool::{Tool, ToolOutcome};
use serde_json::{Value, json};

use super::openai_chat::arguments_text;
use crate::config::Api;
use crate::vendor::wire::{
    Answer, Arguments, CALLS_MAX, Complaint, Decoder, Piece, RawCall, count, say, text, think,
};
use crate::vendor::{opaque, outcome};

const API: Api = Api::OpenaiResponses;

pub(crate) fn encode(model: &str, request: &ModelRequest) -> Value {
    let mut body = json!({
        "model": model,
        "input": request.messages.iter().flat_map(|message| encode_message(model, message)).collect::<Vec<_>>(),
        "stream": true,
        "store": false,
        "max_output_tokens": request.max_output_tokens,
    });
    if !request.system.is_empty() {
        body["instructions"] = json!(request.system);
    }
    if !request.tools.is_empty() {
        body["tools"] = request.tools.iter().map(encode_tool).collect();
    }
    if reasons(model) {
        body["include"] = json!(["reasoning.encrypted_content"]);
    }
    body
}

/// Models that do not reason refuse to be asked for their reasoning.
fn reasons(model: &str) -> bool {
    !["gpt-3", "gpt-4", "chatgpt-4"].iter().any(|old| model.starts_with(old))
}

fn encode_message(model: &str, message: &Message) -> Vec<Value> {
    match message {
        Message::User { text } => vec![json!({"role": "user", "content": text})],
        Message::Assistant { text, calls, opaque } => encode_assistant(model, text, calls, opaque.as_ref()),
        Message::ToolResult { provider_call_id, outcome, .. } => vec![json!({
            "type": "function_call_output",
            "call_id": provider_call_id,
            "output": encode_output(outcome),
        })],
    }
}

fn encode_assistant(model: &str, text: &str, calls: &[ModelCall], kept: Option<&Value>) -> Vec<Value> {
    if let Some(items) = opaque::items(kept, API, model)
        && opaque::fits(call_ids(items), calls)
    {
        return items.iter().map(|item| replayed(item, calls)).collect();
    }
    let message = (!text.is_empty()).then(|| json!({"role": "assistant", "content": text}));
    message.into_iter().chain(calls.iter().map(encode_call)).collect()
}

fn encode_call(call: &ModelCall) -> Value {
    json!({
        "type": "function_call",
        "call_id": call.provider_call_id,
        "name": call.name,
        "arguments": arguments_text(&call.arguments),
    })
}

fn call_ids(items: &[Value]) -> impl Iterator<Item = &str> {
    items.iter().filter(|item| text(item, "/type") == "function_call").map(|item| text(item, "/call_id"))
}

/// An item as it goes back: a call with the arguments that were carried out, everything else as it came.
fn replayed(item: &Value, calls: &[ModelCall]) -> Value {
    let id = text(item, "/call_id");
    match calls.iter().find(|call| text(item, "/type") == "function_call" && call.provider_call_id == id) {
        Some(call) => encode_call(call),
        None => item.clone(),
    }
}

fn encode_output(outcome: &ToolOutcome) -> Value {
    let said = outcome::text_with_error(outcome);
    let images: Vec<Value> = outcome::images(outcome)
        .map(|image| {
            let url = format!("data:{};base64,{}", image.mime_type, image.data);
            json!({"type": "input_image", "image_url": url})
        })
        .collect();
    if images.is_empty() {
        return json!(said);
    }
    std::iter::once(json!({"type": "input_text", "text": said})).chain(images).collect()
}

fn encode_tool(tool: &Tool) -> Value {
    json!({
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.input_schema,
        // Strict mode takes only a corner of JSON Schema; the gateway checks arguments in any case.
        "strict": false,
    })
}

/// Reads the events of one answer.
pub(crate) struct Reader {
    model: String,
    answer: Answer,
    /// Finished items, in order, without what only a stored response has.
    items: Vec<Value>,
    complete: bool,
}

impl Reader {
    pub fn new(model: &str) -> Self {
        Self { model: model.to_owned(), answer: Answer::default(), items: Vec::new(), complete: false }
    }

    fn item(&mut self, item: &Value) {
        if text(item, "/type") == "function_call" {
            if self.answer.calls.len() >= CALLS_MAX {
                return;
            }
            self.answer.calls.push(RawCall {
                id: text(item, "/call_id").to_owned(),
                name: text(item, "/name").to_owned(),
                arguments: Arguments::Text(text(item, "/arguments").to_owned()),
            });
        }
        let mut item = item.clone();
        if let Some(fields) = item.as_object_mut() {
            // Ids point into a store that we asked not to be kept.
            fields.retain(|name, _| !matches!(name.as_str(), "id" | "status"));
        }
        self.items.push(item);
    }

    fn end(&mut self, response: &Value, status: &str) {
        // Servers that only resemble OpenAI send the items at the end, or not as single events.
        if self.items.is_empty() {
            for item in response.get("output").and_then(Value::as_array).into_iter().flatten() {
                self.item(item);
            }
        }
        self.answer.usage = response.get("usage").map(read_usage).unwrap_or_default();
        let refused = self.items.iter().any(|item| {
            item.get("content")
                .and_then(Value::as_array)
                .is_some_and(|parts| parts.iter().any(|part| text(part, "/type") == "refusal"))
        });
        self.answer.stop = Some(match (status, text(response, "/incomplete_details/reason")) {
            _ if refused => StopReason::Refused,
            ("response.completed", _) => StopReason::End,
            (_, "max_output_tokens") => StopReason::MaxTokens,
            (_, "content_filter") => StopReason::Refused,
            _ => StopReason::Other,
        });
        self.complete = true;
    }

    /// Items are kept only when something in them cannot be told from text and calls.
    fn kept(&mut self) -> Option<Value> {
        let plain = |item: &Value| match text(item, "/type") {
            "message" => item.get("phase").is_none(),
            kind => kind == "function_call",
        };
        // Reasoning that led to nothing, as in an answer that was cut, is refused.
        while self.items.last().is_some_and(|item| text(item, "/type") == "reasoning") {
            self.items.pop();
        }
        if self.items.iter().all(plain) || self.answer.stop == Some(StopReason::Refused) {
            return None;
        }
        Some(opaque::wrap(API, &self.model, Value::Array(std::mem::take(&mut self.items))))
    }
}

impl Decoder for Reader {
    fn event(&mut self, name: &str, data: &Value, out: &mut Vec<Piece>) -> Result<(), Complaint> {
        let kind = match text(data, "/type") {
            "" => name,
            kind => kind,
        };
        match kind {
            "response.output_text.delta" | "response.refusal.delta" => {
                say(&mut self.answer, out, text(data, "/delta"));
            }
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                think(&mut self.answer, out, text(data, "/delta"));
            }
            "response.output_item.done" => {
                if let Some(item) = data.get("item") {
                    self.item(item);
                }
            }
            "response.completed" | "response.incomplete" => {
                self.end(data.get("response").unwrap_or(&Value::Null), kind);
            }
            "response.failed" => {
                return Err(Complaint(data.pointer("/response/error").cloned().unwrap_or_default()));
            }
            "error" => return Err(Complaint(data.clone())),
            _ => {}
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
    Usage {
        input: count(usage, "/input_tokens"),
        output: count(usage, "/output_tokens"),
        cache_read: count(usage, "/input_tokens_details/cached_tokens"),
        cache_write: count(usage, "/input_tokens_details/cache_write_tokens"),
        reasoning: count(usage, "/output_tokens_details/reasoning_tokens"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reasoning_models_are_asked_for_their_reasoning() {
        for (model, expected) in
            [("gpt-4.1-mini", false), ("gpt-4o", false), ("gpt-6-sol", true), ("o4-mini", true)]
        {
            assert_eq!(reasons(model), expected, "{model}");
        }
    }

    #[test]
    fn items_go_back_in_their_order_with_the_arguments_that_were_carried_out() {
        let mut reader = Reader::new("gpt-6-sol");
        let mut out = Vec::new();
        for item in [
            json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "xyz"}),
            json!({"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "phase": "commentary",
                   "content": [{"type": "output_text", "text": "hm", "annotations": []}]}),
            json!({"type": "function_call", "id": "fc_1", "call_id": "call_a", "name": "f", "arguments": "{'a': 1}"}),
        ] {
            let event = json!({"type": "response.output_item.done", "item": item});
            reader.event("", &event, &mut out).expect("event");
        }
        let end = json!({"type": "response.completed", "response": {"usage": {"input_tokens": 3}}});
        reader.event("", &end, &mut out).expect("event");
        let answer = reader.finish().expect("complete");
        assert_eq!(answer.usage.input, 3);

        let call = ModelCall {
            provider_call_id: "call_a".into(),
            name: "f".into(),
            arguments: json!({"a": 1}),
            repaired: Some("quotes".into()),
        };
        let back = encode_assistant("gpt-6-sol", "hm", std::slice::from_ref(&call), answer.opaque.as_ref());
        assert_eq!(back[0], json!({"type": "reasoning", "summary": [], "encrypted_content": "xyz"}));
        assert_eq!(back[1]["phase"], "commentary");
        assert_eq!(
            back[2],
            json!({"type": "function_call", "call_id": "call_a", "name": "f", "arguments": "{\"a\":1}"})
        );

        let elsewhere = encode_assistant("gpt-6.1-sol", "hm", &[call], answer.opaque.as_ref());
        assert_eq!(elsewhere[0], json!({"role": "assistant", "content": "hm"}));
        assert_eq!(elsewhere.len(), 2);
    }
}
