//! `subscriptions/listen`: acknowledged with what is honoured, and nothing sent that was not asked for.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::{SUBSCRIPTION_ID, code};
use crate::exchange::{Client, Notification, Service};
use crate::message::{Json, RpcError};
use crate::serve::Options;
use crate::serve::incoming::{Call, text};
use crate::serve::members::Members;
use crate::serve::reply;

/// A switch of the filter, the notification it stands for, and the capability that has it.
const SWITCHES: [(&str, &str, &str); 3] = [
    ("toolsListChanged", "notifications/tools/list_changed", "/tools/listChanged"),
    ("promptsListChanged", "notifications/prompts/list_changed", "/prompts/listChanged"),
    ("resourcesListChanged", "notifications/resources/list_changed", "/resources/listChanged"),
];
const RESOURCES: &str = "resourceSubscriptions";
const UPDATED: &str = "notifications/resources/updated";
const TASKS: &str = "taskIds";

pub(super) struct Listen {
    id: Json,
    methods: HashSet<&'static str>,
    uris: HashSet<String>,
    acknowledgment: Option<String>,
}

impl Listen {
    /// Honours what is asked for as far as the service says that it has it.
    pub(super) async fn open(
        service: &Arc<dyn Service>,
        call: &Call,
        client: &Client,
        options: &Options,
    ) -> Result<Self, RpcError> {
        let wanted = wanted(call)?;
        let offered = service.discover(client).await?.result;
        let has = |pointer: &str| {
            offered["capabilities"].pointer(pointer).is_some_and(|value| value == &Value::Bool(true))
        };
        let mut honoured = Map::new();
        let mut methods = HashSet::new();
        for (name, method, capability) in SWITCHES {
            if wanted.get(name) == Some(&Value::Bool(true)) && has(capability) {
                honoured.insert(name.into(), true.into());
                methods.insert(method);
            }
        }
        let mut uris = HashSet::new();
        if let Some(list) =
            wanted.get(RESOURCES).and_then(Value::as_array).filter(|_| has("/resources/subscribe"))
        {
            if list.len() > options.subscriptions_max {
                let max = options.subscriptions_max;
                let text = format!("more than {max} resources; `[clients] subscriptions_max` raises it");
                return Err(RpcError::new(code::LIMIT, text));
            }
            uris = list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            honoured.insert(RESOURCES.into(), list.clone().into());
        }
        let has_tasks = offered["capabilities"]["extensions"].get("io.modelcontextprotocol/tasks").is_some();
        if let Some(tasks) = wanted.get(TASKS).filter(|_| has_tasks) {
            honoured.insert(TASKS.into(), tasks.clone());
            methods.insert("notifications/tasks");
        }
        let params = json!({"notifications": honoured});
        let acknowledged = Notification {
            method: "notifications/subscriptions/acknowledged".into(),
            params: Some(crate::message::json(&params)?),
        };
        let mut listen = Self { id: call.id.clone(), methods, uris, acknowledgment: None };
        listen.acknowledgment = listen.tagged(&acknowledged);
        Ok(listen)
    }

    /// The first message; only once.
    pub(super) fn acknowledgment(&mut self) -> Option<String> {
        self.acknowledgment.take()
    }

    /// The notification as this subscriber gets it; none when it was not asked for.
    pub(super) fn message(&self, notification: &Notification) -> Option<String> {
        let wanted = match notification.method.as_str() {
            UPDATED => {
                let members = Members::of(notification.params.as_deref()).ok()?;
                text(members.get("uri")).is_some_and(|uri| self.uris.contains(uri.as_ref()))
            }
            method => self.methods.contains(method),
        };
        if wanted { self.tagged(notification) } else { None }
    }

    /// The response with which the service ends the subscription by itself.
    pub(super) fn ended(&self, result: &RawValue) -> Result<Json, RpcError> {
        let mut members = Members::of(Some(result))?;
        let meta = self.meta(members.get("_meta"))?;
        members.set("_meta", meta);
        Ok(members.write())
    }

    fn tagged(&self, notification: &Notification) -> Option<String> {
        let mut members = Members::of(notification.params.as_deref()).ok()?;
        let meta = self.meta(members.get("_meta")).ok()?;
        members.set("_meta", meta);
        Some(reply::notification(&Notification {
            method: notification.method.clone(),
            params: Some(members.write()),
        }))
    }

    /// `_meta` with the id of the request that opened the subscription, as the client wrote it.
    fn meta(&self, meta: Option<&RawValue>) -> Result<Json, RpcError> {
        let mut meta = Members::of(meta)?;
        meta.set(SUBSCRIPTION_ID, self.id.clone());
        Ok(meta.write())
    }
}

fn wanted(call: &Call) -> Result<Map<String, Value>, RpcError> {
    let members = Members::of(call.params.as_deref())?;
    let filter = members.get("notifications").and_then(|filter| serde_json::from_str(filter.get()).ok());
    filter.ok_or_else(|| RpcError::invalid_params("`notifications` (an object) says what to listen to"))
}
