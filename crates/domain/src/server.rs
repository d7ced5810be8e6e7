//! MCP servers that stand behind the gateway, as a person adds them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::tool::ServerKind;

/// One upstream server. The name is the key it is kept under (`[servers.NAME]`, or a row of the store).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSpec {
    #[serde(flatten)]
    pub transport: Transport,
    /// A switched-off server is listed and never started or asked.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Whether clients share one session and one child, or each gets its own.
    #[serde(default)]
    pub sharing: Sharing,
    #[serde(default)]
    pub limits: ServerLimits,
}

/// How the server is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "transport", rename_all = "snake_case")]
pub enum Transport {
    /// A child process in the fence.
    Stdio {
        /// Program and arguments.
        command: Vec<String>,
        /// Values may be `secret://name`.
        #[serde(default)]
        environment: BTreeMap<String, String>,
        #[serde(default)]
        grants: Grants,
    },
    /// Streamable HTTP (2025-03-26 and later).
    Http(HttpTarget),
    /// HTTP with server-sent events, as of 2024-11-05.
    Sse(HttpTarget),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpTarget {
    pub url: String,
    /// Sent with every request. Values may hold `secret://name`.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Addresses of private ranges and of this machine are refused unless this is set.
    #[serde(default)]
    pub allow_private: bool,
    /// Sign in with OAuth when the server asks for it.
    #[serde(default)]
    pub oauth: OAuth,
}

/// OAuth towards a server. All empty: found out by discovery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OAuth {
    /// A client registered by hand; empty: client id metadata document, else dynamic registration.
    pub client_id: String,
    /// `secret://name`; empty for public clients.
    pub client_secret: String,
    pub scopes: Vec<String>,
}

/// What a child may touch besides its own scratch folder. Nothing unless declared; shown before a person adds it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Grants {
    /// Absolute, read only.
    pub read: Vec<PathBuf>,
    /// Absolute, readable and writable. Paths of secrets and of Bailiwick itself are refused.
    pub write: Vec<PathBuf>,
    /// The network of this machine, whole. Off: no network at all.
    pub network: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sharing {
    /// One session for all clients of the tenant.
    #[default]
    Shared,
    /// A session, and for stdio a child, for each client conversation.
    PerClient,
}

/// Limits of one server. Reaching one is an error that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerLimits {
    /// From start to an answered `server/discover` or `initialize`, milliseconds.
    pub connect_ms_max: u64,
    /// One list, all its pages, milliseconds.
    pub list_ms_max: u64,
    /// One request; progress that arrives does not lengthen it. Milliseconds.
    pub call_ms_max: u64,
    /// Requests under way at the same time; more wait their turn as long as a call may take.
    pub calls_at_once_max: u32,
    /// One message of the server, bytes. A larger one fails the request and the connection is made anew.
    pub message_bytes_max: u64,
    /// Entries of one list (tools, resources, prompts) over all its pages.
    pub list_entries_max: u32,
    /// A connection or child without requests is closed after this many seconds, and made anew when needed.
    pub idle_seconds_max: u64,
    /// Failures in a row after which requests are refused at once for a while.
    pub failures_max: u32,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connect_ms_max: 15_000,
            list_ms_max: 10_000,
            call_ms_max: 120_000,
            calls_at_once_max: 64,
            message_bytes_max: 16 << 20,
            list_entries_max: 2_000,
            idle_seconds_max: 900,
            failures_max: 5,
        }
    }
}

impl ServerSpec {
    pub fn kind(&self) -> ServerKind {
        match self.transport {
            Transport::Stdio { .. } => ServerKind::Stdio,
            Transport::Http(_) | Transport::Sse(_) => ServerKind::Http,
        }
    }
}

fn yes() -> bool {
    true
}
