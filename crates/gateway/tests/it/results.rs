//! What comes back, and what keeps it from coming back.

use std::time::Duration;

use domain::journal::CallEnd;
use domain::tool::{Content, ToolOutcome};
use gateway::Forwarded;
use serde_json::json;

use crate::room::{Act, Room, allowed, call, policy_of, silent};

async fn forward(room: &Room, act: Act) -> Forwarded {
    room.server.acts.lock().unwrap().push_back(act);
    let (_, permit) = allowed(room.decide(&call("read_file", json!({"path": "a.txt"}))).await);
    permit.forward(silent()).await
}

#[tokio::test]
async fn an_error_of_the_tool_is_a_result() {
    let room = Room::new().await;
    let forwarded = forward(&room, Act::Answer(ToolOutcome::error("no such file"))).await;
    assert_eq!(forwarded.end, CallEnd::Completed);
    assert!(forwarded.outcome.is_error);
    assert!(forwarded.decision.unwrap().obligations.labels.is_empty());
}

#[tokio::test]
async fn a_failing_server_is_a_failed_call() {
    let room = Room::new().await;
    let forwarded = forward(&room, Act::Fail("the fence is gone")).await;
    assert_eq!(forwarded.end, CallEnd::Failed);
    assert!(forwarded.outcome.is_error);
    assert_eq!(forwarded.outcome.joined_text(), "the fence is gone");
    assert_eq!(forwarded.decision, None);
}

#[tokio::test]
async fn a_server_that_panics_takes_nobody_with_it() {
    let room = Room::new().await;
    let forwarded = forward(&room, Act::Panic).await;
    assert_eq!(forwarded.end, CallEnd::Failed);
    assert!(forwarded.outcome.joined_text().contains("broke down"), "{forwarded:?}");
    assert_eq!(forward(&room, Act::Answer(ToolOutcome::text("again"))).await.end, CallEnd::Completed);
}

#[tokio::test]
async fn a_result_the_policy_denies_is_withheld_everywhere() {
    let room = Room::new().await;
    let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow";
    let forwarded = forward(&room, Act::Answer(ToolOutcome::text(key))).await;
    assert_eq!(forwarded.end, CallEnd::ResultBlocked);
    assert!(forwarded.outcome.is_error);
    let text = forwarded.outcome.joined_text();
    assert!(text.contains("private key") && !text.contains("MIIEow"), "{text}");
    assert!(room.records().await.iter().all(|record| !record.question.to_string().contains("MIIEow")));
}

#[tokio::test]
async fn a_result_no_rule_allows_is_withheld() {
    let room = Room::with(policy_of("allow contains \"x\" if input.point == \"tool.call\""), vec![]).await;
    let forwarded = forward(&room, Act::Answer(ToolOutcome::text("x"))).await;
    assert_eq!(forwarded.end, CallEnd::ResultBlocked);
}

#[tokio::test]
async fn results_are_redacted_for_the_model_and_in_the_record() {
    let policy = policy_of(
        "allow contains \"x\"\nredact contains \"/content/0/text\" if input.point == \"tool.result\"\n\
         redact contains \"/structuredContent/token\" if input.point == \"tool.result\"",
    );
    let room = Room::with(policy, vec![]).await;
    let outcome = ToolOutcome {
        content: vec![Content::text("token: abc"), Content::image("AAAA", "image/png")],
        structured_content: Some(json!({"token": "abc", "user": "me"})),
        is_error: false,
    };
    let forwarded = forward(&room, Act::Answer(outcome)).await;
    assert_eq!(forwarded.end, CallEnd::Completed);
    assert_eq!(forwarded.outcome.content[0], Content::text("[redacted]"));
    assert_eq!(forwarded.outcome.content[1], Content::image("AAAA", "image/png"));
    assert_eq!(forwarded.outcome.structured_content, Some(json!({"token": "[redacted]", "user": "me"})));
    assert!(room.records().await.iter().all(|record| !record.question.to_string().contains("abc")));
}

#[tokio::test]
async fn long_results_are_whole_for_the_model_and_short_in_the_record() {
    let room = Room::new().await;
    let forwarded = forward(&room, Act::Answer(ToolOutcome::text("x".repeat(100_000)))).await;
    assert_eq!(forwarded.outcome.joined_text().len(), 100_000);
    let longest = room.records().await.iter().map(|record| record.question.to_string().len()).max();
    assert!(longest.unwrap() < 20_000);
}

#[tokio::test]
async fn a_result_too_large_for_the_policy_is_withheld() {
    let room = Room::new().await;
    let forwarded = forward(&room, Act::Answer(ToolOutcome::text("x".repeat(5 << 20)))).await;
    assert_eq!(forwarded.end, CallEnd::ResultBlocked);
    assert!(forwarded.outcome.joined_text().contains("policy.question_bytes_max"));
}

#[tokio::test]
async fn the_time_limit_of_the_policy_stops_the_tool() {
    let room = Room::with(policy_of("allow contains \"x\"\ntime_limit_ms := 50"), vec![]).await;
    let forwarded = forward(&room, Act::Hang).await;
    assert_eq!(forwarded.end, CallEnd::Failed);
    assert!(forwarded.outcome.joined_text().contains("50 ms"), "{forwarded:?}");
    until(&room, false).await;
}

#[tokio::test]
async fn dropping_the_call_stops_the_tool() {
    let room = Room::new().await;
    room.server.acts.lock().unwrap().push_back(Act::Hang);
    let (_, permit) = allowed(room.decide(&call("read_file", json!({"path": "a.txt"}))).await);
    let forwarding = tokio::spawn(permit.forward(silent()));
    until(&room, true).await;
    forwarding.abort();
    until(&room, false).await;
}

/// Waits until a call of the server runs, or none does.
async fn until(room: &Room, running: bool) {
    for _ in 0..1_000 {
        if *room.server.running.lock().unwrap() == running {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("after ten seconds, that a call runs is still {}", !running);
}
