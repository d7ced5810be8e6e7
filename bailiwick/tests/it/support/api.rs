//! The HTTP API and `/mcp` of a running `up`, as another program of the person asks them.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::Home;

const MCP_VERSION: &str = "2026-07-28";

pub struct Api {
    pub base: String,
    pub token: String,
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

impl Api {
    /// Of the process that serves this home now.
    pub fn of(home: &Home) -> Self {
        // Another test of this process may have been first.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let text = std::fs::read_to_string(home.data_dir().join("instance.json")).expect("it serves");
        let instance: Value = serde_json::from_str(&text).expect("JSON");
        let text = |member: &str| instance[member].as_str().expect("text").to_owned();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).no_proxy().build();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Self {
            base: format!("http://{}", text("address")),
            token: text("token"),
            http: http.expect("a client"),
            runtime: runtime.expect("a runtime"),
        }
    }

    fn run(&self, request: RequestBuilder) -> Answer {
        self.runtime.block_on(async {
            let response = request.send().await.expect("an answer");
            Answer { status: response.status().as_u16(), text: response.text().await.expect("a body") }
        })
    }

    /// `path` under `/api/v1`.
    pub fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = self.http.request(method, format!("{}/api/v1{path}", self.base));
        let request = request.header(AUTHORIZATION, format!("Bearer {}", self.token));
        self.run(match body {
            Some(body) => request.json(body),
            None => request,
        })
    }

    pub fn get(&self, path: &str) -> Value {
        let answer = self.send("GET", path, None);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    pub fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.send("POST", path, Some(body));
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
        if answer.text.is_empty() { Value::Null } else { answer.json() }
    }

    /// Without a token, as a phone does.
    pub fn anonymous(&self, method: &str, url: &str) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        self.run(self.http.request(method, url))
    }

    /// One request of an MCP client: the whole answer.
    pub fn mcp(&self, method: &str, mut params: Value) -> Value {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": MCP_VERSION,
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let mut request = self
            .http
            .post(format!("{}/mcp", self.base))
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .header(ACCEPT, "application/json, text/event-stream")
            .header(CONTENT_TYPE, "application/json")
            .header("mcp-protocol-version", MCP_VERSION)
            .header("mcp-method", method);
        if let Some(name) = params["name"].as_str() {
            request = request.header("mcp-name", name);
        }
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let answer = self.run(request.body(body.to_string()));
        // A long wait is answered as a stream; the answer is its last event.
        let last = answer.text.lines().rev().find_map(|line| line.strip_prefix("data:"));
        let text = last.unwrap_or(&answer.text);
        serde_json::from_str(text).unwrap_or_else(|_| panic!("no answer: {answer:?}"))
    }

    /// Names of the tools that a client sees.
    pub fn tools(&self) -> Vec<String> {
        let answer = self.mcp("tools/list", json!({}));
        let tools = answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("no list: {answer}"));
        tools.iter().map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect()
    }

    /// The text of a call's result, or of its refusal, and whether it is an error.
    pub fn call(&self, name: &str, arguments: Value) -> (String, bool) {
        let answer = self.mcp("tools/call", json!({"name": name, "arguments": arguments}));
        match &answer["result"] {
            Value::Null => (answer["error"]["message"].as_str().expect("why not").to_owned(), true),
            result => {
                let text = result["content"][0]["text"].as_str().unwrap_or_default().to_owned();
                (text, result["isError"] == true)
            }
        }
    }

    pub fn pending(&self) -> Vec<Value> {
        let page = self.get("/approvals?status=pending");
        page["approvals"].as_array().unwrap_or_else(|| panic!("no list: {page}")).clone()
    }
}
