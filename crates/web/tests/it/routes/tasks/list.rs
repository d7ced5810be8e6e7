use serde_json::{Value, json};

use crate::support::TestApp;

fn titles(listed: &Value) -> Vec<&str> {
    listed["tasks"].as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn tasks_are_listed_page_by_page_newest_first() {
    let app = TestApp::new().await;
    for number in 0..5 {
        app.quiet_task(&format!("task {number}")).await;
    }
    let first = app.get("/tasks?limit=2").await;
    assert_eq!(titles(&first), ["task 4", "task 3"]);
    let second = app.get(&format!("/tasks?limit=2&before={}", first["next_before"].as_str().unwrap())).await;
    assert_eq!(titles(&second), ["task 2", "task 1"]);
    let third = app.get(&format!("/tasks?limit=2&before={}", second["next_before"].as_str().unwrap())).await;
    assert_eq!(titles(&third), ["task 0"]);
    assert_eq!(third["next_before"], json!(null));

    assert_eq!(app.get("/tasks?limit=5").await["next_before"], json!(null), "a full last page has no next");
    assert_eq!(titles(&app.get("/tasks?limit=0").await).len(), 1);
    assert_eq!(titles(&app.get("/tasks?limit=4000000000").await).len(), 5);
}

#[tokio::test]
async fn tasks_are_found_by_text_status_and_workspace() {
    let app = TestApp::new().await;
    app.quiet_task("mend the roof").await;
    app.quiet_task("paint 100% of the wall").await;
    assert_eq!(titles(&app.get("/tasks?search=ROOF").await), ["mend the roof"]);
    assert_eq!(titles(&app.get("/tasks?search=100%25").await), ["paint 100% of the wall"]);
    assert_eq!(titles(&app.get("/tasks?search=").await).len(), 2);
    assert_eq!(titles(&app.get("/tasks?status=running").await).len(), 2);
    assert!(titles(&app.get("/tasks?status=failed").await).is_empty());
    assert_eq!(titles(&app.get(&format!("/tasks?workspace_id={}", app.workspace.id)).await).len(), 2);
}
