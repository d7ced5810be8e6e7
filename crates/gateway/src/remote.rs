//! An MCP server over a supervised connection.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use domain::server::ServerLimits;
use domain::tool::ServerKind;
use mcp::exchange::{Client, Discovery, Notification, Outbox, Request};
use mcp::message::Json;
use mcp::upstream::{State, Upstream, UpstreamError};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::TryRecvError;

use crate::ports::{Condition, McpServer, ServerError, ServerFailure, ServerState};
use crate::relay::kind_of;

/// Fills the port [`McpServer`] with an [`Upstream`].
pub struct Remote {
    name: String,
    kind: ServerKind,
    limits: ServerLimits,
    upstream: Upstream,
    /// How often the server said that a list of its changed, and what it said since that was last looked at.
    changes: Mutex<(u64, broadcast::Receiver<Notification>)>,
    /// The last request was refused for want of other credentials.
    sign_in_needed: AtomicBool,
}

impl Remote {
    /// Nothing is started or asked before the first request.
    pub fn new(name: impl Into<String>, kind: ServerKind, limits: ServerLimits, upstream: Upstream) -> Self {
        let changes = Mutex::new((0, upstream.events()));
        Self { name: name.into(), kind, limits, upstream, changes, sign_in_needed: AtomicBool::new(false) }
    }

    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }
}

#[async_trait]
impl McpServer for Remote {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> ServerKind {
        self.kind
    }

    fn limits(&self) -> ServerLimits {
        self.limits
    }

    fn revision(&self) -> u64 {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let (revision, events) = &mut *changes;
        loop {
            match events.try_recv() {
                Ok(notification) if kind_of(&notification.method).is_some() => *revision += 1,
                Ok(_) => {}
                // What was missed may have been a change.
                Err(TryRecvError::Lagged(_)) => *revision += 1,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return *revision,
            }
        }
    }

    async fn discovery(&self, conversation: &str) -> Result<Arc<Discovery>, ServerFailure> {
        self.seen(self.upstream.discovery(conversation).await)
    }

    async fn request(&self, request: Request, out: Outbox) -> Result<Json, ServerFailure> {
        self.seen(self.upstream.request(request, out).await)
    }

    async fn notify(&self, client: &Client, notification: Notification) {
        self.upstream.notify(client, notification).await;
    }

    fn events(&self) -> broadcast::Receiver<Notification> {
        self.upstream.events()
    }

    fn condition(&self) -> Condition {
        let status = self.upstream.status();
        let state = match status.state {
            _ if self.sign_in_needed.load(Ordering::Relaxed) => ServerState::SignInNeeded,
            State::Idle | State::Closed => ServerState::Idle,
            State::Connecting => ServerState::Connecting,
            State::Connected => ServerState::Ready,
            State::Failing | State::Refused => ServerState::Failed,
        };
        Condition {
            state,
            version: status.version.map(str::to_owned),
            server_info: status.server_info,
            problem: status.last_error,
            failures: status.failures_in_a_row,
            restarts: u32::try_from(status.restarts).unwrap_or(u32::MAX),
            sessions: u32::try_from(status.sessions).unwrap_or(u32::MAX),
            stderr: status.stderr_tail,
        }
    }

    async fn close(&self) {
        self.upstream.close().await;
    }

    fn forget(&self, conversation: &str) {
        self.upstream.forget(conversation);
    }
}

impl Remote {
    /// The outcome as the gateway knows it; notes whether a person has to sign in.
    fn seen<T>(&self, outcome: Result<T, UpstreamError>) -> Result<T, ServerFailure> {
        let unauthorized = matches!(outcome, Err(UpstreamError::Unauthorized { .. }));
        self.sign_in_needed.store(unauthorized, Ordering::Relaxed);
        outcome.map_err(|error| match error {
            UpstreamError::Rpc(error) => ServerFailure::Rpc(error),
            other => ServerError(other.to_string()).into(),
        })
    }
}
