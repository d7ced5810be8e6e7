//! `GET /api/v1/policy`: the policy in force.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::state::AppState;

#[derive(Serialize, ToSchema)]
pub(crate) struct Policy {
    /// Digest of the rules.
    revision: String,
    files: Vec<PolicyFile>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PolicyFile {
    path: String,
    /// Rego.
    text: String,
}

/// The policy in force, file by file, tests among them.
#[utoipa::path(get, path = "/policy", operation_id = "get_policy", tag = "policy", responses((status = OK, body = Policy)))]
pub(crate) async fn show(State(state): State<AppState>) -> Result<Json<Policy>, Problem> {
    let revision = state.gateway.policy().revision().to_owned();
    Ok(Json(Policy { revision, files: shown(state.policies.files().await?) }))
}

pub(super) fn shown(files: Vec<policy::PolicyFile>) -> Vec<PolicyFile> {
    files.into_iter().map(|file| PolicyFile { path: file.path, text: file.text }).collect()
}
