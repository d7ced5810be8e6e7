//! `subscriptions/listen` for servers of the older era, which tell everybody about lists and know subscriptions to
//! single resources.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

use super::UpstreamError;
use super::link::{Fault, Link, Outgoing};
use super::mailbox::Facts;
use super::meta;
use super::params::Members;
use crate::exchange::{Client, Notification, Outbox};
use crate::message::{Json, RpcError, json as to_json};
use crate::version::Version;

/// Resources one subscription may name.
const RESOURCES_MAX: usize = 1_000;

#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
struct Filter {
    #[serde(skip_serializing_if = "is_false")]
    tools_list_changed: bool,
    #[serde(skip_serializing_if = "is_false")]
    prompts_list_changed: bool,
    #[serde(skip_serializing_if = "is_false")]
    resources_list_changed: bool,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    resource_subscriptions: BTreeSet<String>,
}

/// Runs until nobody listens any more, or the connection ends.
pub(crate) async fn listen(link: &Arc<Link>, params: &Members<'_>, out: &Outbox) -> Result<Json, Fault> {
    let mut filter: Filter = match params.get("notifications") {
        Some(filter) => serde_json::from_str(filter.get())
            .map_err(|error| RpcError::invalid_params(format!("`notifications` cannot be read: {error}")))?,
        None => Filter::default(),
    };
    if filter.resource_subscriptions.len() > RESOURCES_MAX {
        let why = format!("a subscription names at most {RESOURCES_MAX} resources");
        return Err(RpcError::invalid_params(why).into());
    }
    filter.reduce(link);
    let mut events = link.hub.events.subscribe();
    let mut held = Held { link, uris: Vec::new() };
    for uri in filter.resource_subscriptions.clone() {
        if !held.subscribe(&uri).await? {
            filter.resource_subscriptions.remove(&uri);
        }
    }
    let acknowledged = Notification {
        method: "notifications/subscriptions/acknowledged".to_owned(),
        params: Some(to_json(&json!({ "notifications": filter }))?),
    };
    if !out.send(acknowledged).await {
        return Ok(over());
    }
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            () = out.gone() => return Ok(over()),
            () = link.hub.ended() => {
                return Err(link.hub.over().unwrap_or_else(|| UpstreamError::unavailable("it was closed")).into());
            }
        };
        match event {
            Ok(event) if filter.wants(&event) => {
                if !out.send(event).await {
                    return Ok(over());
                }
            }
            // Something was missed: whoever listens is told that everything may have changed.
            Err(RecvError::Lagged(_)) => {
                for event in filter.everything() {
                    out.send(event).await;
                }
            }
            Ok(_) => {}
            Err(RecvError::Closed) => return Ok(over()),
        }
    }
}

fn over() -> Json {
    meta::raw(r#"{"resultType":"complete"}"#.to_owned())
}

impl Filter {
    /// Leaves what the server said it can.
    fn reduce(&mut self, link: &Link) {
        let null = serde_json::Value::Null;
        let capabilities = link.discovery().map_or(&null, |discovery| &discovery.result["capabilities"]);
        self.tools_list_changed &= capabilities["tools"]["listChanged"] == true;
        self.prompts_list_changed &= capabilities["prompts"]["listChanged"] == true;
        self.resources_list_changed &= capabilities["resources"]["listChanged"] == true;
        if capabilities["resources"]["subscribe"] != true {
            self.resource_subscriptions.clear();
        }
    }

    fn wants(&self, event: &Notification) -> bool {
        match event.method.as_str() {
            "notifications/tools/list_changed" => self.tools_list_changed,
            "notifications/prompts/list_changed" => self.prompts_list_changed,
            "notifications/resources/list_changed" => self.resources_list_changed,
            "notifications/resources/updated" => Members::read(event.params.as_deref(), "params")
                .ok()
                .and_then(|params| params.text("uri"))
                .is_some_and(|uri| self.resource_subscriptions.contains(&uri)),
            _ => false,
        }
    }

    fn everything(&self) -> Vec<Notification> {
        let lists = [
            ("notifications/tools/list_changed", self.tools_list_changed),
            ("notifications/prompts/list_changed", self.prompts_list_changed),
            ("notifications/resources/list_changed", self.resources_list_changed),
        ];
        let lists = lists
            .into_iter()
            .filter(|(_, wanted)| *wanted)
            .map(|(method, _)| Notification { method: method.to_owned(), params: None });
        let resources = self.resource_subscriptions.iter().map(|uri| Notification {
            method: "notifications/resources/updated".to_owned(),
            params: to_json(&json!({ "uri": uri })).ok(),
        });
        lists.chain(resources).collect()
    }
}

/// Subscriptions to resources, given back when nobody wants them any more.
struct Held<'a> {
    link: &'a Arc<Link>,
    uris: Vec<String>,
}

impl Held<'_> {
    /// False when the server does not want to.
    async fn subscribe(&mut self, uri: &str) -> Result<bool, Fault> {
        let first = {
            let mut subscribed = self.link.subscribed.lock().unwrap_or_else(PoisonError::into_inner);
            let wanted = subscribed.entry(uri.to_owned()).or_default();
            *wanted += 1;
            *wanted == 1
        };
        self.uris.push(uri.to_owned());
        if !first {
            return Ok(true);
        }
        match tell(self.link, "resources/subscribe", uri).await {
            Ok(()) => Ok(true),
            Err(Fault::Error(UpstreamError::Rpc(_))) => Ok(false),
            Err(fault) => Err(fault),
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut unwanted = Vec::new();
        {
            let mut subscribed = self.link.subscribed.lock().unwrap_or_else(PoisonError::into_inner);
            for uri in self.uris.drain(..) {
                if let Some(wanted) = subscribed.get_mut(&uri) {
                    *wanted -= 1;
                    if *wanted == 0 {
                        subscribed.remove(&uri);
                        unwanted.push(uri);
                    }
                }
            }
        }
        if unwanted.is_empty() || self.link.hub.over().is_some() {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let link = self.link.clone();
            runtime.spawn(async move {
                for uri in unwanted {
                    let patience = std::time::Duration::from_secs(5);
                    let _ = tokio::time::timeout(patience, tell(&link, "resources/unsubscribe", &uri)).await;
                }
            });
        }
    }
}

async fn tell(link: &Arc<Link>, method: &str, uri: &str) -> Result<(), Fault> {
    let nobody = Arc::new(Client {
        version: Version::LATEST,
        info: meta::OUR_INFO.clone(),
        capabilities: json!({}),
        conversation: String::new(),
        extensions: http::Extensions::new(),
    });
    let outgoing = Outgoing {
        id: link.hub.next_id(),
        method,
        params: Some(to_json(&json!({ "uri": uri }))?),
        headers: HeaderMap::new(),
        facts: Facts { subscription: true, ..Facts::plain(&nobody) },
    };
    link.call(outgoing).await?.result().await?;
    Ok(())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}
