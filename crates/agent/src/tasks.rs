//! All tasks of this process: start, resume after a restart, steer, stop.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use domain::journal::Event;
use domain::limits::Limits;
use domain::model::{ModelError, ModelSource};
use domain::task::{TaskStatus, TaskSummary, Workspace};
use domain::{MicroUsd, TaskId};
use serde::{Deserialize, Serialize};
use store::{Store, StoreError, TenantStore};

use crate::ports::Gate;
use crate::supervisor::Shared;
use crate::{Config, Live, prompt};

/// Longest title of a task, characters.
const TITLE_CHARS_MAX: usize = 120;

/// Runs one executor per unfinished task. Cheap to clone.
#[derive(Clone)]
pub struct Tasks {
    pub(crate) shared: Arc<Shared>,
}

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
        let tasks = Self::idle(config, store, tenant, models, gate).await?;
        for task in tasks.shared.tenant.unfinished_tasks().await? {
            // What is paused stays paused: whatever stood in the way, the person knows and this does not.
            if task.status != TaskStatus::Paused {
                tasks.shared.wake(task.id);
            }
        }
        Ok(tasks)
    }

    /// Leaves unfinished tasks alone until somebody steers one: for processes that only look.
    pub async fn idle(
        config: Config,
        store: Store,
        tenant: TenantStore,
        models: Arc<dyn ModelSource>,
        gate: Arc<dyn Gate>,
    ) -> Result<Self, TaskError> {
        Ok(Self { shared: Arc::new(Shared::new(config, store, tenant, models, gate)) })
    }

    pub fn live(&self) -> &Live {
        &self.shared.live
    }

    /// Begins a task. It is durable when this returns, and runs as soon as its turn comes.
    pub async fn create(&self, new: NewTask) -> Result<TaskSummary, TaskError> {
        self.accepting()?;
        self.fits(&new.prompt, "a task")?;
        let name = [&new.model, &self.shared.config.model].into_iter().find(|name| !name.is_empty());
        let model = self.shared.models.open(name.map_or("demo", String::as_str))?.info;

        let (config, root) = (self.shared.config.clone(), new.workspace.root.clone());
        let system_prompt =
            tokio::task::spawn_blocking(move || prompt::system_prompt(&config, &root, Utc::now()))
                .await
                .map_err(|error| TaskError::Invalid(format!("AGENTS.md could not be read: {error}")))?;
        let title = title(&new.prompt);
        let created = Event::TaskCreated {
            prompt: new.prompt,
            workspace_id: new.workspace.id,
            model: model.name,
            limits: new.limits.apply(self.shared.config.limits),
            system_prompt,
        };
        let task = self.shared.tenant.create_task(TaskId::new(), &title, created).await?;
        self.shared.wake(task.id);
        Ok(task)
    }

    /// Finishes or abandons what runs within `grace`, journals nothing false, and leaves unfinished tasks to
    /// the next start.
    pub async fn shutdown(&self, grace: Duration) {
        self.shared.shutdown(grace).await;
    }
}

impl Tasks {
    pub(crate) fn accepting(&self) -> Result<(), TaskError> {
        match self.shared.draining.is_cancelled() {
            true => Err(TaskError::ShuttingDown),
            false => Ok(()),
        }
    }

    /// Whether a person's words can be taken.
    pub(crate) fn fits(&self, words: &str, what: &str) -> Result<(), TaskError> {
        let bytes_max = self.shared.config.message_bytes_max;
        if words.trim().is_empty() {
            return Err(TaskError::Invalid(format!("{what} needs words: the text is empty")));
        }
        if words.len() > bytes_max {
            return Err(TaskError::Invalid(format!(
                "{what} may have {bytes_max} bytes, this one has {}: put the rest into a file in the \
                 workspace, or raise `message_bytes_max` in `[agent]`",
                words.len()
            )));
        }
        Ok(())
    }
}

/// The first line that says something.
fn title(prompt: &str) -> String {
    let line = prompt.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    match line.char_indices().nth(TITLE_CHARS_MAX) {
        Some(_) => line.chars().take(TITLE_CHARS_MAX - 1).chain(['…']).collect(),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_first_line_with_words_and_has_a_bound() {
        assert_eq!(title("\n  \n  Fix the build\nplease"), "Fix the build");
        let long = title(&"ü".repeat(500));
        assert_eq!(long.chars().count(), TITLE_CHARS_MAX);
        assert!(long.ends_with('…'));
    }
}
