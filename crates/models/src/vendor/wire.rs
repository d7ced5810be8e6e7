//! What every wire format is read into.

use domain::limits::Usage;
use domain::model::{ModelRequest, StopReason};
use serde_json::Value;

use crate::config::Api;
use crate::vendor::{anthropic, gemini, openai_chat, openai_responses};

/// Something an attempt has to say.
#[derive(Debug)]
pub(crate) enum Piece {
    Text(String),
    Reasoning(String),
    Done(Box<Answer>),
}

/// A complete answer, before its calls are mended and numbered.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub text: String,
    pub reasoning: String,
    pub calls: Vec<RawCall>,
    pub usage: Usage,
    pub stop: Option<StopReason>,
    /// What the vendor wants back; see [`crate::vendor::opaque`].
    pub opaque: Option<Value>,
}

/// A tool call as it came.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct RawCall {
    /// Empty when the vendor gave none.
    pub id: String,
    pub name: String,
    pub arguments: Arguments,
}

/// Most vendors send arguments as text, which may be no JSON at all.
#[derive(Debug, PartialEq)]
pub(crate) enum Arguments {
    Text(String),
    Json(Value),
}

impl Default for Arguments {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// An error that arrived inside of a stream that had begun well.
#[derive(Debug)]
pub(crate) struct Complaint(pub Value);

/// Most calls taken from one answer. A vendor's numbering is not trusted with the size of a list.
pub(crate) const CALLS_MAX: usize = 128;

/// Reads one vendor's events. Made for one answer.
pub(crate) trait Decoder: Send {
    /// Takes one event; what can be shown at once goes to `out`.
    fn event(&mut self, name: &str, data: &Value, out: &mut Vec<Piece>) -> Result<(), Complaint>;

    /// Takes the `[DONE]` that some vendors end with.
    fn end_mark(&mut self) {}

    /// The whole answer; `None` when the vendor has not said that it is complete.
    fn finish(&mut self) -> Option<Answer>;
}

/// The request body in the wire format of `api`.
pub(crate) fn encode(api: Api, host: &str, model: &str, request: &ModelRequest) -> Value {
    match api {
        Api::OpenaiChat => openai_chat::encode(host, model, request),
        Api::OpenaiResponses => openai_responses::encode(model, request),
        Api::AnthropicMessages => anthropic::encode(model, request),
        Api::Gemini => gemini::encode(model, request),
    }
}

pub(crate) fn decoder(api: Api, model: &str) -> Box<dyn Decoder> {
    match api {
        Api::OpenaiChat => Box::new(openai_chat::Reader::new(model)),
        Api::OpenaiResponses => Box::new(openai_responses::Reader::new(model)),
        Api::AnthropicMessages => Box::new(anthropic::Reader::new(model)),
        Api::Gemini => Box::new(gemini::Reader::new(model)),
    }
}

/// A count of tokens at a JSON pointer; missing is none.
pub(crate) fn count(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

/// A text at a JSON pointer; missing is empty.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Pushes what was said now on both: the answer as a whole and what is shown at once.
pub(crate) fn say(answer: &mut Answer, out: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        answer.text.push_str(text);
        out.push(Piece::Text(text.to_owned()));
    }
}

/// As [`say`], for reasoning.
pub(crate) fn think(answer: &mut Answer, out: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        answer.reasoning.push_str(text);
        out.push(Piece::Reasoning(text.to_owned()));
    }
}
