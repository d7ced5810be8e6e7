//! `PUT /api/v1/settings/models/default`: which model tasks use that name none.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::show::{ModelSettings, current};
use crate::extract::Body;
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DefaultModel {
    model: String,
}

/// Sets the model of tasks that name none; written to the configuration file.
#[utoipa::path(
    put,
    path = "/settings/models/default",
    operation_id = "set_default_model",
    tag = "settings",
    request_body = DefaultModel,
    responses((status = OK, body = ModelSettings))
)]
pub(crate) async fn set(
    State(state): State<AppState>,
    Body(body): Body<DefaultModel>,
) -> Result<Json<ModelSettings>, Problem> {
    state.settings.set_default_model(&body.model).await?;
    current(&state).await
}
