//! Links that answer one question, for whoever has them.

use reqwest::Method;
use serde_json::json;

use crate::support::TestApp;

async fn link(app: &TestApp) -> (String, String) {
    let approval = app.pending_approval().await;
    let path = format!("/approvals/{}", approval.id);
    let url = app.post(&format!("{path}/link"), &json!({})).await["url"].as_str().unwrap().to_owned();
    (path, url.strip_prefix(&app.base()).unwrap().to_owned())
}

#[tokio::test]
async fn a_link_shows_the_question_and_answers_it_once() {
    let app = TestApp::new().await;
    let (path, page) = link(&app).await;
    for _ in 0..2 {
        let response = app.bare(Method::GET, &page).send().await.unwrap();
        assert_eq!(response.status(), 200, "looking does not use it up");
        assert_eq!(response.headers()["referrer-policy"], "same-origin");
        assert!(response.text().await.unwrap().contains("run_command of workspace"));
    }
    // As a browser sends the form of the page.
    let answer = |origin: String| {
        app.bare(Method::POST, &format!("{page}/approve"))
            .header("origin", origin)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("content-length", "0")
            .send()
    };
    assert_eq!(answer("http://evil.example".into()).await.unwrap().status(), 403);
    assert_eq!(answer(app.base()).await.unwrap().status(), 200);
    let answered = app.get(&path).await;
    assert_eq!((&answered["answer"], &answered["answered_by"]), (&json!("approve"), &json!("link")));
    assert_eq!(answer(app.base()).await.unwrap().status(), 410);
    assert_eq!(app.bare(Method::GET, &page).send().await.unwrap().status(), 410);
}

#[tokio::test]
async fn of_two_taps_at_once_one_counts() {
    let app = TestApp::new().await;
    let (_, page) = link(&app).await;
    let taps = (0..8).map(|tap| {
        let word = if tap % 2 == 0 { "approve" } else { "deny" };
        app.bare(Method::POST, &format!("{page}/{word}")).send()
    });
    let statuses: Vec<u16> = futures::future::join_all(taps)
        .await
        .into_iter()
        .map(|response| response.unwrap().status().as_u16())
        .collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 410).count(), 7, "{statuses:?}");
}

#[tokio::test]
async fn a_made_up_link_opens_nothing() {
    let app = TestApp::new().await;
    let (_, page) = link(&app).await;
    let changed = format!("{}A", &page[..page.len() - 1]);
    let other = if changed == page { format!("{}B", &page[..page.len() - 1]) } else { changed };
    for wrong in ["/approve/x", "/approve/", &other] {
        let status = app.bare(Method::GET, wrong).send().await.unwrap().status().as_u16();
        assert!(matches!(status, 410 | 404 | 200), "{wrong}: {status}");
        assert_ne!((wrong, status), (other.as_str(), 200));
    }
    let (_, page) = link(&app).await;
    app.refused(404, app.bare(Method::POST, &format!("{page}/maybe"))).await;
}

#[tokio::test]
async fn a_question_answered_elsewhere_ends_its_links() {
    let app = TestApp::new().await;
    let (path, page) = link(&app).await;
    app.post(&path, &json!({"answer": "deny"})).await;
    assert_eq!(app.bare(Method::GET, &page).send().await.unwrap().status(), 410);
}
