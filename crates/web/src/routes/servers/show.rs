//! `GET /api/v1/servers/{name}`: one server with its tools.

use axum::Json;
use axum::extract::State;

use crate::extract::Path;
use crate::ports::ServerDetail;
use crate::problem::Problem;
use crate::state::AppState;

/// One server, its tools, and which of them wait for a person. Connects when it is not connected.
#[utoipa::path(
    get,
    path = "/servers/{name}",
    operation_id = "get_server",
    tag = "servers",
    params(("name" = String, Path)),
    responses((status = OK, body = ServerDetail))
)]
pub(crate) async fn show(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<ServerDetail>, Problem> {
    Ok(Json(state.servers.show(&name).await?))
}
