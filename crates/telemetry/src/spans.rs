//! The spans of a task, one function each. Fields that are known later are declared empty and recorded by the
//! function that stands beside.

use domain::decision::{Decision, Point};
use domain::journal::ModelPurpose;
use domain::model::{ModelError, ModelInfo, ModelResponse};
use domain::tool::ToolOutcome;
use domain::{CallId, MicroUsd, ModelRequestId, TaskId};
use tracing::field::{Empty, debug, display};
use tracing::{Span, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::names;
use crate::trace_ids::with_trace_of;

/// Name under which the agent appears in traces.
const AGENT: &str = "bailiwick";

/// The run of one task in this process; the root of its trace. The trace's id is the task's id, so that a task
/// that goes on after a restart goes on in the same trace, and is found by the id a person sees.
pub fn task(id: TaskId, model: &str) -> Span {
    with_trace_of(id, || {
        let span = info_span!(
            parent: None,
            names::INVOKE_AGENT,
            { names::OTEL_NAME } = %format_args!("{} {AGENT}", names::INVOKE_AGENT),
            { names::OPERATION } = names::INVOKE_AGENT,
            { names::AGENT_NAME } = AGENT,
            { names::CONVERSATION_ID } = %id,
            { names::REQUEST_MODEL } = model,
            { names::TASK_STATUS } = Empty,
        );
        // Asking for the context starts the span: now, while the id is fixed.
        drop(span.context());
        span
    })
}

/// One request to a model, retries included.
pub fn model_call(info: &ModelInfo, id: ModelRequestId, purpose: ModelPurpose) -> Span {
    let provider = info.name.split('/').next().unwrap_or_default();
    info_span!(
        names::CHAT,
        { names::OTEL_NAME } = %format_args!("{} {}", names::CHAT, info.name),
        { names::OTEL_KIND } = "client",
        { names::OPERATION } = names::CHAT,
        { names::PROVIDER } = provider,
        { names::REQUEST_MODEL } = info.name,
        { names::SERVER_ADDRESS } = info.host,
        { names::MODEL_REQUEST_ID } = %id,
        { names::MODEL_PURPOSE } = ?purpose,
        { names::INPUT_TOKENS } = Empty,
        { names::OUTPUT_TOKENS } = Empty,
        { names::CACHE_READ_TOKENS } = Empty,
        { names::CACHE_WRITE_TOKENS } = Empty,
        { names::FINISH_REASONS } = Empty,
        { names::COST_MICRO_USD } = Empty,
        { names::ERROR_TYPE } = Empty,
        { names::OTEL_STATUS } = Empty,
    )
}

/// What came of [`model_call`].
pub fn model_answered(span: &Span, result: &Result<ModelResponse, ModelError>, cost: MicroUsd) {
    match result {
        Ok(response) => {
            span.record(names::INPUT_TOKENS, count(response.usage.input));
            span.record(names::OUTPUT_TOKENS, count(response.usage.output));
            span.record(names::CACHE_READ_TOKENS, count(response.usage.cache_read));
            span.record(names::CACHE_WRITE_TOKENS, count(response.usage.cache_write));
            span.record(names::FINISH_REASONS, debug(response.stop));
            span.record(names::COST_MICRO_USD, cost.0);
        }
        Err(error) => failed(span, &debug(error.kind)),
    }
}

/// One call of a tool, from its start to its result.
pub fn tool_call(id: CallId, server: &str, tool: &str) -> Span {
    info_span!(
        names::EXECUTE_TOOL,
        { names::OTEL_NAME } = %format_args!("{} {tool}", names::EXECUTE_TOOL),
        { names::OPERATION } = names::EXECUTE_TOOL,
        { names::TOOL_NAME } = tool,
        { names::TOOL_CALL_ID } = %id,
        { names::TOOL_TYPE } = "function",
        { names::TOOL_SERVER } = server,
        { names::MCP_METHOD } = names::MCP_TOOLS_CALL,
        { names::ERROR_TYPE } = Empty,
        { names::OTEL_STATUS } = Empty,
    )
}

/// What came of [`tool_call`]. The conventions call a tool's own error `tool_error`.
pub fn tool_answered(span: &Span, outcome: &ToolOutcome) {
    if outcome.is_error {
        failed(span, &"tool_error");
    }
}

/// One question put to the policy. `tool` is empty where none is in question.
pub fn decision(point: Point, tool: &str) -> Span {
    info_span!(
        names::DECIDE,
        { names::OTEL_NAME } = %format_args!("{} {}", names::DECIDE, point.as_str()),
        { names::DECISION_POINT } = point.as_str(),
        { names::TOOL_NAME } = (!tool.is_empty()).then_some(tool),
        { names::DECISION_ID } = Empty,
        { names::DECISION_VERDICT } = Empty,
        { names::DECISION_RULES } = Empty,
        { names::POLICY_REVISION } = Empty,
    )
}

/// What the policy said to [`decision`].
pub fn decided(span: &Span, decision: &Decision) {
    let rules: Vec<&str> = decision.reasons.iter().map(|reason| reason.rule.as_str()).collect();
    span.record(names::DECISION_ID, display(decision.id));
    span.record(names::DECISION_VERDICT, crate::metrics::verdict(decision.verdict));
    span.record(names::DECISION_RULES, rules.join(" "));
    span.record(names::POLICY_REVISION, &decision.policy_revision);
}

/// OpenTelemetry has no unsigned numbers; the bridge would make text of one.
fn count(count: u64) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}

/// Marks a span as failed, for a reason of few possible values.
pub fn failed(span: &Span, kind: &dyn tracing::Value) {
    span.record(names::ERROR_TYPE, kind);
    span.record(names::OTEL_STATUS, "ERROR");
}

#[cfg(test)]
mod tests;
