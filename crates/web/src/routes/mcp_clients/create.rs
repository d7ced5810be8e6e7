//! `POST /api/v1/mcp-clients`: make a token for one client.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Days, Utc};
use serde::{Deserialize, Serialize};
use store::Session;
use utoipa::ToSchema;

use super::parse;
use crate::extract::Body;
use crate::problem::Problem;
use crate::security::mcp::label;
use crate::security::random_token;
use crate::state::AppState;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMcpClient {
    /// What the person calls it, like `cursor`.
    name: String,
    /// Leave earlier tokens of this client alone: it runs more than once at a time.
    #[serde(default)]
    another: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct McpClientToken {
    /// Shown this once; only a hash of it is kept.
    token: String,
    expires_at: DateTime<Utc>,
}

/// Makes a token that opens `/mcp` and nothing else. Earlier ones of the same client end, unless it is `another`.
#[utoipa::path(
    post,
    path = "/mcp-clients",
    operation_id = "create_mcp_client",
    tag = "mcp clients",
    request_body = NewMcpClient,
    responses((status = CREATED, body = McpClientToken))
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    Body(new): Body<NewMcpClient>,
) -> Result<(StatusCode, Json<McpClientToken>), Problem> {
    let name = parse(&new.name)?;
    let label = label(&name);
    if !new.another {
        state.tenant.delete_sessions_labelled(&label).await?;
        state.admitted.forget();
    }
    let token = random_token();
    let created_at = Utc::now();
    let expires_at = created_at + Days::new(state.config.mcp_client_days_max.into());
    state
        .tenant
        .create_session(Session {
            token_hash: state.sign_in.session_hash(&token),
            principal_id: name.principal_id(),
            label,
            created_at,
            expires_at,
        })
        .await?;
    Ok((StatusCode::CREATED, Json(McpClientToken { token, expires_at })))
}
