//! Durable state on SQLite (a desk) and PostgreSQL (hosted) behind tenant-scoped handles.
//!
//! [`Store::open`] migrates and gives a [`Store`]; [`Store::tenant`] gives the only handle that reads or
//! writes rows. One code base serves both engines, and one contract suite (`tests/contract/`) runs on both.
//! Acknowledged means durable: a method that returns `Ok` has committed (SQLite: WAL, `synchronous=FULL`; for
//! decisions on record, [`RecordDurability`]). What was decided and done is one hash chain: `record/mod.rs`.
//!
//! Methods lie in a file per noun; the path of all of them to a row is `transaction.rs`.

mod approvals;
mod backup;
mod columns;
mod config;
mod decisions;
mod entities;
mod errors;
mod handle;
mod journal;
mod labels;
mod links;
mod migrations;
mod open;
mod pins;
mod policies;
mod record;
mod rules;
mod secret_rows;
mod servers;
mod sessions;
mod tasks;
mod transaction;
mod workspaces;

use std::sync::Arc;

use domain::approval::{Answer, ApprovalStatus};
use domain::decision::{Decision, Point, Verdict};
use domain::limits::{Limits, Spent};
use domain::task::TaskStatus;
use domain::{ApprovalId, CallId, DecisionId, PrincipalId, TaskId, TenantId, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use config::{Config, RecordDurability};
pub use pins::Pin;
pub use policies::{PolicySummary, PolicyVersion};
pub use record::{Act, Entry, Fault, Hash, Head, Verification, kinds, verify_export};
pub use secret_rows::SecretRow;
pub use servers::ServerRow;

/// An open database.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<handle::Inner>,
}

/// All that belongs to one tenant. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TenantStore {
    inner: Arc<handle::Inner>,
    tenant_id: TenantId,
}

/// Told to subscribers after a commit, so that whoever waits can read what is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub tenant_id: TenantId,
    pub task_id: TaskId,
    pub last_seq: u64,
}

/// Told to subscribers after a commit that no journal shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub tenant_id: TenantId,
    pub subject: Subject,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Asked, answered, used or void; of a task or not.
    Approval(ApprovalId),
    /// Pins of tools of this server.
    Pins(String),
    Server(String),
    Secret(String),
    /// Another policy is active, or none.
    Policy,
}

/// What a list shows of a task, replaced together with an append.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    pub status: TaskStatus,
    pub status_text: Option<String>,
    pub limits: Limits,
    pub spent: Spent,
}

/// One recorded decision with the question that was put.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionRecord {
    pub decision: Decision,
    pub task_id: Option<TaskId>,
    pub call_id: Option<CallId>,
    pub principal_id: PrincipalId,
    pub server: String,
    pub tool: String,
    /// The whole question (`policy::Question` as JSON), with obligations to redact already applied.
    pub question: Value,
    pub at: Timestamp,
}

#[derive(Clone, Debug, Default)]
pub struct TaskFilter {
    pub status: Option<TaskStatus>,
    /// Case-insensitive text in title or prompt.
    pub search: Option<String>,
    pub workspace_id: Option<WorkspaceId>,
    /// Only tasks older than this one: the cursor of the last page.
    pub before: Option<TaskId>,
    /// At most this many; 0 means 50; above 200 means 200.
    pub limit: u32,
}

#[derive(Clone, Debug, Default)]
pub struct ApprovalFilter {
    pub status: Option<ApprovalStatus>,
    pub task_id: Option<TaskId>,
}

#[derive(Clone, Debug, Default)]
pub struct DecisionFilter {
    pub task_id: Option<TaskId>,
    pub call_id: Option<CallId>,
    pub point: Option<Point>,
    pub verdict: Option<Verdict>,
    pub principal_id: Option<PrincipalId>,
    pub server: Option<String>,
    pub tool: Option<String>,
    /// The MCP client's conversation: `session.id` of the question.
    pub session: Option<String>,
    /// Only decisions recorded before this one: the cursor of the last page.
    pub before: Option<DecisionId>,
    /// Newest first, at most this many; 0 means 100; above 1000 means 1000.
    pub limit: u32,
}

/// A person's answer to an approval.
#[derive(Clone, Debug)]
pub struct Resolve {
    pub answer: Answer,
    pub by: String,
    pub note: Option<String>,
    /// Also make the rule that the approval offers in `always`.
    pub always: bool,
}

/// A signed-in browser or terminal. Only a keyed hash of the token is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub token_hash: String,
    pub principal_id: PrincipalId,
    pub label: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    #[error("no such {what}")]
    NotFound { what: &'static str },
    /// The journal moved on: read it again and decide again.
    #[error("the journal of task {task_id} is at {actual}, not at {expected}")]
    Conflict { task_id: TaskId, expected: u64, actual: u64 },
    /// The approval was answered before, or is void.
    #[error("this approval was already {status}")]
    AlreadyResolved { status: String },
    #[error("the answer does not fit this question")]
    WrongAnswer,
    /// The caller asked for what makes no sense; what and why.
    #[error("{0}")]
    Invalid(String),
    /// Disk full, read-only, connection lost …: what happened and what to do.
    #[error("{0}")]
    Unavailable(String),
    #[error("stored data cannot be read: {0}")]
    Corrupt(String),
}

/// Why a database could not be opened. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "the database {path} was written by a newer Bailiwick (schema {found}, this one knows {known}): \
         install that version or newer, or use another --data-dir"
    )]
    Newer { path: String, found: String, known: String },
    #[error(
        "the database {path} is damaged ({detail}): restore a backup, or move the file away to begin anew"
    )]
    Damaged { path: String, detail: String },
    #[error("{0}")]
    Unavailable(String),
}
