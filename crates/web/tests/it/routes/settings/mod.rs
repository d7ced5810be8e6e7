//! Model settings.

use reqwest::Method;
use serde_json::json;

use crate::support::TestApp;

const ACME: &str = "/settings/models/providers/acme";

#[tokio::test]
async fn a_provider_is_added_keyed_and_tested() {
    let app = TestApp::new().await;
    let before = app.get("/settings/models").await;
    assert_eq!((&before["default_model"], &before["providers"]), (&json!("scripted"), &json!([])));

    let body = json!({"api": "openai_chat", "base_url": "http://127.0.0.1:8080/v1", "key_env": "ACME_KEY"});
    let added = app.put(ACME, &body).await;
    let provider = &added["providers"][0];
    assert_eq!((&provider["name"], &provider["api"]), (&json!("acme"), &json!("openai_chat")));
    assert_eq!((&provider["has_key"], &provider["key_source"]), (&json!(false), &json!(null)));
    assert_eq!(provider["models"][0]["name"], "acme/large");

    let keyed = app.put(&format!("{ACME}/key"), &json!({"key": "  secret-of-acme\n"})).await;
    assert_eq!(app.desk.key().as_deref(), Some("secret-of-acme"));
    assert_eq!(keyed["providers"][0]["key_source"], "credentials");
    assert!(!keyed.to_string().contains("secret-of-acme"), "a key never comes back out");
    assert!(!app.get("/settings/models").await.to_string().contains("secret-of-acme"));

    let gone = app.delete(&format!("{ACME}/key")).await;
    assert_eq!(gone["providers"][0]["has_key"], false);
    assert_eq!(app.desk.key(), None);
}

#[tokio::test]
async fn the_default_model_is_what_new_tasks_use() {
    let app = TestApp::new().await;
    let problem = app
        .refused(422, app.request(Method::PUT, "/settings/models/default").json(&json!({"model": "gpt-0"})))
        .await;
    assert!(problem["detail"].as_str().unwrap().contains("gpt-0"));
    let changed = app.put("/settings/models/default", &json!({"model": "demo"})).await;
    assert_eq!(changed["default_model"], "demo");

    let task = app.start(vec![]).await;
    assert_eq!(app.get(&format!("/tasks/{task}")).await["model"], "demo");
}

#[tokio::test]
async fn a_test_call_says_whether_the_model_answers() {
    let app = TestApp::new().await;
    let good = app.post("/settings/models/test", &json!({"model": "scripted"})).await;
    assert_eq!(good["ok"], true);
    assert!(good["took_ms"].is_u64());
    let bad = app.post("/settings/models/test", &json!({"model": "acme/large"})).await;
    assert_eq!((&bad["ok"], &bad["message"]), (&json!(false), &json!("acme refused the key")));
}

#[tokio::test]
async fn what_cannot_be_a_provider_or_a_key_is_refused() {
    let app = TestApp::new().await;
    let provider = json!({"api": "openai_chat"});
    for name in ["Acme", "a.b", "a%20b", "a%2Fb", &"x".repeat(41)] {
        let path = format!("/settings/models/providers/{name}");
        app.refused(400, app.request(Method::PUT, &path).json(&provider)).await;
    }
    for key in ["", "   ", "two words", "zwölf", &"k".repeat(9_000)] {
        let request = app.request(Method::PUT, &format!("{ACME}/key")).json(&json!({"key": key}));
        app.refused(400, request).await;
    }
    assert_eq!(app.desk.key(), None);
    let unknown = app.request(Method::PUT, "/settings/models/providers/other/key").json(&json!({"key": "k"}));
    app.refused(404, unknown).await;
    let api = app.request(Method::PUT, ACME).json(&json!({"api": "telepathy"}));
    assert!(app.refused(422, api).await["detail"].as_str().unwrap().contains("openai_chat"));
}
