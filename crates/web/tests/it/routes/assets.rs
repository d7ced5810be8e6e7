//! The dashboard, or the page that stands in for it when the build was told to skip it.

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

/// Both kinds of build are checked for what they promise.
#[tokio::test]
async fn scripts_are_sent_compressed_and_kept_for_ever() {
    let app = TestApp::new().await;
    let page = app.bare(Method::GET, "/").send().await.unwrap().text().await.unwrap();
    let Some(script) = page.split('"').find(|text| text.starts_with("/assets/") && text.ends_with(".js"))
    else {
        assert!(page.contains("built without its dashboard"), "{page}");
        return;
    };
    let plain = app.bare(Method::GET, script).send().await.unwrap();
    assert_eq!(plain.headers().get("content-encoding"), None);
    assert!(plain.headers()["content-type"].to_str().unwrap().starts_with("text/javascript"));
    assert_eq!(plain.headers()["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(plain.headers()["vary"], "accept-encoding");
    let (etag, size) = (plain.headers()["etag"].clone(), plain.bytes().await.unwrap().len());
    for (accepted, encoding) in [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip")] {
        let request = app.bare(Method::GET, script).header("accept-encoding", accepted);
        let packed = request.send().await.unwrap();
        assert_eq!(packed.headers()["content-encoding"], encoding);
        assert_ne!(packed.headers()["etag"], etag, "another form is another thing to a cache");
        assert!(packed.content_length().is_none_or(|packed| (packed as usize) < size));
    }
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
