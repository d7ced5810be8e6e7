//! `GET /api/v1/policy`: the policy in force.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::AppState;

#[derive(Serialize, ToSchema)]
pub(crate) struct Policy {
    /// Digest of all files.
    revision: String,
    files: Vec<PolicyFile>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PolicyFile {
    path: String,
    /// Rego.
    text: String,
}

/// The policy in force, file by file.
#[utoipa::path(get, path = "/policy", operation_id = "get_policy", tag = "policy", responses((status = OK, body = Policy)))]
pub(crate) async fn show(State(state): State<AppState>) -> Json<Policy> {
    let policy = state.gateway.policy();
    let files = policy
        .files()
        .iter()
        .map(|file| PolicyFile { path: file.path.clone(), text: file.text.clone() })
        .collect();
    Json(Policy { revision: policy.revision().to_owned(), files })
}
