//! `bailiwick mcp-server`: the seven tools for any MCP client, without policy: the client's own agent decides.

use crate::cli::{Global, McpServerArgs};
use crate::config;
use crate::exit::{Code, Failure};
use crate::paths::{Paths, workspace_folder};
use crate::signals::Signals;
use crate::terminal::remark;

/// Holds the token that HTTP clients must send; without it a new one is made at each start and printed.
const TOKEN_VARIABLE: &str = "BAILIWICK_MCP_TOKEN";

pub async fn mcp_server(global: &Global, args: &McpServerArgs) -> Result<Code, Failure> {
    let paths = Paths::find(global)?;
    let config = config::load_for(&paths)?.config;
    // Standard output belongs to the protocol; logs go to stderr.
    let _telemetry = telemetry::init(&config.telemetry)?;
    let fence = fence::Fence::new(config.fence);
    let root = workspace_folder(Some(&args.workspace))?;
    let toolbox = toolbox::Toolbox::open(&root, fence, config.toolbox)?;
    match args.http {
        None => toolbox::mcp::serve_stdio(toolbox).await?,
        Some(address) => {
            let listener = tokio::net::TcpListener::bind(address)
                .await
                .map_err(|error| Failure::usage(format!("cannot serve at {address}: {error}")))?;
            // Any program of this machine can reach the port, other users' too, and the tools run commands.
            let token = std::env::var(TOKEN_VARIABLE).unwrap_or_else(|_| crate::instance::new_token());
            remark!("serving MCP at http://{}/mcp", listener.local_addr()?);
            remark!("clients send the header  Authorization: Bearer {token}");
            let shutdown = tokio_util::sync::CancellationToken::new();
            let options = toolbox::mcp::HttpOptions {
                bearer_token: Some(token),
                shutdown: shutdown.clone(),
                ..Default::default()
            };
            let mut signals = Signals::listen()?;
            tokio::spawn(async move {
                signals.next().await;
                shutdown.cancel();
            });
            toolbox::mcp::serve_http(toolbox, listener, options).await?;
        }
    }
    Ok(Code::Ok)
}
