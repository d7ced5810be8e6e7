//! `DELETE /api/v1/secrets/{name}`: forget one.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;

use crate::extract::Path;
use crate::problem::Problem;
use crate::security::session::Caller;
use crate::state::AppState;

/// Forgets the value. Servers that name it say so at their next start or request.
#[utoipa::path(
    delete,
    path = "/secrets/{name}",
    operation_id = "remove_secret",
    tag = "secrets",
    params(("name" = String, Path)),
    responses((status = NO_CONTENT))
)]
pub(crate) async fn remove(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    state.secrets.remove(&name, caller.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}
