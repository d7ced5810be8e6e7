//! What the agent needs of others: a gate through which every tool and model call goes.
//! The wiring fills it with the gateway; tests fill it with scripts.

use async_trait::async_trait;
use domain::approval::Approval;
use domain::decision::Decision;
use domain::journal::{CallEnd, CallTarget};
use domain::task::Workspace;
use domain::tool::{ProgressSink, Tool, ToolOutcome};
use domain::{ApprovalId, CallId, MicroUsd, TaskId};
use serde_json::Value;
use store::TenantStore;

/// On whose behalf a call is made.
#[derive(Clone, Debug)]
pub struct CallContext {
    pub tenant: TenantStore,
    pub task_id: TaskId,
    pub workspace: Workspace,
    pub step: u32,
    pub cost: MicroUsd,
    pub labels: Vec<String>,
}

/// One call to be ruled on.
#[derive(Clone, Debug)]
pub struct GateCall {
    pub id: CallId,
    pub name: String,
    pub arguments: Value,
    /// The approval a person gave for this very call, if any.
    pub approval: Option<ApprovalId>,
}

/// One model call to be decided on.
#[derive(Clone, Debug)]
pub struct GateModelCall {
    pub model: String,
    pub host: Option<String>,
    pub input_tokens: u64,
    pub max_output_tokens: u32,
    pub max_cost: MicroUsd,
}

/// No call without a ruling: a tool runs only through the [`Permit`] that an `Allow` holds.
#[async_trait]
pub trait Gate: Send + Sync {
    /// The tools this task may see.
    async fn tools(&self, context: &CallContext) -> Result<Vec<Tool>, GateError>;
    async fn rule(&self, context: &CallContext, call: &GateCall) -> Result<Ruling, GateError>;
    async fn rule_model_call(
        &self,
        context: &CallContext,
        call: &GateModelCall,
    ) -> Result<Decision, GateError>;
}

pub enum Ruling {
    Allow { decision: Decision, target: CallTarget, permit: Box<dyn Permit> },
    Ask { decision: Decision, target: CallTarget, approval: Box<Approval> },
    Deny { decision: Decision, target: CallTarget },
}

/// Leave to run exactly one call. Dropping the future of `forward` stops the tool.
#[async_trait]
pub trait Permit: Send {
    async fn forward(self: Box<Self>, progress: ProgressSink) -> Forwarded;
}

#[derive(Clone, Debug)]
pub struct Forwarded {
    pub outcome: ToolOutcome,
    pub end: CallEnd,
    /// The policy's answer about the result.
    pub decision: Option<Decision>,
}

/// The gate cannot answer: the call does not happen and the task pauses with this text.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct GateError(pub String);
