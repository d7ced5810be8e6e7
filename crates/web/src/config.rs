//! `[web]` of the configuration.

use serde::{Deserialize, Serialize};

use crate::security::McpAuth;

/// Limits of the face, and the names it answers to. The error of each limit names the setting.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Host names besides `localhost`, `127.0.0.1` and `[::1]` under which this server may be reached, like
    /// `desk.example.org` (any port) or `desk.example.org:8443` (that port only).
    pub allowed_hosts: Vec<String>,
    /// Largest request body.
    pub body_bytes_max: usize,
    /// Largest part of a file that the workspace browser shows.
    pub file_bytes_max: u64,
    /// Most entries of a folder that the workspace browser shows.
    pub entries_max: usize,
    /// Where people reach this server from elsewhere, like `https://desk.example.org`; empty: as they came. Links for
    /// phones and chats begin with it, and its host must be one of `allowed_hosts`.
    pub public_url: String,
    /// Life of a link that answers one question.
    pub approval_link_seconds_max: u64,
    /// Life of a one-time sign-in link.
    pub sign_in_link_seconds_max: u64,
    /// Life of a session, counted from its sign-in.
    pub session_days_max: u32,
    /// Life of the token that `bailiwick gateway connect` makes for an MCP client.
    pub mcp_client_days_max: u32,
    /// Tokens of other issuers that open `/mcp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mcp_auth: Option<McpAuth>,
    /// Event streams open at the same time.
    pub watchers_max: usize,
    /// How long a stopping server waits for requests under way.
    pub drain_seconds_max: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            allowed_hosts: Vec::new(),
            body_bytes_max: 1 << 20,
            file_bytes_max: 2 << 20,
            entries_max: 2_000,
            public_url: String::new(),
            approval_link_seconds_max: 86_400,
            sign_in_link_seconds_max: 600,
            session_days_max: 30,
            mcp_client_days_max: 365,
            mcp_auth: None,
            watchers_max: 256,
            drain_seconds_max: 10,
        }
    }
}
