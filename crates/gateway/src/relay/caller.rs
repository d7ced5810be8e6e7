//! Who asks.

use mcp::exchange::Client;
use mcp::message::RpcError;
use serde_json::Value;

use super::{Relay, code};
use crate::call::{Caller, CallerSession, GatewayError};
use crate::principal::Principal;

/// Longest name of a client that a policy sees, bytes.
const CLIENT_NAME_BYTES_MAX: usize = 100;

impl Relay {
    pub(super) async fn caller(&self, client: &Client) -> Result<Caller, RpcError> {
        let Some(principal) = client.extensions.get::<Principal>() else {
            return Err(RpcError::new(
                code::DENIED,
                "nobody was let in with this request, so nothing is done for it",
            ));
        };
        let labels = self.gateway.inner.labels.of(&self.tenant, &client.conversation).await;
        let labels = labels.map_err(|error| out_of_order(error.into()))?;
        let name = client.info.get("name").and_then(Value::as_str).unwrap_or(&principal.label);
        Ok(Caller {
            tenant: self.tenant.clone(),
            principal_id: principal.id,
            principal_kind: principal.kind.clone(),
            roles: principal.roles.clone(),
            task: None,
            session: Some(CallerSession {
                conversation: client.conversation.clone(),
                client: name[..name.floor_char_boundary(CLIENT_NAME_BYTES_MAX)].to_owned(),
                labels,
            }),
            workspace: (*self.workspace).clone(),
        })
    }
}

/// The gateway could not decide, or not record: the request does not happen.
pub(super) fn out_of_order(error: GatewayError) -> RpcError {
    RpcError::internal(format!("the request did not happen: {error}"))
}
