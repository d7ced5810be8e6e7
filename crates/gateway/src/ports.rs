//! What the gateway needs of others: servers of tools.

use async_trait::async_trait;
use domain::task::Workspace;
use domain::tool::{ProgressSink, ServerKind, Tool, ToolOutcome};
use serde_json::Value;

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
