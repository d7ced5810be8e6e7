//! A task as a list shows it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Limits, Spent, mirror};

mirror! {
    words TaskStatus of domain::task::TaskStatus {
        Running,
        /// A person has to answer an approval.
        Waiting,
        /// A limit was reached, or the model cannot be called until something is mended.
        Paused,
        Completed,
        Failed,
        Cancelled,
    }
}

mirror! {
    /// One row of the task list.
    struct TaskSummary of domain::task::TaskSummary {
        id: Uuid,
        workspace_id: Uuid,
        /// First line of the prompt, at most 120 characters.
        title: String,
        model: String,
        status: TaskStatus,
        /// Why it is paused or failed, or its closing words.
        status_text: Option<String>,
        limits: Limits,
        spent: Spent,
        /// Sequence number of the last journal event.
        last_seq: u64,
        created_at: DateTime<Utc>,
        updated_at: DateTime<Utc>,
    }
}

mirror! {
    /// A folder that tasks work in.
    struct Workspace of domain::task::Workspace {
        id: Uuid,
        /// Canonical absolute path.
        root: String,
        name: String,
        created_at: DateTime<Utc>,
    }
}
