//! `POST /api/v1/tasks/{id}/messages`: says something to the agent.

use axum::extract::State;
use axum::{Extension, Json};
use domain::TaskId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Place;
use crate::extract::{Body, Path};
use crate::problem::Problem;
use crate::security::session::Caller;
use crate::state::AppState;
use crate::views::{Mirror as _, TaskSummary};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SendMessage {
    text: String,
    #[serde(default)]
    by: Option<Place>,
}

/// Says something to the agent, who hears it at its next turn. A task that has ended begins a new turn.
#[utoipa::path(
    post,
    path = "/tasks/{id}/messages",
    operation_id = "send_message",
    tag = "tasks",
    params(("id" = uuid::Uuid, Path)),
    request_body = SendMessage,
    responses((status = OK, body = TaskSummary))
)]
pub(crate) async fn send(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<TaskId>,
    Body(body): Body<SendMessage>,
) -> Result<Json<TaskSummary>, Problem> {
    if body.text.trim().is_empty() {
        return Err(Problem::invalid("`text` is empty. Say something to the agent."));
    }
    let task = state.tasks.message(id, &body.text, Place::by(body.by, &caller)).await?;
    Ok(Json(TaskSummary::mirror(task)))
}
