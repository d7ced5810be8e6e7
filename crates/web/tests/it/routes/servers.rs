//! Servers behind the gateway.

use reqwest::Method;
use serde_json::json;

use crate::support::{DIGEST, TestApp};

fn docs() -> serde_json::Value {
    json!({"name": "docs", "transport": "http", "url": "https://docs.example/mcp"})
}

async fn add(app: &TestApp) -> serde_json::Value {
    let request = app.request(Method::POST, "/servers").json(&docs());
    crate::support::json(201, request).await
}

#[tokio::test]
async fn a_server_is_added_approved_and_removed() {
    let app = TestApp::new().await;
    let added = add(&app).await;
    assert_eq!((&added["name"], &added["tools_waiting"]), (&json!("docs"), &json!(1)));
    assert_eq!(added["spec"]["limits"]["call_ms_max"], 120_000, "what is left out has its default");
    assert_eq!(added["spec"]["enabled"], true);

    let tools = json!({"tools": [{"name": "echo", "digest": DIGEST}]});
    let approved = app.post("/servers/docs/approve", &tools).await;
    assert_eq!((&approved["tools"][0]["state"], &approved["tools_pinned"]), (&json!("pinned"), &json!(1)));
    let withdrawn = app.post("/servers/docs/withdraw", &json!({"tools": ["echo"]})).await;
    assert_eq!(withdrawn["tools"][0]["state"], "new");
    assert_eq!(app.get("/servers").await["servers"][0]["name"], "docs");
    assert_eq!(app.post("/servers/docs/restart", &json!({})).await["state"], "ready");

    let response = app.request(Method::DELETE, "/servers/docs").send().await.unwrap();
    assert_eq!(response.status(), 204);
    app.refused(404, app.request(Method::GET, "/servers/docs")).await;
    app.refused(404, app.request(Method::DELETE, "/servers/docs")).await;
}

#[tokio::test]
async fn an_approval_names_what_was_read() {
    let app = TestApp::new().await;
    add(&app).await;
    let tools = json!({"tools": [{"name": "echo", "digest": "sha256:another"}]});
    let request = app.request(Method::POST, "/servers/docs/approve").json(&tools);
    let problem = app.refused(422, request).await;
    assert!(problem["detail"].as_str().unwrap().contains("changed"), "{problem}");
}

#[tokio::test]
async fn names_and_specs_that_cannot_be_meant_are_refused() {
    let app = TestApp::new().await;
    for name in ["", "Docs", "a_b", "a/b", "ä", &"a".repeat(41)] {
        let mut body = docs();
        body["name"] = (*name).into();
        app.refused(400, app.request(Method::POST, "/servers").json(&body)).await;
    }
    for body in [json!({"name": "x"}), json!({"name": "x", "transport": "carrier-pigeon"})] {
        app.refused(422, app.request(Method::POST, "/servers").json(&body)).await;
    }
}

#[tokio::test]
async fn the_browser_signs_in_to_a_server_and_comes_back() {
    let app = TestApp::new().await;
    add(&app).await;
    let begun = app.post("/servers/docs/sign-in", &json!({})).await;
    let back = format!("{}/oauth/callback", app.base());
    assert!(begun["url"].as_str().unwrap().contains(&back), "{begun}");

    let response = app.bare(Method::GET, "/oauth/callback?code=c1&state=s1").send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["location"]),
        (303, &"/servers/docs".parse().unwrap())
    );
    let response = app.bare(Method::GET, "/oauth/callback?code=c1&state=other").send().await.unwrap();
    assert_eq!(response.status(), 400);
    assert!(!response.text().await.unwrap().contains("other"), "nothing of the query is shown");
}
