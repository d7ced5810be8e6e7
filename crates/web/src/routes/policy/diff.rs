//! `POST /api/v1/policy/diff`: how a draft differs from the rules in force.

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::draft::{Draft, aside, report, unusable};
use crate::extract::Body;
use crate::problem::Problem;
use crate::state::AppState;

/// Rules added, removed and changed by name, and the lines of each file: `{"rules": {"added", "removed", "changed"},
/// "files": [{"path", "change", "lines"}]}`.
#[utoipa::path(
    post,
    path = "/policy/diff",
    operation_id = "diff_policy",
    tag = "policy",
    request_body = Draft,
    responses((status = OK, body = Object))
)]
pub(crate) async fn diff(
    State(state): State<AppState>,
    Body(draft): Body<Draft>,
) -> Result<Json<Value>, Problem> {
    let files: Vec<_> = draft.files()?.into_iter().filter(|file| !file.is_test()).collect();
    let in_force = state.gateway.policy();
    let found = aside(move || {
        let difference = policy::diff::diff(in_force.files(), &files).map_err(|error| unusable(&error))?;
        report(&difference)
    });
    Ok(Json(found.await?))
}
