//! What is put to the gateway, and what it answers.

use domain::approval::Approval;
use domain::decision::Decision;
use domain::journal::{CallEnd, CallTarget};
use domain::task::Workspace;
use domain::tool::ToolOutcome;
use domain::{ApprovalId, CallId, MicroUsd, PrincipalId, TaskId};
use serde_json::Value;
use store::TenantStore;

use crate::forward::Permit;
use crate::ports::ServerError;

/// On whose behalf, in which task and workspace.
#[derive(Clone, Debug)]
pub struct Caller {
    pub tenant: TenantStore,
    pub principal_id: PrincipalId,
    /// `user`, `api_key`, `agent` or `mcp_client`.
    pub principal_kind: String,
    pub roles: Vec<String>,
    /// Without a task or a session nobody can be asked: what the policy would ask about is denied.
    pub task: Option<CallerTask>,
    /// The conversation of an MCP client.
    pub session: Option<CallerSession>,
    pub workspace: Workspace,
}

impl Caller {
    /// What approvals are bound to: no other caller has the same.
    pub fn key(&self) -> String {
        match (&self.task, &self.session) {
            (Some(task), _) => format!("task:{}", task.id),
            (None, Some(session)) => format!("client:{}", session.conversation),
            (None, None) => format!("principal:{}", self.principal_id),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct CallerTask {
    pub id: TaskId,
    pub step: u32,
    pub cost: MicroUsd,
    pub labels: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CallerSession {
    /// Key of the conversation, chosen on this side.
    pub conversation: String,
    /// What the client calls itself.
    pub client: String,
    /// What its conversation has touched so far.
    pub labels: Vec<String>,
}

/// A call to be decided on.
#[derive(Clone, Debug)]
pub struct Call {
    pub id: CallId,
    /// As the caller wrote it: `read_file`, or `server__tool` where two servers have a tool of that name.
    pub name: String,
    pub arguments: Value,
    /// An approval that a person gave for this call; it counts only while its binding still fits.
    pub approval: Option<ApprovalId>,
}

/// The answer, with what follows from it.
#[derive(Debug)]
pub enum Ruling {
    Allow {
        decision: Decision,
        target: CallTarget,
        permit: Permit,
    },
    /// To be stored by the caller (`TenantStore::request_approval`) before it waits.
    Ask {
        decision: Decision,
        target: CallTarget,
        approval: Box<Approval>,
    },
    /// Also for unknown tools and arguments against the schema: the reasons say what would be right.
    Deny {
        decision: Decision,
        target: CallTarget,
    },
}

impl Ruling {
    /// The decision, and the tool it was about.
    pub fn decided(&self) -> (&Decision, &CallTarget) {
        match self {
            Ruling::Allow { decision, target, .. }
            | Ruling::Ask { decision, target, .. }
            | Ruling::Deny { decision, target } => (decision, target),
        }
    }
}

/// What came back through the gateway, redacted and labelled as the policy said.
#[derive(Clone, Debug)]
pub struct Forwarded {
    pub outcome: ToolOutcome,
    pub end: CallEnd,
    /// The policy's answer about the result; `None` when there was no result to ask about.
    pub decision: Option<Decision>,
}

/// A model call to be decided on.
#[derive(Clone, Debug)]
pub struct ModelCall {
    pub model: String,
    pub host: Option<String>,
    pub input_tokens: u64,
    pub max_output_tokens: u32,
    pub max_cost: MicroUsd,
}

/// The gateway itself could not answer (store gone, policy gone): the call does not happen.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    #[error("the decision could not be recorded, so the call did not happen: {0}")]
    Store(#[from] store::StoreError),
    #[error("{0}")]
    Server(#[from] ServerError),
    /// What was asked for cannot be done; the text says what can.
    #[error("{0}")]
    Invalid(String),
}
