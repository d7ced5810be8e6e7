//! Language models: the one port that every vendor adapter and the scripted guide implement, and its types.

use std::fmt;
use std::sync::Arc;

use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::limits::Usage;
use crate::tool::{Tool, ToolOutcome};

/// One turn of the conversation as it is sent to a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Message {
    User {
        text: String,
    },
    Assistant {
        text: String,
        calls: Vec<ModelCall>,
        /// What the vendor wants back unchanged (thought signatures, reasoning items); see
        /// [`ModelResponse::opaque`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opaque: Option<Value>,
    },
    ToolResult {
        provider_call_id: String,
        name: String,
        outcome: ToolOutcome,
    },
}

/// A tool call as a model wrote it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCall {
    /// The vendor's id, or one of ours (`call_0`, `call_1` …) when the vendor gave none.
    pub provider_call_id: String,
    pub name: String,
    /// Always a JSON value; text that was not JSON even after repair arrives as a JSON string and fails
    /// against the schema, so the model is told.
    pub arguments: Value,
    /// What had to be mended in the text of the arguments, for the journal; `None` when nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repaired: Option<String>,
}

/// One request. Adapters translate it to the vendor's wire format and nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelRequest {
    pub system: String,
    pub messages: Vec<Message>,
    pub tools: Vec<Tool>,
    pub max_output_tokens: u32,
}

/// What arrives while a model answers. Ends with exactly one `Done`, or with an `Err`.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelEvent {
    Text(String),
    Reasoning(String),
    /// The vendor could not answer yet; the adapter waits and tries again. Nothing was lost.
    Retrying {
        attempt: u32,
        wait_ms: u64,
        why: String,
    },
    Done(ModelResponse),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The turn is complete. Whether tools were called is said by `calls`, not by this.
    End,
    /// `max_output_tokens` was reached; the text is cut.
    MaxTokens,
    /// The vendor refused to answer.
    Refused,
    Other,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelResponse {
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    pub calls: Vec<ModelCall>,
    pub usage: Usage,
    pub stop: StopReason,
    /// Vendor data that must go back with the next request; opaque to everyone but its adapter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opaque: Option<Value>,
}

/// Why a model could not answer. The kind decides what happens; the text is for the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ModelError {
    pub kind: ModelErrorKind,
    /// What happened and what to do, in sentences. Never holds a key or a request body.
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelErrorKind {
    /// 401 or 403, or no key at all. The task pauses.
    WrongKey,
    /// The task pauses.
    UnknownModel,
    /// Money or a hard quota is gone. The task pauses.
    QuotaExhausted,
    /// Still limited after all retries. The task pauses.
    RateLimited,
    /// The prompt does not fit. The agent compacts and tries again once.
    ContextTooLong,
    /// 5xx, connection refused, idle stream, cut stream: after all retries. The task pauses.
    Unavailable,
    /// The vendor's answer made no sense. The task pauses.
    BadResponse,
    /// The request was refused as malformed; retrying cannot help. The task fails.
    BadRequest,
}

/// A model that can be asked. Dropping the stream cancels the request.
pub trait Model: Send + Sync + fmt::Debug {
    fn stream(&self, request: ModelRequest) -> BoxStream<'static, Result<ModelEvent, ModelError>>;
}

/// Price per million tokens, US dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    pub input: f64,
    pub output: f64,
    #[serde(default)]
    pub cache_read: Option<f64>,
    #[serde(default)]
    pub cache_write: Option<f64>,
}

impl Price {
    /// Cost of a call, rounded up to a millionth of a dollar. Cached tokens are charged at their own price
    /// when there is one, else as input.
    pub fn cost(&self, usage: &Usage) -> crate::MicroUsd {
        let cached = usage.cache_read + usage.cache_write;
        let plain = usage.input.saturating_sub(cached) as f64;
        let per_million = plain * self.input
            + usage.output as f64 * self.output
            + usage.cache_read as f64 * self.cache_read.unwrap_or(self.input)
            + usage.cache_write as f64 * self.cache_write.unwrap_or(self.input);
        crate::MicroUsd::from_usd(per_million / 1e6)
    }
}

/// What is known of a model before it is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// As a person writes it: `anthropic/claude-…`, `ollama/qwen3`, `demo`.
    pub name: String,
    pub context_tokens: u32,
    pub max_output_tokens: u32,
    /// `None`: unknown; then a cost limit cannot be kept and the task says so once.
    pub price: Option<Price>,
    /// Host that the request goes to; `None` for models that run in this process.
    pub host: Option<String>,
}

/// A model by name.
#[derive(Clone, Debug)]
pub struct OpenModel {
    pub model: Arc<dyn Model>,
    pub info: ModelInfo,
}

/// Opens models by name. Implemented by the catalogue of `models`, and by scripts in tests.
pub trait ModelSource: Send + Sync {
    /// `UnknownModel` names the nearest known name; `WrongKey` says which setting or variable is missing.
    fn open(&self, name: &str) -> Result<OpenModel, ModelError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cost_charges_each_kind_of_token_at_its_own_price() {
        let price = Price { input: 3.0, output: 15.0, cache_read: Some(0.3), cache_write: Some(3.75) };
        let usage = Usage { input: 1_000, output: 100, cache_read: 600, cache_write: 200, reasoning: 40 };
        // 200 × 3 + 600 × 0.3 + 200 × 3.75 + 100 × 15 = 3030 millionths of a dollar
        assert_eq!(price.cost(&usage), crate::MicroUsd(3_030));
    }
}
