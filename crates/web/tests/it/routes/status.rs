use crate::support::TestApp;

#[tokio::test]
async fn the_status_says_what_the_server_can_do() {
    let app = TestApp::new().await;
    let status = app.get("/status").await;
    assert_eq!(status["version"], "1.2.3");
    assert_eq!(status["model_default"], "scripted");
    assert_eq!(status["default_workspace"]["id"], app.workspace.id.to_string());
    assert_eq!(status["policy"]["revision"], app.get("/policy").await["revision"]);
    assert_eq!(status["fence"]["level"], "landlock");

    let models = status["models"].as_array().unwrap();
    assert_eq!((&models[0]["name"], &models[0]["ready"]), (&"acme/large".into(), &false.into()));
    assert_eq!(models[0]["why_not"], "acme has no key");
    assert_eq!((&models[1]["name"], &models[1]["ready"]), (&"scripted".into(), &true.into()));
    assert!(models[1].get("why_not").is_none());
}
