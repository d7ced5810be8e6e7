//! `DELETE /api/v1/servers/{name}`: take a server away.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;

use crate::extract::Path;
use crate::problem::Problem;
use crate::security::session::Caller;
use crate::state::AppState;

/// Ends the server's children and forgets which of its tools were approved.
#[utoipa::path(
    delete,
    path = "/servers/{name}",
    operation_id = "remove_server",
    tag = "servers",
    params(("name" = String, Path)),
    responses((status = NO_CONTENT))
)]
pub(crate) async fn remove(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    state.servers.remove(&name, caller.by()).await?;
    Ok(StatusCode::NO_CONTENT)
}
