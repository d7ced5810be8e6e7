//! Requests over HTTP, as `name: value` lines, an empty line and a body: what reaches the service under the newest
//! version has headers that say what its body says.
#![no_main]

use std::cell::RefCell;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use libfuzzer_sys::fuzz_target;
use mcp::exchange::{Client, Discovery, Notification, Outbox, Service};
use mcp::message::{Json, RpcError};
use mcp::serve::headers::Params;
use mcp::serve::{Options, router};
use mcp::version::Era;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tower::ServiceExt;

type Asked = (String, Option<Json>, Arc<Client>);

/// Remembers what it was asked and answers at once.
#[derive(Default)]
struct Witness(Mutex<Vec<Asked>>);

#[async_trait]
impl Service for Witness {
    async fn discover(&self, _: &Client) -> Result<Discovery, RpcError> {
        Ok(Discovery { result: json!({"capabilities": {}, "serverInfo": {"name": "w", "version": "1"}}) })
    }

    async fn request(&self, request: mcp::exchange::Request, _: Outbox) -> Result<Json, RpcError> {
        let asked = (request.method, request.params, request.client);
        self.0.lock().expect("no panic").push(asked);
        RawValue::from_string(r#"{"resultType":"complete"}"#.into()).map_err(|_| RpcError::internal("never"))
    }

    async fn notify(&self, _: Arc<Client>, _: Notification) {}

    async fn ended(&self, _: &str) {}
}

thread_local! {
    static RUNTIME: RefCell<tokio::runtime::Runtime> = RefCell::new(
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime"),
    );
}

fuzz_target!(|bytes: &[u8]| {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap_or(bytes.len());
    let (head, body) = (&bytes[..end], bytes.get(end + 2..).unwrap_or_default());
    let headers = headers(head);
    let mut request = Request::post("/mcp").body(Body::from(body.to_vec())).expect("a request");
    *request.headers_mut() = headers.clone();

    let witness = Arc::new(Witness::default());
    let service: Arc<dyn Service> = witness.clone();
    RUNTIME.with_borrow(|runtime| {
        runtime.block_on(async {
            // The body is left: what is asked is asked before the first byte of it, or never.
            let response = router(service, Options::default()).oneshot(request).await.expect("infallible");
            assert!(!response.status().is_server_error(), "{}", response.status());
        });
    });
    for (method, params, client) in witness.0.lock().expect("no panic").drain(..) {
        if client.version.era() == Era::Modern {
            agree(&headers, &method, params.as_deref());
            obey(&client, &headers);
        }
    }
});

fn headers(head: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("accept", HeaderValue::from_static("application/json, text/event-stream"));
    for line in head.split(|byte| *byte == b'\n').take(100) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let value = line[colon + 1..].strip_prefix(b" ").unwrap_or(&line[colon + 1..]);
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(&line[..colon]), HeaderValue::from_bytes(value))
        {
            headers.append(name, value);
        }
    }
    headers
}

/// Said by the headers, read here in a way of our own.
fn agree(headers: &HeaderMap, method: &str, params: Option<&RawValue>) {
    assert_eq!(only(headers, "mcp-method").as_deref(), Some(method));
    let params: Value =
        params.map_or(Value::Null, |params| serde_json::from_str(params.get()).unwrap_or_default());
    let source = match method {
        "tools/call" | "prompts/get" => "name",
        "resources/read" => "uri",
        "tasks/get" | "tasks/update" | "tasks/cancel" | "tasks/result" => "taskId",
        _ => return,
    };
    assert_eq!(only(headers, "mcp-name").map(|text| decoded(&text)).as_deref(), params[source].as_str());
}

/// A parameter that is let through says what the argument says.
fn obey(client: &Client, headers: &HeaderMap) {
    let Some(params) = client.extensions.get::<Params>() else { panic!("no parameters were read") };
    let schema = json!({"properties": {"region": {"type": "string", "x-mcp-header": "Region"}}});
    let given = only(headers, "mcp-param-region").map(|text| decoded(&text));
    for region in [Value::Null, "eu".into(), 3.into()] {
        let good = params.check(&schema, &json!({"region": region})).is_ok();
        match (&given, &region) {
            (None, Value::Null) => assert!(good),
            (Some(text), Value::String(region)) => assert_eq!(good, text == region),
            (Some(text), Value::Number(_)) => assert_eq!(good, text.parse() == Ok(3.0)),
            _ => assert!(!good),
        }
    }
}

/// The value of a header that is there once.
fn only(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<_> = headers.get_all(name).iter().collect();
    assert!(values.len() <= 1, "{name} is there {} times", values.len());
    let text = values.first()?.to_str().expect("visible");
    Some(text.trim_matches([' ', '\t']).to_owned())
}

fn decoded(text: &str) -> String {
    let inner = text.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?="));
    let Some(inner) = inner else { return text.to_owned() };
    // What does not hold Base64 is equal to nothing.
    let bytes = STANDARD.decode(inner).unwrap_or_else(|_| b"\0no base64".to_vec());
    String::from_utf8(bytes).unwrap_or_else(|_| "\0no text".into())
}
