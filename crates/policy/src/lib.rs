//! Rego decisions over whole tool calls, without I/O.
//!
//! A [`Policy`] is compiled once from files and answers [`Question`]s; it is `Send + Sync` and cheap to clone.
//! Deny beats ask beats allow; nothing said, an error and a time-out are deny.

use domain::decision::{Obligations, Point, Reason, Verdict};
use domain::digest::Digest;
use domain::tool::{ServerKind, ToolAnnotations};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the policy is asked: one shape for every point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    pub point: Point,
    pub tenant: TenantFacts,
    pub principal: PrincipalFacts,
    pub task: Option<TaskFacts>,
    pub server: ServerFacts,
    pub tool: ToolFacts,
    /// The whole argument object. At `model.call`: `{"model": …, "input_tokens": …, "max_output_tokens": …}`.
    pub arguments: Value,
    pub resources: Resources,
    /// At `tool.result` only: `{"content": […], "structuredContent": …, "isError": …}`.
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
    /// Relative to the workspace with `/`, symlinks followed as far as they exist; `None` when it leaves the
    /// workspace.
    pub inside: Option<String>,
    /// `read`, `write`, `delete` or `unknown`.
    pub access: String,
}

/// One file of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFile {
    pub path: String,
    pub text: String,
}

/// What the policy says.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub verdict: Verdict,
    pub reasons: Vec<Reason>,
    pub obligations: Obligations,
    pub took: std::time::Duration,
}

/// A compiled policy.
#[derive(Clone, Debug)]
pub struct Policy {}

/// What is wrong with a policy, with file, line and the text around it (`miette` shows it).
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct PolicyError {
    pub message: String,
}

/// What `test_` rules said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TestReport {
    pub passed: Vec<String>,
    pub failed: Vec<String>,
}

impl Policy {
    pub fn compile(files: Vec<PolicyFile>) -> Result<Self, PolicyError> {
        todo!("{files:?}")
    }

    /// The pack of `policies/`, compiled in.
    pub fn shipped() -> Self {
        todo!()
    }

    /// Digest of all files: `sha256:…`.
    pub fn revision(&self) -> &str {
        todo!()
    }

    pub fn files(&self) -> &[PolicyFile] {
        todo!()
    }

    /// Never fails: what cannot be answered is denied, with the reason.
    pub fn decide(&self, question: &Question) -> Answer {
        todo!("{question:?}")
    }
}

/// Runs every `test_` rule of the files (interpreted, because the compiled form has no `with`).
pub fn test(files: &[PolicyFile]) -> Result<TestReport, PolicyError> {
    todo!("{files:?}")
}
