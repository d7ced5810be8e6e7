//! What the gateway needs of others: servers, and somebody who decides.

use std::sync::Arc;

use async_trait::async_trait;
use domain::server::ServerLimits;
use domain::task::Workspace;
use domain::tool::{ProgressSink, ServerKind, Tool, ToolOutcome};
use mcp::exchange::{Client, Discovery, Notification, Outbox, Request};
use mcp::message::{Json, RpcError};
use policy::{Answer, Question};
use serde_json::Value;
use tokio::sync::broadcast;

/// Tools in this process. The wiring fills this port with the built-in toolbox.
#[async_trait]
pub trait ToolServer: Send + Sync {
    /// Short name, unique: part of what a policy sees.
    fn name(&self) -> &str;
    fn kind(&self) -> ServerKind;
    /// Grows whenever [`ToolServer::tools`] would answer something else than before.
    fn revision(&self) -> u64 {
        0
    }
    async fn tools(&self) -> Result<Vec<Tool>, ServerError>;
    /// Runs one call. Dropping the future must stop it, children included.
    async fn call(
        &self,
        workspace: &Workspace,
        tool: &str,
        arguments: Value,
        progress: ProgressSink,
    ) -> Result<ToolOutcome, ServerError>;
}

/// An MCP server. Requests and results pass as they were written; `crate::remote` fills the port with a supervised
/// connection.
#[async_trait]
pub trait McpServer: Send + Sync {
    /// Short name, unique: part of what a policy sees.
    fn name(&self) -> &str;
    fn kind(&self) -> ServerKind;
    fn limits(&self) -> ServerLimits;
    /// Grows whenever the server says that a list of its has changed.
    fn revision(&self) -> u64;
    /// What it offers; connects when needed.
    async fn discovery(&self, conversation: &str) -> Result<Arc<Discovery>, ServerFailure>;
    /// Dropping the future cancels the request.
    async fn request(&self, request: Request, out: Outbox) -> Result<Json, ServerFailure>;
    async fn notify(&self, client: &Client, notification: Notification);
    /// Changed lists and resources, of all sessions with it.
    fn events(&self) -> broadcast::Receiver<Notification>;
    fn condition(&self) -> Condition;
    async fn close(&self);
    /// A conversation ended; what was kept for it alone is let go.
    fn forget(&self, conversation: &str);
}

/// How an MCP server fares.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Condition {
    pub state: ServerState,
    /// Protocol version spoken with it.
    pub version: Option<String>,
    /// Name and version it gives itself; null while nothing is known.
    pub server_info: Value,
    /// Why it is not usable now, and what would help.
    pub problem: Option<String>,
    /// Failures in a row.
    pub failures: u32,
    pub restarts: u32,
    pub sessions: u32,
    /// The last lines of its standard error.
    pub stderr: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServerState {
    /// Nothing was asked of it yet, or it was idle for long.
    #[default]
    Idle,
    Connecting,
    Ready,
    /// Down; tried again when the wait is over.
    Failed,
    /// A person has to sign in.
    SignInNeeded,
}

/// The server failed, not the tool. What happened and what to do.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct ServerError(pub String);

/// Why a request to an MCP server came to nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ServerFailure {
    /// The server's own answer, passed on whole.
    #[error("{0}")]
    Rpc(RpcError),
    #[error("{0}")]
    Server(#[from] ServerError),
}

impl ServerFailure {
    /// As a client is told.
    pub(crate) fn into_rpc(self, server: &str) -> RpcError {
        match self {
            ServerFailure::Rpc(error) => error,
            ServerFailure::Server(ServerError(text)) => RpcError::internal(format!("{server}: {text}")),
        }
    }
}

/// Somebody who answers questions: the embedded policy, or another engine with the same rules.
#[async_trait]
pub trait Decider: Send + Sync {
    /// Never fails: what cannot be answered is denied, with the reason.
    async fn decide(&self, question: &Question) -> Answer;
    /// Digest of what decides; approvals are bound to it.
    fn revision(&self) -> String;
}

#[async_trait]
impl Decider for policy::Policy {
    async fn decide(&self, question: &Question) -> Answer {
        policy::Policy::decide(self, question)
    }

    fn revision(&self) -> String {
        policy::Policy::revision(self).to_owned()
    }
}
