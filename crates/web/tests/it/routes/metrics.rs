//! Metrics are open on this machine, and name no secret.

use reqwest::Method;
use web::Config;

use crate::support::TestApp;

#[tokio::test]
async fn requests_are_counted_by_route_and_nothing_else() {
    let app = TestApp::new().await;
    let task = app.quiet_task("counted").await;
    app.get(&format!("/tasks/{}", task.id)).await;
    app.bare(Method::GET, "/sign-in?token=secret-of-a-link").send().await.unwrap();
    app.bare(Method::GET, "/api/v1/invented/by/a/client").send().await.unwrap();

    let response = app.bare(Method::GET, "/metrics").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
    let text = response.text().await.unwrap();
    for route in ["/api/v1/tasks/{id}", "/sign-in", "other"] {
        assert!(text.contains(&format!("http_route=\"{route}\"")), "{route} is not in {text}");
    }
    for leak in [&task.id.to_string(), "secret-of-a-link", "invented"] {
        assert!(!text.contains(leak), "{leak} is in {text}");
    }
}

#[tokio::test]
async fn metrics_under_another_name_need_a_sign_in() {
    let config = Config { allowed_hosts: vec!["desk.example".into()], ..Config::default() };
    let app = TestApp::with(config).await;
    let from_a_proxy = || app.bare(Method::GET, "/metrics").header("host", "desk.example");
    app.refused(401, from_a_proxy()).await;
    let known = from_a_proxy().header("cookie", app.cookie().await).send().await.unwrap();
    assert_eq!(known.status(), 200);
}
