//! Cancel, resume, messages.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::support::{TestApp, Turn};

/// Who did what, as the journal says it.
async fn by(app: &TestApp, task: &str, event: &str) -> Value {
    let journal = app.get(&format!("/tasks/{task}/journal")).await;
    let events = journal["events"].as_array().unwrap();
    events.iter().find(|found| found["event"]["type"] == event).expect(event)["event"]["by"].clone()
}

#[tokio::test]
async fn a_running_task_is_cancelled() {
    let app = TestApp::new().await;
    let never = Arc::new(Semaphore::new(0));
    let task = app.start(vec![Turn::Hold("I think …", never)]).await;
    app.until(&task, "running").await;
    app.post(&format!("/tasks/{task}/cancel"), &json!({"by": "terminal"})).await;
    app.until(&task, "cancelled").await;
    assert_eq!(by(&app, &task, "cancel_requested").await, "terminal");

    let again = app.request(Method::POST, &format!("/tasks/{task}/cancel"));
    assert_eq!(app.refused(409, again).await["code"], "conflict");
}

#[tokio::test]
async fn a_task_paused_by_a_limit_goes_on_with_a_higher_one() {
    let app = TestApp::new().await;
    app.script.add(vec![Turn::Call("plain"), Turn::Say("All done.")]);
    let body = json!({"prompt": "x", "limits": {"steps_max": 1}});
    let task = crate::support::json(201, app.request(Method::POST, "/tasks").json(&body)).await;
    let id = task["id"].as_str().unwrap();
    let paused = app.until(id, "paused").await;
    assert!(paused["status_text"].is_string());

    let resumed = app.post(&format!("/tasks/{id}/resume"), &json!({"limits": {"steps_max": 5}})).await;
    assert_eq!(resumed["limits"]["steps_max"], 5);
    app.until(id, "completed").await;
    assert_eq!(by(&app, id, "resumed").await, "api");
}

#[tokio::test]
async fn a_message_revives_a_task_that_has_ended() {
    let app = TestApp::new().await;
    let task = app.start(vec![Turn::Say("First.")]).await;
    app.until(&task, "completed").await;
    let held = Arc::new(Semaphore::new(0));
    app.script.add(vec![Turn::Hold("Second.", held.clone())]);
    app.post(&format!("/tasks/{task}/messages"), &json!({"text": "and then?"})).await;
    app.until(&task, "running").await;
    held.add_permits(1);
    app.until(&task, "completed").await;
    assert_eq!(by(&app, &task, "message_received").await, "api");

    let empty = app.request(Method::POST, &format!("/tasks/{task}/messages")).json(&json!({"text": " "}));
    assert_eq!(app.refused(400, empty).await["code"], "invalid");
}
