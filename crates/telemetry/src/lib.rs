//! Logs, traces and metrics: the set-up, and `names`, the one module where their names are written.

pub mod names;

use serde::{Deserialize, Serialize};

/// `[telemetry]` of the configuration.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Filter of the logs on stderr, in `tracing` form (`BAILIWICK_LOG`); empty means `info`.
    pub log: String,
    /// `human` or `json`; empty: human on a terminal, JSON otherwise.
    pub log_format: String,
    /// Base address of an OTLP/HTTP receiver; empty means none.
    pub otlp_endpoint: String,
}
