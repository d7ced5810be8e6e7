use domain::tool::Tool;
use reqwest::Method;

use crate::support::TestApp;

#[tokio::test]
async fn tools_are_listed_with_where_they_come_from() {
    let app = TestApp::new().await;
    let listed = app.get("/tools").await;
    let entry = &listed["tools"][0];
    assert_eq!(entry["server"], "workspace");
    assert_eq!(entry["tool"]["name"], "read_file");
    let tool: Tool = serde_json::from_value(entry["tool"].clone()).unwrap();
    assert_eq!(entry["digest"], tool.digest().0);
    assert_eq!(listed["tools"].as_array().unwrap().len(), 1);

    assert_eq!(app.get(&format!("/tools?workspace_id={}", app.workspace.id)).await, listed);
    let unknown = "/tools?workspace_id=0193a1b2-0000-7000-8000-000000000001";
    app.refused(404, app.request(Method::GET, unknown)).await;
}
