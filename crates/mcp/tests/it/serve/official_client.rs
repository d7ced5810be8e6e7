//! The official Rust client of both eras.
#![expect(deprecated, reason = "sampling and roots are deprecated and still what legacy servers ask for")]

use std::sync::{Arc, Mutex};

use mcp::serve::{Options, router, serve_stdio};
use rmcp::model::{
    CallToolRequestParams, ClientCapabilities, ClientConfig, CreateMessageRequestParams, CreateMessageResult,
    ElicitRequestParams, ElicitResult, ElicitationAction, ListRootsResult, ProgressNotificationParam,
    ProtocolVersion, SamplingMessage,
};
use rmcp::service::{NotificationContext, RequestContext, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt, ErrorData, RoleClient};
use serde_json::json;

use crate::fixture_server::fixture::Fixture;

#[derive(Clone, Default)]
pub struct Person {
    pub progress: Arc<Mutex<Vec<f64>>>,
    pub changes: Arc<Mutex<usize>>,
}

impl ClientHandler for Person {
    fn get_info(&self) -> ClientConfig {
        let mut config = ClientConfig::default();
        config.capabilities =
            ClientCapabilities::builder().enable_elicitation().enable_sampling().enable_roots().build();
        config
    }

    async fn create_elicitation(
        &self,
        _: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let mut answer = ElicitResult::new(ElicitationAction::Accept);
        answer.content =
            serde_json::from_value(json!({"name": "Ada", "color": "blue", "response": "yes", "ok": true}))
                .unwrap();
        Ok(answer)
    }

    async fn create_message(
        &self,
        _: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        Ok(CreateMessageResult::new(SamplingMessage::assistant_text("Paris"), "m".into()))
    }

    async fn list_roots(&self, _: RequestContext<RoleClient>) -> Result<ListRootsResult, ErrorData> {
        Ok(ListRootsResult::default())
    }

    async fn on_progress(&self, params: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.progress.lock().unwrap().push(params.progress);
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        *self.changes.lock().unwrap() += 1;
    }
}

pub fn eras() -> [ClientLifecycleMode; 2] {
    [
        ClientLifecycleMode::Initialize,
        ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] },
    ]
}

/// Everything that a client does with the fixture, whatever lies between.
pub async fn use_everything(client: &RunningService<RoleClient, Person>, person: &Person) {
    let text = async |name: &'static str, arguments: serde_json::Value| {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let result =
            client.call_tool(CallToolRequestParams::new(name).with_arguments(arguments)).await.unwrap();
        serde_json::to_value(&result.content[0]).unwrap()["text"].as_str().unwrap_or_default().to_owned()
    };
    assert!(client.list_all_tools().await.unwrap().len() > 20);
    assert_eq!(text("test_simple_text", json!({})).await, "This is a simple text response for testing.");
    assert!(text("test_elicitation", json!({"message": "?"})).await.contains(r#""response":"yes""#));
    assert_eq!(text("test_sampling", json!({"prompt": "?"})).await, "LLM response: Paris");
    assert_eq!(text("test_input_required_result_multi_round", json!({})).await, "Ada likes \"blue\"");
    assert_eq!(
        text("test_input_required_result_multiple_inputs", json!({})).await,
        "Everything is answered."
    );
    assert_eq!(client.list_all_prompts().await.unwrap().len(), 5);
    assert_eq!(client.list_all_resources().await.unwrap().len(), 3);
    assert_eq!(client.list_all_resource_templates().await.unwrap().len(), 1);
    text("test_tool_with_progress", json!({})).await;
    super::support::eventually("progress is seen", || person.progress.lock().unwrap().len() == 3).await;
    assert!(client.call_tool(CallToolRequestParams::new("none")).await.is_err());
}

pub async fn serve() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = router(Arc::new(Fixture::default()), Options::default());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    format!("http://{address}/mcp")
}

#[tokio::test]
async fn over_http() {
    // Another test may have been first.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let url = serve().await;
    for era in eras() {
        let person = Person::default();
        let transport = StreamableHttpClientTransport::with_client(
            reqwest::Client::new(),
            StreamableHttpClientTransportConfig::with_uri(url.clone()),
        );
        let client = person.clone().serve_with_lifecycle(transport, era.clone()).await.unwrap();
        use_everything(&client, &person).await;
        if era == ClientLifecycleMode::Initialize {
            client.call_tool(CallToolRequestParams::new("test_trigger_tool_change")).await.unwrap();
            super::support::eventually("the change is seen", || *person.changes.lock().unwrap() == 1).await;
        }
        client.cancel().await.unwrap();
    }
}

#[tokio::test]
async fn over_stdio() {
    for era in eras() {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let (stdin, stdout) = tokio::io::split(ours);
        let service = Arc::new(Fixture::default());
        let server =
            tokio::spawn(serve_stdio(service, Options::default(), stdin, stdout, http::Extensions::new()));
        let person = Person::default();
        let client = person.clone().serve_with_lifecycle(theirs, era).await.unwrap();
        use_everything(&client, &person).await;
        client.cancel().await.unwrap();
        server.await.unwrap().unwrap();
    }
}
