//! The canonical form in which both sides meet: requests and results as of specification 2026-07-28.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::message::{Json, RpcError};
use crate::version::Version;

/// Notifications of one request that may wait for a slow reader before the sender waits too.
const OUTBOX_MAX: usize = 64;

/// One request of a client.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// Whole, `_meta` included, as the client wrote it. For a legacy client the adapter adds what a modern
    /// one would have sent in `_meta` only where it is asked for; see [`Client`] for the facts.
    pub params: Option<Json>,
    pub client: Arc<Client>,
}

/// A notification, in either direction.
#[derive(Clone, Debug)]
pub struct Notification {
    pub method: String,
    pub params: Option<Json>,
}

/// Who asks, and what they can do.
#[derive(Clone, Debug)]
pub struct Client {
    pub version: Version,
    /// `clientInfo`, whole; null when it said nothing.
    pub info: Value,
    /// `capabilities`, whole.
    pub capabilities: Value,
    /// Key of the conversation, chosen here and never by the client: the legacy session, one stdio connection,
    /// or (a modern client over HTTP has neither) the credential it was let in with.
    pub conversation: String,
    /// What was authenticated, put there by whoever mounts the endpoint (`http::Extensions` of the request).
    pub extensions: http::Extensions,
}

/// What the other side offers: the result of `server/discover`, capabilities of a legacy server translated.
#[derive(Clone, Debug)]
pub struct Discovery {
    /// Capabilities, server info, instructions: the members of the result, whole.
    pub result: Value,
}

/// Where notifications that belong to a request under way go (progress, log messages, what a subscription tells).
#[derive(Clone, Debug)]
pub struct Outbox(mpsc::Sender<Notification>);

/// The reader's end of an [`Outbox`].
pub type Inbox = mpsc::Receiver<Notification>;

impl Outbox {
    pub fn new() -> (Self, Inbox) {
        let (sender, receiver) = mpsc::channel(OUTBOX_MAX);
        (Self(sender), receiver)
    }

    /// Waits while the reader is behind. False when nobody reads any more.
    pub async fn send(&self, notification: Notification) -> bool {
        self.0.send(notification).await.is_ok()
    }

    /// For a request whose notifications nobody wants.
    pub fn closed() -> Self {
        Self::new().0
    }

    /// Ends when the reader is gone: a subscription has nobody to tell any more.
    pub async fn gone(&self) {
        self.0.closed().await;
    }
}

/// Answers clients: the gateway, or a fixture of the tests.
///
/// `request` is called for every request but `initialize`, `ping`, `server/discover` and the legacy
/// `logging/setLevel`, `resources/subscribe` and `resources/unsubscribe`, which the adapter answers or turns into their
/// modern form (`_meta` log level; `subscriptions/listen`). Dropping its future cancels the request.
#[async_trait]
pub trait Service: Send + Sync + 'static {
    async fn discover(&self, client: &Client) -> Result<Discovery, RpcError>;

    /// The result, whole: `resultType` is set by the service (`complete`, `input_required`, or one of an
    /// extension). `subscriptions/listen` runs until it is dropped; the adapter acknowledges it (what is asked for, as
    /// far as `discover` offers it), drops notifications that were not asked for, and adds the id of the subscription.
    ///
    /// A legacy client that was asked by `input_required` and answers a question by an error makes the request fail
    /// with that error; only a form (`elicitation/create`) counts as answered by `{"action": "cancel"}`.
    async fn request(&self, request: Request, out: Outbox) -> Result<Json, RpcError>;

    /// A notification of the client that the adapter does not handle itself (it handles `initialized`,
    /// `cancelled` and `roots/list_changed`).
    async fn notify(&self, client: Arc<Client>, notification: Notification);

    /// A legacy session or a stdio connection ended; `conversation` will not come again.
    async fn ended(&self, conversation: &str);
}
