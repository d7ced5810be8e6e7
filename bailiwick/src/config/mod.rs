//! The configuration: one TOML file, then `BAILIWICK_…` variables, then flags. Each part owns its section.

mod check;
mod credentials;
mod edit;
mod expected;
mod load;
mod name;
mod policy;

pub use credentials::Credentials;
pub use edit::set_values;
pub use load::{Loaded, load};
pub use policy::{Bundle, DecisionLog, Engine, Opa, Policy};

use std::collections::BTreeMap;

use domain::server::ServerSpec;
use serde::{Deserialize, Serialize};

use crate::exit::Failure;
use crate::paths::Paths;

/// Every setting. A section belongs to the part it is named after, and its defaults live there.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub server: Server,
    pub web: web::Config,
    pub store: store::Config,
    pub policy: Policy,
    pub gateway: gateway::Config,
    /// `[servers.NAME]`: MCP servers behind the gateway.
    pub servers: BTreeMap<String, ServerSpec>,
    /// `[clients]`: what MCP clients may take of this process.
    pub clients: mcp::serve::Options,
    pub outbound: outbound::Config,
    pub webhook: crate::wiring::WebhookConfig,
    pub fence: fence::Config,
    pub toolbox: toolbox::Config,
    pub models: models::Config,
    pub agent: agent::Config,
    pub telemetry: telemetry::Config,
}

/// `[server]`: where this process listens.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Port on 127.0.0.1. A taken one makes `up` take the next free one and say so.
    pub port: u16,
}

impl Default for Server {
    fn default() -> Self {
        Self { port: 7878 }
    }
}

impl Config {
    /// What each part says about values that are well-formed and cannot work.
    fn check(&self) -> Result<(), String> {
        self.gateway.check()?;
        self.web.mcp_auth.as_ref().map_or(Ok(()), web::McpAuth::check)
    }
}

/// Loads what these paths and the process environment say.
pub fn load_for(paths: &Paths) -> Result<Loaded, Failure> {
    let mut environment = BTreeMap::new();
    for (name, value) in std::env::vars_os() {
        // Names that are no text are nothing of ours.
        let Ok(name) = name.into_string() else { continue };
        match value.into_string() {
            Ok(value) => drop(environment.insert(name, value)),
            Err(_) if name.starts_with("BAILIWICK_") => {
                return Err(Failure::usage(format!("the environment variable {name} is not UTF-8")));
            }
            Err(_) => {}
        }
    }
    load(&paths.config_file, paths.config_named, &environment)
}
