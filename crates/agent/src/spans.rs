//! Spans of the loop, named as the OpenTelemetry conventions for GenAI name them. Ids are attributes of
//! spans, never of metrics.

use domain::ModelRequestId;
use domain::model::{ModelError, ModelInfo, ModelResponse};
use tracing::field::{Empty, display};
use tracing::{Span, info_span};

use crate::ports::Forwarded;
use crate::state::Call;

/// The run of one task in one process.
pub fn task(id: domain::TaskId) -> Span {
    info_span!(
        "invoke_agent",
        "gen_ai.operation.name" = "invoke_agent",
        "gen_ai.agent.name" = "bailiwick",
        "gen_ai.conversation.id" = %id
    )
}

/// One request to a model, retries included.
pub fn model_call(info: &ModelInfo, id: ModelRequestId) -> Span {
    info_span!(
        "chat",
        "gen_ai.operation.name" = "chat",
        "gen_ai.request.model" = info.name,
        "server.address" = info.host,
        "bailiwick.model_request.id" = %id,
        "gen_ai.usage.input_tokens" = Empty,
        "gen_ai.usage.output_tokens" = Empty,
        "error.type" = Empty
    )
}

pub fn model_answered(span: &Span, result: &Result<ModelResponse, ModelError>) {
    match result {
        Ok(response) => {
            span.record("gen_ai.usage.input_tokens", response.usage.input);
            span.record("gen_ai.usage.output_tokens", response.usage.output);
        }
        Err(error) => {
            span.record("error.type", display(format_args!("{:?}", error.kind)));
        }
    }
}

/// One call of a tool.
pub fn tool_call(call: &Call) -> Span {
    info_span!(
        "execute_tool",
        "gen_ai.operation.name" = "execute_tool",
        "gen_ai.tool.name" = call.name,
        "gen_ai.tool.call.id" = %call.id,
        "error.type" = Empty
    )
}

pub fn tool_ended(span: &Span, forwarded: &Forwarded) {
    if forwarded.outcome.is_error {
        span.record("error.type", display(format_args!("{:?}", forwarded.end)));
    }
}
