//! Servers on HTTP that misbehave.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use domain::server::ServerLimits;
use futures::StreamExt;
use http::StatusCode;
use mcp::upstream::{State, UpstreamError};
use serde_json::{Value, json};

use super::support::{call, discovery, limits, over_http, serve};

/// A server of the newer era that answers calls with this.
async fn server(answer: impl Fn(Value) -> Response + Clone + Send + Sync + 'static) -> String {
    let handler = move |body: String| {
        let request: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
        let response = match request["method"] == "server/discover" {
            true => axum::Json(json!({"jsonrpc": "2.0", "id": request["id"], "result": discovery()}))
                .into_response(),
            false => answer(request),
        };
        async move { response }
    };
    serve(Router::new().route("/mcp", any(handler))).await
}

fn endless(kind: &'static str, piece: String, every: Duration, sent: Arc<AtomicUsize>) -> Response {
    let stream = futures::stream::repeat(piece).then(move |piece| {
        let sent = sent.clone();
        async move {
            tokio::time::sleep(every).await;
            sent.fetch_add(piece.len(), Ordering::SeqCst);
            Ok::<_, std::io::Error>(piece)
        }
    });
    ([("content-type", kind)], Body::from_stream(stream)).into_response()
}

/// A kernel and two HTTP libraries hold a few megabytes on the way; a hundred would be seen.
const ON_THE_WAY_BYTES_MAX: usize = 20 << 20;

#[tokio::test]
async fn a_body_without_end_is_read_no_further_than_allowed() {
    for kind in ["application/json", "text/event-stream"] {
        let sent = Arc::new(AtomicUsize::new(0));
        let counter = sent.clone();
        let url = server(move |_| endless(kind, "x".repeat(64 << 10), Duration::ZERO, counter.clone())).await;
        let upstream = over_http(&url, limits());
        let error = call(&upstream, "t").await.unwrap_err();
        assert!(matches!(error, UpstreamError::TooLarge { bytes_max: 1_048_576 }), "{kind}: {error}");
        assert!(sent.load(Ordering::SeqCst) < ON_THE_WAY_BYTES_MAX);
    }
}

#[tokio::test]
async fn a_length_of_a_hundred_megabytes_is_enough_to_refuse() {
    let url = server(|_| {
        let body = Body::from_stream(
            futures::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'x'; 1 << 16])).take(1_600),
        );
        ([("content-type", "application/json"), ("content-length", "104857600")], body).into_response()
    })
    .await;
    let error = call(&over_http(&url, limits()), "t").await.unwrap_err();
    assert!(matches!(error, UpstreamError::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn a_stream_that_drips_ends_with_the_calls_time() {
    let drip = Duration::from_millis(20);
    for piece in [": still here\n\n", "d", "data: {\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n\n", "data: la\n\n"]
    {
        let url = server(move |_| endless("text/event-stream", piece.to_owned(), drip, Arc::default())).await;
        let upstream = over_http(&url, ServerLimits { call_ms_max: 700, ..limits() });
        let error = call(&upstream, "t").await.unwrap_err();
        assert!(matches!(error, UpstreamError::TimedOut { limit: "call_ms_max", .. }), "{piece}: {error}");
    }
}

#[tokio::test]
async fn what_is_no_answer_says_what_it_is() {
    for (status, kind, body, part) in [
        (200, "text/html", "<h1>Sign in</h1>", "Sign in"),
        (200, "application/json", "{\"hello\":1}", "hello"),
        (200, "application/json", "{\"jsonrpc\":\"2.0\",\"id\":\"other\",\"result\":{}}", "not an answer"),
        (502, "text/plain", "bad gateway", "502"),
        (202, "text/plain", "", "without answering"),
        (302, "text/plain", "", "302"),
    ] {
        let url = server(move |_| {
            (StatusCode::from_u16(status).unwrap(), [("content-type", kind)], body).into_response()
        })
        .await;
        let error = call(&over_http(&url, limits()), "t").await.unwrap_err();
        assert!(error.is_none_of_ours() && error.to_string().contains(part), "{status} {kind}: {error}");
    }
}

trait Ours {
    /// Neither the server's own JSON-RPC error nor a refusal of ours.
    fn is_none_of_ours(&self) -> bool;
}

impl Ours for UpstreamError {
    fn is_none_of_ours(&self) -> bool {
        matches!(self, Self::Protocol(_) | Self::Unavailable(_))
    }
}

#[tokio::test]
async fn an_answer_cut_short_is_an_error_and_is_not_asked_for_again() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let url = server(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        ([("content-type", "text/event-stream")], "id: 1\ndata:\n\ndata: {\"jsonrpc\"").into_response()
    })
    .await;
    let error = call(&over_http(&url, limits()), "t").await.unwrap_err();
    assert!(matches!(error, UpstreamError::Unavailable(_)), "{error}");
    assert_eq!(asked.load(Ordering::SeqCst), 1, "the tool may have run");
}

#[tokio::test]
async fn one_that_is_not_there_is_left_alone_and_found_when_it_is_back() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let upstream = over_http(&format!("http://{address}/mcp"), ServerLimits { failures_max: 2, ..limits() });
    for _ in 0..2 {
        let error = call(&upstream, "t").await.unwrap_err();
        assert!(matches!(error, UpstreamError::Unavailable(_)), "{error}");
    }
    assert!(matches!(call(&upstream, "t").await, Err(UpstreamError::Refused { .. })));
    assert_eq!(upstream.status().state, State::Refused);
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    let handler = |axum::Json(request): axum::Json<Value>| async move {
        let result = if request["method"] == "server/discover" { discovery() } else { json!({}) };
        axum::Json(json!({"jsonrpc": "2.0", "id": request["id"], "result": result}))
    };
    let router = Router::new().route("/mcp", axum::routing::post(handler));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    for _ in 0..200 {
        if call(&upstream, "t").await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it was never asked again");
}
