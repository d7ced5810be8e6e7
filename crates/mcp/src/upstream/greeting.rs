//! What the answers to `server/discover` and `initialize` say.

use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::UpstreamError;
use super::link::{Fault, Greeting};
use super::meta;
use crate::exchange::Discovery;
use crate::message::{Json, RpcError};
use crate::version::{Era, Version};

/// Errors of which only a server of the newer era knows.
pub(crate) const HEADER_MISMATCH: i64 = -32020;
const MISSING_CAPABILITY: i64 = -32021;
pub(crate) const UNSUPPORTED_VERSION: i64 = -32022;

pub(crate) enum Found {
    Modern(Greeting),
    Legacy,
    /// It knows the era and refused the version at first.
    AskAgain,
}

/// Reads the answer to `server/discover`. Whatever is not of the newer era is of the older.
pub(crate) fn of_discovery(answer: Result<Json, Fault>, asked: Version) -> Result<Found, Fault> {
    let result = match answer {
        Ok(result) => result,
        Err(Fault::Error(UpstreamError::Rpc(error))) => return of_refusal(&error),
        // A gateway in front of it is out of order: says nothing about the era.
        Err(Fault::Status { status, text }) if matches!(status.as_u16(), 429 | 502..=504) => {
            return Err(Fault::Status { status, text });
        }
        Err(Fault::Status { .. }) | Err(Fault::Error(UpstreamError::Protocol(_))) => {
            return Ok(Found::Legacy);
        }
        Err(fault) => return Err(fault),
    };
    let result: Value = serde_json::from_str(result.get())
        .map_err(|error| UpstreamError::protocol(format!("`server/discover` cannot be read: {error}")))?;
    let Some(versions) = result.get("supportedVersions").and_then(Value::as_array) else {
        // Some older servers answer anything with an empty result.
        return Ok(Found::Legacy);
    };
    match newest(versions, Era::Modern) {
        Some(version) => Ok(Found::Modern(Greeting { version, discovery: Arc::new(Discovery { result }) })),
        None if newest(versions, Era::Legacy).is_some() => Ok(Found::Legacy),
        None => {
            let versions = Value::from(versions.clone());
            let text = format!(
                "it speaks the versions {versions}, and none of them is known here (newest: {asked})"
            );
            Err(UpstreamError::Protocol(text).into())
        }
    }
}

fn of_refusal(error: &RpcError) -> Result<Found, Fault> {
    match error.code {
        UNSUPPORTED_VERSION if offered(error, Era::Modern).is_some() => Ok(Found::AskAgain),
        UNSUPPORTED_VERSION if offered(error, Era::Legacy).is_some() => Ok(Found::Legacy),
        UNSUPPORTED_VERSION | HEADER_MISMATCH | MISSING_CAPABILITY => {
            let text = format!("it refused `server/discover`: {} ({})", error.message, error.code);
            Err(UpstreamError::Protocol(text).into())
        }
        _ => Ok(Found::Legacy),
    }
}

/// The newest version of an era that an error says the server supports.
pub(crate) fn offered(error: &RpcError, era: Era) -> Option<Version> {
    newest(error.data.as_ref()?.get("supported")?.as_array()?, era)
}

fn newest(versions: &[Value], era: Era) -> Option<Version> {
    versions
        .iter()
        .filter_map(Value::as_str)
        .filter_map(Version::parse)
        .filter(|version| version.era() == era)
        .max()
}

/// Turns the result of `initialize` into what `server/discover` would have said.
pub(crate) fn of_initialize(result: &RawValue) -> Result<Greeting, UpstreamError> {
    let mut result: Map<String, Value> = serde_json::from_str(result.get())
        .map_err(|error| UpstreamError::protocol(format!("`initialize` cannot be read: {error}")))?;
    let version = result.get("protocolVersion").and_then(Value::as_str).unwrap_or_default();
    let version =
        Version::parse(version).filter(|version| version.era() == Era::Legacy).ok_or_else(|| {
            UpstreamError::protocol(format!(
                "it answered `initialize` with the version `{version}`, which is not known"
            ))
        })?;
    let mut meta = match result.remove("_meta") {
        Some(Value::Object(meta)) => meta,
        _ => Map::new(),
    };
    if let Some(info) = result.remove("serverInfo") {
        meta.insert(meta::SERVER_INFO.to_owned(), info);
    }
    result.remove("protocolVersion");
    let capabilities = result.remove("capabilities").unwrap_or_else(|| json!({}));
    let mut discovery = json!({
        "resultType": "complete",
        "supportedVersions": [version.as_str()],
        "capabilities": canonical(capabilities),
        "_meta": meta,
        // A server of the older era says when its session begins what is true as long as it lasts, and no longer.
        "ttlMs": 0,
        "cacheScope": "private",
    });
    if let Some(members) = discovery.as_object_mut() {
        members.extend(result);
    }
    Ok(Greeting { version, discovery: Arc::new(Discovery { result: discovery }) })
}

/// Tasks were part of the protocol once and are an extension now.
fn canonical(mut capabilities: Value) -> Value {
    let Some(members) = capabilities.as_object_mut() else { return json!({}) };
    let tasks = members.remove("tasks");
    if tasks.is_some_and(|tasks| tasks.pointer("/requests/tools/call").is_some()) {
        let extensions = members.entry("extensions").or_insert_with(|| json!({}));
        if let Some(extensions) = extensions.as_object_mut() {
            extensions.insert(meta::TASKS.to_owned(), json!({}));
        }
    }
    capabilities
}
