//! `/api/v1/settings/models/providers/{name}/key`: a key goes in and never comes back out.

use axum::Json;
use axum::extract::State;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

use super::provider::check_name;
use super::show::{ModelSettings, current};
use crate::extract::{Body, Path};
use crate::problem::Problem;
use crate::state::AppState;

const KEY_BYTES_MAX: usize = 8 << 10;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    #[schema(value_type = String, format = Password)]
    key: SecretString,
}

/// Keeps a key of this provider in `credentials.toml`, readable by its owner only.
#[utoipa::path(
    put,
    path = "/settings/models/providers/{name}/key",
    operation_id = "set_provider_key",
    tag = "settings",
    params(("name" = String, Path)),
    request_body = NewKey,
    responses((status = OK, body = ModelSettings))
)]
pub(crate) async fn set(
    State(state): State<AppState>,
    Path(name): Path<String>,
    Body(body): Body<NewKey>,
) -> Result<Json<ModelSettings>, Problem> {
    check_name(&name)?;
    let key = body.key.expose_secret().trim();
    if key.is_empty() || key.len() > KEY_BYTES_MAX || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Problem::invalid(
            "This is not a key: keys are one word of printable ASCII. Copy it again from the vendor's page.",
        ));
    }
    state.settings.set_key(&name, SecretString::from(key)).await?;
    current(&state).await
}

/// Forgets the key that was entered for this provider; one in the environment stays.
#[utoipa::path(
    delete,
    path = "/settings/models/providers/{name}/key",
    operation_id = "delete_provider_key",
    tag = "settings",
    params(("name" = String, Path)),
    responses((status = OK, body = ModelSettings))
)]
pub(crate) async fn delete(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<ModelSettings>, Problem> {
    check_name(&name)?;
    state.settings.delete_key(&name).await?;
    current(&state).await
}
