//! `GET /api/v1/tasks/{id}/decisions`: what the policy said.

use axum::Json;
use axum::extract::State;
use domain::{CallId, TaskId};
use serde::{Deserialize, Serialize};
use store::DecisionFilter;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::extract::{Path, Query};
use crate::problem::Problem;
use crate::state::AppState;
use crate::views::{DecisionRecord, Mirror as _, Point};

const PAGE_DEFAULT: u32 = 100;
const PAGE_MAX: u32 = 1_000;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListDecisions {
    call_id: Option<Uuid>,
    point: Option<Point>,
    /// At most this many: 100 when left out, 1000 at most.
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Decisions {
    /// Newest first.
    decisions: Vec<DecisionRecord>,
}

/// Decisions of the policy about this task, newest first.
#[utoipa::path(
    get,
    path = "/tasks/{id}/decisions",
    operation_id = "list_decisions",
    tag = "tasks",
    params(("id" = uuid::Uuid, Path), ListDecisions),
    responses((status = OK, body = Decisions))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Path(id): Path<TaskId>,
    Query(query): Query<ListDecisions>,
) -> Result<Json<Decisions>, Problem> {
    // A task that does not exist is an error, not an empty list.
    state.tenant.task(id).await?;
    let filter = DecisionFilter {
        task_id: Some(id),
        call_id: query.call_id.map(CallId),
        point: query.point.map(Into::into),
        limit: query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX),
        ..DecisionFilter::default()
    };
    let decisions = state.tenant.decisions(&filter).await?;
    Ok(Json(Decisions { decisions: Vec::mirror(decisions) }))
}
