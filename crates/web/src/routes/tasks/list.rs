//! `GET /api/v1/tasks`: the task list, newest first.

use axum::Json;
use axum::extract::State;
use domain::{TaskId, WorkspaceId};
use serde::{Deserialize, Serialize};
use store::TaskFilter;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::extract::Query;
use crate::problem::Problem;
use crate::state::AppState;
use crate::views::{Mirror as _, TaskStatus, TaskSummary};

const PAGE_DEFAULT: u32 = 50;
const PAGE_MAX: u32 = 100;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListTasks {
    status: Option<TaskStatus>,
    /// Text in title or prompt, in any case.
    search: Option<String>,
    workspace_id: Option<Uuid>,
    /// Only tasks older than this one: `next_before` of the page before.
    before: Option<Uuid>,
    /// At most this many: 50 when left out, 100 at most.
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct TaskList {
    tasks: Vec<TaskSummary>,
    /// Cursor of the next page; null on the last.
    next_before: Option<Uuid>,
}

/// Tasks, newest first.
#[utoipa::path(
    get,
    path = "/tasks",
    operation_id = "list_tasks",
    tag = "tasks",
    params(ListTasks),
    responses((status = OK, body = TaskList))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Query(query): Query<ListTasks>,
) -> Result<Json<TaskList>, Problem> {
    let limit = query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
    let filter = TaskFilter {
        status: query.status.map(Into::into),
        search: query.search.filter(|text| !text.trim().is_empty()),
        workspace_id: query.workspace_id.map(WorkspaceId),
        before: query.before.map(TaskId),
        // One more than shown tells whether there is a next page.
        limit: limit + 1,
    };
    let mut tasks: Vec<TaskSummary> = Vec::mirror(state.tenant.tasks(&filter).await?);
    let more = tasks.len() > limit as usize;
    tasks.truncate(limit as usize);
    let next_before = tasks.last().filter(|_| more).map(|task| task.id);
    Ok(Json(TaskList { tasks, next_before }))
}
