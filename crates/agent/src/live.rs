//! What happens between two journal events: text as it streams, output as it comes. Never stored; a watcher
//! that comes late gets what has gathered since the last event.

use domain::tool::ToolProgress;
use domain::{CallId, ModelRequestId, TaskId};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

/// One thing to show now. The journal event that ends the model or tool call supersedes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LiveEvent {
    Text { request_id: ModelRequestId, delta: String },
    Reasoning { request_id: ModelRequestId, delta: String },
    Retrying { request_id: ModelRequestId, attempt: u32, wait_ms: u64, why: String },
    ToolProgress { call_id: CallId, progress: ToolProgress },
}

/// The hub of all tasks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Live {}

impl Live {
    /// What has gathered since the last journal event of this task (adjacent deltas merged, at most 256 KiB,
    /// oldest dropped), and all that follows.
    pub fn watch(&self, task_id: TaskId) -> (Vec<LiveEvent>, broadcast::Receiver<LiveEvent>) {
        todo!("{task_id}")
    }
}
