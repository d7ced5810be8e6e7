//! `POST /api/v1/policy/check`: everything that is wrong with a draft.

use axum::Json;
use serde_json::Value;

use super::draft::{Draft, aside, no_data, report};
use crate::extract::Body;
use crate::problem::Problem;

/// All problems with file, line and column: `{"problems": [{"level", "code", "file", "line", "column", "message",
/// "help"}]}`. Errors keep it from being used, warnings do not.
#[utoipa::path(
    post,
    path = "/policy/check",
    operation_id = "check_policy",
    tag = "policy",
    request_body = Draft,
    responses((status = OK, body = Object))
)]
pub(crate) async fn check(Body(draft): Body<Draft>) -> Result<Json<Value>, Problem> {
    let files = draft.files()?;
    let found = aside(move || report(&policy::check::check(&files, &no_data()))).await?;
    Ok(Json(found))
}
