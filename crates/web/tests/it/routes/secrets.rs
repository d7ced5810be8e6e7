//! Secrets: in by value, out by name.

use reqwest::Method;
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn a_value_goes_in_and_never_comes_out() {
    let app = TestApp::new().await;
    let body = json!({"value": "canary-4711", "hosts": ["api.example"]});
    let response = app.request(Method::PUT, "/secrets/token").json(&body).send().await.unwrap();
    assert_eq!(response.status(), 204);
    assert_eq!(app.shelf.secret("token").as_deref(), Some("canary-4711"));

    let listed = app.get("/secrets").await;
    assert_eq!(
        (&listed["secrets"][0]["name"], &listed["secrets"][0]["hosts"][0]),
        (&json!("token"), &json!("api.example"))
    );
    assert!(!listed.to_string().contains("canary-4711"));
    app.refused(405, app.request(Method::GET, "/secrets/token")).await;

    assert_eq!(app.request(Method::DELETE, "/secrets/token").send().await.unwrap().status(), 204);
    app.refused(404, app.request(Method::DELETE, "/secrets/token")).await;
}

#[tokio::test]
async fn a_body_that_does_not_fit_is_not_repeated() {
    let app = TestApp::new().await;
    let body = json!({"value": {"nested": "canary-4712"}});
    let problem = app.refused(422, app.request(Method::PUT, "/secrets/token").json(&body)).await;
    assert!(!problem.to_string().contains("canary-4712"), "{problem}");
}
