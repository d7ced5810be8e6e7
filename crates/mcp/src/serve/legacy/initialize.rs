//! `initialize`: agrees on a version and tells what the service offers.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::known::Known;
use crate::exchange::{Client, Service};
use crate::message::{Json, RpcError, json};
use crate::serve::Options;
use crate::serve::incoming::Call;
use crate::serve::modern::code;
use crate::version::{Era, Version};

/// A conversation that may begin.
pub(in crate::serve) struct Opening {
    pub(in crate::serve) client: Known,
    pub(in crate::serve) result: Json,
}

pub(in crate::serve) async fn open(
    service: &Arc<dyn Service>,
    call: &Call,
    conversation: String,
    extensions: http::Extensions,
    options: &Options,
) -> Result<Opening, RpcError> {
    if call.params.as_ref().is_some_and(|params| params.get().len() > options.client_bytes_max) {
        let max = options.client_bytes_max;
        let text = format!(
            "a client says more than {max} bytes about itself; `[clients] client_bytes_max` raises it"
        );
        return Err(RpcError::new(code::LIMIT, text));
    }
    let params: Map<String, Value> = match &call.params {
        Some(params) => {
            serde_json::from_str(params.get()).map_err(|error| RpcError::invalid_params(error.to_string()))?
        }
        None => Map::new(),
    };
    let Some(requested) = params.get("protocolVersion").and_then(Value::as_str) else {
        return Err(RpcError::invalid_params("`initialize` lacks `protocolVersion` (a string)"));
    };
    // Who asks for something else is told what it can have and may go away.
    let version = Version::parse(requested)
        .filter(|version| version.era() == Era::Legacy)
        .unwrap_or(Version::LATEST_LEGACY);
    let capabilities = params.get("capabilities").filter(|value| value.is_object()).cloned();
    let client = Client {
        version,
        info: params.get("clientInfo").cloned().unwrap_or(Value::Null),
        capabilities: capabilities.unwrap_or_else(|| Value::Object(Map::new())),
        conversation,
        extensions,
    };
    let result = result(version, service.discover(&client).await?.result)?;
    Ok(Opening { client: Known::new(client)?, result })
}

fn result(version: Version, mut offered: Value) -> Result<Json, RpcError> {
    let mut result = Map::new();
    result.insert("protocolVersion".into(), version.as_str().into());
    result.insert("capabilities".into(), offered["capabilities"].take());
    if !result["capabilities"].is_object() {
        result["capabilities"] = Value::Object(Map::new());
    }
    super::tasks::offer(version, &mut result["capabilities"]);
    let info = offered.pointer_mut("/_meta/io.modelcontextprotocol~1serverInfo").map(Value::take);
    let info =
        info.filter(Value::is_object).unwrap_or_else(|| serde_json::json!({"name": "", "version": ""}));
    result.insert("serverInfo".into(), info);
    if let Some(instructions) = offered.get("instructions").filter(|text| text.is_string()) {
        result.insert("instructions".into(), instructions.clone());
    }
    json(&result)
}
