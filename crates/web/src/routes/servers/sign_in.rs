//! `POST /api/v1/servers/{name}/sign-in`: begin OAuth towards a server.

use axum::Json;
use axum::extract::{Request, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::Path;
use crate::problem::Problem;
use crate::security::host;
use crate::state::AppState;

/// Where browsers come back to.
pub(crate) const CALLBACK: &str = "/oauth/callback";

#[derive(Serialize, ToSchema)]
pub(crate) struct ServerSignIn {
    /// Open it in the browser of the person.
    url: String,
}

/// Where the person signs in so that Bailiwick may use the server in their name.
#[utoipa::path(
    post,
    path = "/servers/{name}/sign-in",
    operation_id = "sign_in_to_server",
    tag = "servers",
    params(("name" = String, Path)),
    responses((status = OK, body = ServerSignIn))
)]
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Json<ServerSignIn>, Problem> {
    let authority =
        host::authority(&request).ok_or_else(|| Problem::invalid("The request names no host."))?;
    let url = state.servers.sign_in(&name, &format!("http://{authority}{CALLBACK}")).await?;
    Ok(Json(ServerSignIn { url }))
}
