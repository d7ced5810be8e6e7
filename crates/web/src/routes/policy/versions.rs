//! `/api/v1/policy/versions`: what was in force, and putting it in force again.

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::show::{PolicyFile, shown};
use crate::extract::Path;
use crate::ports::{PolicyStatus, PolicyVersion};
use crate::problem::Problem;
use crate::security::session::Caller;
use crate::state::AppState;

#[derive(Serialize, ToSchema)]
pub(crate) struct PolicyVersions {
    versions: Vec<PolicyVersion>,
}

/// Versions that were kept, newest first.
#[utoipa::path(get, path = "/policy/versions", operation_id = "list_policy_versions", tag = "policy", responses((status = OK, body = PolicyVersions)))]
pub(crate) async fn list(State(state): State<AppState>) -> Result<Json<PolicyVersions>, Problem> {
    Ok(Json(PolicyVersions { versions: state.policies.versions().await? }))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct VersionFiles {
    files: Vec<PolicyFile>,
}

/// The files of a version, tests among them; `shipped` is the pack of the program.
#[utoipa::path(
    get,
    path = "/policy/versions/{id}",
    operation_id = "get_policy_version",
    tag = "policy",
    params(("id" = String, Path)),
    responses((status = OK, body = VersionFiles))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<VersionFiles>, Problem> {
    Ok(Json(VersionFiles { files: shown(state.policies.version(&id).await?) }))
}

/// Puts an earlier version in force again; `shipped` is the pack of the program.
#[utoipa::path(
    post,
    path = "/policy/versions/{id}/activate",
    operation_id = "reinstate_policy",
    tag = "policy",
    params(("id" = String, Path)),
    responses((status = NO_CONTENT))
)]
pub(crate) async fn reinstate(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    state.policies.reinstate(&id, caller.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where the rules come from, who evaluates them, and how it stands with bundle and decision log.
#[utoipa::path(get, path = "/policy/status", operation_id = "get_policy_status", tag = "policy", responses((status = OK, body = PolicyStatus)))]
pub(crate) async fn status(State(state): State<AppState>) -> Result<Json<PolicyStatus>, Problem> {
    Ok(Json(state.policies.status().await?))
}
