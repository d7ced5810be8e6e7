//! The side of the servers: one [`Upstream`] a server, of either era, over any transport.
//!
//! Requests come in as a client of the newest version would make them, and results leave as a server of it would give
//! them; [`modern`] and [`legacy`] see to it. Below them a [`link`] is one connection and a [`call`] one request on its
//! way; above them [`supervise`] connects when needed, and leaves a server alone that fails.

mod breaker;
mod call;
mod catalogue;
mod connect;
mod connections;
mod counts;
mod error;
mod greeting;
mod headers;

mod hub;
mod legacy;
mod lines;
mod link;
mod listener;
mod mailbox;
mod meta;
mod modern;
mod params;
mod park;
mod parts;
mod pipe;
mod request;
mod slot;
pub mod sse;
mod sse_link;
mod status;
mod subscriptions;
mod supervise;
mod tasks;
mod web;
mod wire;

use std::sync::Arc;

use tokio::sync::broadcast;

pub use counts::Oddities;
pub use error::UpstreamError;
pub use parts::{Child, Headers, HttpParts, Parts, Refusal, Spawn, TransportParts};
pub use status::{State, Status};

use crate::exchange::{Client, Discovery, Notification, Outbox, Request};
use crate::message::Json;

/// One server, connected to when needed. Clones are the same server.
#[derive(Clone)]
pub struct Upstream(Arc<supervise::Inner>);

impl Upstream {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(supervise::Inner::new(parts)))
    }

    /// What the server offers. Connects when needed, on behalf of a client of which nothing else is known yet.
    pub async fn discovery(&self, conversation: &str) -> Result<Arc<Discovery>, UpstreamError> {
        self.0.discovery(&Arc::new(connections::unknown_client(conversation))).await
    }

    /// The same for a client whose capabilities are known: with `sharing = "per_client"` they are what a server of the
    /// older era is told.
    pub async fn discovery_for(&self, client: &Arc<Client>) -> Result<Arc<Discovery>, UpstreamError> {
        self.0.discovery(client).await
    }

    /// Makes a request of the newest version and gives a result of it. Notifications that belong to it go to `out`.
    /// Dropping the future cancels the request on the server.
    pub async fn request(&self, request: Request, out: Outbox) -> Result<Json, UpstreamError> {
        self.0.request(&request, &out).await
    }

    /// Passes on a notification of a client, if there is a connection; nobody connects for it.
    pub async fn notify(&self, client: &Client, notification: Notification) {
        self.0.notify(client, &notification).await;
    }

    /// What the server tells everybody: lists that changed, resources that were updated. A reader that falls behind by
    /// more than a few hundred misses the oldest and is told so.
    pub fn events(&self) -> broadcast::Receiver<Notification> {
        self.0.context.events.subscribe()
    }

    pub fn status(&self) -> Status {
        self.0.status()
    }

    /// Ends all connections and calls. Nothing can be asked any more.
    pub async fn close(&self) {
        self.0.close().await;
    }

    /// Frees what is held for a conversation that will not come again.
    pub fn forget(&self, conversation: &str) {
        self.0.forget(conversation);
    }
}
