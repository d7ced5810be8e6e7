//! `POST /api/v1/servers/{name}/restart`: connect anew.

use axum::Json;
use axum::extract::State;

use crate::extract::Path;
use crate::ports::ServerDetail;
use crate::problem::Problem;
use crate::state::AppState;

/// Ends connection and children and connects anew, whatever the wait after failures says.
#[utoipa::path(
    post,
    path = "/servers/{name}/restart",
    operation_id = "restart_server",
    tag = "servers",
    params(("name" = String, Path)),
    responses((status = OK, body = ServerDetail))
)]
pub(crate) async fn restart(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<ServerDetail>, Problem> {
    Ok(Json(state.servers.restart(&name).await?))
}
