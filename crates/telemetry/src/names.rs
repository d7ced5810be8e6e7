//! Names of spans, attributes and metrics, in one place.
//!
//! The GenAI and MCP semantic conventions of OpenTelemetry are still in development; when a name moves, it
//! moves here. What no convention names begins with `bailiwick.`.

/// Operations: what a span of the GenAI conventions does, and how its name begins.
pub const INVOKE_AGENT: &str = "invoke_agent";
pub const CHAT: &str = "chat";
pub const EXECUTE_TOOL: &str = "execute_tool";
/// A question put to the policy.
pub const DECIDE: &str = "decide";

/// Attributes of the GenAI conventions.
pub const OPERATION: &str = "gen_ai.operation.name";
pub const AGENT_NAME: &str = "gen_ai.agent.name";
pub const CONVERSATION_ID: &str = "gen_ai.conversation.id";
pub const PROVIDER: &str = "gen_ai.provider.name";
pub const REQUEST_MODEL: &str = "gen_ai.request.model";
pub const FINISH_REASONS: &str = "gen_ai.response.finish_reasons";
pub const INPUT_TOKENS: &str = "gen_ai.usage.input_tokens";
pub const OUTPUT_TOKENS: &str = "gen_ai.usage.output_tokens";
pub const CACHE_READ_TOKENS: &str = "gen_ai.usage.cache_read.input_tokens";
pub const CACHE_WRITE_TOKENS: &str = "gen_ai.usage.cache_creation.input_tokens";
pub const TOKEN_TYPE: &str = "gen_ai.token.type";
pub const TOOL_NAME: &str = "gen_ai.tool.name";
pub const TOOL_CALL_ID: &str = "gen_ai.tool.call.id";
pub const TOOL_TYPE: &str = "gen_ai.tool.type";

/// Attributes of the MCP conventions: added to the span of the tool call, which has no second one.
pub const MCP_METHOD: &str = "mcp.method.name";
pub const MCP_TOOLS_CALL: &str = "tools/call";

/// Attributes of the general conventions.
pub const ERROR_TYPE: &str = "error.type";
pub const SERVER_ADDRESS: &str = "server.address";
pub const SERVICE_NAME: &str = "service.name";
pub const SERVICE_VERSION: &str = "service.version";
pub const HTTP_METHOD: &str = "http.request.method";
pub const HTTP_ROUTE: &str = "http.route";
pub const HTTP_STATUS: &str = "http.response.status_code";

/// Fields that the bridge from `tracing` to OpenTelemetry takes as a span's own name, kind and status.
pub const OTEL_NAME: &str = "otel.name";
pub const OTEL_KIND: &str = "otel.kind";
pub const OTEL_STATUS: &str = "otel.status_code";

/// Attributes of our own.
pub const TENANT_ID: &str = "bailiwick.tenant.id";
pub const MODEL_REQUEST_ID: &str = "bailiwick.model_request.id";
pub const MODEL_PURPOSE: &str = "bailiwick.model_request.purpose";
pub const COST_MICRO_USD: &str = "bailiwick.cost.micro_usd";
pub const TOOL_SERVER: &str = "bailiwick.tool.server";
pub const DECISION_ID: &str = "bailiwick.decision.id";
pub const DECISION_POINT: &str = "bailiwick.decision.point";
pub const DECISION_VERDICT: &str = "bailiwick.decision.verdict";
pub const DECISION_RULES: &str = "bailiwick.decision.rules";
pub const POLICY_REVISION: &str = "bailiwick.policy.revision";
pub const TASK_STATUS: &str = "bailiwick.task.status";
pub const FENCE_OUTCOME: &str = "bailiwick.fence.outcome";

/// Metrics. None carries the id of a task, a call or a person: those are for spans.
pub const TOKEN_USAGE: &str = "gen_ai.client.token.usage";
pub const MODEL_DURATION: &str = "gen_ai.client.operation.duration";
pub const MODEL_COST: &str = "bailiwick.model.cost";
pub const TOOL_CALLS: &str = "bailiwick.tool.calls";
pub const TOOL_DURATION: &str = "bailiwick.tool.duration";
pub const DECISION_DURATION: &str = "bailiwick.decision.duration";
pub const TASKS: &str = "bailiwick.tasks";
pub const FENCE_DURATION: &str = "bailiwick.fence.duration";
pub const HTTP_DURATION: &str = "http.server.request.duration";
