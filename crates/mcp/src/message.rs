//! JSON-RPC 2.0 messages whose parts stay as they were written.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// A piece of JSON that is passed on as it came.
pub type Json = Box<RawValue>;

/// JSON-RPC error codes used here (JSON-RPC 2.0 §5.1, MCP 2026-07-28).
pub mod code {
    pub const PARSE_ERROR: i64 = -32700;
    pub const INVALID_REQUEST: i64 = -32600;
    pub const METHOD_NOT_FOUND: i64 = -32601;
    pub const INVALID_PARAMS: i64 = -32602;
    pub const INTERNAL_ERROR: i64 = -32603;
}

/// The `error` member of a response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct RpcError {
    pub code: i64,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

impl RpcError {
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    pub fn invalid_params(message: impl Into<String>) -> Self {
        Self::new(code::INVALID_PARAMS, message)
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(code::INTERNAL_ERROR, message)
    }

    pub fn method_not_found(method: &str) -> Self {
        Self::new(code::METHOD_NOT_FOUND, format!("there is no method `{method}` here"))
    }
}

/// Writes a value as a piece of JSON.
pub fn json(value: &impl Serialize) -> Result<Json, RpcError> {
    serde_json::value::to_raw_value(value)
        .map_err(|error| RpcError::internal(format!("a value could not be written as JSON: {error}")))
}
