use std::fs;
use std::time::Duration;

use base64::Engine as _;
use reqwest::Method;
use serde_json::{Value, json};
use web::Config;

use crate::support::TestApp;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

async fn read(app: &TestApp, path: &str) -> Value {
    app.get(&format!("/workspaces/{}/file?path={path}", app.workspace.id)).await
}

#[tokio::test]
async fn text_images_and_binaries_are_told_apart() {
    let app = TestApp::new().await;
    let root = app.folder.path();
    fs::write(root.join("text"), "grüße\n").unwrap();
    fs::write(root.join("empty"), "").unwrap();
    fs::write(root.join("latin"), b"gr\xfc\xdfe").unwrap();
    fs::write(root.join("image"), PNG).unwrap();
    fs::write(root.join("binary"), b"\x01\0\x02").unwrap();

    let text = read(&app, "text").await;
    assert_eq!((&text["kind"], &text["text"]), (&json!("text"), &json!("grüße\n")));
    assert_eq!((&text["lossy"], &text["truncated"]), (&json!(false), &json!(false)));
    assert_eq!((&text["size_bytes"], &text["path"]), (&json!(8), &json!("text")));

    assert_eq!(read(&app, "empty").await["text"], "");

    let latin = read(&app, "latin").await;
    assert_eq!((&latin["text"], &latin["lossy"]), (&json!("gr\u{fffd}\u{fffd}e"), &json!(true)));

    let image = read(&app, "image").await;
    assert_eq!((&image["kind"], &image["mime_type"]), (&json!("image"), &json!("image/png")));
    let data = base64::engine::general_purpose::STANDARD.decode(image["data_base64"].as_str().unwrap());
    assert_eq!(data.unwrap(), PNG);

    let binary = read(&app, "binary").await;
    assert_eq!(binary["kind"], "binary");
    assert!(binary.get("text").is_none() && binary.get("data_base64").is_none());
}

#[tokio::test]
async fn a_large_file_is_cut_and_says_so() {
    let app = TestApp::with(Config { file_bytes_max: 9, ..Config::default() }).await;
    fs::write(app.folder.path().join("text"), "ääääääääää").unwrap();
    fs::write(app.folder.path().join("image"), PNG).unwrap();

    let text = read(&app, "text").await;
    assert_eq!((&text["text"], &text["lossy"]), (&json!("ääää"), &json!(false)));
    assert_eq!((&text["size_bytes"], &text["truncated"]), (&json!(20), &json!(true)));

    let image = read(&app, "image").await;
    assert_eq!((&image["kind"], &image["truncated"]), (&json!("image"), &json!(true)));
    assert!(image.get("data_base64").is_none(), "half an image is none");
}

#[tokio::test]
async fn what_is_no_file_is_refused_and_holds_nobody_up() {
    let app = TestApp::new().await;
    fs::create_dir(app.folder.path().join("folder")).unwrap();
    let pipe = app.folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (path, status) in
        [("folder", 400), ("", 400), ("pipe", 400), ("nothing", 404), ("folder/nothing", 404)]
    {
        let path = format!("/workspaces/{}/file?path={path}", app.workspace.id);
        let request = app.request(Method::GET, &path).timeout(Duration::from_secs(5));
        app.refused(status, request).await;
    }
}
