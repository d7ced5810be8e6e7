//! `POST /api/v1/servers/{name}/approve`: let tools be used as they are described now.

use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::extract::{Body, Path};
use crate::ports::{ApprovedTool, ServerDetail};
use crate::problem::Problem;
use crate::security::session::Caller;
use crate::state::AppState;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApproveTools {
    tools: Vec<ApprovedTool>,
}

/// Pins tools. Each is named with the digest of the description that was read; another digest is refused.
#[utoipa::path(
    post,
    path = "/servers/{name}/approve",
    operation_id = "approve_tools",
    tag = "servers",
    params(("name" = String, Path)),
    request_body = ApproveTools,
    responses((status = OK, body = ServerDetail))
)]
pub(crate) async fn approve(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    Body(body): Body<ApproveTools>,
) -> Result<Json<ServerDetail>, Problem> {
    Ok(Json(state.servers.approve(&name, body.tools, caller.by()).await?))
}
