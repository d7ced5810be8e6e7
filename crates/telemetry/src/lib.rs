//! Logs, traces and metrics: the set-up, and `names`, the one module where their names are written.
//!
//! [`init`] comes first in `main`; what it returns flushes when it is dropped. [`spans`] makes the spans of a
//! task, [`metrics()`] counts. Secrets are kept in `secrecy` types, whose `Debug` prints none.

mod init;
mod logs;
mod metrics;
pub mod names;
mod otlp;
pub mod spans;
mod trace_ids;

pub use init::{Guard, InitError, init};
pub use metrics::{Metrics, metrics, prometheus_text};

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
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

/// Who all of it comes from. The tenant is an attribute of the resource: a process serves one.
fn resource() -> Resource {
    Resource::builder()
        .with_service_name("bailiwick")
        .with_attributes([
            KeyValue::new(names::SERVICE_VERSION, env!("CARGO_PKG_VERSION")),
            KeyValue::new(names::TENANT_ID, domain::TenantId::LOCAL.to_string()),
        ])
        .build()
}
