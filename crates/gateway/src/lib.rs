//! Every tool call: identify, decide, approve, forward, decide on the result, record.
//!
//! [`Gateway::decide`] is the only maker of a [`Permit`], and [`Permit::forward`] the only way to a tool: a
//! call without a decision cannot be written.

use std::sync::Arc;

use async_trait::async_trait;
use domain::approval::Approval;
use domain::decision::Decision;
use domain::journal::{CallEnd, CallTarget};
use domain::task::Workspace;
use domain::tool::{ProgressSink, ServerKind, Tool, ToolOutcome};
use domain::{ApprovalId, CallId, MicroUsd, PrincipalId, TaskId};
use serde_json::Value;
use store::TenantStore;

/// A server of tools, reached in whatever way its kind is reached. The wiring fills this port with the
/// built-in toolbox.
#[async_trait]
pub trait ToolServer: Send + Sync {
    /// Short name, unique: part of what a policy sees.
    fn name(&self) -> &str;
    fn kind(&self) -> ServerKind;
    async fn tools(&self, workspace: &Workspace) -> Result<Vec<Tool>, ServerError>;
    /// Runs one call. Dropping the future must stop it, children included.
    async fn call(
        &self,
        workspace: &Workspace,
        tool: &str,
        arguments: Value,
        progress: ProgressSink,
    ) -> Result<ToolOutcome, ServerError>;
}

/// The server failed, not the tool. What happened and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ServerError(pub String);

/// On whose behalf, in which task and workspace.
#[derive(Clone, Debug)]
pub struct Caller {
    pub tenant: TenantStore,
    pub principal_id: PrincipalId,
    /// `user`, `api_key`, `agent` or `mcp_client`.
    pub principal_kind: String,
    pub task: Option<CallerTask>,
    pub workspace: Workspace,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CallerTask {
    pub id: TaskId,
    pub step: u32,
    pub cost: MicroUsd,
    pub labels: Vec<String>,
}

/// A call to be decided on.
#[derive(Clone, Debug)]
pub struct Call {
    pub id: CallId,
    pub name: String,
    pub arguments: Value,
    /// An approval that a person gave for this call; it counts only while its binding still fits.
    pub approval: Option<ApprovalId>,
}

/// The answer, with what follows from it.
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

/// Leave to run exactly one call.
pub struct Permit {}

/// What came back through the gateway, redacted and labelled as the policy said.
#[derive(Clone, Debug)]
pub struct Forwarded {
    pub outcome: ToolOutcome,
    pub end: CallEnd,
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
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Gateway {}

impl Gateway {
    pub fn new(policy: policy::Policy, servers: Vec<Arc<dyn ToolServer>>) -> Self {
        let _ = (policy, servers);
        todo!()
    }

    /// The policy in force.
    pub fn policy(&self) -> Arc<policy::Policy> {
        todo!()
    }

    /// Replaces the policy; calls decided before keep their decision, approvals bound to the old one are void.
    pub fn set_policy(&self, policy: policy::Policy) {
        let _ = policy;
        todo!()
    }

    /// The tools this caller may see (`tools.list`).
    pub async fn tools(&self, caller: &Caller) -> Result<Vec<Tool>, GatewayError> {
        todo!("{caller:?}")
    }

    pub async fn decide(&self, caller: &Caller, call: &Call) -> Result<Ruling, GatewayError> {
        todo!("{caller:?} {call:?}")
    }

    pub async fn decide_model_call(
        &self,
        caller: &Caller,
        call: &ModelCall,
    ) -> Result<Decision, GatewayError> {
        todo!("{caller:?} {call:?}")
    }
}

impl Permit {
    /// Runs the call and asks the policy about its result. Dropping the future stops the tool.
    pub async fn forward(self, progress: ProgressSink) -> Forwarded {
        let _ = progress;
        todo!()
    }
}
