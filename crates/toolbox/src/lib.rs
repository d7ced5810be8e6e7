//! The seven built-in tools, rooted in a workspace: in process for our own gateway, and as a true MCP server.

use std::path::Path;

use domain::tool::{ProgressSink, Tool, ToolOutcome};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `[toolbox]` of the configuration. Every limit's error names the setting.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Largest file that `read_file` and `edit_file` take whole.
    pub file_bytes_max: u64,
    /// Largest text given back by one call.
    pub result_bytes_max: usize,
    /// Entries listed or matches found by one call.
    pub entries_max: usize,
    /// Output kept of one command: half from its head, half from its tail.
    pub output_bytes_max: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            file_bytes_max: 10 << 20,
            result_bytes_max: 256 << 10,
            entries_max: 1_000,
            output_bytes_max: 64 << 10,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the workspace {0} cannot be opened: {1}")]
    Workspace(String, std::io::Error),
}

/// The tools over one workspace. Holds the folder open, so a renamed or replaced root is noticed.
#[derive(Clone, Debug)]
pub struct Toolbox {}

impl Toolbox {
    pub fn open(root: &Path, fence: fence::Fence, config: Config) -> Result<Self, OpenError> {
        todo!("{root:?} {fence:?} {config:?}")
    }

    /// `list_directory`, `read_file`, `write_file`, `edit_file`, `search_files`, `delete_path`, `run_command`.
    pub fn tools() -> Vec<Tool> {
        todo!()
    }

    /// Runs one tool. All that goes wrong with the call is an outcome with `is_error`, for the model to read.
    pub async fn call(&self, name: &str, arguments: Value, progress: ProgressSink) -> ToolOutcome {
        let _ = progress;
        todo!("{name} {arguments}")
    }
}
