//! `GET /api/v1/tasks/{id}`: one task.

use axum::Json;
use axum::extract::State;
use domain::TaskId;
use domain::approval::ApprovalStatus;
use serde::Serialize;
use store::ApprovalFilter;
use utoipa::ToSchema;

use crate::extract::Path;
use crate::problem::Problem;
use crate::state::AppState;
use crate::views::{Approval, Mirror as _, TaskSummary, Workspace};

/// A task with its folder and the questions that wait.
#[derive(Serialize, ToSchema)]
pub(crate) struct Task {
    #[serde(flatten)]
    summary: TaskSummary,
    workspace: Workspace,
    /// Oldest first.
    pending_approvals: Vec<Approval>,
}

/// One task with its folder and the questions that wait for a person.
#[utoipa::path(
    get,
    path = "/tasks/{id}",
    operation_id = "get_task",
    tag = "tasks",
    params(("id" = uuid::Uuid, Path)),
    responses((status = OK, body = Task))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    Path(id): Path<TaskId>,
) -> Result<Json<Task>, Problem> {
    let summary = state.tenant.task(id).await?;
    let workspace = state.tenant.workspace(summary.workspace_id).await?;
    let pending = ApprovalFilter { status: Some(ApprovalStatus::Pending), task_id: Some(id) };
    let pending_approvals = state.tenant.approvals(&pending).await?;
    Ok(Json(Task {
        summary: TaskSummary::mirror(summary),
        workspace: Workspace::mirror(workspace),
        pending_approvals: Vec::mirror(pending_approvals),
    }))
}
