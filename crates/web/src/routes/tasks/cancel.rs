//! `POST /api/v1/tasks/{id}/cancel`: stops a task.

use axum::extract::State;
use axum::{Extension, Json};
use domain::TaskId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Place;
use crate::extract::{OptionalBody, Path};
use crate::problem::Problem;
use crate::security::session::Caller;
use crate::state::AppState;
use crate::views::{Mirror as _, TaskSummary};

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelTask {
    #[serde(default)]
    by: Option<Place>,
}

/// Stops whatever the task runs. A task that has ended cannot be cancelled (409).
#[utoipa::path(
    post,
    path = "/tasks/{id}/cancel",
    operation_id = "cancel_task",
    tag = "tasks",
    params(("id" = uuid::Uuid, Path)),
    request_body = CancelTask,
    responses((status = OK, body = TaskSummary))
)]
pub(crate) async fn cancel(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<TaskId>,
    OptionalBody(body): OptionalBody<CancelTask>,
) -> Result<Json<TaskSummary>, Problem> {
    let task = state.tasks.cancel(id, Place::by(body.by, &caller)).await?;
    Ok(Json(TaskSummary::mirror(task)))
}
