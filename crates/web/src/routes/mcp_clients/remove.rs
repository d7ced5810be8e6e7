//! `DELETE /api/v1/mcp-clients/{name}`: withdraw a client's token.

use axum::extract::State;
use axum::http::StatusCode;

use super::parse;
use crate::extract::Path;
use crate::problem::Problem;
use crate::security::mcp::label;
use crate::state::AppState;

/// Withdraws the token: the client's next request is refused.
#[utoipa::path(
    delete,
    path = "/mcp-clients/{name}",
    operation_id = "remove_mcp_client",
    tag = "mcp clients",
    params(("name" = String, Path)),
    responses((status = NO_CONTENT))
)]
pub(crate) async fn remove(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    let name = parse(&name)?;
    let removed = state.tenant.delete_sessions_labelled(&label(&name)).await?;
    state.admitted.forget();
    if removed == 0 {
        return Err(Problem::not_found(format!("No client called `{}` has a token.", name.as_str())));
    }
    Ok(StatusCode::NO_CONTENT)
}
