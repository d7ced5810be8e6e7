//! A service that remembers what it was asked, and a client without manners.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use futures::StreamExt;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use mcp::exchange::{Client, Discovery, Notification, Outbox, Service};
use mcp::message::{Json, RpcError};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tower::ServiceExt;

pub const VERSION: &str = "2026-07-28";

/// Remembers, and does what the method says: `probe/echo`, `probe/hang`, `probe/many`, `probe/ask`, `probe/error`.
#[derive(Default)]
pub struct Probe {
    pub ended: Mutex<Vec<String>>,
    pub asked: Mutex<Vec<Asked>>,
    pub told: Mutex<Vec<String>>,
    /// Requests that run now, subscriptions among them.
    pub running: Arc<AtomicUsize>,
}

pub struct Asked {
    pub method: String,
    pub params: String,
    pub client: Arc<Client>,
}

pub struct Guard(Arc<AtomicUsize>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

pub fn raw(text: impl Into<String>) -> Json {
    RawValue::from_string(text.into()).unwrap()
}

#[async_trait]
impl Service for Probe {
    async fn discover(&self, _: &Client) -> Result<Discovery, RpcError> {
        Ok(Discovery {
            result: json!({
                "capabilities": {"tools": {"listChanged": true}, "resources": {"subscribe": true}, "x/own": {"kept": 1}},
                "instructions": "be kind",
                "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "probe", "version": "1", "extra": true}},
            }),
        })
    }

    async fn request(&self, request: mcp::exchange::Request, out: Outbox) -> Result<Json, RpcError> {
        self.running.fetch_add(1, Ordering::SeqCst);
        let _guard = Guard(Arc::clone(&self.running));
        let params = request.params.as_ref().map(|params| params.get().to_owned()).unwrap_or_default();
        let parsed: Value = serde_json::from_str(&params).unwrap_or_default();
        let asked = Asked { method: request.method.clone(), params: params.clone(), client: request.client };
        self.asked.lock().unwrap().push(asked);
        let told =
            |text: String| Notification { method: "notifications/progress".into(), params: Some(raw(text)) };
        match request.method.as_str() {
            "probe/echo" => Ok(raw(format!(r#"{{"resultType":"complete","was": {params} , "n":1.0}}"#))),
            "probe/pretty" => Ok(raw("{\n  \"resultType\": \"complete\",\r\n  \"text\": \"a\\nb\"\n}")),
            "probe/large" => Ok(raw(format!(r#"{{"text":"{}"}}"#, "x".repeat(1 << 20)))),
            "probe/error" => Err(RpcError { code: parsed["code"].as_i64().unwrap(), message: "no".into(), data: Some(json!([1])) }),
            "probe/many" => {
                for n in 0..parsed["n"].as_u64().unwrap() {
                    out.send(told(format!(r#"{{"progressToken":1,"progress":{n}}}"#))).await;
                    tokio::time::sleep(Duration::from_millis(parsed["pause"].as_u64().unwrap_or(0))).await;
                }
                Ok(raw(r#"{"resultType":"complete","done":true}"#))
            }
            "probe/ask" => match parsed.get("inputResponses") {
                Some(responses) => Ok(raw(json!({"resultType": "complete", "state": parsed["requestState"], "got": responses}).to_string())),
                None => Ok(raw(json!({"resultType": "input_required", "requestState": "s", "inputRequests": parsed["ask"]}).to_string())),
            },
            "probe/hang" => {
                if parsed["loud"] == true {
                    out.send(told(r#"{"progressToken":1,"progress":0}"#.into())).await;
                }
                std::future::pending().await
            }
            "tools/call" if parsed["name"] == "task" => {
                let has_tasks = has_tasks(&self.asked.lock().unwrap().last().unwrap().client);
                let kind = if has_tasks { "task" } else { "complete" };
                Ok(raw(json!({"resultType": kind, "taskId": "t", "status": "working", "ttlMs": 9}).to_string()))
            }
            "tasks/get" => Ok(raw(self.task().to_string())),
            "tasks/update" | "tasks/cancel" => Ok(raw(json!({"resultType": "complete"}).to_string())),
            "subscriptions/listen" => {
                for (method, params) in [
                    ("notifications/prompts/list_changed", None),
                    ("notifications/tools/list_changed", Some(r#"{"_meta":{"own":1},"x":2}"#)),
                    ("notifications/resources/updated", Some(r#"{"uri":"b://c"}"#)),
                    ("notifications/resources/updated", Some(r#"{"uri":"a://b"}"#)),
                ] {
                    out.send(Notification { method: method.into(), params: params.map(raw) }).await;
                }
                out.gone().await;
                Ok(raw("{}"))
            }
            method => Err(RpcError::method_not_found(method)),
        }
    }

    async fn notify(&self, _: Arc<Client>, notification: Notification) {
        self.told.lock().unwrap().push(notification.method);
    }

    async fn ended(&self, conversation: &str) {
        self.ended.lock().unwrap().push(conversation.to_owned());
    }
}

fn has_tasks(client: &Client) -> bool {
    client.capabilities["extensions"].get("io.modelcontextprotocol/tasks").is_some()
}

impl Probe {
    /// Works until it was looked at twice, then asks, then is done.
    fn task(&self) -> Value {
        let asked = self.asked.lock().unwrap();
        let looks = asked.iter().filter(|asked| asked.method == "tasks/get").count();
        let update = asked.iter().find(|asked| asked.method == "tasks/update");
        let update = update.map(|update| serde_json::from_str::<Value>(&update.params).unwrap());
        let mut task = json!({"resultType": "complete", "taskId": "t", "ttlMs": 9, "pollIntervalMs": 100, "status": "working"});
        match update {
            Some(update) => {
                task["status"] = "completed".into();
                task["result"] =
                    json!({"resultType": "complete", "content": [], "got": update["inputResponses"]});
            }
            None if looks > 2 => {
                task["status"] = "input_required".into();
                task["inputRequests"] = json!({"k": {"method": "roots/list"}});
            }
            None => {}
        }
        task
    }

    pub fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }
}

/// Waits for something that has to come, as long as a busy machine may need.
pub async fn eventually(what: &str, mut is: impl FnMut() -> bool) {
    for _ in 0..1_000 {
        if is() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.body))
    }

    pub fn code(&self) -> i64 {
        self.json()["error"]["code"]
            .as_i64()
            .unwrap_or_else(|| panic!("no error: {} {}", self.status, self.body))
    }

    /// The messages of a stream.
    pub fn events(&self) -> Vec<Value> {
        let data =
            self.body.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| !data.is_empty());
        data.map(|data| serde_json::from_str(data).unwrap()).collect()
    }
}

pub fn request(method: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri("/mcp");
    let defaults = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
    for (name, value) in
        defaults.iter().filter(|(name, _)| headers.iter().all(|(other, _)| other != name)).chain(headers)
    {
        request = request.header(*name, *value);
    }
    request.body(body.into()).unwrap()
}

pub async fn send(app: &Router, request: Request<Body>) -> Answer {
    let response = app.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(bytes.to_vec()).unwrap() }
}

pub async fn post(app: &Router, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    send(app, request("POST", headers, body)).await
}

/// Sends and reads the stream only as far as it is asked.
pub async fn stream(app: &Router, request: Request<Body>) -> Stream {
    let response = app.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    Stream { body: response.into_body().into_data_stream(), text: String::new() }
}

pub struct Stream {
    body: axum::body::BodyDataStream,
    text: String,
}

impl Stream {
    /// The next event that holds a message: its id and the message.
    pub async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name| {
                    event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned()
                };
                let (id, data) = (field("id: "), field("data: "));
                self.text = rest.to_owned();
                if !data.is_empty() {
                    return Some((id, serde_json::from_str(&data).unwrap()));
                }
            }
            let bytes =
                tokio::time::timeout(Duration::from_secs(20), self.body.next()).await.expect("an event")?;
            self.text.push_str(std::str::from_utf8(&bytes.unwrap()).unwrap());
        }
    }
}

/// `_meta` of a modern request.
pub fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1", "own": 7},
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}, "own/thing": {}},
    })
}

/// A modern request as it should be.
pub async fn modern(app: &Router, method: &str, mut params: Value) -> Answer {
    params["_meta"] = meta();
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
    post(app, &modern_headers(method), body).await
}

pub fn modern_headers(method: &str) -> [(&str, &str); 2] {
    [("mcp-protocol-version", VERSION), ("mcp-method", method)]
}

/// Opens a legacy session and gives its id.
pub async fn initialize(app: &Router, version: &str, capabilities: Value) -> String {
    let params = json!({"protocolVersion": version, "capabilities": capabilities, "clientInfo": {"name": "t", "version": "1"}});
    let body = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}).to_string();
    let answer = post(app, &[], body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.headers["mcp-session-id"].to_str().unwrap().to_owned()
}

pub fn call(id: u64, method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
}
