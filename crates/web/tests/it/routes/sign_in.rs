//! One-time links, sessions, and their end.

use domain::PrincipalId;
use reqwest::Method;
use store::Session;
use web::Config;

use crate::support::events::Frames;
use crate::support::{TestApp, json};

#[tokio::test]
async fn a_link_signs_a_browser_in_once() {
    let app = TestApp::new().await;
    let url = app.sign_in.link().url(&app.base());
    let response = app.client.get(&url).send().await.unwrap();
    assert_eq!(response.status(), 303);
    assert_eq!(response.headers()["location"], "/");
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    for attribute in ["bailiwick_session=", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000"] {
        assert!(cookie.contains(attribute), "{cookie} has no {attribute}");
    }

    let again = app.client.get(&url).send().await.unwrap();
    assert_eq!(again.status(), 401);
    assert!(!again.headers().contains_key("set-cookie"));
    assert!(again.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(again.text().await.unwrap().contains("<code>bailiwick sign-in</code>"));

    let pair = cookie.split(';').next().unwrap();
    let status = app.bare(Method::GET, "/api/v1/status").header("cookie", format!("other=1; {pair}"));
    json(200, status).await;
}

#[tokio::test]
async fn looking_at_a_link_does_not_use_it_up() {
    let app = TestApp::new().await;
    let url = app.sign_in.link().url(&app.base());
    let look = app.client.head(&url).send().await.unwrap();
    assert_eq!(look.status(), 204);
    assert!(!look.headers().contains_key("set-cookie"));
    assert_eq!(app.client.get(&url).send().await.unwrap().status(), 303);
}

#[tokio::test]
async fn wrong_and_expired_links_open_nothing() {
    let app = TestApp::with(Config { sign_in_link_seconds_max: 0, ..Config::default() }).await;
    let expired = app.sign_in.link().url("");
    for path in
        [expired.as_str(), "/sign-in", "/sign-in?token=", "/sign-in?token=wrong", "/sign-in?token=%00"]
    {
        let response = app.bare(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 401, "{path}");
        assert!(!response.headers().contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn a_planted_session_is_not_taken_over() {
    let app = TestApp::new().await;
    let planted = "bailiwick_session=planted-by-somebody-else";
    let url = app.sign_in.link().url(&app.base());
    let response = app.client.get(url).header("cookie", planted).send().await.unwrap();
    assert!(!response.headers()["set-cookie"].to_str().unwrap().starts_with(planted));
    app.refused(401, app.bare(Method::GET, "/api/v1/status").header("cookie", planted)).await;
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before() {
    let app = TestApp::new().await;
    let first = app.cookie().await;
    let url = app.sign_in.link().url(&app.base());
    app.client.get(url).header("cookie", &first).send().await.unwrap();
    app.refused(401, app.bare(Method::GET, "/api/v1/status").header("cookie", &first)).await;
}

#[tokio::test]
async fn the_store_keeps_no_token() {
    let app = TestApp::new().await;
    let cookie = app.cookie().await;
    let token = cookie.strip_prefix("bailiwick_session=").unwrap();
    assert_eq!(app.tenant.session(token).await.unwrap(), None);
    let unkeyed = blake3::hash(token.as_bytes()).to_hex().to_string();
    assert_eq!(app.tenant.session(&unkeyed).await.unwrap(), None);
    let keyed = blake3::keyed_hash(&[9; 32], token.as_bytes()).to_hex().to_string();
    assert!(app.tenant.session(&keyed).await.unwrap().is_some());
}

#[tokio::test]
async fn an_expired_session_opens_nothing() {
    let app = TestApp::new().await;
    let created_at = chrono::Utc::now() - chrono::Days::new(31);
    let token_hash = blake3::keyed_hash(&[9; 32], b"old").to_hex().to_string();
    let session = Session {
        token_hash,
        principal_id: PrincipalId::LOCAL_USER,
        label: "dashboard".into(),
        created_at,
        expires_at: created_at + chrono::Days::new(30),
    };
    app.tenant.create_session(session).await.unwrap();
    let request = app.bare(Method::GET, "/api/v1/status").header("cookie", "bailiwick_session=old");
    app.refused(401, request).await;
}

#[tokio::test]
async fn signing_out_ends_the_session_and_its_streams() {
    let app = TestApp::new().await;
    let (cookie, other) = (app.cookie().await, app.cookie().await);
    let task = app.quiet_task("watched").await;
    let watch = |cookie: &str| {
        app.bare(Method::GET, &format!("/api/v1/tasks/{}/events", task.id)).header("cookie", cookie)
    };
    let mut frames = Frames::open(watch(&cookie)).await;
    let mut others = Frames::open(watch(&other)).await;
    frames.next_of("task").await.unwrap();
    others.next_of("task").await.unwrap();

    let out = app.bare(Method::POST, "/api/v1/sign-out").header("cookie", &cookie).send().await.unwrap();
    assert_eq!(out.status(), 204);
    assert!(out.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert!(frames.next().await.is_none());
    app.refused(401, app.bare(Method::GET, "/api/v1/status").header("cookie", &cookie)).await;

    app.append_notes(task.id, 1).await;
    assert_eq!(others.ids(1).await, [2]);
}

#[tokio::test]
async fn a_program_gets_a_link_for_a_browser() {
    let app = TestApp::new().await;
    let link = json(200, app.request(Method::POST, "/sign-in-links")).await;
    let url = link["url"].as_str().unwrap();
    assert!(url.starts_with(&format!("{}/sign-in?token=", app.base())));
    let expires_at: chrono::DateTime<chrono::Utc> = link["expires_at"].as_str().unwrap().parse().unwrap();
    let minutes = (expires_at - chrono::Utc::now()).num_seconds();
    assert!((590..=600).contains(&minutes), "{minutes}");
    assert_eq!(app.client.get(url).send().await.unwrap().status(), 303);
}

#[tokio::test]
async fn a_wrong_token_is_not_made_good_by_a_cookie() {
    let app = TestApp::new().await;
    let cookie = app.cookie().await;
    let request = app.bare(Method::GET, "/api/v1/status").header("cookie", cookie).bearer_auth("wrong");
    app.refused(401, request).await;
}
