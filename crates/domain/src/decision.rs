//! What the policy answers.

use serde::{Deserialize, Serialize};

use crate::DecisionId;

/// Deny beats ask beats allow; nothing said is deny.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Allow,
    Ask,
    Deny,
}

/// Where in a call's life the policy is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Point {
    #[serde(rename = "tools.list")]
    ToolsList,
    #[serde(rename = "tool.call")]
    ToolCall,
    #[serde(rename = "tool.result")]
    ToolResult,
    /// May the caller see this resource or resource template in a list?
    #[serde(rename = "resources.list")]
    ResourcesList,
    /// May the caller read this resource, or subscribe to it?
    #[serde(rename = "resource.read")]
    ResourceRead,
    #[serde(rename = "resource.result")]
    ResourceResult,
    #[serde(rename = "prompts.list")]
    PromptsList,
    #[serde(rename = "prompt.get")]
    PromptGet,
    #[serde(rename = "prompt.result")]
    PromptResult,
    /// Any other MCP request to a server: completions, log levels, tasks, and methods that nobody here knows.
    #[serde(rename = "mcp.request")]
    McpRequest,
    #[serde(rename = "egress")]
    Egress,
    #[serde(rename = "model.call")]
    ModelCall,
}

impl Point {
    pub fn as_str(self) -> &'static str {
        match self {
            Point::ToolsList => "tools.list",
            Point::ToolCall => "tool.call",
            Point::ToolResult => "tool.result",
            Point::ResourcesList => "resources.list",
            Point::ResourceRead => "resource.read",
            Point::ResourceResult => "resource.result",
            Point::PromptsList => "prompts.list",
            Point::PromptGet => "prompt.get",
            Point::PromptResult => "prompt.result",
            Point::McpRequest => "mcp.request",
            Point::Egress => "egress",
            Point::ModelCall => "model.call",
        }
    }
}

/// One rule that spoke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Which set the rule added to.
    pub verdict: Verdict,
    /// Stable name of the rule, like `commands.unknown`; empty when a rule gave only a sentence.
    #[serde(default)]
    pub rule: String,
    /// The sentence a person reads.
    pub message: String,
}

/// What must be done when the call goes ahead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obligations {
    /// JSON pointers (RFC 6901) into the arguments or the result, to be replaced by `"[redacted]"`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redact: Vec<String>,
    /// Labels that the task carries from now on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_limit_ms: Option<u64>,
    /// Names of detectors whose finds are replaced wherever they stand in texts (`keys`, `tokens`, `cards`,
    /// `emails`, or one that the configuration adds).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub detectors: Vec<String>,
    /// A larger result, bytes of JSON, is withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_bytes_max: Option<u64>,
    /// Only a person with one of these roles may approve.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approval_roles: Vec<String>,
}

/// An answer of the policy, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub id: DecisionId,
    pub point: Point,
    pub verdict: Verdict,
    /// Why: the rules that spoke for this verdict first, then the others.
    pub reasons: Vec<Reason>,
    #[serde(default)]
    pub obligations: Obligations,
    /// Digest of the policy files that answered.
    pub policy_revision: String,
    /// Time the evaluation took, microseconds.
    pub took_us: u64,
}
