//! Errors say what happened, where, and what to do.

use reqwest::Method;
use serde_json::json;
use web::Config;

use crate::support::TestApp;

#[tokio::test]
async fn an_address_that_is_none_is_a_404() {
    let app = TestApp::new().await;
    for path in ["/nothing", "/tasks/", "/tasks/x/y/z"] {
        let problem = app.refused(404, app.request(Method::GET, path)).await;
        assert_eq!(problem["code"], "not_found", "{path}");
    }
    let problem = app.refused(404, app.bare(Method::GET, "/api")).await;
    assert!(problem["detail"].as_str().unwrap().contains("openapi.json"));
}

#[tokio::test]
async fn a_wrong_method_is_a_405_that_says_which_are_right() {
    let app = TestApp::new().await;
    let response = app.request(Method::DELETE, "/tasks").send().await.unwrap();
    assert_eq!(response.headers()["allow"], "GET,HEAD,POST");
    let problem = crate::support::problem(405, response).await;
    assert_eq!(problem["code"], "method_not_allowed");
    app.refused(405, app.bare(Method::POST, "/")).await;
    app.refused(405, app.bare(Method::POST, "/healthz")).await;
}

#[tokio::test]
async fn an_id_that_is_none_is_a_400() {
    let app = TestApp::new().await;
    for path in ["/tasks/abc", "/approvals/1", "/workspaces/-/files", "/tasks/%ff"] {
        let problem = app.refused(400, app.request(Method::GET, path)).await;
        assert!(problem["detail"].as_str().unwrap().contains("UUID"), "{problem}");
    }
}

#[tokio::test]
async fn an_id_of_nothing_is_a_404() {
    let app = TestApp::new().await;
    let id = "0193a1b2-0000-7000-8000-000000000001";
    for path in [
        format!("/tasks/{id}"),
        format!("/tasks/{id}/journal"),
        format!("/tasks/{id}/events"),
        format!("/tasks/{id}/rules"),
        format!("/tasks/{id}/decisions"),
        format!("/approvals/{id}"),
        format!("/approvals/{id}/explain"),
        format!("/workspaces/{id}/files"),
        format!("/workspaces/{id}/file?path=a"),
    ] {
        let problem = app.refused(404, app.request(Method::GET, &path)).await;
        assert_eq!(problem["code"], "not_found", "{path}");
    }
    for path in [format!("/tasks/{id}/cancel"), format!("/tasks/{id}/resume")] {
        app.refused(404, app.request(Method::POST, &path).json(&json!({}))).await;
    }
    app.refused(404, app.request(Method::DELETE, &format!("/tasks/{id}/rules/{id}"))).await;
}

#[tokio::test]
async fn json_that_is_wrong_is_answered_with_where() {
    let app = TestApp::new().await;
    let send = |body: &'static str| {
        app.request(Method::POST, "/tasks").header("content-type", "application/json").body(body)
    };
    for (body, status, where_it_is) in [
        ("{", 400, "line 1 column 1"),
        ("", 400, "line 1 column 0"),
        ("\u{1}", 400, "line 1 column 1"),
        (r#"{"prompt": 1}"#, 422, "prompt"),
        (r#"{"prompt": "x", "limits": {"steps_max": -1}}"#, 422, "limits.steps_max"),
        (r#"{"prompt": "x", "promt": "y"}"#, 422, "promt"),
        (r#"{}"#, 422, "prompt"),
        ("[]", 422, "line 1 column 2"),
    ] {
        let problem = app.refused(status, send(body)).await;
        assert_eq!(problem["code"], "invalid");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(where_it_is), "{body} is answered with: {detail}");
    }
}

#[tokio::test]
async fn a_query_that_is_wrong_is_answered_with_what() {
    let app = TestApp::new().await;
    for (path, what) in [
        ("/tasks?limit=many", "limit"),
        ("/tasks?status=asleep", "asleep"),
        ("/tasks?stauts=running", "stauts"),
        ("/approvals?task_id=x", "task_id"),
    ] {
        let problem = app.refused(400, app.request(Method::GET, path)).await;
        assert!(problem["detail"].as_str().unwrap().contains(what), "{path} is answered with {problem}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_answered_with_the_limit() {
    let app = TestApp::with(Config { body_bytes_max: 1_000, ..Config::default() }).await;
    let body = json!({"prompt": "x".repeat(2_000)});
    let problem = app.refused(413, app.request(Method::POST, "/tasks").json(&body)).await;
    assert_eq!(problem["code"], "body_too_large");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("1000") && detail.contains("`body_bytes_max` in [web]"), "{detail}");
}
