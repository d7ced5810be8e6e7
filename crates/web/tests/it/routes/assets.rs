//! The dashboard. Tests embed the page that stands in for it, whatever lies in `dashboard/dist`.

use reqwest::Method;

use crate::support::TestApp;

#[tokio::test]
async fn every_other_path_is_the_page() {
    let app = TestApp::new().await;
    for path in ["/", "/tasks/0193a1b2", "/settings/models", "/index.html", "/../../etc/passwd", "//x"] {
        let response = app.bare(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
        assert_eq!(response.headers()["cache-control"], "no-cache");
        assert!(response.text().await.unwrap().contains("<title>Bailiwick</title>"));
    }
}

#[tokio::test]
async fn a_page_that_the_browser_has_is_not_sent_again() {
    let app = TestApp::new().await;
    let first = app.bare(Method::GET, "/").send().await.unwrap();
    let etag = first.headers()["etag"].to_str().unwrap().to_owned();
    let again = app.bare(Method::GET, "/").header("if-none-match", format!("W/{etag}, \"x\""));
    let again = again.send().await.unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(again.text().await.unwrap(), "");
    let other = app.bare(Method::GET, "/").header("if-none-match", "\"x\"").send().await.unwrap();
    assert_eq!(other.status(), 200);
}

#[tokio::test]
async fn a_missing_asset_is_not_the_page() {
    let app = TestApp::new().await;
    let problem = app.refused(404, app.bare(Method::GET, "/assets/index-old.js")).await;
    assert!(problem["detail"].as_str().unwrap().contains("Reload"));
}

#[tokio::test]
async fn the_page_can_be_asked_for_without_its_body() {
    let app = TestApp::new().await;
    let response = app.bare(Method::HEAD, "/").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.text().await.unwrap(), "");
}
