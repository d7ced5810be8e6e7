//! A face with a gateway that tells each caller who it was let in as, and an issuer whose keys the test holds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use gateway::Principal;
use mcp::exchange::{Client, Discovery, Notification, Outbox, Request, Service};
use mcp::message::{Json, RpcError, json};
use mcp::serve::{Endpoint, Options};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json as value};
use web::ports::KeySets;
use web::{Config, Issuer, Mcp, McpAuth};

use crate::support::TestApp;

pub const RESOURCE: &str = "https://desk.example/mcp";
pub const ISSUER: &str = "https://auth.example";

/// Answers every request with who asked.
struct WhoAmI;

#[async_trait]
impl Service for WhoAmI {
    async fn discover(&self, _: &Client) -> Result<Discovery, RpcError> {
        Ok(Discovery {
            result: value!({"capabilities": {"tools": {}}, "serverInfo": {"name": "test", "version": "1"}}),
        })
    }

    async fn request(&self, request: Request, _: Outbox) -> Result<Json, RpcError> {
        let principal = request
            .client
            .extensions
            .get::<Principal>()
            .ok_or_else(|| RpcError::internal("nobody was let in"))?;
        json(&value!({
            "resultType": "complete",
            "tools": [],
            "id": principal.id.to_string(),
            "kind": principal.kind,
            "roles": principal.roles,
            "label": principal.label,
            "conversation": request.client.conversation,
        }))
    }

    async fn notify(&self, _: Arc<Client>, _: Notification) {}

    async fn ended(&self, _: &str) {}
}

/// The key set of the issuer, as it is now.
#[derive(Default)]
pub struct Published {
    pub keys: Mutex<Vec<Value>>,
    pub fetched: AtomicUsize,
}

impl Published {
    pub fn fetched(&self) -> usize {
        self.fetched.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl KeySets for Published {
    async fn fetch(&self, url: &str, bytes_max: usize) -> Result<Vec<u8>, String> {
        assert_eq!(url, format!("{ISSUER}/keys"));
        self.fetched.fetch_add(1, Ordering::SeqCst);
        let keys = self.keys.lock().unwrap().clone();
        if keys.is_empty() {
            return Err("connection refused".into());
        }
        let body = value!({"keys": keys}).to_string().into_bytes();
        assert!(body.len() <= bytes_max);
        Ok(body)
    }
}

pub async fn app(auth: Option<McpAuth>, published: Arc<Published>) -> TestApp {
    let mcp = Mcp { endpoint: Endpoint::new(Arc::new(WhoAmI), Options::default()), key_sets: published };
    TestApp::with_mcp(Config { mcp_auth: auth, ..Config::default() }, Some(mcp)).await
}

/// An issuer whose scope `tools` is needed and whose scope `admin` gives a role.
pub fn auth() -> McpAuth {
    let issuer = value!({
        "issuer": ISSUER,
        "jwks_url": format!("{ISSUER}/keys"),
        "required_scopes": ["tools"],
        "roles": {"admin": ["admin", "approver"]},
    });
    let issuer: Issuer = serde_json::from_value(issuer).unwrap();
    assert_eq!(issuer.roles, BTreeMap::from([("admin".into(), vec!["admin".into(), "approver".into()])]));
    let auth = McpAuth { resource: RESOURCE.into(), issuers: vec![issuer], clock_skew_seconds_max: 30 };
    auth.check().unwrap();
    auth
}

/// `tools/list` of a modern client.
pub fn list(app: &TestApp) -> RequestBuilder {
    app.bare(Method::POST, "/mcp")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/list")
        .json(&value!({
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/list",
            "params": {"_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            }},
        }))
}

/// Whom the gateway sees.
pub async fn who(request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    assert_eq!(status, 200, "{text}");
    let body = text.lines().find_map(|line| line.strip_prefix("data:")).unwrap_or(&text);
    let answer: Value = serde_json::from_str(body).unwrap();
    assert!(answer["result"].is_object(), "{answer}");
    answer["result"].clone()
}

pub fn challenge(response: &Response) -> String {
    response.headers()["www-authenticate"].to_str().unwrap().to_owned()
}
