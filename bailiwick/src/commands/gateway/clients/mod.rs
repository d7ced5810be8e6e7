//! The files in which other MCP clients keep their servers. JSON, in some with comments; what is not ours stays as
//! it is.

mod edit;
mod read;

pub use edit::with_bailiwick;
pub use read::{Found, servers};

use std::path::PathBuf;

use clap::ValueEnum;
use etcetera::{BaseStrategy, HomeDirError, choose_base_strategy, home_dir};

use crate::cli::gateway::McpClient;
use crate::exit::Failure;

pub const ALL: [McpClient; 4] =
    [McpClient::ClaudeDesktop, McpClient::ClaudeCode, McpClient::Cursor, McpClient::VsCode];

/// Where the client looks for the person's own servers.
pub fn usual_file(client: McpClient) -> Result<PathBuf, Failure> {
    let found: Result<PathBuf, HomeDirError> = (|| {
        let home = home_dir()?;
        let base = if cfg!(target_os = "macos") {
            home.join("Library/Application Support")
        } else {
            choose_base_strategy()?.config_dir()
        };
        Ok(match client {
            McpClient::ClaudeDesktop => base.join("Claude/claude_desktop_config.json"),
            McpClient::ClaudeCode => home.join(".claude.json"),
            McpClient::Cursor => home.join(".cursor/mcp.json"),
            McpClient::VsCode => base.join("Code/User/mcp.json"),
        })
    })();
    found.map_err(|error| {
        Failure::usage(format!("the home folder is not known ({error}): name the file with --file"))
    })
}

/// The member of the file that holds the servers.
fn member(client: McpClient) -> &'static str {
    match client {
        McpClient::VsCode => "servers",
        McpClient::ClaudeDesktop | McpClient::ClaudeCode | McpClient::Cursor => "mcpServers",
    }
}

/// How the client is named on the command line.
pub fn word(client: McpClient) -> String {
    client.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}
