//! `/mcp`: the gateway for MCP clients, and what tells them where to get a token (RFC 9728).

use axum::extract::{DefaultBodyLimit, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::problem::Problem;
use crate::security::mcp::require;
use crate::state::AppState;

/// None without a gateway. Bodies have the limit of the endpoint, not the one of the API.
pub(crate) fn routes(state: &AppState) -> Router<AppState> {
    let Some(mcp) = &state.mcp else { return Router::new() };
    let endpoint = mcp
        .endpoint
        .router()
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(state.clone(), require))
        .with_state(());
    Router::new()
        .route("/.well-known/oauth-protected-resource", get(metadata))
        .route("/.well-known/oauth-protected-resource/mcp", get(metadata))
        .merge(endpoint)
}

/// Which authorization servers give tokens for `/mcp`. Nothing is there when none is configured: then a client needs a
/// token that was made here.
async fn metadata(State(state): State<AppState>) -> Response {
    let Some(auth) = &state.config.mcp_auth else {
        return Problem::not_found(
            "No authorization server is configured. Make a token with `bailiwick gateway connect`, or set [web.mcp_auth].",
        )
        .into_response();
    };
    let issuers: Vec<&str> = auth.issuers.iter().map(|issuer| issuer.issuer.as_str()).collect();
    let mut document = json!({
        "resource": auth.resource,
        "resource_name": "Bailiwick",
        "authorization_servers": issuers,
        "bearer_methods_supported": ["header"],
    });
    let scopes = auth.scopes();
    if !scopes.is_empty() {
        document["scopes_supported"] = scopes.into();
    }
    Json(document).into_response()
}
