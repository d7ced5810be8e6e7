//! Tokens of our own: the local one, and one a client.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use super::fixture::{Published, app, challenge, list, who};
use crate::support::{LOCAL_TOKEN, TestApp, json, problem};

async fn token(app: &TestApp, name: &str) -> String {
    let body = json!({"name": name});
    let made = json(201, app.request(Method::POST, "/mcp-clients").json(&body)).await;
    made["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_local_token_opens_and_nothing_else_does() {
    let app = app(None, Arc::new(Published::default())).await;
    let me = who(list(&app).bearer_auth(LOCAL_TOKEN)).await;
    assert_eq!(me["kind"], "mcp_client");
    assert_eq!(me["roles"], json!(["owner"]));

    let response = list(&app).send().await.unwrap();
    assert_eq!(challenge(&response), "Bearer realm=\"bailiwick\"");
    problem(401, response).await;
    let response = list(&app).bearer_auth("wrong").send().await.unwrap();
    assert!(challenge(&response).contains("error=\"invalid_token\""));
    assert_eq!(problem(401, response).await["code"], "invalid_token");
    let response = list(&app).header("authorization", "Basic bG9jYWw6dG9rZW4=").send().await.unwrap();
    problem(401, response).await;

    let metadata = app.bare(Method::GET, "/.well-known/oauth-protected-resource");
    problem(404, metadata.send().await.unwrap()).await;
}

#[tokio::test]
async fn the_cookie_of_a_browser_does_not_open_it() {
    let app = app(None, Arc::new(Published::default())).await;
    let cookie = app.cookie().await;
    problem(401, list(&app).header("cookie", &cookie).send().await.unwrap()).await;
    // Nor does the cookie's token when a program sends it.
    let token = cookie.split_once('=').unwrap().1;
    problem(401, list(&app).bearer_auth(token).send().await.unwrap()).await;
}

#[tokio::test]
async fn pages_of_other_sites_are_refused_even_with_a_token() {
    let app = app(None, Arc::new(Published::default())).await;
    let foreign = || list(&app).bearer_auth(LOCAL_TOKEN).header("origin", "https://evil.example");
    assert_eq!(problem(403, foreign().send().await.unwrap()).await["code"], "bad_origin");
    let stream = app.bare(Method::GET, "/mcp").bearer_auth(LOCAL_TOKEN).header("origin", "null");
    assert_eq!(problem(403, stream.send().await.unwrap()).await["code"], "bad_origin");
    let rebound = list(&app).bearer_auth(LOCAL_TOKEN).header("host", "evil.example");
    assert_eq!(problem(421, rebound.send().await.unwrap()).await["code"], "bad_host");
    who(list(&app).bearer_auth(LOCAL_TOKEN).header("origin", app.base())).await;
}

#[tokio::test]
async fn each_client_has_a_token_of_its_own() {
    let app = app(None, Arc::new(Published::default())).await;
    let (cursor, other) = (token(&app, "cursor").await, token(&app, "other").await);
    let me = who(list(&app).bearer_auth(&cursor)).await;
    assert_eq!(me["label"], "cursor");
    assert_eq!(me["roles"], json!(["owner", "client:cursor"]));
    let it = who(list(&app).bearer_auth(&other)).await;
    assert_ne!(me["id"], it["id"]);
    assert_ne!(me["conversation"], it["conversation"]);
    assert!(!me["conversation"].as_str().unwrap().contains(&cursor));

    let listed = app.get("/mcp-clients").await;
    let names: Vec<&str> =
        listed["clients"].as_array().unwrap().iter().map(|client| client["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["other", "cursor"]);
    assert!(!listed.to_string().contains(&cursor));
}

#[tokio::test]
async fn a_withdrawn_or_replaced_token_ends_at_once() {
    let app = app(None, Arc::new(Published::default())).await;
    let first = token(&app, "cursor").await;
    who(list(&app).bearer_auth(&first)).await;
    let second = token(&app, "cursor").await;
    problem(401, list(&app).bearer_auth(&first).send().await.unwrap()).await;
    who(list(&app).bearer_auth(&second)).await;
    let withdraw = || app.request(Method::DELETE, "/mcp-clients/cursor");
    assert_eq!(withdraw().send().await.unwrap().status(), 204);
    problem(401, list(&app).bearer_auth(&second).send().await.unwrap()).await;
    app.refused(404, withdraw()).await;
    app.refused(400, app.request(Method::POST, "/mcp-clients").json(&json!({"name": "a b"}))).await;
}

#[tokio::test]
async fn the_token_of_a_client_opens_nothing_but_mcp() {
    let app = app(None, Arc::new(Published::default())).await;
    let token = token(&app, "cursor").await;
    let api = || app.bare(Method::GET, "/api/v1/status");
    problem(401, api().bearer_auth(&token).send().await.unwrap()).await;
    problem(401, api().header("cookie", format!("bailiwick_session={token}")).send().await.unwrap()).await;
}

#[tokio::test]
async fn without_a_gateway_there_is_no_mcp() {
    let app = TestApp::new().await;
    let response = list(&app).bearer_auth(LOCAL_TOKEN).send().await.unwrap();
    let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default();
    assert!(answer["result"].is_null(), "{answer}");
}
