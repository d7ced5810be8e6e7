//! A client that starts a command, an endpoint of ours, and the pump between them.

use std::sync::Arc;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use mcp::serve::{Endpoint, Options, pump};
use rmcp::model::CallToolRequestParams;
use rmcp::{ClientLifecycleMode, ClientServiceExt};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex, split};
use url::Url;

use super::official_client::{Person, eras, use_everything};
use super::support::{Probe, call, eventually, meta};
use crate::fixture_server::fixture::Fixture;

fn http() -> reqwest::Client {
    // Another test may have been first.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::new()
}

/// Serves behind a door that wants the token.
async fn serve(endpoint: &Endpoint) -> Url {
    async fn door(request: Request, next: Next) -> Response {
        match request.headers().get("authorization").is_some_and(|value| value == "Bearer t0ken") {
            true => next.run(request).await,
            false => (http::StatusCode::UNAUTHORIZED, "who is it?").into_response(),
        }
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let app = endpoint.router().layer(from_fn(door));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url.parse().unwrap()
}

fn start(url: Url, token: &str) -> (DuplexStream, tokio::task::JoinHandle<std::io::Result<()>>) {
    let (ours, theirs) = duplex(1 << 16);
    let (stdin, stdout) = split(ours);
    (theirs, tokio::spawn(pump(stdin, stdout, url, token.to_owned().into(), http())))
}

#[tokio::test]
async fn the_official_client_notices_nothing() {
    let endpoint = Endpoint::new(Arc::new(Fixture::default()), Options::default());
    let url = serve(&endpoint).await;
    for era in eras() {
        let (pipe, pumping) = start(url.clone(), "t0ken");
        let person = Person::default();
        let client = person.clone().serve_with_lifecycle(pipe, era.clone()).await.unwrap();
        use_everything(&client, &person).await;
        if era == ClientLifecycleMode::Initialize {
            // The stream of the server is opened in the background: changes count from then on.
            for _ in 0..50 {
                client.call_tool(CallToolRequestParams::new("test_trigger_tool_change")).await.unwrap();
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                if *person.changes.lock().unwrap() > 0 {
                    break;
                }
            }
            assert!(*person.changes.lock().unwrap() > 0);
        }
        client.cancel().await.unwrap();
        pumping.await.unwrap().unwrap();
        assert_eq!(endpoint.sessions(), 0, "the pump says goodbye");
    }
}

struct Raw {
    input: tokio::io::WriteHalf<DuplexStream>,
    output: tokio::io::Lines<BufReader<tokio::io::ReadHalf<DuplexStream>>>,
}

impl Raw {
    fn new(pipe: DuplexStream) -> Self {
        let (output, input) = split(pipe);
        Self { input, output: BufReader::new(output).lines() }
    }

    async fn say(&mut self, line: String) {
        self.input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    async fn hear(&mut self) -> Value {
        serde_json::from_str(&self.output.next_line().await.unwrap().expect("a message")).unwrap()
    }
}

#[tokio::test]
async fn a_session_that_the_server_forgot_is_opened_again() {
    let probe = Arc::new(Probe::default());
    let endpoint = Endpoint::new(probe.clone(), Options::default());
    let (pipe, pumping) = start(serve(&endpoint).await, "t0ken");
    let mut client = Raw::new(pipe);
    client.say(call(0, "initialize", &json!({"protocolVersion": "2025-06-18", "capabilities": {}}))).await;
    assert_eq!(client.hear().await["result"]["protocolVersion"], "2025-06-18");
    client.say(call(1, "probe/echo", &json!({}))).await;
    assert_eq!(client.hear().await["id"], 1);
    endpoint.close().await;
    assert_eq!(endpoint.sessions(), 0);
    for id in 2..6 {
        client.say(call(id, "probe/echo", &json!({}))).await;
    }
    let mut ids = Vec::new();
    for _ in 2..6 {
        ids.push(client.hear().await["id"].as_u64().unwrap());
    }
    ids.sort_unstable();
    assert_eq!(ids, [2, 3, 4, 5]);
    assert_eq!(endpoint.sessions(), 1);
    drop(client);
    pumping.await.unwrap().unwrap();
    assert_eq!(endpoint.sessions(), 0);
}

#[tokio::test]
async fn cancelling_reaches_the_server_in_both_eras() {
    let probe = Arc::new(Probe::default());
    let endpoint = Endpoint::new(probe.clone(), Options::default());
    let (pipe, _pumping) = start(serve(&endpoint).await, "t0ken");
    let mut client = Raw::new(pipe);
    client.say(call(0, "initialize", &json!({"protocolVersion": "2025-06-18", "capabilities": {}}))).await;
    client.hear().await;
    let legacy = call(1, "probe/hang", &json!({"loud": true}));
    let modern = call(1, "probe/hang", &json!({"loud": true, "_meta": meta()}));
    for request in [legacy, modern] {
        client.say(request).await;
        assert_eq!(client.hear().await["method"], "notifications/progress");
        assert_eq!(probe.running(), 1);
        client
            .say(
                json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})
                    .to_string(),
            )
            .await;
        eventually("the request is dropped", || probe.running() == 0).await;
    }
}

#[tokio::test]
async fn every_request_is_answered_whatever_fails() {
    let probe = Arc::new(Probe::default());
    let endpoint = Endpoint::new(probe.clone(), Options::default());
    let (pipe, _pumping) = start(serve(&endpoint).await, "wrong");
    let mut client = Raw::new(pipe);
    client.say(call(1, "probe/echo", &json!({"_meta": meta()}))).await;
    let answer = client.hear().await;
    assert_eq!(answer["id"], 1);
    assert!(answer["error"]["message"].as_str().unwrap().contains("401"), "{answer}");
    assert!(!answer.to_string().contains("wrong"));

    let unused = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (pipe, _pumping) = start(format!("http://{unused}/mcp").parse().unwrap(), "t0ken");
    let mut client = Raw::new(pipe);
    client.say("nonsense".into()).await;
    assert_eq!(client.hear().await["error"]["code"], -32700);
    client.say(call(1, "probe/echo", &json!({"_meta": meta()}))).await;
    let answer = client.hear().await;
    assert!(answer["error"]["message"].as_str().unwrap().contains("`bailiwick up`"), "{answer}");
    assert!(!answer.to_string().contains("t0ken"));
}

#[tokio::test]
async fn arguments_are_repeated_in_headers_for_clients_that_know_none() {
    let endpoint = Endpoint::new(Arc::new(Fixture::default()), Options::default());
    let (pipe, _pumping) = start(serve(&endpoint).await, "t0ken");
    let mut client = Raw::new(pipe);
    let arguments = json!({"region": "Z\u{fc}rich"});
    let called =
        call(2, "tools/call", &json!({"name": "test_headers", "arguments": arguments, "_meta": meta()}));
    client.say(called.clone()).await;
    assert_eq!(client.hear().await["error"]["code"], -32020, "nobody has seen a list");
    client.say(call(1, "tools/list", &json!({"_meta": meta()}))).await;
    assert!(client.hear().await["result"]["tools"].is_array());
    client.say(called).await;
    assert_eq!(client.hear().await["result"]["content"][0]["text"], "Z\u{fc}rich");
}
