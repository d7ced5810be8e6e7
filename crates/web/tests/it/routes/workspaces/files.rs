use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use reqwest::Method;
use serde_json::json;
use web::Config;

use crate::support::TestApp;

#[tokio::test]
async fn a_folder_is_listed_folders_first() {
    let app = TestApp::new().await;
    let root = app.folder.path();
    fs::create_dir(root.join("z-folder")).unwrap();
    fs::write(root.join("b.txt"), "12345").unwrap();
    fs::write(root.join("a.txt"), "").unwrap();
    fs::write(root.join(OsStr::from_bytes(b"c-\xff")), "").unwrap();
    std::os::unix::fs::symlink("/etc", root.join("link")).unwrap();
    fs::write(root.join("z-folder/inner"), "").unwrap();

    let path = format!("/workspaces/{}/files", app.workspace.id);
    let listed = app.get(&path).await;
    let entries = listed["entries"].as_array().unwrap();
    let shown: Vec<(&str, &str)> = entries
        .iter()
        .map(|entry| (entry["name"].as_str().unwrap(), entry["kind"].as_str().unwrap()))
        .collect();
    assert_eq!(
        shown,
        [
            ("z-folder", "directory"),
            ("a.txt", "file"),
            ("b.txt", "file"),
            ("c-\u{fffd}", "file"),
            ("link", "symlink")
        ]
    );
    assert_eq!(entries[2]["size_bytes"], 5);
    assert!(entries[2]["modified_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!((&listed["path"], &listed["truncated"]), (&json!(""), &json!(false)));

    let inner = app.get(&format!("{path}?path=z-folder")).await;
    assert_eq!(inner["entries"][0]["name"], "inner");
}

#[tokio::test]
async fn a_long_list_is_cut_and_says_so() {
    let app = TestApp::with(Config { entries_max: 3, ..Config::default() }).await;
    for number in 0..5 {
        fs::write(app.folder.path().join(number.to_string()), "").unwrap();
    }
    let listed = app.get(&format!("/workspaces/{}/files", app.workspace.id)).await;
    assert_eq!(listed["entries"].as_array().unwrap().len(), 3);
    assert_eq!(listed["truncated"], true);
}

#[tokio::test]
async fn nothing_outside_is_listed_or_read() {
    let app = TestApp::new().await;
    let root = app.folder.path();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    fs::create_dir(root.join("in")).unwrap();
    std::os::unix::fs::symlink(outside.path(), root.join("out")).unwrap();
    std::os::unix::fs::symlink("../..", root.join("in/up")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret"), root.join("one")).unwrap();
    let absolute = outside.path().join("secret");
    let up = format!("in/../../{}/secret", outside.path().file_name().unwrap().to_str().unwrap());

    for path in [
        "..",
        "../",
        "in/../..",
        "out",
        "out/secret",
        "in/up",
        "one",
        "/",
        "/etc/passwd",
        &up,
        absolute.to_str().unwrap(),
        "in/../../../../../../etc/passwd",
        "./../x",
        "~",
        "\0",
        "in\0",
        "/proc/self/environ",
        "//etc/passwd",
    ] {
        for what in ["files", "file"] {
            let encoded: String = path.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let path_and_query = format!("/workspaces/{}/{what}?path={encoded}", app.workspace.id);
            let request = app.request(Method::GET, &path_and_query);
            let response = request.send().await.unwrap();
            let status = response.status();
            let text = response.text().await.unwrap();
            assert!(status.is_client_error(), "{what} of {path:?}: {status} {text}");
            assert!(!text.contains("root:") && !text.contains("\"text\""), "{text}");
        }
    }
}

#[tokio::test]
async fn a_workspace_that_is_gone_is_a_404() {
    let app = TestApp::new().await;
    fs::remove_dir_all(app.folder.path()).unwrap();
    let request = app.request(Method::GET, &format!("/workspaces/{}/files", app.workspace.id));
    let problem = app.refused(404, request).await;
    assert!(problem["detail"].as_str().unwrap().contains("cannot be opened"), "{problem}");
}
