//! `GET /api/v1/approvals/{id}`: one question.

use axum::Json;
use axum::extract::State;
use domain::ApprovalId;

use crate::extract::Path;
use crate::problem::Problem;
use crate::state::AppState;
use crate::views::{Approval, Mirror as _};

/// One question, answered or not.
#[utoipa::path(
    get,
    path = "/approvals/{id}",
    operation_id = "get_approval",
    tag = "approvals",
    params(("id" = uuid::Uuid, Path)),
    responses((status = OK, body = Approval))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    Path(id): Path<ApprovalId>,
) -> Result<Json<Approval>, Problem> {
    Ok(Json(Approval::mirror(state.tenant.approval(id).await?)))
}
