//! `GET /api/v1/approvals`: questions for a person.

use axum::Json;
use axum::extract::State;
use domain::TaskId;
use serde::{Deserialize, Serialize};
use store::ApprovalFilter;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::extract::Query;
use crate::problem::Problem;
use crate::state::AppState;
use crate::views::{Approval, ApprovalStatus, Mirror as _};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListApprovals {
    status: Option<ApprovalStatus>,
    task_id: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Approvals {
    /// Oldest first.
    approvals: Vec<Approval>,
}

/// Questions for a person, oldest first.
#[utoipa::path(
    get,
    path = "/approvals",
    operation_id = "list_approvals",
    tag = "approvals",
    params(ListApprovals),
    responses((status = OK, body = Approvals))
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Query(query): Query<ListApprovals>,
) -> Result<Json<Approvals>, Problem> {
    let filter = ApprovalFilter { status: query.status.map(Into::into), task_id: query.task_id.map(TaskId) };
    let approvals = state.tenant.approvals(&filter).await?;
    Ok(Json(Approvals { approvals: Vec::mirror(approvals) }))
}
