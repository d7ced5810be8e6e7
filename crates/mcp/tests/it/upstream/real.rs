//! Servers of the official Rust SDK, in each era and over each transport.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use domain::server::Sharing;
use futures::FutureExt;
use mcp::upstream::{Child, Parts, Spawn, TransportParts, Upstream, UpstreamError};
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ElicitRequest,
    ElicitRequestParams, ElicitationSchema, Implementation, InputRequest, InputRequiredResult,
    ListToolsResult, PaginatedRequestParams, ProgressNotificationParam, ProtocolVersion, ServerCapabilities,
    ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServiceExt};
use serde_json::{Value, json};

use super::support::{ask, client, limits, over_http, request, serve, start, value};

/// Two tools: one tells of its progress, one asks who is there.
#[derive(Clone)]
struct Server {
    modern: bool,
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("rust-sdk", "3"))
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        match self.modern {
            true => Cow::Borrowed(ProtocolVersion::KNOWN_VERSIONS),
            false => Cow::Owned(vec![ProtocolVersion::V_2025_06_18, ProtocolVersion::V_2025_11_25]),
        }
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = Arc::new(serde_json::Map::from_iter([("type".to_owned(), json!("object"))]));
        let tool = |name: &'static str| Tool::new(name, "a tool", schema.clone());
        Ok(ListToolsResult::with_all_items(vec![tool("count"), tool("greet")]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let text = match &*request.name {
            "count" => {
                if let Some(token) = context.meta.get_progress_token() {
                    let progress = ProgressNotificationParam::new(token, 1.0).with_message("half way");
                    let _ = context.peer.notify_progress(progress).await;
                }
                "counted".to_owned()
            }
            _ => match self.name(&request, &context).await? {
                Ok(name) => format!("hello {name}"),
                Err(question) => return Ok(question.into()),
            },
        };
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }
}

impl Server {
    /// Asks in the way of its era.
    async fn name(
        &self,
        request: &CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<Result<String, InputRequiredResult>, ErrorData> {
        let schema: ElicitationSchema = serde_json::from_value(
            json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}),
        )
        .unwrap();
        let params = ElicitRequestParams::FormElicitationParams {
            meta: None,
            message: "who is there?".into(),
            requested_schema: schema,
        };
        let content = if self.modern {
            let given = serde_json::to_value(&request.input_responses).unwrap();
            if given.is_null() {
                let question = InputRequest::Elicitation(ElicitRequest::new(params));
                let requests = [("who".to_owned(), question)].into_iter().collect();
                return Ok(Err(InputRequiredResult::new(Some(requests), Some("st.ate \"x\"".into()))));
            }
            assert_eq!(request.request_state.as_deref(), Some("st.ate \"x\""));
            given["who"]["content"].clone()
        } else {
            let answer = context.peer.create_elicitation(params).await;
            let answer = answer.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
            answer.content.unwrap_or_default()
        };
        Ok(Ok(content["name"].as_str().unwrap_or_default().to_owned()))
    }
}

/// The server over in-memory streams, as a child would speak.
struct InMemory(Server);

#[async_trait]
impl Spawn for InMemory {
    async fn spawn(&self) -> Result<Child, UpstreamError> {
        let (stdin, theirs_in) = tokio::io::duplex(64 << 10);
        let (stdout, theirs_out) = tokio::io::duplex(64 << 10);
        let server = self.0.clone();
        let task = tokio::spawn(async move {
            let running = server.serve((theirs_in, theirs_out)).await.unwrap();
            let _ = running.waiting().await;
        });
        Ok(Child {
            stdin: Box::new(stdin),
            stdout: Box::new(stdout),
            stderr: Box::new(tokio::io::empty()),
            kill: Box::new(tokio_util::task::AbortOnDropHandle::new(tokio::spawn(
                std::future::pending::<()>(),
            ))),
            done: task.map(|_| "ended".to_owned()).boxed(),
        })
    }
}

fn in_memory(modern: bool) -> Upstream {
    Upstream::new(Parts {
        name: "rust-sdk".to_owned(),
        transport: TransportParts::Stdio(Arc::new(InMemory(Server { modern }))),
        limits: limits(),
        sharing: Sharing::Shared,
    })
}

async fn on_http(modern: bool) -> Upstream {
    let service = StreamableHttpService::new(
        move || Ok(Server { modern }),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    over_http(&serve(axum::Router::new().nest_service("/mcp", service)).await, limits())
}

/// The same story with every one of them.
async fn works(upstream: Upstream, version: &str) {
    let who = client("one");
    let discovery = upstream.discovery("one").await.unwrap();
    assert_eq!(discovery.result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "rust-sdk");
    assert_eq!(upstream.status().version, Some(version));
    let list = ask(&upstream, &who, "tools/list", json!({})).await.unwrap();
    assert_eq!((&list["resultType"], &list["tools"][0]["name"]), (&json!("complete"), &json!("count")));

    let params = json!({"name": "count", "_meta": {"progressToken": "mine"}});
    let (counted, mut inbox) = start(&upstream, request(&who, "tools/call", params));
    let told = inbox.recv().await.unwrap();
    assert_eq!(value(&told.params.unwrap())["progressToken"], "mine");
    assert_eq!(text(&counted.await.unwrap().unwrap()), "counted");

    let asked = ask(&upstream, &who, "tools/call", json!({"name": "greet"})).await.unwrap();
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    let (key, question) = asked["inputRequests"].as_object().unwrap().iter().next().unwrap();
    assert_eq!(question["params"]["message"], "who is there?");
    let again = json!({
        "name": "greet",
        "requestState": asked["requestState"],
        "inputResponses": {key: {"action": "accept", "content": {"name": "Ada"}}},
    });
    assert_eq!(text(&ask(&upstream, &who, "tools/call", again).await.unwrap()), "hello Ada");

    let error = ask(&upstream, &who, "x/unknown", json!({})).await.unwrap_err();
    assert!(matches!(error, UpstreamError::Rpc(error) if error.code == -32601));
    upstream.close().await;
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

#[tokio::test]
async fn modern_over_streams() {
    works(in_memory(true), "2026-07-28").await;
}

#[tokio::test]
async fn legacy_over_streams() {
    works(in_memory(false), "2025-11-25").await;
}

#[tokio::test]
async fn modern_over_http() {
    works(on_http(true).await, "2026-07-28").await;
}

#[tokio::test]
async fn legacy_over_http() {
    works(on_http(false).await, "2025-11-25").await;
}
