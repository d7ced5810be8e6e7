//! OpenAI Chat Completions: what Ollama, llama.cpp, vLLM, LM Studio and many services speak.

use domain::limits::Usage;
use domain::model::{Message, ModelCall, ModelRequest, StopReason};
use domain::tool::Tool;
use serde_json::{Map, Value, json};

use crate::config::Api;
use crate::vendor::wire::{
    Answer, Arguments, CALLS_MAX, Complaint, Decoder, Piece, RawCall, count, say, text, think,
};
use crate::vendor::{opaque, outcome};

const API: Api = Api::OpenaiChat;

pub(crate) fn encode(host: &str, model: &str, request: &ModelRequest) -> Value {
    let mut messages = Vec::new();
    if !request.system.is_empty() {
        messages.push(json!({"role": "system", "content": request.system}));
    }
    messages.extend(request.messages.iter().map(|message| encode_message(model, message)));
    let mut body = json!({
        "model": model,
        "messages": messages,
        "stream": true,
        "stream_options": {"include_usage": true},
        output_limit(host): request.max_output_tokens,
    });
    if !request.tools.is_empty() {
        body["tools"] = request.tools.iter().map(encode_tool).collect();
    }
    body
}

/// OpenAI itself has renamed the limit and refuses the old name for newer models; everyone else knows the old
/// name, and not all of them the new one.
fn output_limit(host: &str) -> &'static str {
    if host == "api.openai.com" { "max_completion_tokens" } else { "max_tokens" }
}

fn encode_message(model: &str, message: &Message) -> Value {
    match message {
        Message::User { text } => json!({"role": "user", "content": text}),
        Message::Assistant { text, calls, opaque } => encode_assistant(model, text, calls, opaque.as_ref()),
        // The format has no room for pictures in a result; the text says that there was one.
        Message::ToolResult { provider_call_id, outcome, .. } => json!({
            "role": "tool",
            "tool_call_id": provider_call_id,
            "content": outcome::text_with_error(outcome),
        }),
    }
}

fn encode_assistant(model: &str, text: &str, calls: &[ModelCall], opaque: Option<&Value>) -> Value {
    let mut message = Map::from_iter([("role".to_owned(), json!("assistant"))]);
    let content = if text.is_empty() && !calls.is_empty() { Value::Null } else { json!(text) };
    message.insert("content".to_owned(), content);
    let kept = opaque::items(opaque, API, model).and_then(|items| items.first());
    if !calls.is_empty() {
        let extras = kept.and_then(|kept| kept.get("calls")).and_then(Value::as_object);
        let calls = calls.iter().map(|call| {
            let mut encoded = json!({
                "id": call.provider_call_id,
                "type": "function",
                "function": {"name": call.name, "arguments": arguments_text(&call.arguments)},
            });
            if let Some(extra) = extras.and_then(|extras| extras.get(&call.provider_call_id)) {
                encoded["extra_content"] = extra.clone();
            }
            encoded
        });
        message.insert("tool_calls".to_owned(), calls.collect());
    }
    if let Some(reasoning) = kept.and_then(|kept| kept.get("reasoning_content")) {
        message.insert("reasoning_content".to_owned(), reasoning.clone());
    }
    Value::Object(message)
}

/// Arguments are text in this format; what never was JSON goes back as it came.
pub(super) fn arguments_text(arguments: &Value) -> String {
    match arguments {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn encode_tool(tool: &Tool) -> Value {
    json!({
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.input_schema,
        },
    })
}

/// Reads the events of one answer.
pub(crate) struct Reader {
    model: String,
    answer: Answer,
    /// The vendor's number and extra content of each call in `answer.calls`.
    marks: Vec<(Option<u64>, Value)>,
    /// Whether reasoning came under the name that is wanted back.
    reasoning_wanted_back: bool,
    complete: bool,
}

impl Reader {
    pub fn new(model: &str) -> Self {
        Self {
            model: model.to_owned(),
            answer: Answer::default(),
            marks: Vec::new(),
            reasoning_wanted_back: false,
            complete: false,
        }
    }

    /// One fragment of a call. Fragments belong together by number; servers that number all calls alike, or
    /// not at all, are understood by a new id beginning a new call.
    fn fragment(&mut self, fragment: &Value) {
        let number = fragment.get("index").and_then(Value::as_u64);
        let id = text(fragment, "/id");
        let found = match number {
            Some(_) => self.marks.iter().rposition(|(mark, _)| *mark == number),
            None if id.is_empty() => self.marks.len().checked_sub(1),
            None => self.answer.calls.iter().position(|call| call.id == id),
        };
        let other = |at: &usize| {
            let known = &self.answer.calls[*at].id;
            !id.is_empty() && !known.is_empty() && known != id
        };
        let at = match found.filter(|at| !other(at)) {
            Some(at) => at,
            None if self.answer.calls.len() >= CALLS_MAX => return,
            None => {
                self.answer.calls.push(RawCall::default());
                self.marks.push((number, Value::Null));
                self.answer.calls.len() - 1
            }
        };
        let call = &mut self.answer.calls[at];
        if call.id.is_empty() {
            call.id = id.to_owned();
        }
        // The whole name comes in the first fragment; some servers repeat it in each.
        if call.name.is_empty() {
            call.name = text(fragment, "/function/name").to_owned();
        }
        match (fragment.pointer("/function/arguments"), &mut call.arguments) {
            (Some(Value::String(more)), Arguments::Text(text)) => text.push_str(more),
            // Some servers send the object itself.
            (Some(object @ Value::Object(_)), arguments) => *arguments = Arguments::Json(object.clone()),
            _ => {}
        }
        if let Some(extra) = fragment.get("extra_content") {
            self.marks[at].1 = extra.clone();
        }
    }

    fn kept(&self) -> Option<Value> {
        let mut kept = Map::new();
        if self.reasoning_wanted_back {
            kept.insert("reasoning_content".to_owned(), json!(self.answer.reasoning));
        }
        let extras: Map<String, Value> = self
            .answer
            .calls
            .iter()
            .zip(&self.marks)
            .filter(|(call, (_, extra))| !extra.is_null() && !call.id.is_empty())
            .map(|(call, (_, extra))| (call.id.clone(), extra.clone()))
            .collect();
        if !extras.is_empty() {
            kept.insert("calls".to_owned(), Value::Object(extras));
        }
        (!kept.is_empty()).then(|| opaque::wrap(API, &self.model, json!([kept])))
    }
}

impl Decoder for Reader {
    fn event(&mut self, _: &str, data: &Value, out: &mut Vec<Piece>) -> Result<(), Complaint> {
        if data.get("error").is_some_and(|error| !error.is_null()) {
            return Err(Complaint(data.clone()));
        }
        if let Some(usage) = data.get("usage").filter(|usage| usage.is_object()) {
            self.answer.usage = read_usage(usage);
        }
        let Some(choice) = data.pointer("/choices/0") else { return Ok(()) };
        let wanted_back = text(choice, "/delta/reasoning_content");
        self.reasoning_wanted_back |= !wanted_back.is_empty();
        let other = text(choice, "/delta/reasoning");
        think(&mut self.answer, out, if wanted_back.is_empty() { other } else { wanted_back });
        say(&mut self.answer, out, text(choice, "/delta/content"));
        // A refusal is said in a field of its own.
        let refusal = text(choice, "/delta/refusal");
        say(&mut self.answer, out, refusal);
        for fragment in choice.pointer("/delta/tool_calls").and_then(Value::as_array).into_iter().flatten() {
            self.fragment(fragment);
        }
        if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str) {
            self.complete = true;
            self.answer.stop = Some(match reason {
                "stop" | "tool_calls" | "function_call" => StopReason::End,
                "length" => StopReason::MaxTokens,
                "content_filter" => StopReason::Refused,
                _ => StopReason::Other,
            });
        }
        if !refusal.is_empty() {
            self.answer.stop = Some(StopReason::Refused);
        }
        Ok(())
    }

    fn end_mark(&mut self) {
        self.complete = true;
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
        input: count(usage, "/prompt_tokens"),
        output: count(usage, "/completion_tokens"),
        cache_read: count(usage, "/prompt_tokens_details/cached_tokens"),
        cache_write: count(usage, "/prompt_tokens_details/cache_write_tokens"),
        reasoning: count(usage, "/completion_tokens_details/reasoning_tokens"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fragments: &[Value]) -> Vec<RawCall> {
        let mut reader = Reader::new("m");
        for fragment in fragments {
            let event = json!({"choices": [{"delta": {"tool_calls": [fragment]}}]});
            reader.event("message", &event, &mut Vec::new()).expect("event");
        }
        reader.end_mark();
        reader.finish().expect("complete").calls
    }

    #[test]
    fn fragments_find_their_call_whatever_the_server_numbers() {
        let first = |index: Value, id: &str| json!({"index": index, "id": id, "function": {"name": "f", "arguments": "{"}});
        let rest = |index: Value| json!({"index": index, "function": {"arguments": "}"}});
        for fragments in [
            vec![first(json!(0), "a"), rest(json!(0)), first(json!(1), "b"), rest(json!(1))],
            // All calls numbered zero, as older Ollama did.
            vec![first(json!(0), "a"), rest(json!(0)), first(json!(0), "b"), rest(json!(0))],
            // No numbers.
            vec![first(json!(null), "a"), rest(json!(null)), first(json!(null), "b"), rest(json!(null))],
            // Numbers from elsewhere.
            vec![
                first(json!(4_000_000_000_u64), "a"),
                rest(json!(4_000_000_000_u64)),
                first(json!(7), "b"),
                rest(json!(7)),
            ],
            // Interleaved.
            vec![first(json!(0), "a"), first(json!(1), "b"), rest(json!(0)), rest(json!(1))],
        ] {
            let calls = read(&fragments);
            let seen: Vec<(&str, &Arguments)> =
                calls.iter().map(|call| (call.id.as_str(), &call.arguments)).collect();
            let whole = Arguments::Text("{}".into());
            assert_eq!(seen, [("a", &whole), ("b", &whole)], "{fragments:?}");
        }
    }

    #[test]
    fn more_calls_than_the_limit_are_dropped() {
        let fragments: Vec<Value> = (0..CALLS_MAX + 5)
            .map(|index| json!({"index": index, "id": format!("c{index}"), "function": {"name": "f"}}))
            .collect();
        assert_eq!(read(&fragments).len(), CALLS_MAX);
    }

    #[test]
    fn the_limit_is_named_as_the_server_knows_it() {
        assert_eq!(output_limit("api.openai.com"), "max_completion_tokens");
        assert_eq!(output_limit("127.0.0.1"), "max_tokens");
    }
}
