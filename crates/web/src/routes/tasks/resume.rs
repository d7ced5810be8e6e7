//! `POST /api/v1/tasks/{id}/resume`: goes on with a paused task.

use axum::extract::State;
use axum::{Extension, Json};
use domain::TaskId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Place;
use super::create::NewLimits;
use crate::extract::{OptionalBody, Path};
use crate::problem::Problem;
use crate::security::session::Caller;
use crate::state::AppState;
use crate::views::{Mirror as _, TaskSummary};

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResumeTask {
    /// What is left out stays as it is.
    #[serde(default)]
    limits: NewLimits,
    #[serde(default)]
    by: Option<Place>,
}

/// Goes on with a paused task, with other limits if given.
#[utoipa::path(
    post,
    path = "/tasks/{id}/resume",
    operation_id = "resume_task",
    tag = "tasks",
    params(("id" = uuid::Uuid, Path)),
    request_body = ResumeTask,
    responses((status = OK, body = TaskSummary))
)]
pub(crate) async fn resume(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<TaskId>,
    OptionalBody(body): OptionalBody<ResumeTask>,
) -> Result<Json<TaskSummary>, Problem> {
    let limits = body.limits.change()?;
    let task = state.tasks.resume(id, limits, Place::by(body.by, &caller)).await?;
    Ok(Json(TaskSummary::mirror(task)))
}
