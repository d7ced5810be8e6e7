//! Stopping: streams end, requests under way are waited for, but not for ever.

use std::time::{Duration, Instant};

use reqwest::Method;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use web::Config;

use crate::support::TestApp;
use crate::support::events::Frames;

#[tokio::test]
async fn a_stopping_server_ends_its_event_streams() {
    let app = TestApp::new().await;
    let task = app.quiet_task("watched").await;
    let mut frames = Frames::open(app.request(Method::GET, &format!("/tasks/{}/events", task.id))).await;
    assert_eq!(frames.ids(1).await, [1]);

    let began = Instant::now();
    app.shutdown.cancel();
    while frames.next().await.is_some() {}
    app.served.await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "it waited for something: {:?}", began.elapsed());
}

#[tokio::test]
async fn a_request_that_never_ends_is_cut_off_after_the_drain() {
    let app = TestApp::with(Config { drain_seconds_max: 1, ..Config::default() }).await;
    let mut stalled = TcpStream::connect(app.address).await.unwrap();
    let head = format!(
        "POST /api/v1/tasks HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer local-token-of-the-test\r\n\
         Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{",
        app.address
    );
    stalled.write_all(head.as_bytes()).await.unwrap();
    // Until the server reads the head the connection is idle, and an idle one is closed at once.
    tokio::time::sleep(Duration::from_millis(200)).await;

    let began = Instant::now();
    app.shutdown.cancel();
    app.served.await.unwrap().unwrap();
    let took = began.elapsed();
    assert!((Duration::from_millis(900)..Duration::from_secs(5)).contains(&took), "{took:?}");
}
