//! Durable state on SQLite (a desk) and PostgreSQL (hosted) behind tenant-scoped handles.
//!
//! [`Store::open`] migrates and gives a [`Store`]; [`Store::tenant`] gives the only handle that reads or
//! writes rows. One code base serves both engines, and one contract suite (`tests/contract/`) runs on both.
//! Acknowledged means durable: a method that returns `Ok` has committed (SQLite: WAL, `synchronous=FULL`).

use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::approval::{Answer, Approval, ApprovalStatus, TaskRule};
use domain::decision::{Decision, Point};
use domain::journal::{Envelope, Event};
use domain::limits::{Limits, Spent};
use domain::task::{TaskStatus, TaskSummary, Workspace};
use domain::{ApprovalId, CallId, PrincipalId, RuleId, TaskId, TenantId, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::broadcast;

/// `[store]` of the configuration.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `postgres://…`, or empty for SQLite in the data folder (`BAILIWICK_STORE_URL`).
    pub url: String,
}

/// An open database.
#[derive(Clone, Debug)]
pub struct Store {}

/// All that belongs to one tenant. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TenantStore {}

/// Told to subscribers after a commit, so that whoever waits can read what is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub tenant_id: TenantId,
    pub task_id: TaskId,
    pub last_seq: u64,
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

#[derive(Debug, thiserror::Error)]
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

impl Store {
    /// Opens, checks and migrates. SQLite lies in `data_dir/bailiwick.db` unless `config.url` says otherwise.
    pub async fn open(config: &Config, data_dir: &Path) -> Result<Self, OpenError> {
        todo!("{config:?} {data_dir:?}")
    }

    /// The handle of one tenant, made on first use.
    pub async fn tenant(&self, tenant_id: TenantId) -> Result<TenantStore, StoreError> {
        todo!("{tenant_id}")
    }

    /// Changes committed by this process. A lagging receiver loses the oldest: read the journal then.
    pub fn subscribe(&self) -> broadcast::Receiver<Changed> {
        todo!()
    }

    /// A consistent copy while running (SQLite: `VACUUM INTO`). Refuses to overwrite. PostgreSQL: an error
    /// that names `pg_dump`.
    pub async fn backup(&self, to: &Path) -> Result<PathBuf, StoreError> {
        todo!("{to:?}")
    }

    /// Ends all connections; SQLite checkpoints its WAL.
    pub async fn close(self) {
        todo!()
    }
}

impl TenantStore {
    pub fn tenant_id(&self) -> TenantId {
        todo!()
    }

    /// The workspace of this canonical root, made if new.
    pub async fn ensure_workspace(&self, root: &Path, name: &str) -> Result<Workspace, StoreError> {
        todo!("{root:?} {name}")
    }
    pub async fn workspace(&self, id: WorkspaceId) -> Result<Workspace, StoreError> {
        todo!("{id}")
    }
    pub async fn workspaces(&self) -> Result<Vec<Workspace>, StoreError> {
        todo!()
    }

    /// A task and its first event (which must be `TaskCreated`), together.
    pub async fn create_task(
        &self,
        id: TaskId,
        title: &str,
        first: Event,
    ) -> Result<TaskSummary, StoreError> {
        todo!("{id} {title} {first:?}")
    }
    pub async fn task(&self, id: TaskId) -> Result<TaskSummary, StoreError> {
        todo!("{id}")
    }
    /// Newest first.
    pub async fn tasks(&self, filter: &TaskFilter) -> Result<Vec<TaskSummary>, StoreError> {
        todo!("{filter:?}")
    }
    /// Tasks that have not ended, oldest first: what a restart goes on with.
    pub async fn unfinished_tasks(&self) -> Result<Vec<TaskSummary>, StoreError> {
        todo!()
    }

    /// Appends events in one transaction. With `expected`, only if the journal's last seq is that
    /// (`Conflict` otherwise); without, behind whatever is there.
    pub async fn append(
        &self,
        task_id: TaskId,
        expected: Option<u64>,
        events: Vec<Event>,
        projection: Option<Projection>,
    ) -> Result<Vec<Envelope>, StoreError> {
        todo!("{task_id} {expected:?} {events:?} {projection:?}")
    }
    /// Events after `after_seq`, in order, at most `limit`.
    pub async fn events(
        &self,
        task_id: TaskId,
        after_seq: u64,
        limit: u32,
    ) -> Result<Vec<Envelope>, StoreError> {
        todo!("{task_id} {after_seq} {limit}")
    }

    /// Stores the question and appends `ApprovalRequested`, together. A pending approval of the same call and
    /// kind is returned instead of a second one.
    pub async fn request_approval(
        &self,
        approval: Approval,
        projection: Option<Projection>,
    ) -> Result<Approval, StoreError> {
        todo!("{approval:?} {projection:?}")
    }
    /// Answers it, once, and appends `ApprovalResolved` (and makes the rule), together.
    pub async fn resolve_approval(&self, id: ApprovalId, resolve: Resolve) -> Result<Approval, StoreError> {
        todo!("{id} {resolve:?}")
    }
    /// Makes a pending or unused approval void and appends `ApprovalVoided`, together.
    pub async fn void_approval(&self, id: ApprovalId, why: &str) -> Result<(), StoreError> {
        todo!("{id} {why}")
    }
    pub async fn approval(&self, id: ApprovalId) -> Result<Approval, StoreError> {
        todo!("{id}")
    }
    /// Oldest first.
    pub async fn approvals(&self, filter: &ApprovalFilter) -> Result<Vec<Approval>, StoreError> {
        todo!("{filter:?}")
    }

    /// Rules of a task, revoked ones included, oldest first.
    pub async fn task_rules(&self, task_id: TaskId) -> Result<Vec<TaskRule>, StoreError> {
        todo!("{task_id}")
    }
    pub async fn revoke_rule(&self, id: RuleId) -> Result<TaskRule, StoreError> {
        todo!("{id}")
    }

    pub async fn record_decision(&self, record: DecisionRecord) -> Result<(), StoreError> {
        todo!("{record:?}")
    }
    pub async fn decisions(&self, filter: &DecisionFilter) -> Result<Vec<DecisionRecord>, StoreError> {
        todo!("{filter:?}")
    }

    pub async fn create_session(&self, session: Session) -> Result<(), StoreError> {
        todo!("{session:?}")
    }
    /// `None` when unknown or expired.
    pub async fn session(&self, token_hash: &str) -> Result<Option<Session>, StoreError> {
        todo!("{token_hash}")
    }
    pub async fn delete_session(&self, token_hash: &str) -> Result<(), StoreError> {
        todo!("{token_hash}")
    }
    /// Deletes sessions that expired more than `grace` ago.
    pub async fn prune_sessions(&self, grace: Duration) -> Result<u64, StoreError> {
        todo!("{grace:?}")
    }
}

impl Default for Config {
    fn default() -> Self {
        Self { url: String::new() }
    }
}
