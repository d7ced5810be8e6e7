//! The service: which request goes where.

use std::sync::Arc;

use async_trait::async_trait;
use mcp::exchange::{Client, Discovery, Notification, Outbox, Request, Service};
use mcp::message::{Json, RpcError, json};
use serde_json::{Map, Value};

use super::changes::Changes;
use super::questions::Seal;
use super::{prompts, resources, tools};

#[derive(Default)]
pub struct Fixture {
    pub(crate) changes: Changes,
    pub(crate) seal: Seal,
}

/// What is asked, taken apart.
pub(crate) struct Ask<'a> {
    pub(crate) params: &'a Map<String, Value>,
    pub(crate) client: &'a Client,
    pub(crate) out: &'a Outbox,
}

impl Ask<'_> {
    pub(crate) fn name(&self) -> &str {
        self.params.get("name").and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn argument(&self, name: &str) -> &str {
        self.params.get("arguments").and_then(|arguments| arguments[name].as_str()).unwrap_or_default()
    }

    pub(crate) fn meta(&self, name: &str) -> Option<&Value> {
        self.params.get("_meta")?.get(name)
    }

    pub(crate) async fn tell(&self, method: &str, params: Value) -> Result<(), RpcError> {
        self.out.send(Notification { method: method.into(), params: Some(json(&params)?) }).await;
        Ok(())
    }
}

#[async_trait]
impl Service for Fixture {
    async fn discover(&self, _: &Client) -> Result<Discovery, RpcError> {
        let result = serde_json::json!({
            "capabilities": {
                "tools": {"listChanged": true},
                "prompts": {"listChanged": true},
                "resources": {"listChanged": true, "subscribe": true},
                "logging": {},
                "completions": {},
            },
            "instructions": "Everything the conformance suite asks a server for.",
            "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "fixture", "version": "1.0.0"}},
        });
        Ok(Discovery { result })
    }

    async fn request(&self, request: Request, out: Outbox) -> Result<Json, RpcError> {
        let params: Map<String, Value> = match &request.params {
            Some(params) => serde_json::from_str(params.get())
                .map_err(|error| RpcError::invalid_params(error.to_string()))?,
            None => Map::new(),
        };
        let ask = Ask { params: &params, client: &request.client, out: &out };
        let mut result = match request.method.as_str() {
            "tools/list" => tools::list(),
            "tools/call" => tools::call(self, &ask).await?,
            "resources/list" => resources::list(),
            "resources/templates/list" => resources::templates(),
            "resources/read" => resources::read(&ask)?,
            "prompts/list" => prompts::list(),
            "prompts/get" => prompts::get(&ask)?,
            "completion/complete" => {
                serde_json::json!({"completion": {"values": [], "total": 0, "hasMore": false}})
            }
            "subscriptions/listen" => return self.changes.follow(&out).await,
            method => return Err(RpcError::method_not_found(method)),
        };
        if let Some(members) = result.as_object_mut() {
            members.entry("resultType").or_insert("complete".into());
        }
        json(&result)
    }

    async fn notify(&self, _: Arc<Client>, _: Notification) {}

    async fn ended(&self, _: &str) {}
}
