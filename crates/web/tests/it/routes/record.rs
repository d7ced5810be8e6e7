//! The record of decisions and acts.

use reqwest::Method;
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn entries_come_newest_first_a_page_at_a_time() {
    let app = TestApp::new().await;
    let seqs = async |path: &str| -> Vec<u64> {
        let page = app.get(path).await;
        page["entries"].as_array().unwrap().iter().map(|entry| entry["seq"].as_u64().unwrap()).collect()
    };
    assert_eq!(seqs("/record?limit=2").await, [5, 4]);
    assert_eq!(seqs("/record?limit=2&before=4").await, [3, 2]);
    app.refused(400, app.request(Method::GET, "/record?limit=many")).await;
}

#[tokio::test]
async fn it_is_checked_and_exported() {
    let app = TestApp::new().await;
    assert_eq!(app.post("/record/verify", &json!({})).await["whole"], true);
    let response = app.request(Method::GET, "/record/export").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/jsonl");
    assert_eq!(response.text().await.unwrap(), "{\"seq\":1}\n{\"head\":{}}\n");
    app.refused(401, app.bare(Method::GET, "/api/v1/record/export")).await;
}
