//! Servers behind the gateway, as the face shows and steers them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::SettingsError;

/// The MCP servers of this data folder: those of the configuration file and those that were added since.
#[async_trait]
pub trait Servers: Send + Sync {
    async fn list(&self) -> Result<Vec<Server>, SettingsError>;

    /// Connects when it is not connected, so that tools and their state are those of now.
    async fn show(&self, name: &str) -> Result<ServerDetail, SettingsError>;

    /// Keeps it and connects. A server that cannot be reached is kept as well: its state says why.
    async fn add(&self, name: &str, spec: ServerSpec, by: &str) -> Result<ServerDetail, SettingsError>;

    /// Ends its children and forgets its pins. One of the configuration file cannot be removed here.
    async fn remove(&self, name: &str, by: &str) -> Result<(), SettingsError>;

    /// Lets callers see and use these tools as they are described now. A digest that is no longer the tool's is
    /// refused: the person approved something else.
    async fn approve(
        &self,
        name: &str,
        tools: Vec<ApprovedTool>,
        by: &str,
    ) -> Result<ServerDetail, SettingsError>;

    /// Takes tools out of use until a person approves them again.
    async fn withdraw(&self, name: &str, tools: Vec<String>, by: &str)
    -> Result<ServerDetail, SettingsError>;

    /// Ends connection and children; the next request makes them anew.
    async fn restart(&self, name: &str) -> Result<ServerDetail, SettingsError>;

    /// Where the person's browser goes to sign in to this server; it comes back to `redirect_uri`.
    async fn sign_in(&self, name: &str, redirect_uri: &str) -> Result<String, SettingsError>;

    /// The browser came back with this query. Gives the name of the server.
    async fn signed_in(&self, query: &str) -> Result<String, SettingsError>;
}

/// One server in the list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Server {
    pub name: String,
    pub spec: ServerSpec,
    pub origin: ServerOrigin,
    pub state: ServerState,
    /// Protocol version spoken with it, like `2026-07-28`.
    pub version: Option<String>,
    /// What it calls itself.
    pub server_name: Option<String>,
    pub server_version: Option<String>,
    /// Why it is not usable now, and what would help.
    pub problem: Option<String>,
    /// Failures in a row.
    pub failures: u32,
    pub restarts: u32,
    pub sessions: u32,
    pub tools_pinned: u32,
    /// New or changed tools that wait for a person.
    pub tools_waiting: u32,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ServerDetail {
    #[serde(flatten)]
    pub server: Server,
    pub tools: Vec<ServerTool>,
    /// Names that another server offers too.
    pub collisions: Vec<String>,
    /// What the child may touch, one sentence each; empty for servers elsewhere.
    pub grants: Vec<String>,
    /// The last lines of its standard error, secrets taken out.
    pub stderr: String,
    /// What the server says of itself, whole (`server/discover`).
    pub discovery: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServerOrigin {
    /// This program.
    Builtin,
    Configuration,
    Added,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServerState {
    /// Nothing was asked of it yet, or it was idle for long.
    Idle,
    Connecting,
    Ready,
    /// Down; tried again when the wait is over.
    Failed,
    /// A person has to sign in.
    SignInNeeded,
    Off,
}

/// A tool of a server, and whether it may be used.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ServerTool {
    pub name: String,
    /// The name it is called by, when it may be used.
    pub exposed: Option<String>,
    pub state: ToolState,
    /// What an approval is bound to.
    pub digest: String,
    /// As the server describes it now; the approved description when the tool is gone.
    pub definition: Value,
    /// A readable difference between what was approved and what is offered now.
    pub diff: Option<String>,
    /// Why a person should look twice, one sentence each.
    pub flags: Vec<String>,
    pub approved_by: Option<String>,
    pub approved_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ToolState {
    Pinned,
    New,
    Changed,
    /// Approved once, and no longer offered.
    Gone,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovedTool {
    pub name: String,
    /// Of the description that the person read.
    pub digest: String,
}

/// How a server is reached and what it may do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServerSpec {
    #[serde(flatten)]
    pub transport: Transport,
    #[serde(default = "yes")]
    pub enabled: bool,
    #[serde(default)]
    pub sharing: Sharing,
    #[serde(default)]
    pub limits: ServerLimits,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "transport", rename_all = "snake_case")]
pub enum Transport {
    /// A child process in the fence.
    Stdio {
        command: Vec<String>,
        /// Values may be `secret://name`.
        #[serde(default)]
        environment: BTreeMap<String, String>,
        #[serde(default)]
        grants: Grants,
    },
    /// Streamable HTTP.
    Http(HttpTarget),
    /// HTTP with server-sent events, as of 2024-11-05.
    Sse(HttpTarget),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HttpTarget {
    pub url: String,
    /// Values may hold `secret://name`.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Lets it be on this machine or in a private network.
    #[serde(default)]
    pub allow_private: bool,
    #[serde(default)]
    pub oauth: OAuth,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OAuth {
    pub client_id: String,
    /// `secret://name`.
    pub client_secret: String,
    pub scopes: Vec<String>,
}

/// What a child may touch besides a scratch folder of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Grants {
    #[schema(value_type = Vec<String>)]
    pub read: Vec<PathBuf>,
    #[schema(value_type = Vec<String>)]
    pub write: Vec<PathBuf>,
    /// The network of this machine, whole.
    pub network: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sharing {
    #[default]
    Shared,
    PerClient,
}

/// Limits of one server; what is left out has its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ServerLimits {
    pub connect_ms_max: u64,
    pub list_ms_max: u64,
    pub call_ms_max: u64,
    pub calls_at_once_max: u32,
    pub message_bytes_max: u64,
    pub list_entries_max: u32,
    pub idle_seconds_max: u64,
    pub failures_max: u32,
}

impl Default for ServerLimits {
    fn default() -> Self {
        let domain::server::ServerLimits {
            connect_ms_max,
            list_ms_max,
            call_ms_max,
            calls_at_once_max,
            message_bytes_max,
            list_entries_max,
            idle_seconds_max,
            failures_max,
        } = domain::server::ServerLimits::default();
        Self {
            connect_ms_max,
            list_ms_max,
            call_ms_max,
            calls_at_once_max,
            message_bytes_max,
            list_entries_max,
            idle_seconds_max,
            failures_max,
        }
    }
}

fn yes() -> bool {
    true
}

/// Both are the same JSON, which `tests/it/views.rs` checks.
impl TryFrom<ServerSpec> for domain::server::ServerSpec {
    type Error = serde_json::Error;
    fn try_from(view: ServerSpec) -> Result<Self, Self::Error> {
        serde_json::to_value(view).and_then(serde_json::from_value)
    }
}

impl TryFrom<domain::server::ServerSpec> for ServerSpec {
    type Error = serde_json::Error;
    fn try_from(spec: domain::server::ServerSpec) -> Result<Self, Self::Error> {
        serde_json::to_value(spec).and_then(serde_json::from_value)
    }
}
