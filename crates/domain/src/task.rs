//! A task as a list shows it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::limits::{Limits, Spent};
use crate::{TaskId, Timestamp, WorkspaceId};

/// What a task is doing. Derived from the journal; stored beside it so that lists need not fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    Running,
    /// A person has to answer an approval.
    Waiting,
    /// A limit was reached, or the model cannot be called until something is mended (a key, a quota).
    Paused,
    Completed,
    Failed,
    Cancelled,
}

impl TaskStatus {
    pub fn ended(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// One row of the task list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskSummary {
    pub id: TaskId,
    pub workspace_id: WorkspaceId,
    /// First line of the prompt, at most 120 characters.
    pub title: String,
    pub model: String,
    pub status: TaskStatus,
    /// Why it is paused or failed, or its closing words.
    pub status_text: Option<String>,
    pub limits: Limits,
    pub spent: Spent,
    /// Sequence number of the last journal event.
    pub last_seq: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A folder that tasks work in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    pub id: WorkspaceId,
    /// Canonical absolute path.
    pub root: PathBuf,
    pub name: String,
    pub created_at: Timestamp,
}
