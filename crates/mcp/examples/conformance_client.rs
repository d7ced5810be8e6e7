//! What the official conformance suite drives to test how we speak to servers:
//!
//! `conformance client --command "…/conformance_client" --scenario NAME`
//!
//! It does what an eager client would do with whatever the server offers, in every scenario the same: lists, calls
//! every tool, reads every resource, gets every prompt, and accepts every form with its defaults. Everything that is
//! tested happens below, in `mcp::upstream` and `mcp::oauth`.

#[path = "conformance_client/auth.rs"]
mod auth;

use std::sync::Arc;

use domain::server::{ServerLimits, Sharing};
use mcp::exchange::{Client, Outbox, Request};
use mcp::message::json;
use mcp::upstream::{HttpParts, Parts, TransportParts, Upstream, UpstreamError};
use mcp::version::Version;
use serde_json::{Map, Value, json};

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Rounds of questions one call may take.
const ROUNDS_MAX: usize = 5;

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let url = std::env::args().next_back().ok_or("the address of the server is the last argument")?;
    let context: Value = match std::env::var("MCP_CONFORMANCE_CONTEXT") {
        Ok(text) => serde_json::from_str(&text)?,
        Err(_) => Value::Null,
    };
    let eager = Eager::new(&url, &context)?;
    let outcome = eager.use_everything(&context).await;
    eager.upstream.close().await;
    outcome
}

struct Eager {
    upstream: Upstream,
    client: Arc<Client>,
}

impl Eager {
    fn new(url: &str, context: &Value) -> Result<Self, Failed> {
        let http =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build()?;
        let headers = Arc::new(auth::Browser::new(url.parse()?, http.clone(), context)?);
        let upstream = Upstream::new(Parts {
            name: "conformance".to_owned(),
            transport: TransportParts::Http(HttpParts { url: url.parse()?, http, headers }),
            limits: ServerLimits::default(),
            sharing: Sharing::PerClient,
        });
        let client = Arc::new(Client {
            version: Version::LATEST,
            info: json!({"name": "bailiwick-conformance", "version": env!("CARGO_PKG_VERSION")}),
            capabilities: json!({"elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {}}),
            conversation: "conformance".to_owned(),
            extensions: http::Extensions::new(),
        });
        Ok(Self { upstream, client })
    }

    async fn use_everything(&self, context: &Value) -> Result<(), Failed> {
        let discovery = self.upstream.discovery_for(&self.client).await?;
        println!("{}", discovery.result);
        let tools = self.list("tools/list", "tools").await?;
        match context["toolCalls"].as_array() {
            Some(calls) => {
                for call in calls {
                    self.until_complete("tools/call", call.clone()).await?;
                }
            }
            None => {
                for tool in &tools {
                    let arguments = match tool["name"].as_str() {
                        Some("json_schema_echo") => json!({"schema": tools[0]["inputSchema"]}),
                        _ => example(&tool["inputSchema"]),
                    };
                    let call = json!({"name": tool["name"], "arguments": arguments});
                    self.until_complete("tools/call", call).await?;
                }
            }
        }
        if discovery.result["capabilities"]["resources"].is_object() {
            for resource in self.list("resources/list", "resources").await? {
                self.until_complete("resources/read", json!({"uri": resource["uri"]})).await?;
            }
        }
        if discovery.result["capabilities"]["prompts"].is_object() {
            for prompt in self.list("prompts/list", "prompts").await? {
                self.until_complete("prompts/get", json!({"name": prompt["name"]})).await?;
            }
        }
        Ok(())
    }

    async fn list(&self, method: &str, member: &str) -> Result<Vec<Value>, Failed> {
        let list = self.ask(method, json!({})).await?;
        Ok(list[member].as_array().cloned().unwrap_or_default())
    }

    /// Answers questions until there are no more.
    async fn until_complete(&self, method: &str, params: Value) -> Result<(), Failed> {
        let mut next = params.clone();
        for _ in 0..ROUNDS_MAX {
            let result = match self.ask(method, next).await {
                // A tool may fail: the suite looks at what we said, not at what came of it.
                Err(UpstreamError::Rpc(error)) => {
                    println!("{method}: {error}");
                    return Ok(());
                }
                result => result?,
            };
            println!("{method}: {result}");
            if result["resultType"] != "input_required" {
                return Ok(());
            }
            next = params.clone();
            if let Some(requests) = result["inputRequests"].as_object() {
                let responses: Map<_, _> =
                    requests.iter().map(|(key, request)| (key.clone(), respond(request))).collect();
                next["inputResponses"] = Value::Object(responses);
            }
            if let Some(state) = result.get("requestState") {
                next["requestState"] = state.clone();
            }
        }
        Err(format!("{method} asks without end").into())
    }

    async fn ask(&self, method: &str, params: Value) -> Result<Value, UpstreamError> {
        let request =
            Request { method: method.to_owned(), params: Some(json(&params)?), client: self.client.clone() };
        let result = self.upstream.request(request, Outbox::closed()).await?;
        serde_json::from_str(result.get()).map_err(|error| UpstreamError::Protocol(error.to_string()))
    }
}

fn respond(request: &Value) -> Value {
    match request["method"].as_str() {
        Some("elicitation/create") => {
            json!({"action": "accept", "content": example(&request["params"]["requestedSchema"])})
        }
        Some("sampling/createMessage") => json!({
            "role": "assistant",
            "content": {"type": "text", "text": "Paris"},
            "model": "none",
            "stopReason": "endTurn",
        }),
        _ => json!({"roots": []}),
    }
}

/// Something that fits a schema of an object: defaults where there are any.
fn example(schema: &Value) -> Value {
    let empty = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&empty);
    let members = properties.iter().map(|(name, property)| {
        let value = match (property.get("default"), property["type"].as_str()) {
            (Some(default), _) => default.clone(),
            (None, Some("number" | "integer")) => json!(5),
            (None, Some("boolean")) => json!(true),
            (None, Some("array")) => json!([]),
            (None, Some("object")) => json!({}),
            _ => json!("example"),
        };
        (name.clone(), value)
    });
    Value::Object(members.collect())
}
