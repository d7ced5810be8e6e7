//! Methods that nobody here knows, and notifications: to the server the client names, or the only one.

use std::sync::Arc;

use domain::CallId;
use domain::decision::{Point, Verdict};
use domain::digest::Digest;
use mcp::exchange::{Client, Notification, Outbox, Request};
use mcp::message::{Json, RpcError};

use super::Relay;
use super::errand::{Errand, as_request};
use super::members::Members;
use crate::ask::Matter;
use crate::call::Caller;
use crate::question::Subject;
use crate::servers::Slot;

/// `_meta` of a request: the server it is for.
const SERVER: &str = "bailiwick/server";

impl Relay {
    pub(super) async fn other(&self, mut request: Request, out: Outbox) -> Result<Json, RpcError> {
        let caller = self.caller(&request.client).await?;
        let params = request.params.take();
        let members = Members::of(params.as_deref())?;
        let Some(slot) = self.addressed(&members)? else {
            let error = RpcError::method_not_found(&request.method);
            return self.unknown(&caller, Point::McpRequest, &request.method, error).await;
        };
        let errand = Errand {
            slot,
            name: request.method.clone(),
            digest: Digest::of(&request.method),
            point: Point::McpRequest,
            result_point: None,
            arguments: as_request(&request.method, &members)?,
            resources: Default::default(),
        };
        self.run(&caller, errand, request, members, out).await
    }

    /// The server that `_meta` names; without that the only one there is.
    pub(super) fn addressed(&self, members: &Members<'_>) -> Result<Option<Arc<Slot>>, RpcError> {
        let meta = Members::of(members.get("_meta"))?;
        if let Some(name) = meta.text_if_there(SERVER)? {
            let slot = self.gateway.inner.servers.get(&name).filter(|slot| slot.mcp().is_some());
            return slot.map(Some).ok_or_else(|| {
                RpcError::invalid_params(format!(
                    "`_meta[\"{SERVER}\"]` names {}, which is no server here",
                    name.chars().take(100).collect::<String>()
                ))
            });
        }
        let slots = self.gateway.inner.servers.all();
        let mut servers = slots.iter().filter(|slot| slot.mcp().is_some());
        let only = servers.next().filter(|_| servers.next().is_none());
        Ok(only.cloned())
    }

    /// Records that a request led nowhere.
    pub(super) async fn unknown<T>(
        &self,
        caller: &Caller,
        point: Point,
        name: &str,
        error: RpcError,
    ) -> Result<T, RpcError> {
        let subject = Subject::unknown(name);
        let recorded =
            self.gateway.record_refusal(caller, point, subject, "gateway.no_server", &error.message).await;
        match recorded {
            Ok(()) => Err(error),
            Err(failure) => Err(super::caller::out_of_order(failure.into())),
        }
    }

    /// A notification is decided on like a request. Nobody can be asked about it and nobody hears of a refusal.
    pub(super) async fn pass_notification(&self, client: Arc<Client>, notification: Notification) {
        if let Err(error) = self.try_notification(&client, notification).await {
            tracing::debug!(%error, "a notification of a client was not passed on");
        }
    }

    async fn try_notification(&self, client: &Client, notification: Notification) -> Result<(), RpcError> {
        let caller = self.caller(client).await?;
        let members = Members::of(notification.params.as_deref())?;
        let Some(slot) = self.addressed(&members)? else { return Ok(()) };
        let Some(server) = slot.mcp() else { return Ok(()) };
        let arguments = as_request(&notification.method, &members)?;
        let arguments_digest = Digest::of(&arguments);
        let subject = Subject::other(&slot, &notification.method, Digest::of(&notification.method));
        let question = subject.question(Point::McpRequest, &caller, arguments, Default::default());
        let matter =
            Matter { question, call_id: CallId::new(), arguments_digest, approval: None, goes_on: None };
        let ruled = self.gateway.rule_on(&caller, matter).await.map_err(super::caller::out_of_order)?;
        if ruled.decision.verdict == Verdict::Allow {
            server.notify(client, notification).await;
        }
        Ok(())
    }
}
