//! The members of `_meta` that only the newer era knows.

use std::sync::LazyLock;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::params::Members;
use crate::exchange::Client;
use crate::message::{Json, RpcError};
use crate::version::Version;

pub(crate) const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
pub(crate) const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
pub(crate) const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
pub(crate) const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
pub(crate) const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
pub(crate) const TASKS: &str = "io.modelcontextprotocol/tasks";
pub(crate) const PROGRESS_TOKEN: &str = "progressToken";

/// How Bailiwick introduces itself where no client is behind it.
pub(crate) static OUR_INFO: LazyLock<Value> =
    LazyLock::new(|| json!({"name": "bailiwick", "version": env!("CARGO_PKG_VERSION")}));

/// Writes what every request of the newer era carries. What the client wrote itself stays, but for the version: that is
/// agreed on with this server.
pub(crate) fn complete(meta: &mut Members<'_>, version: Version, client: &Client) -> Result<(), RpcError> {
    meta.set(VERSION, raw(format!("\"{version}\"")));
    if meta.get(CLIENT_INFO).is_none() {
        meta.set(CLIENT_INFO, crate::message::json(info(client))?);
    }
    if meta.get(CAPABILITIES).is_none() {
        let capabilities = crate::message::json(&client.capabilities)?;
        meta.set(
            CAPABILITIES,
            if capabilities.get() == "null" { raw("{}".to_owned()) } else { capabilities },
        );
    }
    Ok(())
}

/// Takes out what a server of the older era was told when its session began, or is told in another way.
pub(crate) fn strip(meta: &mut Members<'_>) {
    for member in [VERSION, CLIENT_INFO, CAPABILITIES, LOG_LEVEL] {
        meta.remove(member);
    }
}

/// `clientInfo` of the client, or ours when it gave none.
pub(crate) fn info(client: &Client) -> &Value {
    if client.info.is_object() { &client.info } else { &OUR_INFO }
}

const LEVELS: [&str; 8] = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/// How severe a log message is, `debug` being 0.
pub(crate) fn level(name: &str) -> Option<u8> {
    LEVELS.iter().position(|level| *level == name).and_then(|at| u8::try_from(at).ok())
}

/// The name that [`level`] reads.
pub(crate) fn level_name(level: u8) -> &'static str {
    LEVELS[usize::from(level).min(LEVELS.len() - 1)]
}

/// For text that is known to be JSON.
pub(crate) fn raw(text: String) -> Json {
    RawValue::from_string(text)
        .unwrap_or_else(|error| unreachable!("numbers and plain names are JSON as they are: {error}"))
}
