use reqwest::Method;
use serde_json::json;

use crate::support::{TestApp, json};

#[tokio::test]
async fn health_needs_no_sign_in() {
    let app = TestApp::new().await;
    let health = json(200, app.bare(Method::GET, "/healthz")).await;
    assert_eq!(health, json!({"status": "ok", "version": "1.2.3"}));
}
