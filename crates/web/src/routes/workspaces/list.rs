//! `GET /api/v1/workspaces`: folders that tasks have worked in.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::state::AppState;
use crate::views::{Mirror as _, Workspace};

#[derive(Serialize, ToSchema)]
pub(crate) struct Workspaces {
    workspaces: Vec<Workspace>,
}

/// Folders that tasks work in.
#[utoipa::path(
    get,
    path = "/workspaces",
    operation_id = "list_workspaces",
    tag = "workspaces",
    responses((status = OK, body = Workspaces))
)]
pub(crate) async fn list(State(state): State<AppState>) -> Result<Json<Workspaces>, Problem> {
    Ok(Json(Workspaces { workspaces: Vec::mirror(state.tenant.workspaces().await?) }))
}
