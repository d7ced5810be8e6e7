//! `POST /api/v1/policy/test`: run the tests of a draft.

use axum::Json;
use serde_json::Value;

use super::draft::{Draft, aside, no_data, report, unusable};
use crate::extract::Body;
use crate::problem::Problem;

/// What its `test_` rules say, and which lines they reach: `{"files", "covered_lines", "not_covered_lines", "coverage",
/// "tests": {"passed", "failed"}}`.
#[utoipa::path(
    post,
    path = "/policy/test",
    operation_id = "test_policy",
    tag = "policy",
    request_body = Draft,
    responses((status = OK, body = Object))
)]
pub(crate) async fn test(Body(draft): Body<Draft>) -> Result<Json<Value>, Problem> {
    let files = draft.files()?;
    let found = aside(move || {
        let covered = policy::coverage::coverage(&files, &no_data()).map_err(|error| unusable(&error))?;
        report(&covered)
    });
    Ok(Json(found.await?))
}
