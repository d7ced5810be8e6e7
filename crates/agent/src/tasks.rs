//! All tasks of this process: start, resume after a restart, steer, stop.

use std::sync::Arc;
use std::time::Duration;

use domain::limits::Limits;
use domain::model::{ModelError, ModelSource};
use domain::task::{TaskSummary, Workspace};
use domain::{MicroUsd, TaskId};
use serde::{Deserialize, Serialize};
use store::{Store, StoreError, TenantStore};

use crate::ports::Gate;
use crate::{Config, Live};

/// Runs one executor per unfinished task. Cheap to clone.
#[derive(Clone)]
pub struct Tasks {}

#[derive(Clone, Debug)]
pub struct NewTask {
    pub prompt: String,
    pub workspace: Workspace,
    /// Empty means the configured one.
    pub model: String,
    pub limits: LimitsChange,
}

/// Limits to set; what is `None` stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsChange {
    pub steps_max: Option<u32>,
    pub tokens_max: Option<u64>,
    pub cost_max: Option<MicroUsd>,
    pub wall_seconds_max: Option<u64>,
}

impl LimitsChange {
    pub fn apply(&self, to: Limits) -> Limits {
        Limits {
            steps_max: self.steps_max.unwrap_or(to.steps_max),
            tokens_max: self.tokens_max.unwrap_or(to.tokens_max),
            cost_max: self.cost_max.unwrap_or(to.cost_max),
            wall_seconds_max: self.wall_seconds_max.unwrap_or(to.wall_seconds_max),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The request makes no sense now; says why and what would.
    #[error("{0}")]
    Invalid(String),
    #[error("shutting down; ask again after the restart")]
    ShuttingDown,
}

impl Tasks {
    /// Takes up every unfinished task of `tenant` and is ready for more.
    pub async fn start(
        config: Config,
        store: Store,
        tenant: TenantStore,
        models: Arc<dyn ModelSource>,
        gate: Arc<dyn Gate>,
    ) -> Result<Self, TaskError> {
        let _ = (config, store, tenant, models, gate);
        todo!()
    }

    pub fn live(&self) -> &Live {
        todo!()
    }

    pub async fn create(&self, new: NewTask) -> Result<TaskSummary, TaskError> {
        todo!("{new:?}")
    }

    /// Taken in at the next turn; on an ended task it begins a new turn.
    pub async fn message(&self, id: TaskId, text: &str, by: &str) -> Result<TaskSummary, TaskError> {
        todo!("{id} {text} {by}")
    }

    /// Stops whatever runs, children included. Cancelling an ended task is an `Invalid`.
    pub async fn cancel(&self, id: TaskId, by: &str) -> Result<TaskSummary, TaskError> {
        todo!("{id} {by}")
    }

    /// Goes on with a paused task, with other limits if given.
    pub async fn resume(&self, id: TaskId, limits: LimitsChange, by: &str) -> Result<TaskSummary, TaskError> {
        todo!("{id} {limits:?} {by}")
    }

    /// Finishes or abandons what runs within `grace`, journals nothing false, and leaves unfinished tasks to
    /// the next start.
    pub async fn shutdown(&self, grace: Duration) {
        todo!("{grace:?}")
    }
}
