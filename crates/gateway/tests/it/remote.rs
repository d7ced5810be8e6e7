//! Servers of the official Rust SDK behind the gateway, one of each era.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use domain::server::{ServerLimits, Sharing};
use domain::tool::ServerKind;
use futures::FutureExt;
use gateway::{Config, Remote, ServerState};
use mcp::exchange::Client;
use mcp::upstream::{Child, Parts, Spawn, TransportParts, Upstream, UpstreamError};
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ElicitRequest,
    ElicitRequestParams, ElicitationSchema, InputRequest, InputRequiredResult, ListToolsResult,
    PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServiceExt};
use serde_json::{Value, json};

use crate::peer::{House, client, said};
use crate::room::{allowed, call, policy_of, silent};

/// One tool that says hello to whoever is there, and asks who that is.
#[derive(Clone)]
struct Greeter {
    modern: bool,
}

impl ServerHandler for Greeter {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        match self.modern {
            true => Cow::Borrowed(ProtocolVersion::KNOWN_VERSIONS),
            false => Cow::Owned(vec![ProtocolVersion::V_2025_11_25]),
        }
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = Arc::new(serde_json::Map::from_iter([("type".to_owned(), json!("object"))]));
        Ok(ListToolsResult::with_all_items(vec![Tool::new("greet", "Says hello.", schema)]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let known = request.arguments.as_ref().and_then(|given| given.get("name")).cloned();
        let name = match known {
            Some(name) => name,
            None if self.modern => {
                let given = serde_json::to_value(&request.input_responses).unwrap();
                if given.is_null() {
                    let asks = InputRequest::Elicitation(ElicitRequest::new(question()));
                    let requests = [("who".to_owned(), asks)].into_iter().collect();
                    return Ok(InputRequiredResult::new(Some(requests), Some("theirs".into())).into());
                }
                assert_eq!(request.request_state.as_deref(), Some("theirs"));
                given["who"]["content"]["name"].clone()
            }
            None => {
                let answer = context.peer.create_elicitation(question()).await;
                answer
                    .map_err(|error| ErrorData::internal_error(error.to_string(), None))?
                    .content
                    .unwrap_or_default()["name"]
                    .clone()
            }
        };
        let text = format!("hello {}", name.as_str().unwrap_or("nobody"));
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }
}

fn question() -> ElicitRequestParams {
    let schema = json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]});
    let requested_schema: ElicitationSchema = serde_json::from_value(schema).unwrap();
    ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: "who is there?".into(),
        requested_schema,
    }
}

/// The server over in-memory streams, as a child would speak.
struct InMemory(Greeter);

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
            kill: Box::new(()),
            done: task.map(|_| "ended".to_owned()).boxed(),
        })
    }
}

async fn house(modern: bool) -> House {
    let limits = ServerLimits::default();
    let upstream = Upstream::new(Parts {
        name: "greeter".into(),
        transport: TransportParts::Stdio(Arc::new(InMemory(Greeter { modern }))),
        limits,
        sharing: Sharing::Shared,
    });
    let house = House::unapproved(policy_of("allow contains \"x\""), &[], Config::default()).await;
    let remote = Remote::new("greeter", ServerKind::Stdio, limits, upstream);
    house.room.gateway.add_server(Arc::new(remote)).unwrap();
    let tenant = &house.room.caller.tenant;
    assert_eq!(house.room.gateway.approve_tools(tenant, "greeter", &[], "me").await.unwrap(), ["greet"]);
    house
}

/// A client that can be asked.
fn asked() -> Arc<Client> {
    let mut able = (*client("one")).clone();
    able.capabilities = json!({"elicitation": {"form": {}}});
    Arc::new(able)
}

#[tokio::test]
async fn both_eras_serve_clients_and_the_agent() {
    for (modern, version) in [(true, "2026-07-28"), (false, "2025-11-25")] {
        let house = house(modern).await;
        assert!(house.names("tools/list", "tools", "name").await.contains(&"greet".into()));
        assert_eq!(house.call("greet", json!({"name": "Ada"})).await, (false, "hello Ada".into()));

        let one = asked();
        let first = house.ask_as(&one, "tools/call", r#"{"name":"greet"}"#).await.unwrap();
        assert_eq!(first["resultType"], "input_required", "{first}");
        let (key, question) = first["inputRequests"].as_object().unwrap().iter().next().unwrap();
        assert_eq!(question["params"]["message"], "who is there?");
        let again = json!({
            "name": "greet",
            "requestState": first["requestState"],
            "inputResponses": {key: {"action": "accept", "content": {"name": "Ada"}}},
        });
        let second: Value = house.ask_as(&one, "tools/call", &again.to_string()).await.unwrap();
        assert_eq!(said(&second), (false, "hello Ada".into()));

        let (_, permit) = allowed(house.room.decide(&call("greet", json!({"name": "Bob"}))).await);
        assert_eq!(permit.forward(silent()).await.outcome.joined_text(), "hello Bob");
        let status = house.room.gateway.server_status(&house.room.caller.tenant).await.unwrap();
        assert_eq!(
            (status[1].condition.state, status[1].condition.version.as_deref()),
            (ServerState::Ready, Some(version))
        );
    }
}
