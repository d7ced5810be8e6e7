//! Who may ask, from where: DNS rebinding, cross-site requests, and the headers of every answer.

use reqwest::Method;
use serde_json::json;
use web::Config;

use crate::support::{TestApp, problem};

#[tokio::test]
async fn a_foreign_name_that_resolves_to_us_is_refused_everywhere() {
    let app = TestApp::new().await;
    let cookie = app.cookie().await;
    let port = app.address.port();
    for path in ["/", "/healthz", "/api/v1/status", "/sign-in?token=x", "/assets/x.js", "/api/v1/nothing"] {
        for host in
            ["evil.example", &format!("evil.example:{port}"), "127.0.0.1", "127.0.0.1:1", "localhost.:80"]
        {
            let request = app.bare(Method::GET, path).header("host", host).header("cookie", &cookie);
            let problem = problem(421, request.send().await.unwrap()).await;
            assert_eq!(problem["code"], "bad_host", "{path} as {host}");
            assert!(problem["detail"].as_str().unwrap().contains("allowed_hosts"));
        }
    }
    let ours = app.bare(Method::GET, "/healthz").header("host", format!("localhost:{port}"));
    assert_eq!(ours.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_configured_name_is_answered() {
    let app = TestApp::with(Config { allowed_hosts: vec!["desk.example".into()], ..Config::default() }).await;
    let request = app.bare(Method::GET, "/healthz").header("host", "desk.example:8443");
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn changes_that_another_site_asks_for_are_refused() {
    let app = TestApp::new().await;
    let cookie = app.cookie().await;
    for (name, value) in [
        ("origin", "http://evil.example".to_owned()),
        ("origin", "null".to_owned()),
        ("origin", "http://127.0.0.1:1".to_owned()),
        ("origin", format!("http://localhost:{}", app.address.port())),
        ("sec-fetch-site", "cross-site".to_owned()),
        ("sec-fetch-site", "same-site".to_owned()),
    ] {
        let request = app
            .bare(Method::POST, "/api/v1/tasks")
            .header("cookie", &cookie)
            .header(name, &value)
            .json(&json!({"prompt": "steal"}));
        let problem = problem(403, request.send().await.unwrap()).await;
        assert_eq!(problem["code"], "bad_origin", "{name}: {value}");
    }
    assert_eq!(app.get("/tasks").await["tasks"], json!([]));

    let own = app
        .bare(Method::POST, "/api/v1/sign-in-links")
        .header("cookie", &cookie)
        .header("origin", app.base())
        .header("sec-fetch-site", "same-origin");
    assert_eq!(own.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_form_of_another_page_cannot_pass_for_json() {
    let app = TestApp::new().await;
    let cookie = app.cookie().await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
        for path in ["/api/v1/tasks", "/api/v1/sign-out", "/api/v1/sign-in-links"] {
            let request = app
                .bare(Method::POST, path)
                .header("cookie", &cookie)
                .header("content-type", kind)
                .body(r#"{"prompt":"steal"}"#);
            let problem = problem(415, request.send().await.unwrap()).await;
            assert_eq!(problem["code"], "unsupported_media_type", "{kind} to {path}");
        }
    }
    assert_eq!(app.get("/tasks").await["tasks"], json!([]));
}

#[tokio::test]
async fn nobody_else_is_told_to_read_our_answers() {
    let app = TestApp::new().await;
    let preflight = app
        .bare(Method::OPTIONS, "/api/v1/tasks")
        .header("origin", "http://evil.example")
        .header("access-control-request-method", "POST")
        .send()
        .await
        .unwrap();
    assert!(preflight.status().is_client_error());
    let read =
        app.request(Method::GET, "/status").header("origin", "http://evil.example").send().await.unwrap();
    for response in [preflight, read] {
        let mut names = response.headers().keys().map(|name| name.as_str());
        assert!(!names.any(|name| name.starts_with("access-control-")));
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let app = TestApp::new().await;
    for (path, status) in [
        ("/", 200),
        ("/healthz", 200),
        ("/sign-in?token=x", 401),
        ("/api/v1/status", 401),
        ("/api/v1/nothing", 404),
        ("/assets/nothing.js", 404),
    ] {
        let response = app.bare(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        let headers = response.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        for part in
            ["default-src 'self'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]
        {
            assert!(policy.contains(part), "{part} is missing at {path}");
        }
        assert!(!policy.contains("unsafe"));
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert!(headers.contains_key("cache-control"), "{path}");
    }
}
