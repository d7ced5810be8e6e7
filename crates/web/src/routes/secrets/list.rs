//! `GET /api/v1/secrets`: the names.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::ports::Secret;
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Serialize, ToSchema)]
pub(crate) struct Secrets {
    secrets: Vec<Secret>,
}

/// Names, hosts and who uses them. Values never come out.
#[utoipa::path(get, path = "/secrets", operation_id = "list_secrets", tag = "secrets", responses((status = OK, body = Secrets)))]
pub(crate) async fn list(State(state): State<AppState>) -> Result<Json<Secrets>, Problem> {
    Ok(Json(Secrets { secrets: state.secrets.list().await? }))
}
