//! What the policy answers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Mirror, mirror};

mirror! {
    /// Deny beats ask beats allow; nothing said is deny.
    words Verdict of domain::decision::Verdict {
        Allow,
        Ask,
        Deny,
    }
}

/// Where in a call's life the policy is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Point {
    #[serde(rename = "tools.list")]
    ToolsList,
    #[serde(rename = "tool.call")]
    ToolCall,
    #[serde(rename = "tool.result")]
    ToolResult,
    #[serde(rename = "resources.list")]
    ResourcesList,
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
    #[serde(rename = "mcp.request")]
    McpRequest,
    #[serde(rename = "egress")]
    Egress,
    #[serde(rename = "model.call")]
    ModelCall,
}

impl Mirror<domain::decision::Point> for Point {
    fn mirror(of: domain::decision::Point) -> Self {
        use domain::decision::Point as Of;
        match of {
            Of::ToolsList => Self::ToolsList,
            Of::ToolCall => Self::ToolCall,
            Of::ToolResult => Self::ToolResult,
            Of::ResourcesList => Self::ResourcesList,
            Of::ResourceRead => Self::ResourceRead,
            Of::ResourceResult => Self::ResourceResult,
            Of::PromptsList => Self::PromptsList,
            Of::PromptGet => Self::PromptGet,
            Of::PromptResult => Self::PromptResult,
            Of::McpRequest => Self::McpRequest,
            Of::Egress => Self::Egress,
            Of::ModelCall => Self::ModelCall,
        }
    }
}

impl From<Point> for domain::decision::Point {
    fn from(view: Point) -> Self {
        match view {
            Point::ToolsList => Self::ToolsList,
            Point::ToolCall => Self::ToolCall,
            Point::ToolResult => Self::ToolResult,
            Point::ResourcesList => Self::ResourcesList,
            Point::ResourceRead => Self::ResourceRead,
            Point::ResourceResult => Self::ResourceResult,
            Point::PromptsList => Self::PromptsList,
            Point::PromptGet => Self::PromptGet,
            Point::PromptResult => Self::PromptResult,
            Point::McpRequest => Self::McpRequest,
            Point::Egress => Self::Egress,
            Point::ModelCall => Self::ModelCall,
        }
    }
}

mirror! {
    /// One rule that spoke.
    struct Reason of domain::decision::Reason {
        /// Which set the rule added to.
        verdict: Verdict,
        /// Stable name of the rule, like `commands.unknown`; empty when a rule gave only a sentence.
        rule: String,
        /// The sentence a person reads.
        message: String,
    }
}

mirror! {
    /// What must be done when the call goes ahead.
    struct Obligations of domain::decision::Obligations {
        /// JSON pointers (RFC 6901) whose values are replaced by `"[redacted]"`.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        redact: Vec<String>,
        /// Labels that the task carries from now on.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        labels: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        time_limit_ms: Option<u64>,
        /// Detectors whose finds are replaced wherever they stand in texts.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        detectors: Vec<String>,
        /// A larger result, bytes of JSON, is withheld.
        #[serde(skip_serializing_if = "Option::is_none")]
        result_bytes_max: Option<u64>,
        /// Only a person with one of these roles may approve.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        approval_roles: Vec<String>,
    }
}

mirror! {
    /// An answer of the policy, as it is recorded.
    struct Decision of domain::decision::Decision {
        id: Uuid,
        point: Point,
        verdict: Verdict,
        /// Why: the rules that spoke for this verdict first, then the others.
        reasons: Vec<Reason>,
        obligations: Obligations,
        /// Digest of the policy files that answered.
        policy_revision: String,
        /// Time the evaluation took, microseconds.
        took_us: u64,
    }
}

mirror! {
    /// One recorded decision with the question that was put.
    struct DecisionRecord of store::DecisionRecord {
        decision: Decision,
        task_id: Option<Uuid>,
        call_id: Option<Uuid>,
        principal_id: Uuid,
        server: String,
        tool: String,
        /// The whole question, redacted as the policy said.
        question: Value,
        at: DateTime<Utc>,
    }
}
