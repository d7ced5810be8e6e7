use crate::support::TestApp;

#[tokio::test]
async fn the_policy_in_force_can_be_read() {
    let app = TestApp::new().await;
    let policy = app.get("/policy").await;
    assert!(policy["revision"].as_str().unwrap().starts_with("sha256:"));
    let files = policy["files"].as_array().unwrap();
    assert!(!files.is_empty());
    assert!(files.iter().any(|file| file["text"].as_str().unwrap().contains("package bailiwick")));
}
