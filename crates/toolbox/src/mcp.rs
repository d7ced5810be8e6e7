//! The toolbox as an MCP server, over stdio and streamable HTTP.
//!
//! The same tools, texts and structured results as in process. Both protocol eras are served: clients that
//! open with `initialize` (up to 2025-11-25) and those that send version and capabilities with every request
//! (2026-07-28).

mod progress;
mod token;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::serve::ListenerExt;
use domain::tool::ToolOutcome;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, Implementation, ListToolsResult,
    PaginatedRequestParams, ResultType, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServiceExt};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{Toolbox, tools};

/// Why the server ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("the MCP client could not be greeted: {0}")]
    Greeting(String),
    #[error("the MCP server stopped: {0}")]
    Stopped(String),
    #[error("the MCP server's socket failed: {0}")]
    Socket(#[from] std::io::Error),
}

/// Who may reach the HTTP server. The default is this machine, and no browser.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Values of `Host` that are answered; a web page that has its name point here sends another.
    pub allowed_hosts: Vec<String>,
    /// Values of `Origin` that are answered, like `http://localhost:6274`. Requests without one, as programs
    /// send them, always are.
    pub allowed_origins: Vec<String>,
    /// What programs have to send as `Authorization: Bearer …`; `None` lets in every program of this machine,
    /// other users' included.
    pub bearer_token: Option<String>,
    /// Ends all sessions and the server.
    pub shutdown: CancellationToken,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            allowed_hosts: ["localhost", "127.0.0.1", "::1"].map(String::from).into(),
            allowed_origins: Vec::new(),
            bearer_token: None,
            shutdown: CancellationToken::new(),
        }
    }
}

/// Serves one client over standard input and output, until it goes away. Nothing else may write to standard
/// output meanwhile.
pub async fn serve_stdio(toolbox: Toolbox) -> Result<(), ServeError> {
    let (stdin, stdout) = rmcp::transport::stdio_pipes();
    let transport =
        AsyncRwTransport::new_server(stdin, stdout).with_max_line_length(message_bytes_max(&toolbox));
    let server = Server::new(toolbox)
        .serve(transport)
        .await
        .map_err(|error| ServeError::Greeting(error.to_string()))?;
    server.waiting().await.map_err(|error| ServeError::Stopped(error.to_string()))?;
    Ok(())
}

/// Serves streamable HTTP at `/mcp` on a listener until `options.shutdown`; answers under way are finished.
pub async fn serve_http(
    toolbox: Toolbox,
    listener: TcpListener,
    options: HttpOptions,
) -> Result<(), ServeError> {
    let shutdown = options.shutdown.clone();
    let app = router(toolbox, options).into_make_service_with_connect_info::<SocketAddr>();
    // Small events would wait 40 ms for the acknowledgement of the one before.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
    });
    axum::serve(listener, app).with_graceful_shutdown(shutdown.cancelled_owned()).await?;
    Ok(())
}

/// Streamable HTTP at `/mcp`. Whoever serves this sets `TCP_NODELAY`.
pub fn router(toolbox: Toolbox, options: HttpOptions) -> axum::Router {
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(options.allowed_hosts)
        .with_allowed_origins(options.allowed_origins)
        .enforce_origin_validation()
        .with_cancellation_token(options.shutdown)
        .with_max_request_body_bytes(message_bytes_max(&toolbox));
    let server = Server::new(toolbox);
    let service = StreamableHttpService::new(
        move || Ok(server.clone()),
        Arc::new(LocalSessionManager::default()),
        config,
    );
    let router = axum::Router::new().nest_service("/mcp", service);
    match options.bearer_token {
        Some(token) => router.layer(axum::middleware::from_fn(token::required(&token))),
        None => router,
    }
}

/// Largest message taken: a whole file with every character escaped, and the envelope around it.
fn message_bytes_max(toolbox: &Toolbox) -> usize {
    usize::try_from(toolbox.config().file_bytes_max)
        .unwrap_or(usize::MAX)
        .saturating_mul(2)
        .saturating_add(1 << 20)
}

#[derive(Clone, Debug)]
struct Server {
    toolbox: Toolbox,
    tools: Arc<Vec<rmcp::model::Tool>>,
}

impl Server {
    fn new(toolbox: Toolbox) -> Self {
        let tools = Toolbox::tools().iter().filter_map(translated).collect();
        Self { toolbox, tools: Arc::new(tools) }
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let server = Implementation::new("bailiwick-toolbox", env!("CARGO_PKG_VERSION"));
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(server)
            .with_instructions(
                "Seven tools over one folder. All paths are relative to it; nothing outside can be reached.",
            )
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools.to_vec()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        // A tool that does not exist is an error of the protocol; all else is for the model to read.
        tools::find(&request.name).map_err(|error| ErrorData::invalid_params(error.to_string(), None))?;
        let arguments = request.arguments.map_or(Value::Null, Value::Object);
        let (sink, watcher) = progress::channel(&context);
        let call = self.toolbox.call(&request.name, arguments, sink);
        let outcome = tokio::select! {
            outcome = watcher.run(call) => outcome,
            // The future of the call is dropped, which stops the tool; nobody reads the answer.
            () = context.ct.cancelled() => return Err(ErrorData::internal_error("cancelled", None)),
        };
        result(outcome).map(CallToolResponse::from)
    }
}

/// Our tool in the words of rmcp; both follow the specification, so JSON is the way between.
fn translated<T: serde::de::DeserializeOwned>(ours: &impl serde::Serialize) -> Option<T> {
    serde_json::to_value(ours).and_then(serde_json::from_value).ok()
}

fn result(outcome: ToolOutcome) -> Result<CallToolResult, ErrorData> {
    let mut result: CallToolResult = translated(&outcome)
        .ok_or_else(|| ErrorData::internal_error("the result does not fit the protocol", None))?;
    // Mandatory since 2026-07-28; rmcp takes it away for older clients.
    result.result_type = Some(ResultType::COMPLETE);
    Ok(result)
}
