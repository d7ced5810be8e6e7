//! `delete_path`: a file, a link, or a folder with all in it.

use domain::tool::{Tool, ToolOutcome};
use rustix::fs::FileType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Inner;
use crate::error::ToolError;
use crate::path::RelPath;
use crate::reply::{count, reply};
use crate::root::kind_name;
use crate::schema::{Effects, describe};
use crate::stop::Stop;

pub(super) const NAME: &str = "delete_path";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// File, link or folder to delete, relative to the workspace.
    #[schemars(length(min = 1))]
    path: String,
    /// Delete a folder with everything in it.
    #[serde(default)]
    recursive: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Report {
    path: String,
    /// Files and links that were deleted.
    files_deleted: u64,
    folders_deleted: u64,
}

pub(super) fn tool() -> Tool {
    describe::<Arguments, Report>(
        NAME,
        "Delete a file or folder",
        "Deletes a file of the workspace, or with recursive a folder and everything in it. A symbolic link is \
         deleted itself, never what it points to. The workspace itself cannot be deleted.",
        // Idempotent as MCP means it: the second run finds nothing and does nothing more. It matters after a
        // crash in the middle of a large folder: running again finishes what was allowed, and no more.
        Effects { read_only: false, destructive: true, idempotent: true, open_world: false },
    )
}

pub(super) fn run(inner: &Inner, arguments: Arguments, stop: &Stop) -> Result<ToolOutcome, ToolError> {
    let path = RelPath::parse(&arguments.path, inner.root.path())?;
    let (kind, removed) = inner.root.remove(&path, arguments.recursive, stop)?;
    let text = match kind {
        FileType::Directory => format!(
            "Deleted the folder {path}: {} and {}.",
            count(removed.files, "file"),
            count(removed.folders, "folder")
        ),
        kind => format!("Deleted the {} {path}.", kind_name(kind)),
    };
    let report =
        Report { path: path.to_string(), files_deleted: removed.files, folders_deleted: removed.folders };
    reply(text, &report)
}
