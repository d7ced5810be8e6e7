use reqwest::Method;
use serde_json::json;

use crate::support::{TestApp, Turn, json};

#[tokio::test]
async fn a_task_is_made_and_runs_to_its_end() {
    let app = TestApp::new().await;
    app.script.add(vec![Turn::Call("plain"), Turn::Say("All done.")]);
    let body = json!({"prompt": "tidy up\nplease", "limits": {"steps_max": 7, "cost_max": 1_000}});
    let task = json(201, app.request(Method::POST, "/tasks").json(&body)).await;
    assert_eq!((&task["title"], &task["model"]), (&json!("tidy up"), &json!("scripted")));
    assert_eq!(task["limits"]["steps_max"], 7);
    assert_eq!(task["limits"]["cost_max"], 1_000);
    assert_eq!(task["limits"]["tokens_max"], 2_000_000, "what is left out stays at its default");

    let done = app.until(task["id"].as_str().unwrap(), "completed").await;
    assert_eq!(done["workspace"]["root"], app.workspace.root.to_str().unwrap());
    assert_eq!(done["spent"]["steps"], 2);
    assert_eq!(done["pending_approvals"], json!([]));
}

#[tokio::test]
async fn a_task_works_where_it_is_told() {
    let app = TestApp::new().await;
    let folder = tempfile::tempdir().unwrap();
    let body = json!({"prompt": "x", "workspace": folder.path()});
    let task = json(201, app.request(Method::POST, "/tasks").json(&body)).await;
    let shown = app.get(&format!("/tasks/{}", task["id"].as_str().unwrap())).await;
    assert_eq!(shown["workspace"]["root"], folder.path().canonicalize().unwrap().to_str().unwrap());
}

#[tokio::test]
async fn the_guide_makes_its_tour_in_a_folder_of_its_own() {
    let app = TestApp::new().await;
    let body = json!({"prompt": "show me around", "model": "demo"});
    let task = json(201, app.request(Method::POST, "/tasks").json(&body)).await;
    let shown = app.get(&format!("/tasks/{}", task["id"].as_str().unwrap())).await;
    assert!(shown["workspace"]["root"].as_str().unwrap().ends_with("samples/tour"), "{shown}");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let app = TestApp::new().await;
    for (body, status, code) in [
        (json!({"prompt": " \n"}), 400, "invalid"),
        (json!({"prompt": "x", "workspace": "relative"}), 400, "invalid"),
        (json!({"prompt": "x", "workspace": "/nothing/here"}), 400, "invalid"),
        (json!({"prompt": "x", "limits": {"cost_max": -1}}), 400, "invalid"),
        (json!({"prompt": "x", "limits": {"cost": 1}}), 422, "invalid"),
        (json!({"prompt": "x", "model": "gpt-0"}), 422, "unknown_model"),
    ] {
        let problem = app.refused(status, app.request(Method::POST, "/tasks").json(&body)).await;
        assert_eq!(problem["code"], code, "{body}: {problem}");
    }
    assert_eq!(app.get("/tasks").await["tasks"], json!([]));
}
