//! `PUT /api/v1/secrets/{name}`: make or replace one.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::extract::{Body, Path};
use crate::problem::Problem;
use crate::security::session::Caller;
use crate::state::AppState;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSecret {
    #[schema(value_type = String)]
    value: SecretString,
    /// Hosts it may be sent to; left out: those of the servers that name it.
    #[serde(default)]
    hosts: Vec<String>,
}

/// Seals the value and keeps it.
#[utoipa::path(
    put,
    path = "/secrets/{name}",
    operation_id = "set_secret",
    tag = "secrets",
    params(("name" = String, Path)),
    request_body = NewSecret,
    responses((status = NO_CONTENT))
)]
pub(crate) async fn set(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    Body(body): Body<NewSecret>,
) -> Result<StatusCode, Problem> {
    state.secrets.set(&name, body.value, body.hosts, caller.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}
