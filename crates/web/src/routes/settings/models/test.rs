//! `POST /api/v1/settings/models/test`: does this model answer?

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::Body;
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestModel {
    model: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct TestedModel {
    ok: bool,
    /// What happened and, when it did not work, what to do.
    message: String,
    took_ms: u64,
}

/// Makes a tiny call that shows whether key, address and model name are right. That they are not is an answer,
/// not an error.
#[utoipa::path(
    post,
    path = "/settings/models/test",
    operation_id = "test_model",
    tag = "settings",
    request_body = TestModel,
    responses((status = OK, body = TestedModel))
)]
pub(crate) async fn test(
    State(state): State<AppState>,
    Body(body): Body<TestModel>,
) -> Result<Json<TestedModel>, Problem> {
    let began = Instant::now();
    let result = state.settings.test_model(&body.model).await;
    let took_ms = began.elapsed().as_millis() as u64;
    let (ok, message) = match result {
        Ok(()) => (true, format!("{} answered.", body.model)),
        Err(error) => (false, error.message),
    };
    Ok(Json(TestedModel { ok, message, took_ms }))
}
