//! Who may reach the MCP server over HTTP. What it answers is tested with the official clients, see `tests/sdk`.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use toolbox::mcp::{HttpOptions, router};
use tower::ServiceExt;

use crate::bench::Bench;

crate::trials![
    other_hosts_are_refused,
    browsers_are_refused_unless_allowed,
    a_token_is_asked_for_where_one_is_set
];

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18",
    "capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"#;

fn status(options: HttpOptions, headers: &[(&str, &str)]) -> StatusCode {
    let bench = Bench::new();
    let mut request = Request::post("/mcp")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(INITIALIZE)).unwrap();
    let router = router(bench.toolbox.clone(), options);
    bench.runtime.block_on(async { router.oneshot(request).await.unwrap().status() })
}

fn other_hosts_are_refused() {
    for host in ["localhost:1234", "127.0.0.1:1234", "[::1]:1234"] {
        assert_eq!(status(HttpOptions::default(), &[("host", host)]), StatusCode::OK, "{host}");
    }
    for host in ["evil.example", "localhost.evil.example", "192.168.0.1:1234"] {
        assert_eq!(status(HttpOptions::default(), &[("host", host)]), StatusCode::FORBIDDEN, "{host}");
    }
}

fn browsers_are_refused_unless_allowed() {
    let from = |options, origin| status(options, &[("host", "localhost:1"), ("origin", origin)]);
    assert_eq!(from(HttpOptions::default(), "https://evil.example"), StatusCode::FORBIDDEN);
    assert_eq!(from(HttpOptions::default(), "null"), StatusCode::FORBIDDEN);
    let inspector =
        HttpOptions { allowed_origins: vec!["http://localhost:6274".into()], ..HttpOptions::default() };
    assert_eq!(from(inspector.clone(), "http://localhost:6274"), StatusCode::OK);
    assert_eq!(from(inspector, "http://localhost:6275"), StatusCode::FORBIDDEN);
}

fn a_token_is_asked_for_where_one_is_set() {
    let with = |headers: &[(&str, &str)]| {
        let options = HttpOptions { bearer_token: Some("s3cret".into()), ..HttpOptions::default() };
        status(options, &[&[("host", "localhost:1")], headers].concat())
    };
    assert_eq!(with(&[("authorization", "Bearer s3cret")]), StatusCode::OK);
    assert_eq!(with(&[("authorization", "bearer s3cret")]), StatusCode::OK);
    for wrong in ["Bearer s3cre", "Bearer s3cret2", "Basic s3cret", "s3cret", ""] {
        assert_eq!(with(&[("authorization", wrong)]), StatusCode::UNAUTHORIZED, "{wrong}");
    }
    assert_eq!(with(&[]), StatusCode::UNAUTHORIZED);
}
