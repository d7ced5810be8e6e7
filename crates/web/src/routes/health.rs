//! `GET /healthz`: whether the process serves. Needs no sign-in.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::AppState;

#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    status: &'static str,
    version: String,
}

/// Says that the server is up.
#[utoipa::path(get, path = "/healthz", tag = "server", security(()), responses((status = OK, body = Health)))]
pub(crate) async fn health(State(state): State<AppState>) -> Json<Health> {
    Json(Health { status: "ok", version: state.version.clone() })
}
