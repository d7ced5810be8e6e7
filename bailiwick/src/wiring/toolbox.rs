//! The built-in toolbox as a tool server of the gateway, in this process.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use domain::WorkspaceId;
use domain::task::Workspace;
use domain::tool::{ProgressSink, ServerKind, Tool, ToolOutcome};
use fence::Fence;
use gateway::{ServerError, ToolServer};
use serde_json::Value;
use toolbox::Toolbox;

/// Workspaces kept open at the same time; each holds one file descriptor.
const OPEN_WORKSPACES_MAX: usize = 128;

pub struct BuiltinTools {
    fence: Fence,
    config: toolbox::Config,
    /// Opened once per workspace, with the identity of the folder that was opened.
    open: Mutex<HashMap<WorkspaceId, (Toolbox, Identity)>>,
}

/// Device and inode: the folder itself, whatever it is called now.
type Identity = (u64, u64);

impl BuiltinTools {
    pub fn new(fence: Fence, config: toolbox::Config) -> Self {
        Self { fence, config, open: Mutex::default() }
    }

    fn toolbox(&self, workspace: &Workspace) -> Result<Toolbox, ServerError> {
        let identity = identity(&workspace.root)?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get(&workspace.id) {
            Some((toolbox, opened)) if *opened == identity => return Ok(toolbox.clone()),
            // The folder was moved or replaced: whatever stands there now is opened anew.
            _ => {
                if open.len() >= OPEN_WORKSPACES_MAX {
                    open.clear();
                }
            }
        }
        let toolbox = Toolbox::open(&workspace.root, self.fence.clone(), self.config.clone())
            .map_err(|error| ServerError(error.to_string()))?;
        open.insert(workspace.id, (toolbox.clone(), identity));
        Ok(toolbox)
    }
}

fn identity(root: &Path) -> Result<Identity, ServerError> {
    let metadata = std::fs::metadata(root)
        .map_err(|error| ServerError(format!("the workspace {} is gone ({error})", root.display())))?;
    Ok((metadata.dev(), metadata.ino()))
}

#[async_trait]
impl ToolServer for BuiltinTools {
    fn name(&self) -> &str {
        "workspace"
    }

    fn kind(&self) -> ServerKind {
        ServerKind::Builtin
    }

    async fn tools(&self) -> Result<Vec<Tool>, ServerError> {
        Ok(Toolbox::tools())
    }

    async fn call(
        &self,
        workspace: &Workspace,
        tool: &str,
        arguments: Value,
        progress: ProgressSink,
    ) -> Result<ToolOutcome, ServerError> {
        Ok(self.toolbox(workspace)?.call(tool, arguments, progress).await)
    }
}
