//! The same answers from a real OPA, and deny from everything that is none.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::post;
use domain::decision::{Point, Verdict};
use opa::{OpaConfig, OpaEngine};
use policy::{PathFact, Policy, PolicyFile, Question, shipped_files};
use serde_json::json;
use url::Url;

use crate::support::{archive, call, client, opa, serve_on_loopback};

fn engine(url: Url) -> OpaEngine {
    let config = serde_json::from_value(json!({"url": url, "timeout_ms": 30_000})).unwrap();
    OpaEngine::new(config, client())
}

fn questions() -> Vec<Question> {
    let mut reading = call("read_file", json!({"path": "a.txt"}));
    let path =
        |given: &str| PathFact { given: given.into(), inside: Some(given.into()), access: "read".into() };
    reading.resources.paths = vec![path("a.txt")];
    let mut secret = reading.clone();
    secret.resources.paths = vec![path(".env"), path("b.txt")];
    let mut commands = call("run_command", json!({"command": "git push; sudo x", "password": "hunter2"}));
    commands.resources.commands = [vec!["git", "push"], vec!["sudo", "x"]]
        .map(|words| words.into_iter().map(String::from).collect())
        .to_vec();
    let mut result = reading.clone();
    result.point = Point::ToolResult;
    result.result = Some(json!({"content": [{"type": "text", "text": "hello"}], "isError": false}));
    let mut list = reading.clone();
    list.point = Point::ToolsList;
    let mut unpinned = reading.clone();
    unpinned.tool.pinned = false;
    vec![reading, secret, commands, result, list, unpinned, call("nothing", json!({}))]
}

#[tokio::test]
async fn a_real_opa_gives_the_same_answers() {
    let folder = tempfile::tempdir().unwrap();
    let more = PolicyFile {
        path: "more.rego".into(),
        text: "package bailiwick\n\ntime_limit_ms := 5000 if input.point == \"tool.call\"\n\n\
               result_bytes_max contains 10 if input.point == \"tools.list\"\n\n\
               result_bytes_max contains 20 if input.point == \"tools.list\"\n\n\
               approval_role contains \"admin\" if input.tool.pinned == false\n\n\
               redact contains {\"detector\": \"emails\"} if input.point == \"tool.result\"\n\n\
               ask contains \"a sentence alone\" if input.tool.name == \"nothing\"\n"
            .into(),
    };
    let files = [shipped_files(), vec![more]].concat();
    std::fs::write(folder.path().join("b.tar.gz"), archive(files.clone(), "r7", None)).unwrap();
    let server = opa(&["--bundle", "b.tar.gz"], folder.path()).await;

    let embedded = Policy::compile(files).unwrap();
    let remote = engine(server.url.clone());
    assert_eq!(*remote.revision(), "opa:unknown");
    let mut verdicts = Vec::new();
    for question in questions() {
        let (wanted, got) = (embedded.decide(&question), remote.decide(&question).await);
        assert_eq!(
            (wanted.verdict, &wanted.reasons, &wanted.obligations),
            (got.verdict, &got.reasons, &got.obligations),
            "{question:?}"
        );
        verdicts.push(got.verdict);
    }
    for verdict in [Verdict::Allow, Verdict::Ask, Verdict::Deny] {
        assert!(verdicts.contains(&verdict), "{verdicts:?}");
    }
    assert!(remote.revision().ends_with("@r7"), "{}", remote.revision());
}

#[tokio::test]
async fn an_opa_without_the_policy_denies() {
    let folder = tempfile::tempdir().unwrap();
    let server = opa(&[], folder.path()).await;
    let answer = engine(server.url.clone()).decide(&call("a", json!({}))).await;
    assert_eq!(answer.verdict, Verdict::Deny);
    assert!(answer.reasons[0].message.contains("no package `bailiwick`"), "{answer:?}");
}

/// The reason of a deny by a server that answers so.
async fn denied_by(
    answer: impl Fn() -> axum::response::Response + Clone + Send + Sync + 'static,
) -> (String, String) {
    let url =
        serve_on_loopback(Router::new().route("/v1/data/bailiwick", post(move || async move { answer() })))
            .await;
    let config =
        json!({"url": url, "timeout_ms": 30_000, "answer_bytes_max": 10_000, "question_bytes_max": 10_000});
    let engine = OpaEngine::new(serde_json::from_value(config).unwrap(), client());
    let answer = engine.decide(&call("a", json!({}))).await;
    assert_eq!(answer.verdict, Verdict::Deny);
    assert_eq!(answer.reasons.len(), 1);
    (answer.reasons[0].rule.clone(), answer.reasons[0].message.clone())
}

#[tokio::test]
async fn what_is_no_clear_answer_is_deny() {
    for (status, body, why) in [
        (500, r#"{"code": "internal_error"}"#, "internal_error"),
        (404, "", "404"),
        (302, "", "302"),
        (200, "", "no JSON"),
        (200, "{", "no JSON"),
        (200, "{}", "no package"),
        (200, r#"{"result": null}"#, "no package"),
        (200, r#"{"result": []}"#, "no answer"),
        (200, r#"{"result": {"allow": {"a": 1}}}"#, "`allow` is not a set"),
        (200, r#"{"result": {"allow": ["ok"], "deny": true}}"#, "`deny` is not a set"),
        (200, r#"{"result": {"allow": ["ok"], "deny": [7]}}"#, "7"),
        (200, r#"{"result": {"allow": ["ok"], "redact": ["no-pointer"]}}"#, "no-pointer"),
        (200, r#"{"result": {"allow": ["ok"], "time_limit_ms": "soon"}}"#, "soon"),
        (200, r#"{"result": {"helper": true}}"#, "no rule of the policy allows this"),
    ] {
        let answer = move || (StatusCode::from_u16(status).unwrap(), body).into_response();
        let (_, message) = denied_by(answer).await;
        assert!(message.contains(why), "{body}: {message}");
    }
    let (_, message) = denied_by(|| vec![b' '; 20_000].into_response()).await;
    assert!(message.contains("policy.opa.answer_bytes_max"), "{message}");
}

#[tokio::test]
async fn a_server_that_is_silent_or_gone_denies() {
    let routes = Router::new()
        .route("/v1/data/bailiwick", post(|| async { tokio::time::sleep(Duration::from_secs(3_600)).await }));
    let url = serve_on_loopback(routes).await;
    let config: OpaConfig = serde_json::from_value(json!({"url": url, "timeout_ms": 50})).unwrap();
    let answer = OpaEngine::new(config, client()).decide(&call("a", json!({}))).await;
    assert_eq!((answer.verdict, answer.reasons[0].rule.as_str()), (Verdict::Deny, "policy.time_limit"));

    let answer = engine("http://127.0.0.1:1".parse().unwrap()).decide(&call("a", json!({}))).await;
    assert_eq!((answer.verdict, answer.reasons[0].rule.as_str()), (Verdict::Deny, "policy.opa"));
}

#[tokio::test]
async fn a_question_larger_than_the_limit_is_not_sent() {
    let config = json!({"url": "http://127.0.0.1:1", "question_bytes_max": 2_000});
    let engine = OpaEngine::new(serde_json::from_value(config).unwrap(), client());
    let answer = engine.decide(&call("a", json!({"text": "x".repeat(3_000)}))).await;
    assert_eq!(answer.reasons[0].rule, "policy.question_size");
}

#[tokio::test]
async fn the_token_and_a_path_are_used() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let routes = Router::new().route(
        "/team/v1/data/bailiwick",
        post(move |headers: axum::http::HeaderMap| async move {
            assert_eq!(headers["authorization"], "Bearer s3cret");
            count.fetch_add(1, Ordering::Relaxed);
            axum::Json(json!({"result": {"allow": ["yes"]}}))
        }),
    );
    let url = serve_on_loopback(routes).await.join("/team/").unwrap();
    let config: OpaConfig =
        serde_json::from_value(json!({"url": url, "token": "s3cret", "revision": "ours"})).unwrap();
    assert!(!format!("{config:?}").contains("s3cret"));
    let (answer, revision) =
        OpaEngine::new(config, client()).decide_with_revision(&call("a", json!({}))).await;
    assert_eq!((answer.verdict, revision.as_str()), (Verdict::Allow, "ours"));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}
