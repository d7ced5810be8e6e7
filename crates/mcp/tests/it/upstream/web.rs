//! Both eras over HTTP, by servers written by hand.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use domain::server::{ServerLimits, Sharing};
use http::{HeaderMap, Method, StatusCode};
use mcp::upstream::{Headers, HttpParts, Parts, Refusal, TransportParts, Upstream, UpstreamError};
use serde_json::{Value, json};

use super::support::{ask, call, client, discovery, eventually, http_parts, limits, over_http, serve};

/// What a server was sent: method, headers, body.
type Seen = Arc<Mutex<Vec<(Method, HeaderMap, Value)>>>;

/// Serves one function as `/mcp`, and keeps what it was sent.
async fn server(
    answer: impl Fn(&Method, &HeaderMap, &Value) -> Response + Clone + Send + Sync + 'static,
) -> (String, Seen) {
    let seen = Seen::default();
    let handler = move |State(seen): State<Seen>, method: Method, headers: HeaderMap, body: String| {
        let body = serde_json::from_str(&body).unwrap_or(Value::Null);
        let response = answer(&method, &headers, &body);
        seen.lock().unwrap().push((method, headers, body));
        async move { response }
    };
    let router = Router::new().route("/mcp", axum::routing::any(handler)).with_state(seen.clone());
    (serve(router).await, seen)
}

fn posts(seen: &Seen) -> Vec<(HeaderMap, Value)> {
    let seen = seen.lock().unwrap();
    let posts = seen.iter().filter(|(method, _, _)| method == Method::POST);
    posts.map(|(_, headers, body)| (headers.clone(), body.clone())).collect()
}

fn result(request: &Value, result: Value) -> Response {
    axum::Json(json!({"jsonrpc": "2.0", "id": request["id"], "result": result})).into_response()
}

fn failed(status: u16, request: &Value, code: i64, data: Value) -> Response {
    let error = json!({"code": code, "message": "no", "data": data});
    let body = json!({"jsonrpc": "2.0", "id": request["id"], "error": error});
    (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
}

fn events(text: String) -> Response {
    ([("content-type", "text/event-stream")], text).into_response()
}

#[tokio::test]
async fn a_modern_call_is_one_post_whose_headers_agree_with_its_body() {
    let (url, seen) = server(|_, _, request| match request["method"].as_str() {
        Some("server/discover") => result(request, discovery()),
        _ => {
            let id = &request["id"];
            let told = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1}}"#;
            events(format!(
                ": hello\n\ndata: {told}\n\ndata: {{\"jsonrpc\":\"2.0\",\"id\":{id},\ndata: \"result\":{{}}}}\n\n"
            ))
        }
    })
    .await;
    let upstream = over_http(&url, limits());
    assert_eq!(call(&upstream, "süß").await.unwrap(), json!({"resultType": "complete"}));
    ask(&upstream, &client("one"), "resources/read", json!({"uri": "a:b"})).await.unwrap();
    let posts = posts(&seen);
    assert_eq!(posts.len(), 3);
    let (headers, body) = &posts[1];
    assert_eq!(headers["mcp-method"], "tools/call");
    assert_eq!(headers["mcp-name"], "=?base64?c8O8w58=?=");
    assert_eq!(headers["mcp-protocol-version"], "2026-07-28");
    assert_eq!(headers["accept"], "application/json, text/event-stream");
    assert_eq!(body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
    assert_eq!(posts[2].0["mcp-name"], "a:b");
}

/// A server of 2025-11-25 with sessions; `sessions` are those it still knows.
fn legacy(method: &Method, headers: &HeaderMap, request: &Value, sessions: &Mutex<Vec<String>>) -> Response {
    let session =
        headers.get("mcp-session-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    if *method == Method::GET {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    if *method == Method::DELETE {
        sessions.lock().unwrap().retain(|known| *known != session);
        return StatusCode::NO_CONTENT.into_response();
    }
    if request["method"] == "initialize" {
        let mut sessions = sessions.lock().unwrap();
        let id = format!("s{}", uuid::Uuid::now_v7());
        sessions.push(id.clone());
        let greeting =
            json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {}});
        let mut response = result(request, greeting);
        response.headers_mut().insert("mcp-session-id", id.parse().unwrap());
        return response;
    }
    if session.is_empty() {
        return failed(400, request, -32000, Value::Null);
    }
    if !sessions.lock().unwrap().contains(&session) {
        return failed(404, request, -32001, Value::Null);
    }
    match request["id"].is_null() {
        true => StatusCode::ACCEPTED.into_response(),
        false => result(request, json!({"content": []})),
    }
}

#[tokio::test]
async fn a_legacy_session_is_begun_kept_renewed_and_ended() {
    let sessions = Arc::new(Mutex::new(Vec::new()));
    let known = sessions.clone();
    let (url, seen) = server(move |method, headers, request| legacy(method, headers, request, &known)).await;
    let upstream = over_http(&url, limits());
    for _ in 0..3 {
        assert_eq!(call(&upstream, "t").await.unwrap()["resultType"], "complete");
    }
    let methods = |seen: &Seen| -> Vec<String> {
        posts(seen).iter().map(|(_, body)| body["method"].as_str().unwrap().to_owned()).collect()
    };
    let greeting = ["server/discover", "initialize", "notifications/initialized"];
    assert_eq!(methods(&seen), [&greeting[..], &["tools/call"; 3]].concat(), "one POST a call");
    assert_eq!(posts(&seen)[3].0["mcp-protocol-version"], "2025-11-25");
    assert!(posts(&seen)[1].0.get("mcp-protocol-version").is_none());

    // The server forgets the session: the call is made again in a new one, without the probe.
    sessions.lock().unwrap().clear();
    seen.lock().unwrap().clear();
    call(&upstream, "t").await.unwrap();
    assert_eq!(methods(&seen), ["tools/call", "initialize", "notifications/initialized", "tools/call"]);
    assert_eq!(sessions.lock().unwrap().len(), 1);
    upstream.close().await;
    assert!(sessions.lock().unwrap().is_empty(), "the session is ended with DELETE");
}

#[tokio::test]
async fn a_question_in_the_stream_of_a_legacy_call_parks_it() {
    let heard = Seen::default();
    let kept = heard.clone();
    let handler = move |method: Method, mut headers: HeaderMap, body: String| {
        let kept = kept.clone();
        async move {
            let request: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
            if request["result"].is_object() {
                kept.lock().unwrap().push((method, headers, request));
                return StatusCode::ACCEPTED.into_response();
            }
            if request["method"] == "server/discover" {
                return failed(400, &request, -32000, Value::Null);
            }
            if request["method"] != "tools/call" {
                let sessions = Mutex::new(vec!["s".to_owned()]);
                headers.insert("mcp-session-id", "s".parse().unwrap());
                return legacy(&method, &headers, &request, &sessions);
            }
            let id = request["id"].clone();
            let question = json!({"jsonrpc": "2.0", "id": id, "method": "elicitation/create", "params": {}});
            let first = futures::stream::once(async move { format!("data: {question}\n\n") });
            let second = futures::stream::once(async move {
                while !kept.lock().unwrap().iter().any(|(_, _, answer)| answer["id"] == id) {
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
                format!("data: {}\n\n", json!({"jsonrpc": "2.0", "id": id, "result": {"content": ["done"]}}))
            });
            let stream = futures::StreamExt::chain(first, second);
            let body =
                axum::body::Body::from_stream(futures::StreamExt::map(stream, Ok::<_, std::io::Error>));
            ([("content-type", "text/event-stream")], body).into_response()
        }
    };
    let url = serve(Router::new().route("/mcp", axum::routing::any(handler))).await;
    let upstream = over_http(&url, limits());
    // Two clients at once: the stream says whose question it is.
    let (first, second) = (client("one"), client("two"));
    let (one, two) = tokio::join!(
        ask(&upstream, &first, "tools/call", json!({"name": "t"})),
        ask(&upstream, &second, "tools/call", json!({"name": "t"})),
    );
    for (who, parked) in [("one", one.unwrap()), ("two", two.unwrap())] {
        let key = parked["inputRequests"].as_object().unwrap().keys().next().unwrap();
        let again = json!({
            "name": "t",
            "requestState": parked["requestState"],
            "inputResponses": {key: {"action": "decline", "who": who}},
        });
        let result = ask(&upstream, &client(who), "tools/call", again).await.unwrap();
        assert_eq!(result["content"], json!(["done"]));
        assert_eq!(heard.lock().unwrap().last().unwrap().2["result"]["who"], who);
    }
}

#[tokio::test]
async fn the_transport_of_2024_is_found_and_spoken() {
    let (sender, _) = tokio::sync::broadcast::channel::<String>(16);
    let stream = sender.clone();
    let listen = move || {
        let receiver = stream.subscribe();
        async move {
            let first =
                futures::stream::once(async { "event: endpoint\ndata: /messages?s=1\n\n".to_owned() });
            let rest = futures::stream::unfold(receiver, |mut receiver| async move {
                let message = receiver.recv().await.ok()?;
                Some((format!("event: message\ndata: {message}\n\n"), receiver))
            });
            let stream = futures::StreamExt::chain(first, rest);
            let body =
                axum::body::Body::from_stream(futures::StreamExt::map(stream, Ok::<_, std::io::Error>));
            ([("content-type", "text/event-stream")], body)
        }
    };
    let take = move |axum::Json(request): axum::Json<Value>| {
        let sender = sender.clone();
        async move {
            let answer = match request["method"].as_str() {
                Some("initialize") => {
                    json!({"protocolVersion": "2024-11-05", "capabilities": {}, "serverInfo": {"name": "sse"}})
                }
                _ => json!({"content": []}),
            };
            if !request["id"].is_null() {
                let _ =
                    sender.send(json!({"jsonrpc": "2.0", "id": request["id"], "result": answer}).to_string());
            }
            StatusCode::ACCEPTED
        }
    };
    let url = serve(Router::new().route("/mcp", get(listen)).route("/messages", post(take))).await;
    let upstream = over_http(&url, limits());
    assert_eq!(call(&upstream, "t").await.unwrap()["resultType"], "complete");
    assert_eq!(upstream.status().version, Some("2024-11-05"));
    let transport = TransportParts::Sse(http_parts(&url));
    let parts = Parts { name: "old".to_owned(), transport, limits: limits(), sharing: Sharing::Shared };
    assert_eq!(call(&Upstream::new(parts), "t").await.unwrap()["resultType"], "complete");
}

#[tokio::test]
async fn an_endpoint_on_another_host_is_refused() {
    let listen = || async {
        ([("content-type", "text/event-stream")], "event: endpoint\ndata: http://evil.example/m\n\n")
    };
    let url = serve(Router::new().route("/mcp", get(listen))).await;
    let error = call(&over_http(&url, limits()), "t").await.unwrap_err();
    assert!(error.to_string().contains("another host"), "{error}");
}

/// Credentials that are renewed once.
struct Renewed(Mutex<&'static str>, Mutex<Vec<Refusal>>);

#[async_trait::async_trait]
impl Headers for Renewed {
    async fn headers(&self) -> Result<HeaderMap, UpstreamError> {
        let token = *self.0.lock().unwrap();
        Ok(HeaderMap::from_iter([(http::header::AUTHORIZATION, token.parse().unwrap())]))
    }

    async fn refused(&self, refusal: Refusal) -> Result<bool, UpstreamError> {
        self.1.lock().unwrap().push(refusal);
        *self.0.lock().unwrap() = "new";
        Ok(true)
    }
}

#[tokio::test]
async fn refused_credentials_are_renewed_once() {
    let (url, _) = server(|_, headers, request| match headers["authorization"].to_str() {
        Ok("new") if request["params"]["name"] == "forbidden" => StatusCode::FORBIDDEN.into_response(),
        Ok("new") if request["method"] == "server/discover" => result(request, discovery()),
        Ok("new") => result(request, json!({})),
        _ => (StatusCode::UNAUTHORIZED, [("www-authenticate", "Bearer x=1")]).into_response(),
    })
    .await;
    let headers = Arc::new(Renewed(Mutex::new("old"), Mutex::default()));
    let parts = HttpParts { headers: headers.clone(), ..http_parts(&url) };
    let upstream = Upstream::new(Parts {
        name: "guarded".to_owned(),
        transport: TransportParts::Http(parts),
        limits: limits(),
        sharing: Sharing::Shared,
    });
    call(&upstream, "t").await.unwrap();
    {
        let refusals = headers.1.lock().unwrap();
        assert_eq!(refusals.len(), 1);
        assert_eq!(refusals[0].challenge.as_deref(), Some("Bearer x=1"));
        assert_eq!(refusals[0].authorization.as_ref().unwrap(), "old");
    }
    let error = call(&upstream, "forbidden").await.unwrap_err();
    assert!(matches!(error, UpstreamError::Unauthorized { status: 403, .. }), "{error}");
    assert_eq!(upstream.status().failures_in_a_row, 0, "that is no failure of the server");
}

#[tokio::test]
async fn headers_that_do_not_fit_are_mended_with_the_tools_schema() {
    let (url, seen) = server(|_, headers, request| match request["method"].as_str() {
        Some("server/discover") => result(request, discovery()),
        Some("tools/list") => {
            let schema =
                json!({"type": "object", "properties": {"r": {"type": "string", "x-mcp-header": "R"}}});
            result(request, json!({"tools": [{"name": "t", "inputSchema": schema}]}))
        }
        _ if headers.get("mcp-param-r").is_none() => failed(400, request, -32020, Value::Null),
        _ => result(request, json!({})),
    })
    .await;
    let upstream = over_http(&url, limits());
    let params = json!({"name": "t", "arguments": {"r": "here"}});
    ask(&upstream, &client("one"), "tools/call", params.clone()).await.unwrap();
    ask(&upstream, &client("one"), "tools/call", params).await.unwrap();
    let posts = posts(&seen);
    let methods: Vec<_> = posts.iter().map(|(_, body)| body["method"].as_str().unwrap()).collect();
    assert_eq!(methods, ["server/discover", "tools/call", "tools/list", "tools/call", "tools/call"]);
    assert_eq!(posts[4].0["mcp-param-r"], "here");
}

#[tokio::test]
async fn errors_of_a_server_are_passed_on_whole_whatever_the_status() {
    let (url, _) = server(|_, _, request| match request["method"].as_str() {
        Some("server/discover") => result(request, discovery()),
        _ => failed(400, request, -32021, json!({"requiredCapabilities": {"sampling": {}}})),
    })
    .await;
    let error = call(&over_http(&url, limits()), "t").await.unwrap_err();
    let UpstreamError::Rpc(error) = error else { panic!("{error}") };
    assert_eq!((error.code, error.data), (-32021, Some(json!({"requiredCapabilities": {"sampling": {}}}))));
}

#[tokio::test]
async fn a_server_that_changes_its_era_is_found_out_again() {
    let modern = Arc::new(Mutex::new(true));
    let sessions = Arc::new(Mutex::new(Vec::new()));
    let is_modern = modern.clone();
    let (url, _) = server(move |method, headers, request| match *is_modern.lock().unwrap() {
        true if request["method"] == "server/discover" => result(request, discovery()),
        true => result(request, json!({})),
        false => legacy(method, headers, request, &sessions),
    })
    .await;
    let upstream = over_http(&url, limits());
    call(&upstream, "t").await.unwrap();
    *modern.lock().unwrap() = false;
    // Its error is its own and is passed on; nothing says yet that it is another server.
    let _ = call(&upstream, "t").await;
    upstream.close().await;
    let upstream = over_http(&url, ServerLimits { ..limits() });
    call(&upstream, "t").await.unwrap();
    assert_eq!(upstream.status().version, Some("2025-11-25"));
}

#[tokio::test]
async fn a_modern_server_that_tells_of_changes_is_listened_to() {
    let (url, seen) = server(|_, _, request| match request["method"].as_str() {
        Some("server/discover") => {
            let mut discovery = discovery();
            discovery["capabilities"] = json!({"tools": {"listChanged": true}});
            result(request, discovery)
        }
        Some("subscriptions/listen") => {
            let meta = json!({"io.modelcontextprotocol/subscriptionId": request["id"]});
            let told = |method: &str| {
                format!(
                    "data: {}\n\n",
                    json!({"jsonrpc": "2.0", "method": method, "params": {"_meta": meta}})
                )
            };
            let ack = told("notifications/subscriptions/acknowledged");
            events(ack + &told("notifications/tools/list_changed"))
        }
        _ => result(request, json!({})),
    })
    .await;
    let upstream = over_http(&url, limits());
    let mut told = upstream.events();
    call(&upstream, "t").await.unwrap();
    assert_eq!(told.recv().await.unwrap().method, "notifications/tools/list_changed");
    eventually("it listens", || {
        posts(&seen).iter().any(|(headers, body)| {
            headers["mcp-method"] == "subscriptions/listen"
                && body["params"]["notifications"] == json!({"toolsListChanged": true})
        })
    })
    .await;
}
