//! The configuration: one TOML file, then `BAILIWICK_…` variables, then flags. Each part owns its section.

mod check;
mod credentials;
mod edit;
mod load;

pub use credentials::Credentials;
pub use edit::set_values;
pub use load::{Loaded, load};

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Every setting. A section belongs to the part it is named after, and its defaults live there.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub server: Server,
    pub web: web::Config,
    pub store: store::Config,
    pub policy: Policy,
    pub gateway: gateway::Config,
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

/// `[policy]`: which rules are in force, and how far one evaluation may go.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Folder with `.rego` files that replace the shipped pack; empty means the shipped pack.
    pub dir: PathBuf,
    /// See [`policy::Config::evaluation_ms_max`].
    pub evaluation_ms_max: u64,
    /// See [`policy::Config::question_bytes_max`].
    pub question_bytes_max: usize,
}

impl Default for Policy {
    fn default() -> Self {
        let policy::Config { evaluation_ms_max, question_bytes_max } = policy::Config::default();
        Self { dir: PathBuf::new(), evaluation_ms_max, question_bytes_max }
    }
}

impl Policy {
    pub fn evaluation(&self) -> policy::Config {
        policy::Config {
            evaluation_ms_max: self.evaluation_ms_max,
            question_bytes_max: self.question_bytes_max,
        }
    }
}

/// Loads what these paths and the process environment say.
pub fn load_for(paths: &crate::paths::Paths) -> Result<Loaded, crate::exit::Failure> {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    load(&paths.config_file, paths.config_named, &environment)
}
