//! The seven built-in tools, rooted in a workspace: in process for our own gateway, and as a true MCP server.
//!
//! ```text
//! tools/*.rs        one tool a file: its arguments, its result, what it says about itself, what it does
//! root.rs, path.rs  the wall: nothing is opened but through the kernel's openat2 beneath the workspace
//! arguments.rs      arguments against the schema, with errors a model can mend
//! mcp.rs            the same tools over stdio and streamable HTTP
//! ```

mod arguments;
mod diff;
mod error;
mod lines;
mod live;
pub mod mcp;
mod output;
mod path;
mod reply;
mod root;
mod schema;
mod stop;
mod text;
mod tools;
mod walk;

use std::path::Path;
use std::sync::Arc;

use domain::tool::{ProgressSink, Tool, ToolOutcome};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::root::Root;

/// `[toolbox]` of the configuration. Every limit's error names the setting.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Largest file that `read_file` counts to its end and `edit_file` takes whole, bytes. Ranges of larger
    /// files can still be read.
    pub file_bytes_max: u64,
    /// Largest text given back by one call, bytes.
    pub result_bytes_max: usize,
    /// Largest image that `read_file` gives back as an image, bytes.
    pub image_bytes_max: u64,
    /// Entries listed or matches found by one call.
    pub entries_max: usize,
    /// Output kept of each of a command's two streams, bytes: half from its head, half from its tail.
    pub output_bytes_max: usize,
    /// Longest time that a call of `run_command` may ask for, seconds; without being asked, a command has
    /// `wall_seconds_max` of [fence.limits].
    pub command_seconds_max: u64,
    /// Names of folders in which files with several hard links may be read.
    ///
    /// A second link may lie outside the workspace, and nothing in a file says where: reading one could give
    /// away a file that was never meant to be here, so elsewhere it is refused. Package managers and Git fill
    /// exactly these folders with links into their stores. Writing never goes through a link: files are
    /// replaced, not overwritten.
    pub hard_link_folders: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            file_bytes_max: 10 << 20,
            result_bytes_max: 256 << 10,
            image_bytes_max: 3 << 20,
            entries_max: 1_000,
            output_bytes_max: 64 << 10,
            command_seconds_max: 600,
            hard_link_folders: [".git", "node_modules", ".venv", "venv", "target"].map(String::from).into(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the workspace {0} cannot be opened: {1}")]
    Workspace(String, std::io::Error),
    #[error(
        "this kernel has no openat2 (Linux 5.6 or newer, not blocked by a seccomp filter), without which the \
         tools cannot be kept inside the workspace: {0}"
    )]
    NoWall(std::io::Error),
}

/// The tools over one workspace. Holds the folder open, so a renamed or replaced root is noticed.
#[derive(Clone, Debug)]
pub struct Toolbox {
    inner: Arc<Inner>,
}

/// What every tool works with.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) root: Root,
    pub(crate) fence: fence::Fence,
    pub(crate) config: Config,
}

impl Toolbox {
    pub fn open(root: &Path, fence: fence::Fence, config: Config) -> Result<Self, OpenError> {
        Ok(Self { inner: Arc::new(Inner { root: Root::open(root)?, fence, config }) })
    }

    /// `list_directory`, `read_file`, `write_file`, `edit_file`, `search_files`, `delete_path`, `run_command`.
    pub fn tools() -> Vec<Tool> {
        tools::all().iter().map(|registered| registered.tool.clone()).collect()
    }

    /// Canonical path of the workspace.
    pub fn root(&self) -> &Path {
        self.inner.root.path()
    }

    /// Runs one tool. All that goes wrong with the call is an outcome with `is_error`, for the model to read.
    /// Dropping the future stops the work soon: between two blocks of a file, two entries of a walk, and with
    /// the whole process tree of a command.
    pub async fn call(&self, name: &str, arguments: Value, progress: ProgressSink) -> ToolOutcome {
        match tools::call(&self.inner, name, arguments, progress).await {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::debug!(tool = name, %error, "tool call failed");
                ToolOutcome::error(error.to_string())
            }
        }
    }

    pub(crate) fn config(&self) -> &Config {
        &self.inner.config
    }
}
