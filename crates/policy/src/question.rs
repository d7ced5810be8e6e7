//! What the policy is asked.

use domain::decision::Point;
use domain::digest::Digest;
use domain::tool::{ServerKind, ToolAnnotations};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the policy is asked: one shape for every point. Rules see it as `input`, as this serialises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    pub point: Point,
    pub tenant: TenantFacts,
    pub principal: PrincipalFacts,
    pub task: Option<TaskFacts>,
    /// The MCP client's conversation, when the call belongs to no task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionFacts>,
    pub server: ServerFacts,
    pub tool: ToolFacts,
    /// The whole argument object, as the point has it:
    ///
    /// - `tool.call`, `tool.result`: the arguments of the tool;
    /// - `resources.list`, `resource.read`, `resource.result`: `{"uri": …}` (of a template: its `uriTemplate`);
    /// - `prompts.list`, `prompt.get`, `prompt.result`: `{"name": …, "arguments": {…}}`;
    /// - `mcp.request`: `{"method": …, "params": …}`;
    /// - `model.call`: `{"model": …, "input_tokens": …, "max_output_tokens": …}`.
    pub arguments: Value,
    pub resources: Resources,
    /// At `tool.result` (`{"content": […], "structuredContent": …, "isError": …}`), `resource.result`
    /// (`{"contents": […]}`) and `prompt.result` (`{"messages": […]}`), as the server sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantFacts {
    pub id: String,
    pub plan: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrincipalFacts {
    pub id: String,
    /// `user`, `api_key`, `agent` or `mcp_client`.
    pub kind: String,
    pub roles: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskFacts {
    pub id: String,
    pub step: u32,
    pub cost_usd: f64,
    pub labels: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionFacts {
    pub id: String,
    /// What the client calls itself.
    pub client: String,
    pub labels: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServerFacts {
    pub name: String,
    pub kind: ServerKind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolFacts {
    pub name: String,
    pub annotations: ToolAnnotations,
    pub digest: Digest,
    pub pinned: bool,
}

/// What a call names, normalised by the gateway.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Resources {
    pub paths: Vec<PathFact>,
    /// Lower case, without port.
    pub hosts: Vec<String>,
    /// Every simple command of a command line, as words after quote removal.
    pub commands: Vec<Vec<String>>,
    /// True when some command text could not be parsed or expands at run time: the list above may then
    /// lack what it really runs.
    pub opaque: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathFact {
    /// As the caller wrote it.
    pub given: String,
    /// Relative to the workspace with `/`, symlinks followed as far as they exist; `.` for the workspace
    /// itself; `None` when it leaves the workspace.
    pub inside: Option<String>,
    /// `read`, `write`, `delete` or `unknown`.
    pub access: String,
}
