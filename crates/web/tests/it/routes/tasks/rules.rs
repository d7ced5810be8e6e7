use reqwest::Method;
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn a_rule_made_by_always_is_seen_and_revoked() {
    let app = TestApp::new().await;
    let approval = app.pending_approval().await;
    let path = format!("/tasks/{}/rules", approval.task_id.unwrap());
    assert_eq!(app.get(&path).await["rules"], json!([]));

    let body = json!({"answer": "approve", "always": true});
    app.post(&format!("/approvals/{}", approval.id), &body).await;
    let rule = app.get(&path).await["rules"][0].clone();
    assert_eq!(rule["scope"]["command_prefixes"], json!([["git", "push"]]));
    assert_eq!(rule["revoked_at"], json!(null));

    let id = rule["id"].as_str().unwrap();
    let other = app.quiet_task("another").await;
    let foreign = app.request(Method::DELETE, &format!("/tasks/{}/rules/{id}", other.id));
    assert_eq!(app.refused(404, foreign).await["code"], "not_found");

    let revoked = app.delete(&format!("{path}/{id}")).await;
    assert!(revoked["revoked_at"].is_string());
    assert_eq!(app.get(&path).await["rules"][0], revoked);
}
