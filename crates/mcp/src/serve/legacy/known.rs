//! What a session keeps of its client.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::exchange::Client;
use crate::message::{Json, RpcError, json};
use crate::version::Version;

/// A [`Client`] as it is kept while nothing is asked: as text, because there may be ten thousand of them.
pub(in crate::serve) struct Known {
    pub(in crate::serve) version: Version,
    pub(super) conversation: Box<str>,
    info: Json,
    capabilities: Json,
    extensions: http::Extensions,
}

impl Known {
    pub(super) fn new(client: Client) -> Result<Self, RpcError> {
        Ok(Self {
            version: client.version,
            conversation: client.conversation.into(),
            info: json(&client.info)?,
            capabilities: json(&client.capabilities)?,
            extensions: client.extensions,
        })
    }

    /// The client as the service gets it, with what was authenticated for this request or, where requests are not
    /// authenticated one by one, for the first.
    pub(super) fn client(&self, extensions: Option<http::Extensions>) -> Client {
        Client {
            version: self.version,
            info: value(&self.info),
            capabilities: value(&self.capabilities),
            conversation: self.conversation.to_string(),
            extensions: extensions.unwrap_or_else(|| self.extensions.clone()),
        }
    }
}

/// It was written from a value.
fn value(text: &RawValue) -> Value {
    serde_json::from_str(text.get()).unwrap_or_default()
}
