//! `subscriptions/listen`: what changes here, and what servers say of the resources a client watches.

use std::collections::HashMap;
use std::sync::Arc;

use domain::CallId;
use domain::decision::{Point, Verdict};
use domain::digest::Digest;
use futures::StreamExt;
use futures::stream::{BoxStream, FuturesUnordered, SelectAll};
use mcp::exchange::{Client, Inbox, Notification, Outbox, Request};
use mcp::message::{Json, RpcError, json};
use serde_json::{Value, json as value};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::Relay;
use super::caller::out_of_order;
use super::errand::{as_request, denied};
use super::members::Members;
use super::resources::digest;
use crate::ask::Matter;
use crate::call::Caller;
use crate::detect::Chosen;
use crate::explain::explain;
use crate::notes::clean;
use crate::question::Subject;
use crate::servers::{Kind, ListChanged, Slot};

/// What a client watches at one server: the URI there to the URI here.
type Watched = HashMap<String, String>;

const UPDATED: &str = "notifications/resources/updated";

impl Relay {
    /// Runs until it is dropped or nobody reads any more.
    pub(super) async fn listen(&self, request: Request, out: Outbox) -> Result<Json, RpcError> {
        let caller = self.caller(&request.client).await?;
        let members = Members::of(request.params.as_deref())?;
        let arguments = as_request(&request.method, &members)?;
        let wanted = |member: &str| -> Vec<String> {
            let list =
                arguments.pointer(&format!("/params/notifications/{member}")).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let (uris, tasks) = (wanted("resourceSubscriptions"), wanted("taskIds"));
        let subject = Subject::gateway(&request.method);
        self.allow(&caller, Point::McpRequest, subject, arguments.clone(), Default::default()).await?;
        let watched = self.watched(&caller, &uris).await?;

        // Before anything is told: no change can be missed.
        let mut changes = self.gateway.inner.servers.changes();
        let mut inboxes = SelectAll::new();
        let mut listening = FuturesUnordered::new();
        for (slot, uris) in watched {
            let filter = value!({"resourceSubscriptions": uris.keys().collect::<Vec<_>>()});
            let (future, inbox) = self.at_server(&slot, filter, request.client.clone())?;
            listening.push(future);
            inboxes.push(stream(inbox, uris));
        }
        for (slot, tasks) in self.task_servers(&request.client, &tasks) {
            let (future, inbox) =
                self.at_server(&slot, value!({"taskIds": tasks}), request.client.clone())?;
            listening.push(future);
            inboxes.push(stream(inbox, Watched::new()));
        }
        let mut events = self.events();
        let scrubber = self.gateway.scrubber();
        loop {
            tokio::select! {
                () = out.gone() => break,
                changed = changes.recv() => match changed {
                    Ok(ListChanged(kind)) => { out.send(list_changed(kind)).await; }
                    Err(RecvError::Lagged(_)) => {
                        for kind in [Kind::Tools, Kind::Resources, Kind::Prompts] {
                            out.send(list_changed(kind)).await;
                        }
                    }
                    Err(RecvError::Closed) => break,
                },
                // A server says that a list of its changed: it is read anew, and told of when something differs.
                Some((slot, kind)) = events.next(), if !events.is_empty() => {
                    self.gateway.inner.servers.settle_one(&slot, kind).await;
                }
                Some(notification) = inboxes.next(), if !inboxes.is_empty() => {
                    if let Some(notification) = clean(notification, &Chosen::default(), scrubber.as_ref()) {
                        out.send(notification).await;
                    }
                }
                Some(()) = listening.next(), if !listening.is_empty() => {}
            }
        }
        json(&value!({"resultType": "complete"}))
    }

    /// Asks the policy; nobody is asked about a subscription.
    async fn allow(
        &self,
        caller: &Caller,
        point: Point,
        subject: Subject,
        arguments: Value,
        resources: policy::Resources,
    ) -> Result<(), RpcError> {
        let (server, name) = (subject.server.name.clone(), subject.tool.name.clone());
        let arguments_digest = Digest::of(&arguments);
        let question = subject.question(point, caller, arguments, resources);
        let matter =
            Matter { question, call_id: CallId::new(), arguments_digest, approval: None, goes_on: None };
        let ruled = self.gateway.rule_on(caller, matter).await.map_err(out_of_order)?;
        match ruled.decision.verdict {
            Verdict::Allow => Ok(()),
            Verdict::Ask | Verdict::Deny => {
                Err(denied(explain(&ruled.decision, &server, &name), &ruled.decision))
            }
        }
    }

    /// The servers of the resources a client wants to watch. Watching needs the leave that reading needs.
    async fn watched(&self, caller: &Caller, uris: &[String]) -> Result<Vec<(Arc<Slot>, Watched)>, RpcError> {
        let mut watched: Vec<(Arc<Slot>, Watched)> = Vec::new();
        for uri in uris {
            let route = self.resource(uri).await?;
            let subject = Subject::other(&route.slot, &route.name, digest(route.item.as_deref()));
            let resources = self.named_by(&route.name);
            let arguments = value!({"uri": route.name, "subscribe": true});
            self.allow(caller, Point::ResourceRead, subject, arguments, resources).await?;
            match watched.iter_mut().find(|(slot, _)| Arc::ptr_eq(slot, &route.slot)) {
                Some((_, uris)) => {
                    uris.insert(route.name, uri.clone());
                }
                None => watched.push((route.slot, HashMap::from([(route.name, uri.clone())]))),
            }
        }
        Ok(watched)
    }

    /// A subscription at one server, running as long as the future is polled.
    fn at_server(
        &self,
        slot: &Arc<Slot>,
        filter: Value,
        client: Arc<Client>,
    ) -> Result<(impl Future<Output = ()> + Send + use<>, Inbox), RpcError> {
        let (out, inbox) = Outbox::new();
        let params = Some(json(&value!({"notifications": filter}))?);
        let request = Request { method: "subscriptions/listen".into(), params, client };
        let slot = slot.clone();
        let listening = async move {
            if let Some(server) = slot.mcp()
                && let Err(error) = server.request(request, out).await
            {
                tracing::warn!(server = slot.name, %error, "a subscription ended");
            }
        };
        Ok((listening, inbox))
    }

    /// Lists that servers say have changed.
    fn events(&self) -> SelectAll<BoxStream<'static, (Arc<Slot>, Kind)>> {
        let slots = self.gateway.inner.servers.all();
        let streams = slots.iter().filter_map(|slot| {
            let events = slot.mcp()?.events();
            Some(futures::stream::unfold((events, slot.clone()), next_change).boxed())
        });
        futures::stream::select_all(streams)
    }
}

async fn next_change(
    (mut events, slot): (Receiver<Notification>, Arc<Slot>),
) -> Option<((Arc<Slot>, Kind), (Receiver<Notification>, Arc<Slot>))> {
    loop {
        let kind = match events.recv().await {
            Ok(notification) => kind_of(&notification.method),
            Err(RecvError::Lagged(_)) => Some(Kind::Tools),
            Err(RecvError::Closed) => return None,
        };
        if let Some(kind) = kind {
            return Some(((slot.clone(), kind), (events, slot)));
        }
    }
}

/// The list that a notification is about.
pub(crate) fn kind_of(method: &str) -> Option<Kind> {
    match method {
        "notifications/tools/list_changed" => Some(Kind::Tools),
        "notifications/resources/list_changed" => Some(Kind::Resources),
        "notifications/prompts/list_changed" => Some(Kind::Prompts),
        _ => None,
    }
}

fn list_changed(kind: Kind) -> Notification {
    let method = match kind {
        Kind::Tools => "notifications/tools/list_changed",
        Kind::Resources | Kind::Templates => "notifications/resources/list_changed",
        Kind::Prompts => "notifications/prompts/list_changed",
    };
    Notification { method: method.into(), params: None }
}

/// What a server says to a subscription, under the names that the client knows. Its own acknowledgment is its affair.
fn stream(inbox: Inbox, watched: Watched) -> BoxStream<'static, Notification> {
    let next = async |mut inbox: Inbox| inbox.recv().await.map(|notification| (notification, inbox));
    futures::stream::unfold(inbox, next)
        .filter_map(move |notification| {
            let told = translated(notification, &watched);
            async move { told }
        })
        .boxed()
}

fn translated(notification: Notification, watched: &Watched) -> Option<Notification> {
    match notification.method.as_str() {
        "notifications/subscriptions/acknowledged" => None,
        UPDATED => {
            let mut members = Members::of(notification.params.as_deref()).ok()?;
            let uri = members.text("uri").ok()?;
            if let Some(here) = watched.get(&uri).filter(|here| **here != uri) {
                members.set("uri", json(here).ok()?);
            }
            members.remove("_meta");
            Some(Notification { method: UPDATED.into(), params: members.write().ok() })
        }
        "notifications/tasks" => Some(notification),
        _ => None,
    }
}
