//! What all answers have in common.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::record::State;
use super::script::{Reply, Usage};

/// One event of a stream.
#[derive(Clone, Debug)]
pub(super) struct Event {
    /// `None` for formats whose events have no name.
    pub name: Option<String>,
    pub data: String,
}

impl Event {
    pub fn unnamed(data: &Value) -> Self {
        Self { name: None, data: data.to_string() }
    }

    /// Named as its own `type` says.
    pub fn typed(data: &Value) -> Self {
        let name = data.get("type").and_then(Value::as_str).map(str::to_owned);
        Self { name, data: data.to_string() }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let name = self.name.as_ref().map(|name| format!("event: {name}\n")).unwrap_or_default();
        format!("{name}data: {}\n\n", self.data).into_bytes()
    }
}

/// An answer on its way out.
pub(super) struct Answering<'a> {
    pub model: &'a str,
    pub body: &'a Value,
    pub reply: &'a Reply,
    pub state: &'a State,
    /// Ids of the calls, as given or as the vendor makes them.
    pub ids: Vec<String>,
    /// Of the reasoning, when there is any.
    pub signature: Option<String>,
}

impl<'a> Answering<'a> {
    pub fn new(
        model: &'a str,
        body: &'a Value,
        reply: &'a Reply,
        state: &'a State,
        id_prefix: &str,
        mark: impl Fn(usize, &str) -> String,
    ) -> Self {
        let ids: Vec<String> = reply
            .calls
            .iter()
            .map(|call| call.id.clone().unwrap_or_else(|| format!("{id_prefix}{:022}", state.number())))
            .collect();
        let marks: Vec<String> = ids.iter().enumerate().map(|(at, id)| mark(at, id)).collect();
        let signature = (!reply.reasoning.is_empty()).then(|| state.sign(&marks));
        Self { model, body, reply, state, ids, signature }
    }

    pub fn usage(&self) -> Usage {
        let quarter = |length: usize| (length as u64).div_ceil(4);
        self.reply.usage.unwrap_or_else(|| {
            let calls: usize = self.reply.calls.iter().map(|call| call.name.len() + call.text().len()).sum();
            let reasoning = quarter(self.reply.reasoning.len());
            Usage {
                input: quarter(self.body.to_string().len()),
                output: quarter(self.reply.text.len() + calls) + reasoning,
                reasoning,
                ..Usage::default()
            }
        })
    }

    pub fn id(&self, prefix: &str) -> String {
        format!("{prefix}{:022}", self.state.number())
    }

    /// A text in the pieces it is streamed in.
    pub fn pieces(&self, text: &str) -> Vec<String> {
        let letters: Vec<char> = text.chars().collect();
        letters.chunks(self.reply.chunk_chars.max(1)).map(|piece| piece.iter().collect()).collect()
    }
}

/// Seconds since 1970, as vendors stamp their answers.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default()
}
