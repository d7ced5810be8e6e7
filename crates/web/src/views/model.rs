//! What models are, and what they answer.

use serde_json::Value;

use super::{Usage, mirror};

mirror! {
    /// A tool call as a model wrote it.
    struct ModelCall of domain::model::ModelCall {
        provider_call_id: String,
        name: String,
        arguments: Value,
        /// What had to be mended in the text of the arguments.
        #[serde(skip_serializing_if = "Option::is_none")]
        repaired: Option<String>,
    }
}

mirror! {
    words StopReason of domain::model::StopReason {
        End,
        MaxTokens,
        Refused,
        Other,
    }
}

mirror! {
    /// A whole answer.
    struct ModelResponse of domain::model::ModelResponse {
        text: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        reasoning: Option<String>,
        calls: Vec<ModelCall>,
        usage: Usage,
        stop: StopReason,
        /// Vendor data; means nothing to anyone but its adapter.
        #[serde(skip_serializing_if = "Option::is_none")]
        opaque: Option<Value>,
    }
}

mirror! {
    words ModelErrorKind of domain::model::ModelErrorKind {
        WrongKey,
        UnknownModel,
        QuotaExhausted,
        RateLimited,
        ContextTooLong,
        Unavailable,
        BadResponse,
        BadRequest,
    }
}

mirror! {
    /// Why a model could not answer.
    struct ModelError of domain::model::ModelError {
        kind: ModelErrorKind,
        /// What happened and what to do, in sentences.
        message: String,
    }
}

mirror! {
    /// Price per million tokens, US dollars.
    struct Price of domain::model::Price {
        input: f64,
        output: f64,
        cache_read: Option<f64>,
        cache_write: Option<f64>,
    }
}

mirror! {
    /// What is known of a model before it is asked.
    struct ModelInfo of domain::model::ModelInfo {
        /// As a person writes it: `anthropic/claude-…`, `ollama/qwen3`, `demo`.
        name: String,
        context_tokens: u32,
        max_output_tokens: u32,
        /// Null: unknown; then a cost limit cannot be kept.
        price: Option<Price>,
        /// Host that the request goes to; null for models that run in this process.
        host: Option<String>,
    }
}
