//! What a client sent, taken apart as far as the adapter has to know it.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::twins;
use crate::exchange::Notification;
use crate::message::{Json, Malformed, Message, RpcError, code};

/// Bytes of an id: it is echoed on every message of a subscription.
const ID_BYTES_MAX: usize = 1024;

/// One message, owned: it outlives the bytes it was read from.
#[derive(Clone, Debug)]
pub(super) enum Incoming {
    Request(Call),
    Notification(Notification),
    Response { id: Option<Json>, outcome: Result<Json, RpcError> },
    Batch(Vec<Incoming>),
}

#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) id: Json,
    pub(super) method: String,
    pub(super) params: Option<Json>,
}

/// Why a message is refused, with its id where that could be read.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) id: Option<Json>,
    pub(super) error: RpcError,
}

impl From<RpcError> for Refused {
    fn from(error: RpcError) -> Self {
        Self { id: None, error }
    }
}

impl Incoming {
    /// Reads one message or one batch of at most `batch_max` messages.
    pub(super) fn read(bytes: &[u8], batch_max: usize) -> Result<Self, Refused> {
        twins::refuse(bytes).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => Malformed::Envelope(error.to_string()).error(),
            _ => Malformed::Syntax(error.to_string()).error(),
        })?;
        match Message::parse(bytes).map_err(|malformed| malformed.error())? {
            Message::Batch(entries) => batch(&entries, batch_max),
            message => single(message),
        }
    }
}

fn batch(entries: &[&RawValue], batch_max: usize) -> Result<Incoming, Refused> {
    if entries.len() > batch_max {
        let text = format!("a batch of more than {batch_max} messages; `[clients] batch_max` raises it");
        return Err(RpcError::new(code::INVALID_REQUEST, text).into());
    }
    let read = |entry: &&RawValue| match Message::parse(entry.get().as_bytes()) {
        Ok(Message::Batch(_)) => Err(RpcError::new(code::INVALID_REQUEST, "a batch within a batch").into()),
        Ok(message) => single(message),
        Err(malformed) => Err(malformed.error().into()),
    };
    entries.iter().map(read).collect::<Result<_, _>>().map(Incoming::Batch)
}

fn single(message: Message<'_>) -> Result<Incoming, Refused> {
    match message {
        Message::Request(request) => {
            let id = request.id.to_owned();
            // MCP narrows JSON-RPC's numbers to integers.
            let is_integer = !id.get().starts_with('"') && !id.get().contains(['.', 'e', 'E']);
            if id.get().len() > ID_BYTES_MAX || !(is_integer || id.get().starts_with('"')) {
                let text = format!("`id` is a string or an integer of at most {ID_BYTES_MAX} bytes");
                return Err(RpcError::new(code::INVALID_REQUEST, text).into());
            }
            if request.params.is_some_and(|params| !params.get().starts_with('{')) {
                return Err(Refused {
                    id: Some(id),
                    error: RpcError::invalid_params("`params` is not an object"),
                });
            }
            let method = request.method.into_owned();
            Ok(Incoming::Request(Call { id, method, params: request.params.map(RawValue::to_owned) }))
        }
        Message::Notification(notification) => Ok(Incoming::Notification(Notification {
            method: notification.method.into_owned(),
            params: notification.params.map(RawValue::to_owned),
        })),
        Message::Response(response) => Ok(Incoming::Response {
            id: response.id.map(RawValue::to_owned),
            outcome: response.outcome.map(RawValue::to_owned),
        }),
        Message::Batch(_) => Err(RpcError::new(code::INVALID_REQUEST, "a batch within a batch").into()),
    }
}

/// Two spellings of one id (`"a"` and `"\u0061"`) are one id.
pub(super) fn id_key(id: &RawValue) -> String {
    match text(Some(id)) {
        Some(text) => format!("s{text}"),
        None => format!("n{}", id.get()),
    }
}

/// The members of `params` that the adapter reads; everything else it does not look at.
#[derive(Default, Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow, rename = "_meta")]
    meta: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    uri: Option<&'a RawValue>,
    #[serde(borrow, rename = "taskId")]
    task_id: Option<&'a RawValue>,
}

/// The members of `_meta` that carry what a modern request says about itself.
#[derive(Default, Deserialize)]
pub(super) struct Meta<'a> {
    #[serde(borrow, rename = "io.modelcontextprotocol/protocolVersion")]
    pub(super) version: Option<&'a RawValue>,
    #[serde(borrow, rename = "io.modelcontextprotocol/clientInfo")]
    pub(super) info: Option<&'a RawValue>,
    #[serde(borrow, rename = "io.modelcontextprotocol/clientCapabilities")]
    pub(super) capabilities: Option<&'a RawValue>,
}

impl<'a> Head<'a> {
    pub(super) fn of(params: Option<&'a RawValue>) -> Self {
        params.and_then(|params| serde_json::from_str(params.get()).ok()).unwrap_or_default()
    }

    /// Empty when `_meta` is no object.
    pub(super) fn meta(&self) -> Meta<'a> {
        self.meta.and_then(|meta| serde_json::from_str(meta.get()).ok()).unwrap_or_default()
    }

    /// What `Mcp-Name` repeats for a request of that method, where the specification names a source.
    pub(super) fn named(&self, method: &str) -> Option<Named<'a>> {
        let source = match method {
            "tools/call" | "prompts/get" => self.name,
            "resources/read" => self.uri,
            "tasks/get" | "tasks/update" | "tasks/cancel" | "tasks/result" => self.task_id,
            _ => return None,
        };
        Some(Named(text(source)))
    }
}

/// The text that `Mcp-Name` has to hold; none when the body lacks it or it is no string.
pub(super) struct Named<'a>(pub(super) Option<Cow<'a, str>>);

/// The string a piece of JSON is, when it is one.
pub(super) fn text(raw: Option<&RawValue>) -> Option<Cow<'_, str>> {
    serde_json::from_str::<twins::Key<'_>>(raw?.get()).ok().map(|text| text.0)
}
