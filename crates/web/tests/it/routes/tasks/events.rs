//! Live events: in order, none lost, none doubled.

use std::sync::Arc;
use std::time::Duration;

use agent::LiveEvent;
use domain::ModelRequestId;
use domain::journal::Event;
use reqwest::Method;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpSocket;
use tokio::sync::Semaphore;
use web::Config;

use crate::support::events::Frames;
use crate::support::{TestApp, Turn};

async fn watch(app: &TestApp, task: impl std::fmt::Display, after: u64) -> Frames {
    Frames::open(app.request(Method::GET, &format!("/tasks/{task}/events?after={after}"))).await
}

#[tokio::test]
async fn a_watcher_sees_a_whole_task_live() {
    let app = TestApp::new().await;
    let held = Arc::new(Semaphore::new(0));
    let task = app.start(vec![Turn::Call("plain"), Turn::Hold("Thinking aloud.", held.clone())]).await;
    let mut frames = watch(&app, &task, 0).await;

    let said = frames.next_of("live").await.unwrap();
    let mut text = said.data;
    while text["type"] != "text" {
        text = frames.next_of("live").await.unwrap().data;
    }
    assert_eq!(text["delta"], "Thinking aloud.");

    // A second watcher comes late and gets the backlog, then what has gathered.
    let mut late = watch(&app, &task, 0).await;
    let mut seen = Vec::new();
    loop {
        let frame = late.next().await.unwrap();
        let is_live = frame.event == "live";
        seen.push(frame.event);
        if is_live {
            assert_eq!(frame.data["delta"], "Thinking aloud.");
            break;
        }
    }
    assert!(seen.iter().filter(|event| *event == "journal").count() > 5, "{seen:?}");
    assert_eq!(seen[seen.len() - 2], "task", "the summary comes behind the backlog");

    held.add_permits(1);
    loop {
        let frame = late.next_of("journal").await.unwrap();
        if frame.data["event"]["type"] == "task_ended" {
            break;
        }
    }
    let summary = late.next_of("task").await.unwrap();
    assert_eq!(summary.data["status"], "completed");
    assert!(summary.id.is_none());

    // The stream stays open: a message may revive the task.
    app.post(&format!("/tasks/{task}/messages"), &serde_json::json!({"text": "more"})).await;
    let revived = late.next_of("journal").await.unwrap();
    assert_eq!(revived.data["event"]["type"], "message_received");
}

#[tokio::test]
async fn a_watcher_can_go_on_behind_any_event() {
    let app = TestApp::new().await;
    let task = app.quiet_task("watched").await;
    app.append_notes(task.id, 20).await;
    for after in 0..=21 {
        let rest: Vec<u64> = (after + 1..=21).collect();
        assert_eq!(watch(&app, task.id, after).await.ids(rest.len()).await, rest);
        // The header wins over the query: a browser repeats the query of its first request.
        let request = app
            .request(Method::GET, &format!("/tasks/{}/events?after=0", task.id))
            .header("last-event-id", after);
        assert_eq!(Frames::open(request).await.ids(rest.len()).await, rest);
    }
}

#[tokio::test]
async fn a_watcher_that_reconnects_after_every_event_misses_none() {
    let app = TestApp::new().await;
    let task = app.quiet_task("watched").await;
    let writer = {
        let tenant = app.tenant.clone();
        tokio::spawn(async move {
            for number in 0..60 {
                let note = Event::Note { text: number.to_string() };
                tenant.append(task.id, None, vec![note], None).await.unwrap();
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        })
    };
    let mut seen = 0;
    while seen < 61 {
        let mut frames = watch(&app, task.id, seen).await;
        assert_eq!(frames.ids(1).await, [seen + 1]);
        seen += 1;
    }
    writer.await.unwrap();
}

#[tokio::test]
async fn ten_thousand_events_arrive_in_order() {
    let app = TestApp::new().await;
    let task = app.quiet_task("watched").await;
    let mut frames = watch(&app, task.id, 0).await;
    let writer = {
        let tenant = app.tenant.clone();
        tokio::spawn(async move {
            for _ in 0..40 {
                let notes = (0..250).map(|number| Event::Note { text: number.to_string() }).collect();
                tenant.append(task.id, None, notes, None).await.unwrap();
            }
        })
    };
    assert_eq!(frames.ids(10_001).await, (1..=10_001).collect::<Vec<u64>>());
    writer.await.unwrap();
    app.append_notes(task.id, 1).await;
    assert_eq!(frames.ids(1).await, [10_002], "and then nothing twice");
}

/// More than the buffers between server and client hold.
const MORE_THAN_BUFFERS: usize = 16 << 20;

#[tokio::test]
async fn a_watcher_that_does_not_read_holds_nobody_up_and_loses_nothing() {
    let app = TestApp::new().await;
    let task = app.quiet_task("watched").await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(64 << 10).unwrap();
    let mut slow = socket.connect(app.address).await.unwrap();
    // HTTP/1.0, so that the body comes as it is and not in chunks.
    let request = format!(
        "GET /api/v1/tasks/{}/events HTTP/1.0\r\nHost: {}\r\nAuthorization: Bearer local-token-of-the-test\r\n\r\n",
        task.id, app.address
    );
    slow.write_all(request.as_bytes()).await.unwrap();

    let text = "x".repeat(32 << 10);
    for _ in 0..MORE_THAN_BUFFERS / text.len() / 32 {
        let notes = (0..32).map(|_| Event::Note { text: text.clone() }).collect();
        app.tenant.append(task.id, None, notes, None).await.unwrap();
    }
    let last = app.tenant.task(task.id).await.unwrap().last_seq;
    let mut quick = watch(&app, task.id, 0).await;
    assert_eq!(quick.ids(last as usize).await, (1..=last).collect::<Vec<u64>>());

    let mut lines = BufReader::new(slow).lines();
    let mut expected = 1;
    while expected <= last {
        let line = lines.next_line().await.unwrap().expect("the stream goes on");
        if let Some(id) = line.strip_prefix("id: ") {
            assert_eq!(id, expected.to_string());
            expected += 1;
        }
    }
}

#[tokio::test]
async fn a_watcher_too_slow_for_what_is_live_comes_back_and_has_it_whole() {
    let app = TestApp::new().await;
    let task = app.quiet_task("watched").await;
    let mut frames = watch(&app, task.id, 0).await;
    frames.next_of("task").await.unwrap();
    let request_id = ModelRequestId::new();
    let delta = "x".repeat(8 << 10);
    for _ in 0..MORE_THAN_BUFFERS / delta.len() {
        app.tasks.live().publish(task.id, LiveEvent::Text { request_id, delta: delta.clone() });
        // The server's turn: it sends until nothing fits.
        tokio::task::yield_now().await;
    }
    app.tasks.live().publish(task.id, LiveEvent::Text { request_id, delta: "the end".into() });
    app.append_notes(task.id, 1).await;

    let mut seen = 1;
    while let Some(frame) = frames.next().await {
        seen = frame.id.unwrap_or(seen);
    }
    let mut frames = watch(&app, task.id, seen).await;
    assert_eq!(frames.ids(1).await, [2], "the journal goes on where it was");
    let mut gathered = String::new();
    while !gathered.ends_with("the end") {
        gathered.push_str(frames.next_of("live").await.unwrap().data["delta"].as_str().unwrap());
    }
    assert!(gathered.len() > 100 << 10, "only {} bytes came again", gathered.len());
}

#[tokio::test]
async fn what_is_live_comes_before_the_event_that_ends_it() {
    let app = TestApp::new().await;
    let task = app.quiet_task("watched").await;
    let mut frames = watch(&app, task.id, 1).await;
    frames.next_of("task").await.unwrap();
    let request_id = ModelRequestId::new();
    for round in 0..50 {
        let delta = round.to_string();
        app.tasks.live().publish(task.id, LiveEvent::Text { request_id, delta: delta.clone() });
        app.append_notes(task.id, 1).await;
        let live = frames.next().await.unwrap();
        assert_eq!((live.event.as_str(), &live.data["delta"]), ("live", &delta.into()));
        assert_eq!(frames.next().await.unwrap().event, "journal");
        assert_eq!(frames.next().await.unwrap().event, "task");
    }
}

#[tokio::test]
async fn a_place_in_the_journal_that_does_not_exist_is_refused() {
    let app = TestApp::new().await;
    let task = app.quiet_task("watched").await;
    let path = format!("/tasks/{}/events", task.id);
    let beyond = app.refused(400, app.request(Method::GET, &format!("{path}?after=2"))).await;
    assert!(beyond["detail"].as_str().unwrap().contains("ends at 1"));
    for id in ["x", "-1", "+1", "1.5", "99999999999999999999"] {
        let request = app.request(Method::GET, &path).header("last-event-id", id);
        let problem = app.refused(400, request).await;
        assert!(problem["detail"].as_str().unwrap().contains("Last-Event-ID"), "{id}");
    }
}

#[tokio::test]
async fn watchers_are_counted() {
    let app = TestApp::with(Config { watchers_max: 2, ..Config::default() }).await;
    let task = app.quiet_task("watched").await;
    let path = format!("/tasks/{}/events", task.id);
    let first = watch(&app, task.id, 0).await;
    let _second = watch(&app, task.id, 0).await;
    let problem = app.refused(503, app.request(Method::GET, &path)).await;
    assert_eq!(problem["code"], "too_many_watchers");
    assert!(problem["detail"].as_str().unwrap().contains("`watchers_max` in [web]"));

    // A watcher that leaves makes room.
    drop(first);
    for _ in 0..200 {
        if app.request(Method::GET, &path).send().await.unwrap().status() == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the place of the watcher that left was never free");
}
