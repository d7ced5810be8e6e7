//! Clients that say one thing here and another there, too much, or too slowly.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use mcp::serve::{Options, router};
use serde_json::{Value, json};

use super::support::{Probe, VERSION, initialize, meta, post};

fn app() -> (Arc<Probe>, axum::Router) {
    let probe = Arc::new(Probe::default());
    (probe.clone(), router(probe, Options::default()))
}

/// A `tools/call` of the tool `t`.
fn tools_call() -> String {
    json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "t", "_meta": meta()}})
        .to_string()
}

#[tokio::test]
async fn headers_that_differ_from_the_body_in_any_spelling_are_refused() {
    let (probe, app) = app();
    let version = ("mcp-protocol-version", VERSION);
    let method = ("mcp-method", "tools/call");
    let wrong: &[&[(&str, &str)]] = &[
        &[method, ("mcp-name", "t")],
        &[version, ("mcp-name", "t")],
        &[version, method],
        &[("mcp-protocol-version", "2026-07-29"), method, ("mcp-name", "t")],
        &[("mcp-protocol-version", "2025-11-25"), method, ("mcp-name", "t")],
        &[version, ("mcp-method", "TOOLS/CALL"), ("mcp-name", "t")],
        &[version, ("mcp-method", "tools/list"), ("mcp-name", "t")],
        &[version, ("mcp-method", "=?base64?dG9vbHMvY2FsbA==?="), ("mcp-name", "t")],
        &[version, method, ("mcp-name", "T")],
        &[version, method, ("mcp-name", "u")],
        &[version, method, ("mcp-name", "")],
        &[version, method, ("mcp-name", "=?base64?dQ==?=")],
        &[version, method, ("mcp-name", "=?base64?dA?=")],
        &[version, method, ("mcp-name", "=?base64?!!!!?=")],
        &[version, method, ("mcp-name", "=?BASE64?dA==?=")],
        &[version, method, ("mcp-name", "t"), ("mcp-name", "u")],
        &[version, method, ("mcp-method", "tools/list"), ("mcp-name", "t")],
        &[version, version, method, ("mcp-name", "t")],
        &[version, method, ("mcp-name", "t"), ("mcp-param-x", "a"), ("mcp-param-x", "b")],
    ];
    for headers in wrong {
        let answer = post(&app, headers, tools_call()).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, -32020), "{headers:?}");
        assert_eq!(answer.json()["id"], 1);
    }
    assert!(probe.asked.lock().unwrap().is_empty());
    for name in ["t", "  t  ", "\tt", "=?base64?dA==?="] {
        let answer = post(&app, &[version, method, ("mcp-name", name)], tools_call()).await;
        // The probe has no tools: it was asked.
        assert_eq!(answer.code(), -32601, "{name}");
    }
}

#[tokio::test]
async fn what_a_request_has_to_say_about_itself_is_required() {
    let (probe, app) = app();
    let headers = [("mcp-protocol-version", VERSION), ("mcp-method", "probe/echo")];
    let without = |name: &str| {
        let mut meta = meta();
        meta.as_object_mut().unwrap().remove(&format!("io.modelcontextprotocol/{name}"));
        json!({"_meta": meta})
    };
    let with = |name: &str, value: Value| {
        let mut meta = meta();
        meta[format!("io.modelcontextprotocol/{name}")] = value;
        json!({"_meta": meta})
    };
    for params in [
        json!({}),
        json!({"_meta": null}),
        json!({"_meta": []}),
        without("protocolVersion"),
        without("clientCapabilities"),
        with("clientCapabilities", json!(true)),
        with("clientInfo", json!("me")),
        with("protocolVersion", json!(20_260_728)),
    ] {
        let body = json!({"jsonrpc": "2.0", "id": 9, "method": "probe/echo", "params": params}).to_string();
        let answer = post(&app, &headers, body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code(), &answer.json()["id"]),
            (400, -32602, &json!(9)),
            "{params}"
        );
    }
    for version in ["1900-01-01", "2025-11-25", "v999", ""] {
        let body = json!({"jsonrpc": "2.0", "id": 9, "method": "probe/echo", "params": with("protocolVersion", json!(version))});
        let headers = [("mcp-protocol-version", version), ("mcp-method", "probe/echo")];
        let answer = post(&app, &headers, body.to_string()).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, -32022), "{version}");
        let data = &answer.json()["error"]["data"];
        assert_eq!((&data["supported"], &data["requested"]), (&json!([VERSION]), &json!(version)));
    }
    assert!(probe.asked.lock().unwrap().is_empty());
    let body = json!({"jsonrpc": "2.0", "id": 9, "method": "probe/echo", "params": without("clientInfo")})
        .to_string();
    assert_eq!(post(&app, &headers, body).await.status, 200);
}

#[tokio::test]
async fn messages_that_two_readers_could_read_differently_are_refused() {
    let (probe, app) = app();
    let meta = meta();
    let headers = [("mcp-protocol-version", VERSION), ("mcp-method", "tools/call"), ("mcp-name", "t")];
    for body in [
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/call","params":{{"name":"t","_meta":{meta}}}}}"#
        ),
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","m\u0065thod":"x","params":{{"name":"t","_meta":{meta}}}}}"#
        ),
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"u","n\u0061me":"t","_meta":{meta}}}}}"#
        ),
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"t","arguments":{{"p":1,"p":2}},"_meta":{meta}}}}}"#
        ),
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"_meta":{{}},"name":"t","_meta":{meta}}}}}"#
        ),
        format!(
            r#"{{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{{"name":"t","_meta":{meta}}}}}"#
        ),
        format!(
            r#"{{"jsonrpc":"2.0","id":1.5,"method":"tools/call","params":{{"name":"t","_meta":{meta}}}}}"#
        ),
        format!(
            r#"{{"jsonrpc":"2.0","id":1e3,"method":"tools/call","params":{{"name":"t","_meta":{meta}}}}}"#
        ),
        format!(
            r#"{{"jsonrpc":"2.0","id":[1],"method":"tools/call","params":{{"name":"t","_meta":{meta}}}}}"#
        ),
        format!(
            r#"{{"jsonrpc":"2.0","id":"{}","method":"tools/call","params":{{"name":"t","_meta":{meta}}}}}"#,
            "x".repeat(2000)
        ),
        r#"{"jsonrpc":"2.0","id":1,"result":{}}"#.into(),
        format!("[{}]", tools_call()),
        "[]".into(),
        "7".into(),
    ] {
        let answer = post(&app, &headers, body.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, -32600), "{body}");
    }
    for body in ["", "{", "\u{0}", "{\"jsonrpc\":\"2.0\"} {}"] {
        let answer = post(&app, &headers, body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code(), &answer.json()["id"]),
            (400, -32700, &Value::Null),
            "{body}"
        );
    }
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}1{}}}"#,
        "[".repeat(200_000),
        "]".repeat(200_000)
    );
    assert_eq!(post(&app, &headers, deep).await.status, 400);
    assert_eq!(post(&app, &headers, vec![0xff, 0xfe, 0x7b]).await.status, 400);
    assert!(probe.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn kinds_that_are_not_spoken_here_are_refused_by_name() {
    let (_, app) = app();
    let headers = |kind: &'static str, accept: &'static str| {
        [
            ("mcp-protocol-version", VERSION),
            ("mcp-method", "tools/call"),
            ("mcp-name", "t"),
            ("content-type", kind),
            ("accept", accept),
        ]
    };
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""] {
        assert_eq!(post(&app, &headers(kind, "*/*"), tools_call()).await.status, 415, "{kind}");
    }
    for accept in ["application/json", "text/event-stream", "text/html", "application/*"] {
        assert_eq!(
            post(&app, &headers("application/json", accept), tools_call()).await.status,
            406,
            "{accept}"
        );
    }
    for accept in ["*/*", "text/event-stream;q=0.5, Application/JSON", "text/*, application/*"] {
        let answer = post(&app, &headers("Application/Json; charset=utf-8", accept), tools_call()).await;
        assert_eq!(answer.code(), -32601, "{accept}");
    }
}

#[tokio::test]
async fn bodies_have_an_end_in_size_and_in_time() {
    let options = Options { message_bytes_max: 1000, body_seconds_max: 1, ..Options::default() };
    let app = router(Arc::new(Probe::default()), options);
    let headers = [("mcp-protocol-version", VERSION), ("mcp-method", "probe/echo")];
    let answer = post(&app, &headers, "x".repeat(1001)).await;
    assert_eq!(answer.status, 413);
    assert!(answer.body.contains("`[clients] message_bytes_max`"), "{}", answer.body);
    let endless =
        futures::stream::repeat_with(|| Ok::<_, std::io::Error>(bytes::Bytes::from_static(b"     ")));
    assert_eq!(post(&app, &headers, Body::from_stream(endless)).await.status, 413);
    let slow = futures::stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        Some((Ok::<_, std::io::Error>(bytes::Bytes::from_static(b" ")), ()))
    });
    let answer = post(&app, &headers, Body::from_stream(slow)).await;
    assert_eq!(answer.status, 408);
    assert!(answer.body.contains("body_seconds_max"));
    let broken =
        futures::stream::iter([Ok(bytes::Bytes::from_static(b"{")), Err(std::io::Error::other("gone"))]);
    assert_eq!(post(&app, &headers, Body::from_stream(broken)).await.status, 400);
}

#[tokio::test]
async fn eras_are_not_mixed() {
    let (probe, app) = app();
    let session = initialize(&app, "2025-11-25", json!({})).await;
    let plain = json!({"jsonrpc": "2.0", "id": 1, "method": "probe/echo"}).to_string();
    // A modern version in a legacy session's header: then the request has to say who it is.
    let answer = post(
        &app,
        &[("mcp-session-id", &session), ("mcp-protocol-version", VERSION), ("mcp-method", "probe/echo")],
        plain.clone(),
    )
    .await;
    assert_eq!((answer.status.as_u16(), answer.code()), (400, -32602));
    for version in ["1999-01-01", "latest"] {
        let answer =
            post(&app, &[("mcp-session-id", &session), ("mcp-protocol-version", version)], plain.clone())
                .await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, -32022), "{version}");
    }
    let answer = post(&app, &[], plain.clone()).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (400, -32600));
    assert!(answer.body.contains("Mcp-Session-Id"));
    assert!(probe.asked.lock().unwrap().is_empty());
    // `_meta` of a trace on a legacy `initialize` is no modern request.
    let params =
        json!({"protocolVersion": "2025-06-18", "capabilities": {}, "_meta": {"traceparent": "00-1-2-01"}});
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}).to_string();
    let answer = post(&app, &[("mcp-protocol-version", VERSION)], body).await;
    assert_eq!(answer.json()["result"]["protocolVersion"], "2025-06-18");
    // A modern request ignores the header of sessions.
    let body =
        json!({"jsonrpc": "2.0", "id": 1, "method": "probe/echo", "params": {"_meta": meta()}}).to_string();
    let headers =
        [("mcp-protocol-version", VERSION), ("mcp-method", "probe/echo"), ("mcp-session-id", "nonsense")];
    let answer = post(&app, &headers, body).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.headers.contains_key("mcp-session-id"));
}
