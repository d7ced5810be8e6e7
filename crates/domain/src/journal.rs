//! The journal: what happened to a task, in order, forever. Everything else about a task is derived from it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::approval::{Answer, ApprovalKind};
use crate::decision::Decision;
use crate::digest::Digest;
use crate::limits::{LimitKind, Limits};
use crate::model::{ModelError, ModelResponse};
use crate::money::MicroUsd;
use crate::tool::ToolOutcome;
use crate::{ApprovalId, CallId, ModelRequestId, RuleId, TaskId, Timestamp, WorkspaceId};

/// Version written into every envelope. Raise it when an event changes meaning, and keep reading the old.
pub const EVENT_VERSION: u16 = 1;

/// One stored event. `seq` counts from 1 without gaps inside a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    pub task_id: TaskId,
    pub seq: u64,
    pub at: Timestamp,
    pub version: u16,
    pub event: Event,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    TaskCreated {
        prompt: String,
        workspace_id: WorkspaceId,
        model: String,
        limits: Limits,
        /// The whole system prompt, `AGENTS.md` included, as it was when the task began.
        system_prompt: String,
    },
    /// Written before the request leaves. `reserved_*` is what the call may cost at most.
    ModelRequested {
        request_id: ModelRequestId,
        purpose: ModelPurpose,
        reserved_tokens: u64,
        reserved_cost: MicroUsd,
        decision: Decision,
    },
    ModelResponded {
        request_id: ModelRequestId,
        response: ModelResponse,
        cost: MicroUsd,
        took_ms: u64,
    },
    /// The reservation is released.
    ModelFailed {
        request_id: ModelRequestId,
        error: ModelError,
        took_ms: u64,
    },
    ToolCallProposed {
        call_id: CallId,
        request_id: ModelRequestId,
        provider_call_id: String,
        name: String,
        arguments: Value,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        repaired: Option<String>,
    },
    Decided {
        call_id: CallId,
        decision: Decision,
        target: CallTarget,
    },
    ApprovalRequested {
        approval_id: ApprovalId,
        call_id: CallId,
        kind: ApprovalKind,
    },
    ApprovalResolved {
        approval_id: ApprovalId,
        call_id: CallId,
        kind: ApprovalKind,
        answer: Answer,
        by: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// The rule made by "always for this task".
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule_id: Option<RuleId>,
    },
    ApprovalVoided {
        approval_id: ApprovalId,
        call_id: CallId,
        why: String,
    },
    /// Durable before anything can have an effect.
    ToolCallStarted {
        call_id: CallId,
        safe_to_repeat: bool,
    },
    ToolCallFinished {
        call_id: CallId,
        outcome: ToolOutcome,
        end: CallEnd,
        took_ms: u64,
        /// The policy's answer about the result; `None` when there was no result to ask about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decision: Option<Decision>,
    },
    MessageReceived {
        text: String,
        by: String,
    },
    LimitsChanged {
        limits: Limits,
        by: String,
    },
    Paused {
        reason: PauseReason,
        /// What happened and how to go on, in sentences.
        text: String,
    },
    Resumed {
        by: String,
    },
    CancelRequested {
        by: String,
    },
    /// Everything up to `through_seq` is sent to the model as this summary from now on.
    Compacted {
        request_id: ModelRequestId,
        through_seq: u64,
        summary: String,
    },
    Note {
        text: String,
    },
    TaskEnded {
        end: TaskEnd,
        text: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelPurpose {
    Turn,
    Compaction,
}

/// Which tool a name meant, as the gateway identified it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallTarget {
    /// Empty when the name meant no tool.
    pub server: String,
    pub tool: String,
    pub tool_digest: Digest,
    pub arguments_digest: Digest,
    pub read_only: bool,
    /// Whether a call with an unknown outcome may run again without asking.
    pub safe_to_repeat: bool,
}

/// How a started call came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallEnd {
    /// The tool answered, with or without an error of its own.
    Completed,
    /// Stopped by the person.
    Cancelled,
    /// The tool server or the fence failed; the outcome says how.
    Failed,
    /// The policy withheld the result.
    ResultBlocked,
    /// The process died while it ran, and a person said to count it as done.
    CountedAsDone,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PauseReason {
    Limit {
        limit: LimitKind,
        used: u64,
        max: u64,
    },
    Model {
        error: ModelError,
    },
    Policy {
        decision: Decision,
    },
    Workspace,
    Person,
    /// Bailiwick itself could not go on: a gate that cannot answer, a journal of a newer version, a defect.
    Fault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskEnd {
    Completed,
    Failed,
    Cancelled,
}
