//! The journal: what happened to a task, in order.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{
    Answer, ApprovalKind, Decision, LimitKind, Limits, ModelError, ModelResponse, ToolOutcome, mirror,
};

mirror! {
    /// One stored event; `data` of the stream's `journal` events. `seq` counts from 1 without gaps inside a task.
    struct Envelope of domain::journal::Envelope {
        task_id: Uuid,
        seq: u64,
        at: DateTime<Utc>,
        /// Version of the event's meaning.
        version: u16,
        event: Event,
    }
}

mirror! {
    #[serde(tag = "type", rename_all = "snake_case")]
    enum Event of domain::journal::Event {
        TaskCreated {
            prompt: String,
            workspace_id: Uuid,
            model: String,
            limits: Limits,
            /// The whole system prompt, `AGENTS.md` included, as it was when the task began.
            system_prompt: String,
        },
        /// Written before the request leaves. `reserved_*` is what the call may cost at most.
        ModelRequested {
            request_id: Uuid,
            purpose: ModelPurpose,
            reserved_tokens: u64,
            /// Millionths of a US dollar.
            reserved_cost: i64,
            decision: Decision,
        },
        ModelResponded {
            request_id: Uuid,
            response: ModelResponse,
            /// Millionths of a US dollar.
            cost: i64,
            took_ms: u64,
        },
        /// The reservation is released.
        ModelFailed {
            request_id: Uuid,
            error: ModelError,
            took_ms: u64,
        },
        ToolCallProposed {
            call_id: Uuid,
            request_id: Uuid,
            provider_call_id: String,
            name: String,
            arguments: Value,
            #[serde(skip_serializing_if = "Option::is_none")]
            repaired: Option<String>,
        },
        Decided {
            call_id: Uuid,
            decision: Decision,
            target: CallTarget,
        },
        ApprovalRequested {
            approval_id: Uuid,
            call_id: Uuid,
            kind: ApprovalKind,
        },
        ApprovalResolved {
            approval_id: Uuid,
            call_id: Uuid,
            kind: ApprovalKind,
            answer: Answer,
            by: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            note: Option<String>,
            /// The rule made by "always for this task".
            #[serde(skip_serializing_if = "Option::is_none")]
            rule_id: Option<Uuid>,
        },
        ApprovalVoided {
            approval_id: Uuid,
            call_id: Uuid,
            why: String,
        },
        /// Durable before anything can have an effect.
        ToolCallStarted {
            call_id: Uuid,
            safe_to_repeat: bool,
        },
        ToolCallFinished {
            call_id: Uuid,
            outcome: ToolOutcome,
            end: CallEnd,
            took_ms: u64,
            /// The policy's answer about the result.
            #[serde(skip_serializing_if = "Option::is_none")]
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
            request_id: Uuid,
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
}

mirror! {
    words ModelPurpose of domain::journal::ModelPurpose {
        Turn,
        Compaction,
    }
}

mirror! {
    /// Which tool a name meant, as the gateway identified it.
    struct CallTarget of domain::journal::CallTarget {
        /// Empty when the name meant no tool.
        server: String,
        tool: String,
        tool_digest: String,
        arguments_digest: String,
        read_only: bool,
        /// Whether a call with an unknown outcome may run again without asking.
        safe_to_repeat: bool,
    }
}

mirror! {
    /// How a started call came to its end.
    words CallEnd of domain::journal::CallEnd {
        Completed,
        Cancelled,
        Failed,
        ResultBlocked,
        CountedAsDone,
    }
}

mirror! {
    #[serde(tag = "kind", rename_all = "snake_case")]
    enum PauseReason of domain::journal::PauseReason {
        Limit { limit: LimitKind, used: u64, max: u64 },
        Model { error: ModelError },
        Policy { decision: Decision },
        Workspace,
        Person,
        /// Bailiwick itself could not go on.
        Fault,
    }
}

mirror! {
    words TaskEnd of domain::journal::TaskEnd {
        Completed,
        Failed,
        Cancelled,
    }
}
