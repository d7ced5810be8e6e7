//! Models that fail, refuse and talk nonsense.

use agent::LimitsChange;
use domain::decision::Verdict;
use domain::journal::{Event, PauseReason};
use domain::limits::Usage;
use domain::model::{Message, ModelErrorKind, ModelResponse, StopReason};
use domain::task::TaskStatus;
use serde_json::json;

use crate::support::{Reply, World, call, calls, count, say};

fn stopped(text: &str, stop: StopReason) -> Reply {
    Reply::Answer(ModelResponse {
        text: text.to_owned(),
        reasoning: None,
        calls: Vec::new(),
        usage: Usage { input: 10, output: 10, ..Usage::default() },
        stop,
        opaque: None,
    })
}

#[tokio::test]
async fn errors_that_can_be_mended_pause_and_the_task_goes_on() {
    use ModelErrorKind::*;
    for kind in [WrongKey, UnknownModel, QuotaExhausted, RateLimited, Unavailable, BadResponse] {
        let world = World::new(vec![Reply::Error(kind), say("Done.")]);
        let process = world.process().await;
        let id = process.create("Try").await;
        let task = process.until(id, TaskStatus::Paused).await;
        let text = task.status_text.unwrap();
        assert!(text.starts_with(&format!("The vendor says: {kind:?}.")), "{text}");
        let PauseReason::Model { error } = process.pause_reason(id).await else { panic!("{text}") };
        assert_eq!(error.kind, kind);
        assert_eq!(
            process.names(id).await,
            ["task_created", "model_requested", "model_failed", "paused"],
            "the reservation is released and the pause written in one append"
        );
        process.tasks.resume(id, LimitsChange::default(), "terminal").await.unwrap();
        process.until(id, TaskStatus::Completed).await;
    }
}

#[tokio::test]
async fn a_malformed_request_fails_the_task() {
    let world = World::new(vec![Reply::Error(ModelErrorKind::BadRequest)]);
    let process = world.process().await;
    let id = process.create("Try").await;
    let task = process.until(id, TaskStatus::Failed).await;
    assert!(task.status_text.unwrap().contains("The vendor says: BadRequest."));
}

#[tokio::test]
async fn a_model_that_cannot_be_opened_refuses_new_tasks_and_pauses_old_ones() {
    let world = World::new(vec![Reply::Hang, say("Done.")]);
    let process = world.process().await;
    let id = process.create("Try").await;
    process.until_event(id, "model_requested").await;
    process.tasks.shutdown(std::time::Duration::ZERO).await;

    *world.models.refuses.lock().unwrap() = Some(ModelErrorKind::WrongKey);
    let process = world.process().await;
    process.until(id, TaskStatus::Paused).await;
    let new = agent::NewTask {
        prompt: "Try".to_owned(),
        workspace: process.workspace.clone(),
        model: String::new(),
        limits: LimitsChange::default(),
    };
    let error = process.tasks.create(new).await.unwrap_err();
    assert!(matches!(error, agent::TaskError::Model(_)), "{error}");

    *world.models.refuses.lock().unwrap() = None;
    process.tasks.resume(id, LimitsChange::default(), "terminal").await.unwrap();
    process.until(id, TaskStatus::Completed).await;
}

#[tokio::test]
async fn an_answer_that_breaks_off_pauses() {
    let world = World::new(vec![Reply::BreakOff]);
    let process = world.process().await;
    let id = process.create("Try").await;
    let text = process.until(id, TaskStatus::Paused).await.status_text.unwrap();
    assert!(text.contains("broke off"), "{text}");
}

#[tokio::test]
async fn empty_answers_are_reminded_of_and_then_pause() {
    let world = World::new(vec![say(""), say("  "), say("")]);
    let process = world.process().await;
    let id = process.create("Try").await;
    let text = process.until(id, TaskStatus::Paused).await.status_text.unwrap();
    assert!(text.contains("answered 3 times with neither words nor a tool call"), "{text}");
    let requests = world.models.requests();
    let [Message::User { text }] = &requests[1].messages[..] else { panic!("{requests:?}") };
    assert!(text.starts_with("Try\n\n[Your last answer held neither"), "{text}");

    world.models.then(vec![say("Now.")]);
    process.tasks.resume(id, LimitsChange::default(), "terminal").await.unwrap();
    process.until(id, TaskStatus::Completed).await;
}

#[tokio::test]
async fn the_same_failing_call_again_and_again_pauses() {
    let failing = || calls(vec![call("read", json!({"path": "nowhere", "fail": true}))]);
    let world = World::new((0..8).map(|_| failing()).collect());
    let process = world.process().await;
    let id = process.create("Try").await;
    let text = process.until(id, TaskStatus::Paused).await.status_text.unwrap();
    assert!(text.contains("5 times in a row") && text.contains("nowhere"), "{text}");
    assert_eq!(world.models.requests().len(), 5);
    // Going on gives it as many tries again, not none.
    process.tasks.resume(id, LimitsChange::default(), "terminal").await.unwrap();
    process.until(id, TaskStatus::Completed).await;
    assert_eq!(world.models.requests().len(), 9);
}

#[tokio::test]
async fn answers_that_were_cut_are_continued() {
    let world = World::new(vec![stopped("Once upon", StopReason::MaxTokens), say("a time.")]);
    let process = world.process().await;
    let id = process.create("Tell").await;
    process.until(id, TaskStatus::Completed).await;
    let messages = world.models.requests().pop().unwrap().messages;
    let Some(Message::User { text }) = messages.last() else { panic!("{messages:?}") };
    assert!(text.contains("reached the output limit"), "{text}");

    let world = World::new(vec![stopped("and", StopReason::MaxTokens); 10]);
    let process = world.process().await;
    let id = process.create("Tell").await;
    let text = process.until(id, TaskStatus::Paused).await.status_text.unwrap();
    assert!(text.contains("5 times in a row") && text.contains("output_tokens_max"), "{text}");
}

#[tokio::test]
async fn a_refusal_pauses_with_the_models_words() {
    let world = World::new(vec![stopped("I cannot help with that.", StopReason::Refused), say("Fine.")]);
    let process = world.process().await;
    let id = process.create("Try").await;
    let text = process.until(id, TaskStatus::Paused).await.status_text.unwrap();
    assert!(text.starts_with("The model refused to answer: I cannot help with that."), "{text}");
    process.tasks.message(id, "It is for a test", "terminal").await.unwrap();
    process.tasks.resume(id, LimitsChange::default(), "terminal").await.unwrap();
    process.until(id, TaskStatus::Completed).await;
}

#[tokio::test]
async fn a_policy_that_does_not_allow_the_model_pauses_before_anything_is_sent() {
    for verdict in [Verdict::Deny, Verdict::Ask] {
        let world = World::new(vec![say("Done.")]);
        *world.gate.model_verdict.lock().unwrap() = verdict;
        let process = world.process().await;
        let id = process.create("Try").await;
        let text = process.until(id, TaskStatus::Paused).await.status_text.unwrap();
        assert!(text.contains(&format!("The script says {verdict:?}.")), "{text}");
        assert!(matches!(process.pause_reason(id).await, PauseReason::Policy { .. }));
        assert!(world.models.requests().is_empty());
        assert_eq!(count(&process.names(id).await, "model_requested"), 0);

        *world.gate.model_verdict.lock().unwrap() = Verdict::Allow;
        process.tasks.resume(id, LimitsChange::default(), "terminal").await.unwrap();
        process.until(id, TaskStatus::Completed).await;
    }
}

#[tokio::test]
async fn more_calls_than_are_taken_from_one_answer_are_answered_with_an_error() {
    let many = (0..70).map(|n| call("read", json!({"n": n}))).collect();
    let world = World::new(vec![calls(many), say("Done.")]);
    let process = world.process().await;
    let id = process.create("Try").await;
    process.until(id, TaskStatus::Completed).await;
    assert_eq!(world.gate.ran().len(), 64);
    let results = world.models.last_results();
    assert_eq!(results.len(), 70);
    assert!(results[69].0 && results[69].1.contains("at most 64 calls"), "{:?}", results[69]);
    let journal = process.journal(id).await;
    let ends = journal.iter().filter(|e| matches!(e.event, Event::ToolCallFinished { .. })).count();
    assert_eq!(ends, 70);
}
