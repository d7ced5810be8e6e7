//! Questions put to a person, and their answers.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::{Reason, mirror};

mirror! {
    /// What is asked.
    words ApprovalKind of domain::approval::ApprovalKind {
        /// The policy said `ask` about a call.
        ToolCall,
        /// A call had started when the process died, and is not safe to repeat.
        OutcomeUnknown,
    }
}

mirror! {
    words ApprovalStatus of domain::approval::ApprovalStatus {
        Pending,
        Resolved,
        /// The call changed, the task ended or the policy moved before a person answered.
        Void,
    }
}

mirror! {
    /// `approve` and `deny` answer a `tool_call`; `retry`, `count_as_done` and `stop` an `outcome_unknown`.
    words Answer of domain::approval::Answer {
        Approve,
        Deny,
        Retry,
        CountAsDone,
        Stop,
    }
}

mirror! {
    /// The exact call an approval stands for. Any difference voids it.
    struct Binding of domain::approval::Binding {
        /// Who asked: a task, or an MCP client.
        caller: String,
        tool_digest: String,
        arguments_digest: String,
        policy_revision: String,
    }
}

mirror! {
    /// A durable question.
    struct Approval of domain::approval::Approval {
        id: Uuid,
        /// Null for a call of an MCP client.
        task_id: Option<Uuid>,
        call_id: Uuid,
        kind: ApprovalKind,
        server: String,
        tool: String,
        arguments: Value,
        reasons: Vec<Reason>,
        binding: Binding,
        /// What "always for this task" would allow; null when it is not offered.
        always: Option<RuleScope>,
        status: ApprovalStatus,
        answer: Option<Answer>,
        /// Who answered: `dashboard`, `terminal`, `api`, `--approve all` ….
        answered_by: Option<String>,
        note: Option<String>,
        /// Only a person with one of these roles may answer; empty: anybody who may answer at all.
        roles: Vec<String>,
        created_at: DateTime<Utc>,
        resolved_at: Option<DateTime<Utc>>,
        /// After this nobody can answer it, and an answer no longer counts.
        expires_at: Option<DateTime<Utc>>,
        /// When the one call it stands for went ahead.
        used_at: Option<DateTime<Utc>>,
    }
}

mirror! {
    /// What a task rule covers. Never overrides a deny.
    struct RuleScope of domain::approval::RuleScope {
        server: String,
        tool: String,
        /// Policy rules whose `ask` this answers.
        rules: Vec<String>,
        /// For commands: every command line of the call must begin with one of these.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        command_prefixes: Vec<Vec<String>>,
        /// For a person, like "run commands beginning with `git push`".
        description: String,
    }
}

mirror! {
    /// "Always for this task", as it is stored: visible and revocable.
    struct TaskRule of domain::approval::TaskRule {
        id: Uuid,
        task_id: Uuid,
        scope: RuleScope,
        created_by: String,
        created_at: DateTime<Utc>,
        revoked_at: Option<DateTime<Utc>>,
    }
}
