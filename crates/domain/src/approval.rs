//! Questions put to a person, and their answers.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::decision::Reason;
use crate::digest::Digest;
use crate::{ApprovalId, CallId, RuleId, TaskId, Timestamp};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalKind {
    /// The policy said `ask` about a call.
    ToolCall,
    /// A call had started when the process died, and is not safe to repeat.
    OutcomeUnknown,
}

/// The exact call an approval stands for. Any difference voids it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// Who asked, as `gateway::Caller::key` writes it: a task, or an MCP client's credential. Empty in
    /// approvals stored before callers were bound.
    #[serde(default)]
    pub caller: String,
    pub tool_digest: Digest,
    pub arguments_digest: Digest,
    pub policy_revision: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalStatus {
    Pending,
    Resolved,
    /// The call changed, the task ended or the policy moved before a person answered.
    Void,
}

/// What a person answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Approve,
    Deny,
    /// Outcome unknown: run the call again.
    Retry,
    /// Outcome unknown: take it as done and tell the model so.
    CountAsDone,
    /// Outcome unknown: stop the task.
    Stop,
}

impl Answer {
    /// Whether this answer fits that kind of question.
    pub fn fits(self, kind: ApprovalKind) -> bool {
        match kind {
            ApprovalKind::ToolCall => matches!(self, Answer::Approve | Answer::Deny),
            ApprovalKind::OutcomeUnknown => {
                matches!(self, Answer::Retry | Answer::CountAsDone | Answer::Stop)
            }
        }
    }
}

/// A durable question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    pub id: ApprovalId,
    /// `None` for a call of an MCP client, which belongs to no task.
    pub task_id: Option<TaskId>,
    pub call_id: CallId,
    pub kind: ApprovalKind,
    pub server: String,
    pub tool: String,
    pub arguments: Value,
    pub reasons: Vec<Reason>,
    pub binding: Binding,
    /// What "always for this task" would allow, in words and as data; `None` when it is not offered.
    pub always: Option<RuleScope>,
    pub status: ApprovalStatus,
    pub answer: Option<Answer>,
    /// Who answered: `dashboard`, `terminal`, `api`, `--approve all` ….
    pub answered_by: Option<String>,
    pub note: Option<String>,
    /// Only a person with one of these roles may answer; empty: anybody who may answer at all.
    #[serde(default)]
    pub roles: Vec<String>,
    pub created_at: Timestamp,
    pub resolved_at: Option<Timestamp>,
    /// After this nobody can answer it, and an answer no longer counts.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// When the one call it stands for went ahead; it counts for no second one.
    #[serde(default)]
    pub used_at: Option<Timestamp>,
}

/// What a task rule covers: the same tool, asked about for the same policy rules, and for commands the same
/// leading words. Never overrides a deny.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleScope {
    pub server: String,
    pub tool: String,
    /// Policy rules whose `ask` this answers.
    pub rules: Vec<String>,
    /// For commands: every command line of the call must begin with one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command_prefixes: Vec<Vec<String>>,
    /// For a person, like "run commands beginning with `git push`".
    pub description: String,
}

/// "Always for this task", as it is stored: visible and revocable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRule {
    pub id: RuleId,
    pub task_id: TaskId,
    pub scope: RuleScope,
    pub created_by: String,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}
