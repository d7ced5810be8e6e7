//! `GET /api/v1/servers`: every server and how it fares.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::ports::Server;
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Serialize, ToSchema)]
pub(crate) struct Servers {
    servers: Vec<Server>,
}

/// All servers, the built-in one first. Looks at nothing: states are the last known ones.
#[utoipa::path(get, path = "/servers", operation_id = "list_servers", tag = "servers", responses((status = OK, body = Servers)))]
pub(crate) async fn list(State(state): State<AppState>) -> Result<Json<Servers>, Problem> {
    Ok(Json(Servers { servers: state.servers.list().await? }))
}
