//! Tells whoever listens that a list changed.

use mcp::exchange::{Notification, Outbox};
use mcp::message::{Json, RpcError};
use serde_json::json;
use tokio::sync::broadcast;

pub(crate) struct Changes(broadcast::Sender<Notification>);

impl Default for Changes {
    fn default() -> Self {
        Self(broadcast::channel(64).0)
    }
}

impl Changes {
    /// `what` is `tools`, `prompts` or `resources`.
    pub(crate) fn tell(&self, what: &str) {
        // Nobody may be listening.
        let _ =
            self.0.send(Notification { method: format!("notifications/{what}/list_changed"), params: None });
    }

    /// Passes on what changes until nobody listens any more.
    pub(crate) async fn follow(&self, out: &Outbox) -> Result<Json, RpcError> {
        let mut changes = self.0.subscribe();
        loop {
            tokio::select! {
                change = changes.recv() => match change {
                    Ok(change) => {
                        out.send(change).await;
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => break,
                },
                () = out.gone() => break,
            }
        }
        mcp::message::json(&json!({"resultType": "complete"}))
    }
}
