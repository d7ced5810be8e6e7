//! The MCP server: rmcp's, behind a check of the tokens.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use rmcp::handler::server::ServerHandler;
use rmcp::model::{ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use super::Failed;

pub struct Resource {
    pub url: Url,
    listener: std::net::TcpListener,
}

/// Has no tools, and says so.
struct Bare;

impl ServerHandler for Bare {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(Vec::new()))
    }
}

struct Door {
    issuer: String,
    url: Url,
}

impl Resource {
    pub async fn bind() -> Result<Self, Failed> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}/mcp", listener.local_addr()?).parse()?;
        Ok(Self { url, listener })
    }

    pub fn serve(self: &Resource, issuer: String) {
        let listener =
            self.listener.try_clone().and_then(TcpListener::from_std).expect("a listener can be shared");
        let document = json!({
            "resource": self.url,
            "authorization_servers": [issuer],
            "scopes_supported": ["tools"],
        });
        let door = Arc::new(Door { issuer, url: self.url.clone() });
        let mcp = StreamableHttpService::new(
            || Ok(Bare),
            Arc::new(LocalSessionManager::default()),
            StreamableHttpServerConfig::default(),
        );
        let router = Router::new()
            .route_service("/mcp", mcp)
            .layer(from_fn_with_state(door, check))
            .route("/.well-known/oauth-protected-resource/mcp", get(async move || Json(document)));
        tokio::spawn(async move { axum::serve(listener, router).await });
    }
}

async fn check(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let token = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    match door.admits(token.unwrap_or_default()).await {
        Ok(()) => next.run(request).await,
        Err(error) => {
            let challenge = [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")];
            (StatusCode::UNAUTHORIZED, challenge, error.to_string()).into_response()
        }
    }
}

impl Door {
    async fn admits(&self, token: &str) -> Result<(), Failed> {
        let kid = jsonwebtoken::decode_header(token)?.kid.ok_or("the token names no key")?;
        let keys: JwkSet = reqwest::get(format!("{}/jwks", self.issuer)).await?.json().await?;
        let key = DecodingKey::from_jwk(keys.find(&kid).ok_or("the key is not published")?)?;
        let mut validation = Validation::new(Algorithm::ES256);
        validation.leeway = 0;
        validation.set_audience(&[self.url.as_str()]);
        validation.set_issuer(&[&self.issuer]);
        let claims = jsonwebtoken::decode::<Value>(token, &key, &validation)?.claims;
        let scopes = claims["scope"].as_str().unwrap_or_default();
        if scopes.split(' ').any(|scope| scope == "tools") {
            Ok(())
        } else {
            Err("the scope is missing".into())
        }
    }
}
