//! An MCP server that does as it is told, and a relay in front of it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::PrincipalId;
use domain::server::ServerLimits;
use domain::tool::ServerKind;
use gateway::{Condition, Config, McpServer, Principal, Relay, ServerError, ServerFailure};
use mcp::exchange::{Client, Discovery, Inbox, Notification, Outbox, Request, Service};
use mcp::message::{Json, RpcError, code};
use mcp::version::Version;
use policy::Policy;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use crate::room::Room;

/// What the server does with the next request that is no list.
pub enum Say {
    /// As it stands here.
    Raw(&'static str),
    Value(Value),
    /// First these notifications.
    After(Vec<(&'static str, Value)>, Value),
    Error(RpcError),
    Hang,
}

pub struct Peer {
    name: &'static str,
    lists: Mutex<Value>,
    revision: AtomicU64,
    pub list_ms_max: u64,
    pub says: Mutex<VecDeque<Say>>,
    /// Method and params as they came, lists left out.
    pub heard: Mutex<Vec<(String, String)>>,
    /// How often a list was asked for.
    pub listed: AtomicU64,
    pub lists_hang: Mutex<bool>,
    events: broadcast::Sender<Notification>,
    pub notified: Mutex<Vec<String>>,
}

impl Peer {
    /// `lists` has the members `tools`, `resources`, `resourceTemplates` and `prompts`, as far as it has such.
    pub fn new(name: &'static str, lists: Value) -> Arc<Self> {
        Arc::new(Self {
            name,
            lists: Mutex::new(lists),
            revision: AtomicU64::new(0),
            list_ms_max: 200,
            says: Mutex::default(),
            heard: Mutex::default(),
            listed: AtomicU64::new(0),
            lists_hang: Mutex::default(),
            events: broadcast::Sender::new(16),
            notified: Mutex::default(),
        })
    }

    pub fn say(&self, say: Say) {
        self.says.lock().unwrap().push_back(say);
    }

    /// Changes what it lists and says so.
    pub fn change(&self, change: impl FnOnce(&mut Value)) {
        change(&mut self.lists.lock().unwrap());
        self.revision.fetch_add(1, Ordering::SeqCst);
        let method = "notifications/tools/list_changed".to_owned();
        let _ = self.events.send(Notification { method, params: None });
    }

    pub fn heard(&self) -> Vec<(String, Value)> {
        let heard = self.heard.lock().unwrap();
        heard.iter().map(|(method, params)| (method.clone(), serde_json::from_str(params).unwrap())).collect()
    }
}

#[async_trait]
impl McpServer for Peer {
    fn name(&self) -> &str {
        self.name
    }
    fn kind(&self) -> ServerKind {
        ServerKind::Http
    }
    fn limits(&self) -> ServerLimits {
        ServerLimits { list_ms_max: self.list_ms_max, list_entries_max: 1_000, ..ServerLimits::default() }
    }
    fn revision(&self) -> u64 {
        self.revision.load(Ordering::SeqCst)
    }
    async fn discovery(&self, _: &str) -> Result<Arc<Discovery>, ServerFailure> {
        let lists = self.lists.lock().unwrap();
        let mut capabilities = json!({"completions": {}});
        for (list, capability) in [
            ("tools", "tools"),
            ("resources", "resources"),
            ("resourceTemplates", "resources"),
            ("prompts", "prompts"),
        ] {
            if lists.get(list).is_some() {
                capabilities[capability] = json!({"listChanged": true, "subscribe": true});
            }
        }
        Ok(Arc::new(Discovery { result: json!({"capabilities": capabilities}) }))
    }
    async fn request(&self, request: Request, out: Outbox) -> Result<Json, ServerFailure> {
        let params = request.params.as_ref().map_or("{}", |params| params.get()).to_owned();
        if request.method.ends_with("/list") && !request.method.starts_with("x/") {
            self.listed.fetch_add(1, Ordering::SeqCst);
            let hang = *self.lists_hang.lock().unwrap();
            if hang {
                std::future::pending::<()>().await;
            }
            return self.page(&request.method, &params);
        }
        if request.method == "subscriptions/listen" {
            let uri =
                serde_json::from_str::<Value>(&params).unwrap()["notifications"]["resourceSubscriptions"][0]
                    .clone();
            self.heard.lock().unwrap().push((request.method, params));
            let params = Some(raw(json!({"uri": uri})));
            out.send(Notification { method: "notifications/resources/updated".into(), params }).await;
            return std::future::pending().await;
        }
        self.heard.lock().unwrap().push((request.method, params));
        let say = self.says.lock().unwrap().pop_front();
        match say {
            None => Ok(raw(json!({"resultType": "complete", "content": [{"type": "text", "text": "done"}]}))),
            Some(Say::Raw(text)) => Ok(RawValue::from_string(text.into()).unwrap()),
            Some(Say::Value(value)) => Ok(raw(value)),
            Some(Say::After(notifications, value)) => {
                for (method, params) in notifications {
                    out.send(Notification { method: method.into(), params: Some(raw(params)) }).await;
                }
                Ok(raw(value))
            }
            Some(Say::Error(error)) => Err(ServerFailure::Rpc(error)),
            Some(Say::Hang) => std::future::pending().await,
        }
    }
    async fn notify(&self, _: &Client, notification: Notification) {
        self.notified.lock().unwrap().push(notification.method);
    }
    fn events(&self) -> broadcast::Receiver<Notification> {
        self.events.subscribe()
    }
    fn condition(&self) -> Condition {
        Condition::default()
    }
    async fn close(&self) {}
    fn forget(&self, _: &str) {}
}

impl Peer {
    /// Two entries a page.
    fn page(&self, method: &str, params: &str) -> Result<Json, ServerFailure> {
        let member = match method {
            "tools/list" => "tools",
            "resources/list" => "resources",
            "resources/templates/list" => "resourceTemplates",
            "prompts/list" => "prompts",
            _ => return Err(ServerFailure::Rpc(RpcError::method_not_found(method))),
        };
        let lists = self.lists.lock().unwrap();
        let Some(all) = lists.get(member).and_then(Value::as_array) else {
            return Err(ServerFailure::Rpc(RpcError::new(code::METHOD_NOT_FOUND, "no such list")));
        };
        let params: Value = serde_json::from_str(params).map_err(|error| ServerError(error.to_string()))?;
        let start = params["cursor"].as_str().map_or(0, |cursor| cursor.parse::<usize>().unwrap());
        let end = (start + 2).min(all.len());
        let mut page = json!({member: all[start..end], "resultType": "complete"});
        if end < all.len() {
            page["nextCursor"] = json!(end.to_string());
        }
        Ok(raw(page))
    }
}

pub fn raw(value: Value) -> Json {
    serde_json::value::to_raw_value(&value).unwrap()
}

pub fn tool(name: &str, description: &str) -> Value {
    json!({
        "name": name, "description": description, "x-unknown": [1.0, {"a": null}],
        "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}},
    })
}

/// A relay with these servers behind it, their tools approved.
pub struct House {
    pub room: Room,
    pub relay: Relay,
}

impl House {
    pub async fn new(policy: Policy, peers: &[&Arc<Peer>]) -> Self {
        Self::with(policy, peers, Config { approval_wait_seconds_max: 1, ..Config::default() }).await
    }

    pub async fn with(policy: Policy, peers: &[&Arc<Peer>], config: Config) -> Self {
        let house = Self::unapproved(policy, peers, config).await;
        for peer in peers {
            let tenant = &house.room.caller.tenant;
            house.room.gateway.approve_tools(tenant, peer.name, &[], "test").await.unwrap();
        }
        house
    }

    pub async fn unapproved(policy: Policy, peers: &[&Arc<Peer>], config: Config) -> Self {
        let room = Room::with_config(policy, vec![], config).await;
        for peer in peers {
            room.gateway.add_server((*peer).clone()).unwrap();
        }
        let store = room.store.clone().unwrap();
        let relay = Relay::new(
            room.gateway.clone(),
            store,
            room.caller.tenant.clone(),
            room.caller.workspace.clone(),
        );
        Self { room, relay }
    }

    pub async fn ask(&self, method: &str, params: Value) -> Result<Value, RpcError> {
        self.ask_as(&client("one"), method, &params.to_string()).await
    }

    pub async fn ask_as(&self, client: &Arc<Client>, method: &str, params: &str) -> Result<Value, RpcError> {
        let answer = self.ask_raw(client, method, params).await?;
        Ok(serde_json::from_str(&answer).unwrap())
    }

    pub async fn ask_raw(
        &self,
        client: &Arc<Client>,
        method: &str,
        params: &str,
    ) -> Result<String, RpcError> {
        let (answer, _notes) = self.ask_with_notes(client, method, params).await;
        answer
    }

    pub async fn ask_with_notes(
        &self,
        client: &Arc<Client>,
        method: &str,
        params: &str,
    ) -> (Result<String, RpcError>, Vec<Notification>) {
        let (out, mut inbox) = Outbox::new();
        let answer = self.relay.request(request(client, method, params), out);
        let answer =
            tokio::time::timeout(Duration::from_secs(60), answer).await.expect("an answer in a minute");
        let mut notes = Vec::new();
        while let Ok(note) = inbox.try_recv() {
            notes.push(note);
        }
        (answer.map(|answer| answer.get().to_owned()), notes)
    }

    /// A request that goes on while something else is done.
    pub fn begin(
        &self,
        client: &Arc<Client>,
        method: &str,
        params: Value,
    ) -> (tokio::task::JoinHandle<Result<Json, RpcError>>, Inbox) {
        let (out, inbox) = Outbox::new();
        let (relay, request) = (self.relay.clone(), request(client, method, &params.to_string()));
        (tokio::spawn(async move { relay.request(request, out).await }), inbox)
    }

    /// Text of the first block of a call's result.
    pub async fn call(&self, name: &str, arguments: Value) -> (bool, String) {
        let result = self.ask("tools/call", json!({"name": name, "arguments": arguments})).await.unwrap();
        said(&result)
    }

    pub async fn names(&self, method: &str, member: &str, key: &str) -> Vec<String> {
        let result = self.ask(method, json!({})).await.unwrap();
        let entries = result[member].as_array().unwrap();
        entries.iter().map(|entry| entry[key].as_str().unwrap().to_owned()).collect()
    }
}

/// Whether it is an error, and the first text.
pub fn said(result: &Value) -> (bool, String) {
    let text = result["content"][0]["text"].as_str().unwrap_or_default().to_owned();
    (result["isError"] == true, text)
}

fn request(client: &Arc<Client>, method: &str, params: &str) -> Request {
    let params = Some(RawValue::from_string(params.to_owned()).unwrap());
    Request { method: method.into(), params, client: client.clone() }
}

pub fn client(conversation: &str) -> Arc<Client> {
    let mut extensions = http::Extensions::new();
    extensions.insert(Principal {
        id: PrincipalId::LOCAL_USER,
        kind: "mcp_client".into(),
        roles: vec!["owner".into()],
        label: "a program".into(),
    });
    Arc::new(Client {
        version: Version::LATEST,
        info: json!({"name": "test"}),
        capabilities: json!({}),
        conversation: conversation.into(),
        extensions,
    })
}
