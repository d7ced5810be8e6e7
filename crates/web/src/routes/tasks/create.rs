//! `POST /api/v1/tasks`: gives the agent a task.

use std::path::Path;

use agent::{LimitsChange, NewTask};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::MicroUsd;
use domain::task::Workspace;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::extract::Body;
use crate::problem::Problem;
use crate::routes::workspaces;
use crate::state::AppState;
use crate::views::{Mirror as _, TaskSummary};

/// The scripted guide, which makes its tour in a folder of its own.
const DEMO: &str = "demo";

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateTask {
    /// What to do, in words.
    prompt: String,
    /// Absolute path of the folder to work in; left out: the server's own, or for `demo` a new sample folder.
    #[serde(default)]
    workspace: Option<String>,
    /// Left out or empty: the default model.
    #[serde(default)]
    model: Option<String>,
    /// What is left out stays at its default.
    #[serde(default)]
    limits: NewLimits,
}

/// Limits to set; what is left out stays as it is.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NewLimits {
    steps_max: Option<u32>,
    tokens_max: Option<u64>,
    /// Millionths of a US dollar.
    cost_max: Option<i64>,
    wall_seconds_max: Option<u64>,
}

impl NewLimits {
    /// A limit below nothing is refused; zero is a limit that pauses at once.
    pub fn change(self) -> Result<LimitsChange, Problem> {
        if self.cost_max.is_some_and(|cost| cost < 0) {
            return Err(Problem::invalid("`limits.cost_max` is below zero. Give micro-dollars, 0 or more."));
        }
        Ok(LimitsChange {
            steps_max: self.steps_max,
            tokens_max: self.tokens_max,
            cost_max: self.cost_max.map(MicroUsd),
            wall_seconds_max: self.wall_seconds_max,
        })
    }
}

/// Gives the agent a task and returns at once; watch its events to see it work.
#[utoipa::path(
    post,
    path = "/tasks",
    operation_id = "create_task",
    tag = "tasks",
    request_body = CreateTask,
    responses((status = CREATED, body = TaskSummary))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    Body(body): Body<CreateTask>,
) -> Result<(StatusCode, Json<TaskSummary>), Problem> {
    if body.prompt.trim().is_empty() {
        return Err(Problem::invalid("`prompt` is empty. Say what the agent shall do."));
    }
    let limits = body.limits.change()?;
    // Asked now: the person may have chosen another default since the agent was started.
    let model =
        body.model.filter(|model| !model.is_empty()).unwrap_or_else(|| state.settings.default_model());
    let workspace = workspace_for(&state, body.workspace.as_deref(), &model).await?;
    let task = state.tasks.create(NewTask { prompt: body.prompt, workspace, model, limits }).await?;
    Ok((StatusCode::CREATED, Json(TaskSummary::mirror(task))))
}

async fn workspace_for(state: &AppState, path: Option<&str>, model: &str) -> Result<Workspace, Problem> {
    if let Some(path) = path.filter(|path| !path.is_empty()) {
        return workspaces::create::ensure(state, Path::new(path)).await;
    }
    if model == DEMO {
        let root = state.workspaces.sample_workspace().await?;
        return workspaces::create::ensure(state, &root).await;
    }
    state.default_workspace.clone().ok_or_else(|| {
        Problem::invalid(
            "This server has no folder of its own. Name one in `workspace`, as an absolute path.",
        )
    })
}
