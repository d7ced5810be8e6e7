//! `POST /api/v1/servers/{name}/withdraw`: take tools out of use.

use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::extract::{Body, Path};
use crate::ports::ServerDetail;
use crate::problem::Problem;
use crate::security::session::Caller;
use crate::state::AppState;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithdrawTools {
    /// Names as the server gives them.
    tools: Vec<String>,
}

/// Unpins tools: nobody sees or calls them until a person approves them again.
#[utoipa::path(
    post,
    path = "/servers/{name}/withdraw",
    operation_id = "withdraw_tools",
    tag = "servers",
    params(("name" = String, Path)),
    request_body = WithdrawTools,
    responses((status = OK, body = ServerDetail))
)]
pub(crate) async fn withdraw(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    Body(body): Body<WithdrawTools>,
) -> Result<Json<ServerDetail>, Problem> {
    Ok(Json(state.servers.withdraw(&name, body.tools, caller.by()).await?))
}
