//! A catalogue that talks to a scripted server.

use std::collections::BTreeMap;

use domain::model::{Message, ModelError, ModelEvent, ModelRequest, ModelResponse, ModelSource, OpenModel};
use domain::tool::{Tool, ToolOutcome};
use futures::StreamExt;
use models::{Api, Catalogue, Config, Provider};
use secrecy::SecretString;
use serde_json::json;
use testkit::model_server::{Api as Wire, ModelServer, Script, Turn};

/// No text that leaves this crate may hold it.
pub const KEY: &str = "sk-canary-3f9a1c77e0d24b5f";

pub const ALL: [Api; 4] = [Api::OpenaiChat, Api::OpenaiResponses, Api::AnthropicMessages, Api::Gemini];

pub fn wire(api: Api) -> Wire {
    match api {
        Api::OpenaiChat => Wire::OpenaiChat,
        Api::OpenaiResponses => Wire::OpenaiResponses,
        Api::AnthropicMessages => Wire::Anthropic,
        Api::Gemini => Wire::Gemini,
    }
}

/// Quick, and otherwise as shipped.
pub fn quick() -> Config {
    Config { backoff_ms_min: 1, backoff_ms_max: 5, ..Config::default() }
}

/// A catalogue with one provider, `test`, at that address.
pub fn catalogue(api: Api, base_url: String, config: Config) -> Catalogue {
    let provider =
        Provider { api, base_url: Some(base_url), key_env: Some("TEST_KEY".into()), models: BTreeMap::new() };
    let config = Config { providers: BTreeMap::from([("test".into(), provider)]), ..config };
    let keys = BTreeMap::from([("test".to_owned(), SecretString::from(KEY))]);
    Catalogue::new(config, keys).expect("catalogue")
}

/// A server with this script, and a model of it.
pub async fn serve(
    api: Api,
    config: Config,
    turns: impl IntoIterator<Item = Turn>,
) -> (ModelServer, OpenModel) {
    let script = Script { key: Some(KEY.to_owned()), ..Script::new(turns) };
    let server = ModelServer::start(script).await.expect("server");
    let model = catalogue(api, server.url(wire(api)), config).open("test/scripted-model").expect("model");
    (server, model)
}

pub fn tool(name: &str) -> Tool {
    Tool {
        name: name.to_owned(),
        description: format!("Does {name}."),
        input_schema: json!({
            "type": "object",
            "properties": {"path": {"type": "string"}},
            "additionalProperties": false,
        }),
        output_schema: None,
        annotations: Default::default(),
    }
}

pub fn request(messages: Vec<Message>) -> ModelRequest {
    ModelRequest {
        system: "You work in a test.".to_owned(),
        messages,
        tools: vec![tool("read_file"), tool("list_directory")],
        max_output_tokens: 1_000,
    }
}

pub fn user(text: &str) -> Message {
    Message::User { text: text.to_owned() }
}

/// What an answer becomes in the next request.
pub fn assistant(response: &ModelResponse) -> Message {
    Message::Assistant {
        text: response.text.clone(),
        calls: response.calls.clone(),
        opaque: response.opaque.clone(),
    }
}

/// A result for each call of an answer.
pub fn results(response: &ModelResponse, outcome: &ToolOutcome) -> Vec<Message> {
    let results = response.calls.iter().map(|call| Message::ToolResult {
        provider_call_id: call.provider_call_id.clone(),
        name: call.name.clone(),
        outcome: outcome.clone(),
    });
    results.collect()
}

/// All events of one request, and its error when it ended with one.
pub async fn events(model: &OpenModel, request: ModelRequest) -> (Vec<ModelEvent>, Option<ModelError>) {
    let mut stream = model.model.stream(request);
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => events.push(event),
            Err(error) => {
                assert!(stream.next().await.is_none(), "nothing follows an error");
                return (events, Some(error));
            }
        }
    }
    (events, None)
}

pub async fn ask(model: &OpenModel, request: ModelRequest) -> Result<ModelResponse, ModelError> {
    let (mut events, error) = events(model, request).await;
    if let Some(error) = error {
        return Err(error);
    }
    let Some(ModelEvent::Done(response)) = events.pop() else { panic!("no end: {events:?}") };
    assert!(!events.iter().any(|event| matches!(event, ModelEvent::Done(_))), "two ends");
    Ok(response)
}

pub async fn hello(model: &OpenModel) -> Result<ModelResponse, ModelError> {
    ask(model, request(vec![user("hello")])).await
}

/// The waits and reasons of all tries after the first.
pub fn retries(events: &[ModelEvent]) -> Vec<(u32, u64, String)> {
    let retries = events.iter().filter_map(|event| match event {
        ModelEvent::Retrying { attempt, wait_ms, why } => Some((*attempt, *wait_ms, why.clone())),
        _ => None,
    });
    retries.collect()
}
