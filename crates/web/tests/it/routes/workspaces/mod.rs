//! Folders that tasks work in.

mod file;
mod files;

use reqwest::Method;
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn a_folder_becomes_a_workspace_once() {
    let app = TestApp::new().await;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    std::fs::create_dir(root.join("project")).unwrap();
    std::os::unix::fs::symlink(root.join("project"), root.join("link")).unwrap();

    let first = app.post("/workspaces", &json!({"path": root.join("project")})).await;
    assert_eq!(first["root"], root.join("project").to_str().unwrap());
    assert_eq!(first["name"], "project");
    for same in ["link", "project/../project", "project/"] {
        let again = app.post("/workspaces", &json!({"path": root.join(same)})).await;
        assert_eq!(again["id"], first["id"], "{same}");
    }
    let listed = app.get("/workspaces").await;
    assert_eq!(listed["workspaces"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_no_folder_is_refused() {
    let app = TestApp::new().await;
    let file = app.folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    for (path, why) in [
        ("relative", "absolute"),
        ("", "absolute"),
        ("/nothing/here", "does not exist"),
        (file.to_str().unwrap(), "not a folder"),
        ("/", "whole machine"),
        ("/..", "whole machine"),
        ("/tmp/\0", "cannot be used"),
    ] {
        let problem =
            app.refused(400, app.request(Method::POST, "/workspaces").json(&json!({"path": path}))).await;
        assert!(problem["detail"].as_str().unwrap().contains(why), "{path:?}: {problem}");
    }
}
