//! The gateway as MCP clients see it: one server with what all servers behind it have.
//!
//! A request is identified, decided on, passed on as it was written, and what comes back is judged; the record has a
//! decision for each. Only names and URIs are rewritten, and only where two servers share them.

mod approval;
mod caller;
mod complete;
mod discover;
mod errand;
mod listen;
mod lists;
pub(crate) use listen::kind_of;
pub(crate) mod members;
mod other;
mod prompts;
pub(crate) mod raw;
mod resources;
mod routes;
mod state;
mod strict;
mod tasks;
mod tools;

use std::sync::Arc;

use async_trait::async_trait;
use domain::task::Workspace;
use mcp::exchange::{Client, Discovery, Notification, Outbox, Request, Service};
use mcp::message::{Json, RpcError};
use store::{Store, TenantStore};

use self::state::States;
use self::tasks::Tasks;
use crate::gateway::Gateway;
use crate::servers::Kind;

/// Answers MCP clients. Cheap to clone.
#[derive(Clone)]
pub struct Relay {
    gateway: Gateway,
    /// Tells when approvals are answered.
    store: Store,
    tenant: TenantStore,
    /// Where built-in tools work for clients, which have no task.
    workspace: Arc<Workspace>,
    states: Arc<States>,
    tasks: Arc<Tasks>,
}

/// JSON-RPC error codes of our own (the range that MCP leaves to implementations).
pub mod code {
    /// The policy refuses.
    pub const DENIED: i64 = -32010;
    /// A person has to say yes first.
    pub const APPROVAL_NEEDED: i64 = -32011;
    /// The result was withheld.
    pub const WITHHELD: i64 = -32012;
}

impl Relay {
    /// Clients of this tenant work in `workspace`. Whoever mounts the relay puts a [`crate::Principal`] into the
    /// extensions of each client.
    pub fn new(gateway: Gateway, store: Store, tenant: TenantStore, workspace: Workspace) -> Self {
        Self {
            gateway,
            store,
            tenant,
            workspace: Arc::new(workspace),
            states: Arc::default(),
            tasks: Arc::default(),
        }
    }
}

#[async_trait]
impl Service for Relay {
    async fn discover(&self, client: &Client) -> Result<Discovery, RpcError> {
        self.offered(client).await
    }

    async fn request(&self, request: Request, out: Outbox) -> Result<Json, RpcError> {
        match request.method.as_str() {
            "tools/list" => self.list_tools(request).await,
            "tools/call" => self.call_tool(request, out).await,
            "resources/list" => self.list(request, Kind::Resources).await,
            "resources/templates/list" => self.list(request, Kind::Templates).await,
            "resources/read" => self.read_resource(request, out).await,
            "prompts/list" => self.list(request, Kind::Prompts).await,
            "prompts/get" => self.get_prompt(request, out).await,
            "completion/complete" => self.complete(request, out).await,
            "subscriptions/listen" => self.listen(request, out).await,
            method if method.starts_with("tasks/") => self.task_request(request, out).await,
            _ => self.other(request, out).await,
        }
    }

    async fn notify(&self, client: Arc<Client>, notification: Notification) {
        self.pass_notification(client, notification).await;
    }

    async fn ended(&self, conversation: &str) {
        for slot in self.gateway.inner.servers.all().iter() {
            if let Some(server) = slot.mcp() {
                server.forget(conversation);
            }
        }
        self.gateway.forget_labels(&self.tenant, conversation);
        self.states.forget(conversation);
        self.tasks.forget(conversation);
    }
}
