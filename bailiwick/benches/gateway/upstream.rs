//! The server behind everything that is measured: one tool that says what it was told, in both eras, over HTTP or pipes.

use std::sync::Arc;

use async_trait::async_trait;
use mcp::exchange::{Client, Discovery, Notification, Outbox, Request, Service};
use mcp::message::{Json, RpcError, json};
use mcp::serve::{Options, router, serve_stdio};
use serde::Deserialize;
use serde_json::json as value;
use tokio::net::TcpListener;

struct Echo;

/// Runs until it is killed; over HTTP it prints its address first.
pub fn run(stdio: bool) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        if stdio {
            let (stdin, stdout) = (tokio::io::stdin(), tokio::io::stdout());
            let extensions = http::Extensions::new();
            serve_stdio(Arc::new(Echo), Options::default(), stdin, stdout, extensions).await.expect("serves");
            return;
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("http://{}/mcp", listener.local_addr().expect("bound"));
        let options = Options { sessions_max: 100_000, ..Options::default() };
        let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
            // An answer in small pieces would wait for acknowledgments otherwise.
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, router(Arc::new(Echo), options)).await.expect("serves");
    });
}

#[derive(Deserialize)]
struct Call {
    arguments: Arguments,
}

#[derive(Deserialize)]
struct Arguments {
    text: String,
}

#[async_trait]
impl Service for Echo {
    async fn discover(&self, _: &Client) -> Result<Discovery, RpcError> {
        Ok(Discovery {
            result: value!({
                "capabilities": {"tools": {}},
                "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "echo", "version": "1.0.0"}},
            }),
        })
    }

    async fn request(&self, request: Request, _: Outbox) -> Result<Json, RpcError> {
        match request.method.as_str() {
            "tools/list" => json(&value!({
                "resultType": "complete",
                "ttlMs": 60_000,
                "cacheScope": "public",
                "tools": [{
                    "name": "echo",
                    "description": "Says what it was told.",
                    "inputSchema": {
                        "type": "object",
                        "properties": {"text": {"type": "string"}},
                        "required": ["text"],
                    },
                    "annotations": {"readOnlyHint": true, "openWorldHint": false},
                }],
            })),
            "tools/call" => {
                let params = request.params.as_deref().map_or("null", |params| params.get());
                let call: Call = serde_json::from_str(params)
                    .map_err(|error| RpcError::invalid_params(error.to_string()))?;
                let text = call.arguments.text;
                json(&value!({"resultType": "complete", "content": [{"type": "text", "text": text}]}))
            }
            method => Err(RpcError::method_not_found(method)),
        }
    }

    async fn notify(&self, _: Arc<Client>, _: Notification) {}

    async fn ended(&self, _: &str) {}
}
