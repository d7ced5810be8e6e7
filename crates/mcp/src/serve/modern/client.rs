//! Who asks, read from the request itself.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::code;
use crate::exchange::Client;
use crate::message::RpcError;
use crate::serve::incoming::{Meta, text};
use crate::version::{Era, Version};

/// The client as `_meta` describes it. Refused when a required member is missing or the version is none of ours.
pub(in crate::serve) fn client(
    meta: &Meta<'_>,
    conversation: String,
    extensions: http::Extensions,
) -> Result<Client, RpcError> {
    let version = text(meta.version).ok_or_else(|| lacks("protocolVersion", "a string"))?;
    let capabilities = object(meta.capabilities).ok_or_else(|| lacks("clientCapabilities", "an object"))?;
    let info = match meta.info {
        None => Value::Null,
        info => object(info).ok_or_else(|| lacks("clientInfo", "an object"))?,
    };
    let version = Version::parse(&version)
        .filter(|version| version.era() == Era::Modern)
        .ok_or_else(|| unsupported(&version))?;
    Ok(Client { version, info, capabilities, conversation, extensions })
}

/// The versions a modern request may name.
pub(in crate::serve) fn supported() -> Vec<&'static str> {
    let modern = Version::ALL.into_iter().rev().filter(|version| version.era() == Era::Modern);
    modern.map(Version::as_str).collect()
}

pub(in crate::serve) fn unsupported(requested: &str) -> RpcError {
    let legacy: Vec<_> =
        Version::ALL.into_iter().filter(|v| v.era() == Era::Legacy).map(Version::as_str).collect();
    let message = format!(
        "unsupported protocol version; requests of their own: {}; after `initialize`: {}",
        supported().join(", "),
        legacy.join(", ")
    );
    let data = json!({"supported": supported(), "requested": requested});
    RpcError { code: code::UNSUPPORTED_VERSION, message, data: Some(data) }
}

fn object(raw: Option<&RawValue>) -> Option<Value> {
    serde_json::from_str(raw?.get()).ok().filter(Value::is_object)
}

fn lacks(name: &str, what: &str) -> RpcError {
    RpcError::invalid_params(format!(
        "`_meta` lacks `io.modelcontextprotocol/{name}` ({what}), required since 2026-07-28"
    ))
}
