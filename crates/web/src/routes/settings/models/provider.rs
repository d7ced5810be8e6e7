//! `PUT /api/v1/settings/models/providers/{name}`: where models are asked.

use axum::Json;
use axum::extract::State;

use super::show::{ModelSettings, current};
use crate::extract::{Body, Path};
use crate::ports::NewProvider;
use crate::problem::Problem;
use crate::state::AppState;

const NAME_CHARS_MAX: usize = 40;

/// Makes or replaces a provider; written to the configuration file.
#[utoipa::path(
    put,
    path = "/settings/models/providers/{name}",
    operation_id = "set_provider",
    tag = "settings",
    params(("name" = String, Path)),
    request_body = NewProvider,
    responses((status = OK, body = ModelSettings))
)]
pub(crate) async fn set(
    State(state): State<AppState>,
    Path(name): Path<String>,
    Body(body): Body<NewProvider>,
) -> Result<Json<ModelSettings>, Problem> {
    check_name(&name)?;
    state.settings.set_provider(&name, body).await?;
    current(&state).await
}

/// A provider's name is the first part of its models' names, and a key of the configuration file.
pub(crate) fn check_name(name: &str) -> Result<(), Problem> {
    let fits = (1..=NAME_CHARS_MAX).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
    if fits {
        return Ok(());
    }
    Err(Problem::invalid(format!("A provider's name has 1 to {NAME_CHARS_MAX} of a–z, 0–9, `-` and `_`.")))
}
