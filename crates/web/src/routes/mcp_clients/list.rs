//! `GET /api/v1/mcp-clients`: who has a token.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::security::mcp::{CLIENT_LABELS, ClientName};
use crate::state::AppState;

#[derive(Serialize, ToSchema)]
pub(crate) struct McpClients {
    clients: Vec<McpClient>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct McpClient {
    name: String,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

/// Clients with a token that is good, newest first.
#[utoipa::path(
    get,
    path = "/mcp-clients",
    operation_id = "list_mcp_clients",
    tag = "mcp clients",
    responses((status = OK, body = McpClients))
)]
pub(crate) async fn list(State(state): State<AppState>) -> Result<Json<McpClients>, Problem> {
    let sessions = state.tenant.sessions_labelled(CLIENT_LABELS).await?;
    let clients = sessions.into_iter().filter_map(|session| {
        let name = ClientName::of(&session)?.as_str().to_owned();
        Some(McpClient { name, created_at: session.created_at, expires_at: session.expires_at })
    });
    Ok(Json(McpClients { clients: clients.collect() }))
}
