//! The decision log, beside the one that a real OPA writes for the same question.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use domain::DecisionId;
use domain::decision::Decision;
use flate2::read::GzDecoder;
use opa::{DecisionLog, DecisionLogConfig, OpaEngine, UploadConfig};
use policy::decision_log::{BundleRevision, LogEvent, Made, Mask};
use policy::{Policy, PolicyFile};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use url::Url;

use crate::support::{BundleServer, allowing, archive, call, client, opa, serve_on_loopback};

/// Takes uploads at `/logs`, answering as it is told, and hands on the events of those it takes.
async fn log_server(answers: Vec<StatusCode>) -> (Url, mpsc::UnboundedReceiver<Vec<Value>>) {
    let (send, receive) = mpsc::unbounded_channel();
    let answers = std::sync::Arc::new(std::sync::Mutex::new(answers.into_iter()));
    let take = move |headers: HeaderMap, body: Bytes| async move {
        let answer = answers.lock().unwrap().next().unwrap_or(StatusCode::OK);
        if answer == StatusCode::OK {
            assert_eq!(headers["content-type"], "application/json");
            assert_eq!(headers["content-encoding"], "gzip");
            let mut text = String::new();
            GzDecoder::new(&body[..]).read_to_string(&mut text).unwrap();
            send.send(serde_json::from_str(&text).unwrap()).unwrap();
        }
        answer
    };
    let routes = Router::new().route("/logs", post(take)).layer(DefaultBodyLimit::disable());
    (serve_on_loopback(routes).await, receive)
}

fn quick(server: &Url) -> UploadConfig {
    UploadConfig {
        delay_seconds: 0.01,
        retry_seconds_max: 0.02,
        ..UploadConfig::to(server.join("/logs").unwrap())
    }
}

fn log_to(upload: UploadConfig) -> DecisionLog {
    let config = DecisionLogConfig { upload: Some(upload), ..DecisionLogConfig::default() };
    DecisionLog::start(config, client()).unwrap()
}

fn event(number: usize) -> LogEvent {
    let policy = Policy::compile(allowing("a")).unwrap();
    let question = call("a", json!({"number": number}));
    event_of(&policy, &question, &Mask::default(), "r1")
}

fn event_of(policy: &Policy, question: &policy::Question, mask: &Mask, revision: &str) -> LogEvent {
    let answer = policy.decide(question);
    let decision = Decision {
        id: DecisionId::new(),
        point: question.point,
        verdict: answer.verdict,
        reasons: answer.reasons,
        obligations: answer.obligations,
        policy_revision: policy.revision().to_owned(),
        took_us: answer.took.as_micros() as u64,
    };
    let made = Made {
        decision: &decision,
        question: &serde_json::to_value(question).unwrap(),
        at: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Nanos, true),
        requested_by: "127.0.0.1:4000".into(),
        trace_id: String::new(),
        span_id: String::new(),
        bundles: [("main".to_owned(), BundleRevision { revision: revision.into() })].into(),
    };
    let labels: BTreeMap<String, String> = [("id", "desk"), ("version", "1"), ("region", "here")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    LogEvent::of(made, &labels, mask)
}

fn numbers(events: &[Value]) -> Vec<u64> {
    events.iter().map(|event| event["input"]["arguments"]["number"].as_u64().unwrap()).collect()
}

const RULES: &str = r#"package bailiwick

allow contains {"rule": "a.known", "message": "it is a"} if input.tool.name == "a"

ask contains "it has a token" if input.arguments.token

redact contains "/token"
"#;

/// OPA's way to say what our `Mask` says.
const MASK: &str = "package system.log\n\nmask contains \"/input/arguments/token\"\n\nmask contains {\"op\": \"upsert\", \"path\": \"/input/arguments/card\", \"value\": \"***\"}\n\nmask contains \"/input/none\"\n";

#[tokio::test]
async fn our_events_have_the_members_of_opas() {
    // A real OPA takes our bundle from a server and logs its decision to another one.
    let files = |rules: &str| vec![PolicyFile { path: "p.rego".into(), text: rules.into() }];
    let mask = PolicyFile { path: "mask.rego".into(), text: MASK.into() };
    let bundles = BundleServer::default();
    bundles.offer(archive([files(RULES), vec![mask]].concat(), "r7", None), "e1");
    let bundle_url = bundles.start().await;
    let (log_url, mut uploads) = log_server(vec![]).await;
    let folder = tempfile::tempdir().unwrap();
    let config = json!({
        "labels": {"region": "here"},
        "services": {"logs": {"url": log_url}, "bundles": {"url": bundle_url.join("/").unwrap()}},
        "bundles": {"main": {"service": "bundles", "resource": "bundle.tar.gz"}},
        "decision_logs": {"service": "logs", "reporting": {"min_delay_seconds": 1, "max_delay_seconds": 1}},
    });
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let server = opa(&["--config-file", "config.json"], folder.path()).await;
    assert_eq!(bundles.answered(), [200], "the real OPA has read the bundle that we wrote");

    let question = call("a", json!({"token": "t0ken", "card": "hunter2", "number": 1}));
    let engine: OpaEngine = OpaEngine::new(
        serde_json::from_value(json!({"url": server.url, "timeout_ms": 30_000})).unwrap(),
        client(),
    );
    let answer = engine.decide(&question).await;
    assert_eq!(answer.reasons.len(), 2, "{answer:?}");
    let theirs = tokio::time::timeout(Duration::from_secs(60), uploads.recv()).await.unwrap().unwrap();
    let theirs = theirs.into_iter().find(|event| event["path"] == "bailiwick").unwrap();

    // And we log the same decision to the same place.
    let mask = Mask {
        remove: vec!["/input/arguments/token".into(), "/input/none".into()],
        replace: vec!["/input/arguments/card".into()],
        with: json!("***"),
    };
    mask.check().unwrap();
    let policy = Policy::compile(files(RULES)).unwrap();
    let log = log_to(quick(&log_url));
    log.log(&event_of(&policy, &question, &mask, "r7"));
    let ours = uploads.recv().await.unwrap().remove(0);

    let names = |event: &Value| event.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let mut wanted = names(&theirs);
    // A number of the request within one OPA process, and the time zone of nothing.
    wanted.remove("req_id");
    wanted.remove("nd_builtin_cache");
    assert_eq!(names(&ours), wanted, "{theirs:#}");
    for name in ["path", "bundles", "erased", "masked", "input"] {
        assert_eq!(ours[name], theirs[name], "{name}");
    }
    assert_eq!(ours["labels"]["region"], theirs["labels"]["region"]);
    for label in ["id", "version"] {
        assert!(ours["labels"][label].is_string() && theirs["labels"][label].is_string());
    }
    for set in ["allow", "ask", "redact"] {
        assert_eq!(ours["result"][set], theirs["result"][set], "{set}");
    }
    for event in [&ours, &theirs] {
        assert!(event["decision_id"].as_str().is_some_and(|id| id.len() == 36), "{event}");
        chrono::DateTime::parse_from_rfc3339(event["timestamp"].as_str().unwrap()).unwrap();
        assert!(event["metrics"]["timer_rego_query_eval_ns"].is_u64(), "{event}");
        assert!(event["requested_by"].is_string());
        assert!(!event.to_string().contains("t0ken"), "{event}");
    }
}

#[tokio::test]
async fn uploads_are_tried_again_until_they_arrive() {
    let failures =
        vec![StatusCode::INTERNAL_SERVER_ERROR, StatusCode::TOO_MANY_REQUESTS, StatusCode::UNAUTHORIZED];
    let (url, mut uploads) = log_server(failures).await;
    let log = log_to(quick(&url));
    log.log(&event(1));
    assert_eq!(numbers(&uploads.recv().await.unwrap()), [1]);
    let counts = log.close(Duration::from_secs(60)).await.upload.unwrap();
    assert_eq!((counts.sent, counts.dropped, counts.waiting, counts.last_error), (1, 0, 0, None));
}

#[tokio::test]
async fn what_is_refused_is_given_up_and_what_is_too_large_is_split() {
    let (url, mut uploads) = log_server(vec![StatusCode::BAD_REQUEST, StatusCode::PAYLOAD_TOO_LARGE]).await;
    let log = log_to(UploadConfig { delay_seconds: 3_600.0, batch_bytes_max: 1, ..quick(&url) });
    log.log(&event(1));
    while log.counts().upload.unwrap().refused == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let counts = log.close(Duration::from_secs(60)).await.upload.unwrap();
    assert!(counts.last_error.unwrap().contains("400"));

    // Four events in one upload, which comes too large once, and then in halves.
    let log = log_to(UploadConfig { delay_seconds: 3_600.0, ..quick(&url) });
    (1..=4).for_each(|number| log.log(&event(number)));
    let counts = log.close(Duration::from_secs(60)).await.upload.unwrap();
    assert_eq!((counts.sent, counts.refused), (4, 0));
    assert_eq!(numbers(&uploads.recv().await.unwrap()), [1, 2]);
    assert_eq!(numbers(&uploads.recv().await.unwrap()), [3, 4]);
}

#[tokio::test]
async fn a_service_that_is_down_costs_the_oldest_events_and_nothing_else() {
    let mut config = DecisionLogConfig {
        upload: Some(quick(&"http://127.0.0.1:1".parse().unwrap())),
        ..DecisionLogConfig::default()
    };
    config.buffer.events_max = 10;
    let log = DecisionLog::start(config, client()).unwrap();
    (0..100).for_each(|number| log.log(&event(number)));
    let counts = log.close(Duration::from_millis(200)).await.upload.unwrap();
    assert_eq!(counts.sent, 0);
    assert!(counts.dropped >= 90 - 10, "{counts:?}");
    assert_eq!(counts.dropped + counts.waiting, 100, "every event is accounted for: {counts:?}");
}

#[tokio::test]
async fn the_file_has_one_event_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("decisions.jsonl");
    let file = serde_json::from_value(json!({"path": path})).unwrap();
    let config = DecisionLogConfig { file: Some(file), ..DecisionLogConfig::default() };
    let log = DecisionLog::start(config, client()).unwrap();
    let events: Vec<LogEvent> = (0..20).map(event).collect();
    events.iter().for_each(|event| log.log(event));
    let counts = log.close(Duration::from_secs(60)).await.file.unwrap();
    assert_eq!((counts.sent, counts.waiting), (20, 0));
    let text = std::fs::read_to_string(&path).unwrap();
    let read: Vec<LogEvent> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, events);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_shows_at_once() {
    let file = serde_json::from_value(json!({"path": "/nowhere/at/all.jsonl"})).unwrap();
    let config = DecisionLogConfig { file: Some(file), ..DecisionLogConfig::default() };
    let error = DecisionLog::start(config, client()).err().unwrap().to_string();
    assert!(error.contains("policy.decision_log.file.path"), "{error}");
}
